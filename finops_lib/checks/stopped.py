"""Machines that are off and whose volumes are still billed."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.ebs import volume_list_cost
from finops_lib.checks.measures import age_days, not_read
from finops_lib.checks.pricing import priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip


@check(
    title="Long-stopped EC2 instances",
    why="A stopped instance bills no hours, but each of its volumes is billed as before.",
    needs=("instances", "volumes", "gaps", "resource_costs", "prices"),
    permissions=("ec2:DescribeInstances", "ec2:DescribeVolumes"),
    action="terminate_instance",
    service="Amazon Elastic Compute Cloud",
    guard="The time of the stop must be known; machines of an Auto Scaling group (its warm pool) are left alone.",
)
def long_stopped_ec2_instances(
    instances: pd.DataFrame,
    volumes: pd.DataFrame,
    gaps: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_stopped_days: float = 30.0,
) -> pd.DataFrame:
    """Instances that have been off for `min_stopped_days` or more, at the cost of their volumes."""
    found = instances[instances["state"] == "stopped"]
    off = age_days(found["stopped_at"], as_of)
    held = _held(volumes, resource_costs, prices, as_of).reindex(found["resource_id"])
    count = held["count"].fillna(0).to_numpy()
    pooled = found["asg_name"].notna()
    unread = not_read(found, gaps, "volumes")
    status = np.select(
        [pooled | (off < min_stopped_days) | ((count == 0) & ~unread), off.isna() | unread],
        ["ok", "unknown"], default="waste",
    )  # fmt: skip
    cost = pd.Series(held["monthly_cost"].to_numpy(), index=found.index)
    found = found.assign(
        status=status, off=off, volumes_held=count.astype(int), pooled=pooled, monthly_cost=cost,
        monthly_saving=cost.where(status == "waste"),
        price_basis=np.where(held["all_billed"].eq(True), "billed", "list"),
    )  # fmt: skip
    return found.assign(
        reason=[_reason(row, min_stopped_days) for row in found.itertuples()],
        evidence=[
            {
                "stopped_days": None if pd.isna(row.off) else round(row.off, 2),
                "min_stopped_days": min_stopped_days, "volumes": row.volumes_held, "state": "stopped",
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip


def _held(
    volumes: pd.DataFrame, resource_costs: pd.DataFrame, prices: pd.DataFrame, as_of: datetime
) -> pd.DataFrame:
    """Per instance: its volumes, what they cost together, and whether the bill knows each of them."""
    costs = priced(
        volumes, run_rate(resource_costs, "EBS:"), volume_list_cost(volumes, prices, as_of)
    )
    costs = costs.assign(all_billed=costs["price_basis"] == "billed")
    grouped = costs.groupby("attached_instance_id")
    return pd.DataFrame(
        {
            "count": grouped.size(),
            "monthly_cost": grouped["monthly_cost"].sum(min_count=1),
            "all_billed": grouped["all_billed"].all(),
        }
    )


def _reason(row: object, min_stopped_days: float) -> str:
    if row.pooled:  # type: ignore[attr-defined]
        return "It belongs to an Auto Scaling group, which keeps it to start it again."
    if row.status == "unknown":  # type: ignore[attr-defined]
        return "Since when it is off, or which volumes it holds, is not known."
    if row.volumes_held == 0:  # type: ignore[attr-defined]
        return "It is off and holds no volume: it costs nothing."
    return f"Off for {row.off:.0f} days (limit {min_stopped_days:g}); {row.volumes_held} volumes are billed on."  # type: ignore[attr-defined]
