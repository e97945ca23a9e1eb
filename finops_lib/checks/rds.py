"""RDS databases and Aurora clusters that nobody connects to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import age_days, is_complete, looked_up, measured, windowed
from finops_lib.checks.pricing import all_saved, database_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "action", "monthly_cost", "monthly_saving",
    "price_basis",
]  # fmt: skip

CLUSTER = ["account_id", "region", "cluster_id"]


def database_use(
    databases: pd.DataFrame,
    metrics: pd.DataFrame,
    as_of: datetime,
    window_days: int,
    cpu_limit_pct: float,
    cluster_cpu_limit_pct: float,
) -> pd.DataFrame:
    """Available databases with sessions, cpu, age, and young, busy, idle of each or of its whole cluster.

    A member of a cluster is young or busy if one of its members is, and idle if all are: a reader waits
    for the writer to fail.
    """
    found = databases[databases["status"] == "available"]
    recent = windowed(metrics, as_of, window_days)
    sessions = measured(recent, "AWS/RDS", "DatabaseConnections", "Maximum")
    cpu = measured(recent, "AWS/RDS", "CPUUtilization", "Maximum")
    ids = found["resource_id"]
    found = found.assign(
        sessions=looked_up(ids, sessions["maximum"]),
        cpu=looked_up(ids, cpu["maximum"]),
        age=age_days(found["create_time"], as_of),
    )
    limit = np.where(found["cluster_id"].notna(), cluster_cpu_limit_pct, cpu_limit_pct)
    complete = is_complete(looked_up(ids, sessions["hours"]), window_days) & found["cpu"].notna()
    busy = (found["sessions"] > 0) | (found["cpu"] >= limit)
    # Restored or renamed, a database is made anew; what was measured before it still counts.
    young = (found["age"] < window_days) & ~complete
    found = found.assign(young=young, busy=busy, idle=complete & ~busy)
    clusters = found.groupby(CLUSTER, dropna=True)
    for name, of_all in (("young", "any"), ("busy", "any"), ("idle", "all")):
        whole = clusters[name].transform(of_all)
        found[name] = whole.where(found["cluster_id"].notna(), found[name]).astype(bool)
    return found


@check(
    title="Idle RDS instances",
    why="A database without connections bills its instance and its storage.",
    needs=("databases", "metrics", "resource_costs", "prices"),
    permissions=("rds:DescribeDBInstances", "cloudwatch:GetMetricData"),
    action="delete_database",
    service="Amazon Relational Database Service",
    guard="The highest number of connections over a full window; replicas are left alone, and so is the source "
    "of a replica that is not idle itself; an Aurora cluster is idle only as a whole, and a person deletes it.",
)
def idle_rds_instances(
    databases: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    cpu_limit_pct: float = 5.0,
    cluster_cpu_limit_pct: float = 15.0,
) -> pd.DataFrame:
    """Available databases that had no connection in any hour of the window and stayed below the CPU limit.

    Members of a cluster have `cluster_cpu_limit_pct`, because Aurora works for itself on small classes.
    """
    limits = (window_days, cpu_limit_pct, cluster_cpu_limit_pct)
    found = database_use(databases, metrics, as_of, *limits)
    found = found.assign(feeds=_feeds(found))
    spared = found["replica_of"].notna() | found["feeds"]
    status = np.select(
        [spared | found["young"] | found["busy"], found["idle"]],
        ["ok", "waste"],
        default="unknown",
    )
    listed = database_prices(found, prices, as_of)
    found = all_saved(
        priced(
            found.assign(status=status),
            run_rate(resource_costs),
            listed.astype("float64") * HOURS_PER_MONTH,
        )
    )
    member = found["cluster_id"].notna()
    return found.assign(
        action=np.where(member, "delete_database_cluster", "delete_database"),
        reason=[_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "connections_max": None if pd.isna(row.sessions) else float(row.sessions),
                "cpu_max_pct": None if pd.isna(row.cpu) else round(row.cpu, 3),
                "window_days": window_days, "instance_class": row.instance_class,
                "cluster_id": None if pd.isna(row.cluster_id) else row.cluster_id, "status": "available",
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip


def _feeds(found: pd.DataFrame) -> pd.Series:
    """Whether a replica reads from the database that is not seen to be idle, as one in another region is."""
    place = ["account_id", "region"]
    idle = found[found["idle"]]
    known = set(zip(*(idle[c] for c in (*place, "name")), strict=True))
    return pd.Series(
        [
            any((row.account_id, row.region, name) not in known for name in row.replica_ids.split())
            if isinstance(row.replica_ids, str) else False
            for row in found.itertuples()
        ],
        index=found.index, dtype=bool,
    )  # fmt: skip


def _reason(row: Any, window_days: int) -> str:
    if not pd.isna(row.replica_of):
        return "A replica."
    if row.feeds:
        return "A replica that is not idle reads from it."
    whose = "" if pd.isna(row.cluster_id) else f"Cluster {row.cluster_id}: "
    if row.status == "unknown":
        return f"{whose}Connections are not measured over the whole window of {window_days} days."
    if row.young:
        return f"{whose}Started within the window of {window_days} days."
    use = (
        "not measured here"
        if pd.isna(row.sessions)
        else f"at most {row.sessions:g} connections and {row.cpu:.1f} % CPU over {window_days} days"
    )
    if row.status == "ok" and row.sessions == 0:
        return f"{whose}{use}; another member is at work." if whose else f"{use}."
    return f"{whose}{use}."
