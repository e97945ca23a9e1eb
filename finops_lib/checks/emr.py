"""EMR clusters."""

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
from finops_lib.checks.pricing import all_saved, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip


@check(
    title="Idle EMR clusters",
    why="A cluster that waits for a step bills its machines and EMR's fee until somebody ends it.",
    needs=("clusters", "metrics", "resource_costs"),
    permissions=("elasticmapreduce:ListClusters", "elasticmapreduce:DescribeCluster",
                 "cloudwatch:GetMetricData"),
    action="terminate_emr_cluster",
    service="Amazon Elastic MapReduce",
    guard="EMR's own IsIdle must say so in every interval of a full window; one step or task in it is use.",
)  # fmt: skip
def idle_emr_clusters(
    clusters: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 7,
) -> pd.DataFrame:
    """Running clusters that EMR called idle all through the window.

    The saving is EMR's fee as the bill charges it to the cluster; its machines are the EC2 checks', so
    that no dollar is counted twice. Undo: none; start the cluster again from its configuration.
    """
    found = clusters[clusters["kind"] == "emr"]
    idle = measured(
        windowed(metrics, as_of, window_days), "AWS/ElasticMapReduce", "IsIdle", "Minimum"
    )
    ids = found["resource_id"]
    found = found.assign(
        share=looked_up(ids, idle["mean"]), age=age_days(found["create_time"], as_of)
    )
    complete = is_complete(looked_up(ids, idle["hours"]), window_days)
    status = np.select(
        [(found["share"] < 1) | (found["age"] < window_days), complete], ["ok", "waste"], "unknown"
    )
    found = all_saved(priced(found.assign(status=status), run_rate(resource_costs), np.nan))
    return found.assign(
        reason=[_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "idle_share": number(row.share), "window_days": window_days,
                "age_days": number(row.age),
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip


def _reason(row: Any, window_days: int) -> str:
    if row.status == "unknown":
        return f"Whether it is idle is not measured over the whole window of {window_days} days."
    if row.age < window_days:
        return too_young("Started", row.age, window_days)
    return f"Idle in {100 * row.share:.0f} % of the intervals of {window_days} days."
