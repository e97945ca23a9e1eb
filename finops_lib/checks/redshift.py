"""Redshift clusters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import (
    age_days,
    is_complete,
    looked_up,
    measured,
    number,
    too_young,
    windowed,
)
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip

STAYS_BILLED = r"^(?!.*(?:RMS|Snapshot|Backup|DataScanned|Spectrum)).*$"
"""Usage types that a pause ends: nodes, and not managed storage, snapshots or what is scanned in S3."""


@check(
    title="Idle Redshift clusters",
    why="A warehouse bills its nodes by the hour, queried or not; paused it bills its storage alone.",
    needs=("clusters", "metrics", "resource_costs", "prices"),
    permissions=("redshift:DescribeClusters", "cloudwatch:GetMetricData"),
    action="pause_warehouse",
    service="Amazon Redshift",
    guard="One connection in any hour of a full window is use; maintenance makes CPU but no connection; "
    "paused clusters bill no node.",
)
def idle_redshift_clusters(
    clusters: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
) -> pd.DataFrame:
    """Available clusters to which nobody connected in any hour of the window.

    The saving is what the bill charges for the nodes (not managed storage or snapshots), else the nodes
    at list. Undo: resume the cluster; its data stay.
    """
    found = clusters[(clusters["kind"] == "redshift") & (clusters["status"] == "available")]
    recent = windowed(metrics, as_of, window_days)
    sessions = measured(recent, "AWS/Redshift", "DatabaseConnections", "Maximum")
    cpu = measured(recent, "AWS/Redshift", "CPUUtilization", "Maximum")["maximum"]
    ids = found["resource_id"]
    found = found.assign(
        sessions=looked_up(ids, sessions["maximum"]),
        cpu=looked_up(ids, cpu),
        age=age_days(found["create_time"], as_of),
    )
    complete = is_complete(looked_up(ids, sessions["hours"]), window_days)
    status = np.select(
        [(found["sessions"] > 0) | (found["age"] < window_days), complete],
        ["ok", "waste"],
        "unknown",
    )
    hourly = looked_up(found["node_type"], list_prices(prices, "AmazonRedshift", as_of))
    listed = hourly * found["node_count"].fillna(1) * HOURS_PER_MONTH
    billed = run_rate(resource_costs, STAYS_BILLED)
    found = all_saved(priced(found.assign(status=status), billed, listed))
    return found.assign(
        reason=[_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "connections_max": number(row.sessions), "cpu_max_pct": number(row.cpu),
                "window_days": window_days, "node_type": number(row.node_type),
                "node_count": number(row.node_count), "age_days": number(row.age),
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip


def _reason(row: Any, window_days: int) -> str:
    if row.status == "unknown":
        return f"Connections are not measured over the whole window of {window_days} days."
    if row.age < window_days and not row.sessions > 0:
        return too_young("Made", row.age, window_days)
    return f"At most {row.sessions:g} connections over {window_days} days."
