"""RDS databases."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.measures import age_days, is_complete, looked_up, measured, windowed
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH


@check(
    title="Idle RDS instances",
    why="A database without connections bills its instance and its storage.",
    needs=("databases", "metrics", "resource_costs", "prices"),
    permissions=("rds:DescribeDBInstances", "cloudwatch:GetMetricData"),
    action="delete_database",
    service="Amazon Relational Database Service",
    guard="The highest number of connections over a full window; replicas and cluster members are left alone.",
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
) -> pd.DataFrame:
    """Available databases that had no connection in any hour of the window and stayed below the CPU limit."""
    running = databases[databases["status"] == "available"]
    recent = windowed(metrics, as_of, window_days)
    sessions = measured(recent, "AWS/RDS", "DatabaseConnections", "Maximum")
    cpu = measured(recent, "AWS/RDS", "CPUUtilization", "Maximum")
    ids = running["resource_id"]
    found = running.assign(
        sessions=looked_up(ids, sessions["maximum"]),
        cpu=looked_up(ids, cpu["maximum"]),
        age=age_days(running["create_time"], as_of),
    )
    complete = is_complete(looked_up(ids, sessions["hours"]), window_days) & found["cpu"].notna()
    apart = found["cluster_id"].notna() | found["replica_of"].notna()
    busy = (found["sessions"] > 0) | (found["cpu"] >= cpu_limit_pct)
    status = np.select(
        [apart | busy | (found["age"] < window_days), complete], ["ok", "waste"], default="unknown"
    )
    listed = (
        looked_up(found["instance_class"], list_prices(prices, "AmazonRDS", as_of))
        * HOURS_PER_MONTH
    )
    found = all_saved(priced(found.assign(status=status), run_rate(resource_costs), listed))
    return found.assign(
        reason=[
            f"Connections are not measured over the whole window of {window_days} days."
            if row.status == "unknown"
            else "A replica or a member of a cluster."
            if not (pd.isna(row.cluster_id) and pd.isna(row.replica_of))
            else f"Started {row.age:.1f} days ago, within the window of {window_days} days."
            if row.age < window_days
            else f"At most {row.sessions:g} connections and {row.cpu:.1f} % CPU (limit {cpu_limit_pct:g} %) over {window_days} days."
            for row in found.itertuples()
        ],
        evidence=[
            {
                "connections_max": None if pd.isna(row.sessions) else float(row.sessions),
                "cpu_max_pct": None if pd.isna(row.cpu) else round(row.cpu, 3),
                "window_days": window_days, "instance_class": row.instance_class, "status": row.status,
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[[*KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis"]]  # fmt: skip
