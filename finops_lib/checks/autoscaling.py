"""Auto Scaling groups whose machines all do nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.ec2 import cpu_use, gpu_use, priced_instances
from finops_lib.checks.exclusions import is_protected
from finops_lib.checks.measures import (
    age_days,
    rounded,
    too_young,
)
from finops_lib.checks.registry import check
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "price_basis",
]  # fmt: skip

GROUP = ["account_id", "region", "asg_name"]


@check(
    title="Idle Auto Scaling groups",
    why="A group keeps its least number of machines running, and starts another for each that is ended.",
    needs=("auto_scaling_groups", "instances", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances",
                 "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),
    action="shrink_auto_scaling_group",
    service="Amazon Elastic Compute Cloud",
    guard="Every machine of the group must be idle by the rules of idle_ec2_instances and "
    "idle_gpu_instances over the whole window; one that works, is protected by a tag or from scale-in "
    "keeps the group; one that is too young or not measured leaves it unknown.",
)  # fmt: skip
def idle_auto_scaling_groups(
    auto_scaling_groups: pd.DataFrame,
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    cpu_limit_pct: float = 5.0,
    network_limit_mib_per_day: float = 5.0,
    gpu_limit_pct: float = 5.0,
    keep_instances: int = 0,
) -> pd.DataFrame:
    """Groups with more than `keep_instances` machines in service, all of them idle for the window.

    Saved is what the machines beyond `keep_instances` cost; the group and its launch template stay.
    Undo: set the sizes back.
    """
    limits = (window_days, cpu_limit_pct, network_limit_mib_per_day)
    grouped = instances[instances["asg_name"].notna()]
    members = pd.concat(
        [
            cpu_use(grouped, metrics, instance_types, as_of, *limits),
            gpu_use(grouped, metrics, instance_types, as_of, window_days, gpu_limit_pct),
        ]
    )
    members = members.assign(status="waste", protected=members["tags"].map(is_protected))
    members = priced_instances(members, resource_costs, prices, as_of)
    found = auto_scaling_groups.merge(
        _by_group(members), "left", left_on=["account_id", "region", "name"], right_on=GROUP
    )
    found = found.assign(age=age_days(found["create_time"], as_of))
    found["status"] = _status(found, window_days, keep_instances)
    return _described(found, window_days, keep_instances)


def _by_group(members: pd.DataFrame) -> pd.DataFrame:
    """By group: running, idle, busy, young, protected (counts), highest cpu, gpu and the cost."""
    by = members.groupby(GROUP)
    counts = by[["idle", "busy", "young", "protected"]].sum()
    highest = members.reindex(columns=[*GROUP, "cpu", "gpu"]).groupby(GROUP).max()
    return counts.join(highest).assign(
        running=by.size(),
        monthly_cost=by["monthly_cost"].sum(min_count=1).where(by["monthly_cost"].count() == by.size()),
        price_basis=by["price_basis"].max(),
    ).reset_index()  # fmt: skip


def _status(found: pd.DataFrame, window_days: int, keep: int) -> Any:
    """Idle needs the whole window of every machine, so that a group idle for it is not young."""
    needed = found["busy"].gt(0) | found["protected"].gt(0) | found["protected_count"].gt(0)
    fine = needed.fillna(False).astype(bool) | (found["running"].fillna(0) <= keep)
    all_idle = found["idle"] == found["running"]
    young = found["age"] < window_days
    return np.select([fine, all_idle, young], ["ok", "waste", "ok"], default="unknown")


def _described(found: pd.DataFrame, window_days: int, keep: int) -> pd.DataFrame:
    wasted = found["status"] == "waste"
    saved = found["monthly_cost"] * (1 - keep / found["running"])
    return found.assign(
        monthly_saving=saved.where(wasted),
        confidence="high",
        risk=pd.Series("medium", found.index, dtype="object").where(wasted, None),
        parameters=[{"min_size": keep, "desired_capacity": keep} if w else None for w in wasted],
        reason=[_reason(row, window_days, keep) for row in found.itertuples()],
        evidence=[
            {
                "running": _count(row.running), "idle": _count(row.idle), "busy": _count(row.busy),
                "young": _count(row.young), "protected": _count(row.protected_count),
                "cpu_max_pct": rounded(row.cpu), "gpu_max_pct": rounded(row.gpu),
                "min_size": _count(row.min_size), "desired_capacity": _count(row.desired_capacity),
                "window_days": window_days, "age_days": rounded(row.age),
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _reason(row: Any, window_days: int, keep: int) -> str:
    running = _count(row.running)
    if running <= keep:
        return f"{running} machines in service (kept: {keep})."
    if row.age < window_days and row.status == "ok":
        return too_young("Made", row.age, window_days)
    use = f"{_count(row.idle)} of {running} machines idle over {window_days} days"
    if row.status == "waste":
        return f"{use}, yet the group keeps at least {_count(row.min_size)} (wanted {_count(row.desired_capacity)})."
    if row.status == "unknown":
        return f"{use}; the others are younger or not measured over the whole window."
    if row.busy > 0:
        return f"{use}, {_count(row.busy)} at work."
    return f"{use}; protected machines must stay."


def _count(value: float) -> int:
    return 0 if pd.isna(value) else int(value)
