"""GPU machines that wait for their own processors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from finops_lib.analysis.gpu_targets import gpu_targets
from finops_lib.checks.ec2 import gpu_use, priced_instances
from finops_lib.checks.gpu_hours import AT_WORK_HOURS, held_memory, machine_hours
from finops_lib.checks.measures import is_complete, looked_up, rounded, too_young, windowed
from finops_lib.checks.pricing import list_prices
from finops_lib.checks.registry import check
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "price_basis",
]  # fmt: skip

IDLE_PCT = 5.0
"""Percent below which a GPU does nothing, as idle_gpu_instances has it."""


@check(
    title="GPU instances that wait for their processors",
    why="A GPU that waits for what its processors prepare is paid like one that computes.",
    needs=("instances", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("ec2:DescribeInstances", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),
    action="review",
    service="Amazon Elastic Compute Cloud",
    guard="Processors and GPUs are held together hour by hour, the hour's average of the one against the "
    "highest of the other; without both over the whole window it is unknown. A saving is told only where "
    "a cheaper machine has the processors, the memory and GPUs enough.",
)
def cpu_bound_gpu_instances(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 7,
    cpu_limit_pct: float = 90.0,
    gpu_limit_pct: float = 50.0,
    min_share: float = 0.5,
    headroom: float = 0.2,
) -> pd.DataFrame:
    """Running GPU instances whose processors are the limit in `min_share` of their working hours.

    A working hour is one in which the processors (average) or a GPU (maximum) reach their limit; in a bound one
    the processors do and no GPU does. An instance whose GPUs do nothing while its processors work is
    one too. The saving is the billed run rate times (1 - the target's list price / the current one's); the
    target has fewer GPUs of the same make, or none where none is used. Without one there is advice alone:
    more processors to each GPU, or another way to load its data.
    Undo: change the type back.
    """
    found = gpu_use(instances, metrics, instance_types, as_of, window_days, IDLE_PCT)
    recent = windowed(metrics, as_of, window_days)
    hours = machine_hours(recent, cpu_limit_pct, gpu_limit_pct)
    held = held_memory(recent)
    ids = found["resource_id"]
    told = {name: looked_up(ids, hours[name]).fillna(0.0) for name in hours}
    found = found.assign(**told, held_gib=looked_up(ids, held["held_gib"]), gpu_idle=found["idle"])
    without = found["idle"] & found["at_work"]
    bound = ~found["idle"] & (found["bound"] >= AT_WORK_HOURS)
    bound &= found["bound"] >= min_share * found["working"]
    complete = is_complete(found["seen"], window_days)
    found["status"] = _status(complete, without | bound, found["young"])
    price = list_prices(prices, "AmazonEC2", as_of)
    found = found.join(gpu_targets(found, instance_types, price, headroom=headroom))
    found = priced_instances(found, resource_costs, prices, as_of)
    limits = (window_days, cpu_limit_pct, gpu_limit_pct)
    return _described(found, limits)


def _status(complete: pd.Series, wasted: pd.Series, young: pd.Series) -> pd.Series:
    status = pd.Series("unknown", index=complete.index, dtype="object")
    return status.mask(complete | young, "ok").mask(complete & wasted, "waste")


def _described(found: pd.DataFrame, limits: tuple[int, float, float]) -> pd.DataFrame:
    wasted = found["status"] == "waste"
    saving = found["monthly_cost"] * (1 - found["price_share"])
    risk = pd.Series("medium", index=found.index, dtype="object").mask(found["gpu_idle"], "high")
    return found.assign(
        monthly_saving=saving.where(wasted),
        confidence="medium",
        risk=risk.where(wasted, None),
        parameters=[
            {"instance_type": row.target} if row.status == "waste" and row.target else None
            for row in found.itertuples()
        ],
        reason=[_reason(row, *limits) for row in found.itertuples()],
        evidence=[
            {
                "bound_hours": rounded(row.bound), "working_hours": rounded(row.working),
                "cpu_working_hours": rounded(row.cpu_working), "hours_measured": rounded(row.seen),
                "cpu_limit_pct": limits[1], "gpu_limit_pct": limits[2], "gpu_max_pct": rounded(row.gpu),
                "gpu_memory_max_pct": rounded(row.memory), "gpu_memory_held_gib": rounded(row.held_gib),
                "window_days": limits[0], "instance_type": row.instance_type, "gpu_count": row.gpus,
                "target": row.target, "price_share": rounded(row.price_share), "wider": row.wider,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _reason(row: Any, window_days: int, cpu_limit: float, gpu_limit: float) -> str:
    if row.status == "unknown":
        return (
            "Processors and GPUs are not measured together over the whole window of "
            f"{window_days} days."
        )
    if row.young and row.status == "ok":
        return too_young("Started", row.age, window_days)
    if row.status == "ok":
        return (
            f"Processors reached {cpu_limit:g} % while no GPU reached {gpu_limit:g} % in {row.bound:g} of "
            f"{row.working:g} hours at work."
        )
    what = (
        f"No GPU reached {IDLE_PCT:g} % in {window_days} days, while the processors worked in "
        f"{row.cpu_working:g} hours"
        if row.gpu_idle
        else f"In {row.bound:g} of {row.working:g} hours at work the processors reached {cpu_limit:g} % "
        f"and no GPU {gpu_limit:g} %"
    )
    held = "" if pd.isna(row.memory) else f", {row.memory:.0f} % of a GPU's memory held"
    return f"{what}{held}: {advice(row)}."


def advice(row: Any) -> str:
    """What to do instead: another machine, more processors to each GPU, or another place for the work."""
    if row.target:
        return f"{row.target} does the same for {100 * (1 - row.price_share):.1f} % less at list"
    if row.gpu_idle:
        return "a machine without GPUs would do, but none here is known to cost less"
    each = f"{row.vcpu / row.gpus:g} processors to a GPU"
    if row.wider:
        first = row.wider[0]
        return (
            f"{first['instance_type']} has {first['vcpu_per_gpu']:g} instead of {each} at "
            f"{first['price_share']:.2f} times the price; or prepare its data elsewhere"
        )
    return f"no machine with this GPU has more than its {each}, so prepare its data elsewhere"
