"""Training jobs on GPU machines whose GPUs wait for data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.gpu_hours import HELD_PCT, of_metric, side_by_side
from finops_lib.checks.measures import looked_up, measured
from finops_lib.checks.registry import check
from finops_lib.checks.training import (
    COLUMNS,
    PERMISSIONS,
    banded,
    number,
    paid_jobs,
)
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

METRICS = "/aws/sagemaker/TrainingJobs"

WINDOW_HOURS = 14 * HOURS_PER_DAY
"""Metrics are read so far back; an older job is judged by them."""


@check(
    title="Training jobs whose GPUs wait",
    why="A GPU that waits for data is paid like one that computes.",
    needs=("training_jobs", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=(*PERMISSIONS, "cloudwatch:GetMetricData"),
    action="stop_training_job",
    service="Amazon SageMaker",
    guard="The busiest interval of the busiest machine, over the whole life of a running job; where one "
    "machine is not fully measured, or one GPU of a machine may have worked, it is unknown; what works on "
    "its processors alone is left to cpu_bound_gpu_training_jobs.",
)
def idle_gpu_training_jobs(
    training_jobs: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    gpu_limit_pct: float = 5.0,
    min_hours: float = 1.0,
) -> pd.DataFrame:
    """Running jobs on GPU machines, `min_hours` old or more, of which no GPU ever reached the limit.

    SageMaker reports each machine, and of it the sum over its GPUs: one of them reached at most that sum,
    and the busiest at least their mean. Between the two nobody can tell, so it is unknown. The saving is
    what the job would still bill until its own time limit, a month at the most.
    """
    jobs = paid_jobs(training_jobs, resource_costs, prices, as_of)
    found = on_gpus(jobs, metrics, instance_types, min_hours)
    idle = found["is_measured"] & (found["gpu"] < gpu_limit_pct)
    status = np.select(
        [(found["gpu_mean"] >= gpu_limit_pct) | (idle & found["at_work"]), idle],
        ["ok", "waste"], default="unknown",
    )  # fmt: skip
    found = _idle_priced(found.assign(status=status, idle=idle))
    return found.assign(
        reason=[_gpu_reason(row, gpu_limit_pct) for row in found.itertuples()],
        evidence=[
            {
                "gpu_max_pct": number(row.gpu), "gpu_memory_max_pct": number(row.memory),
                "cpu_max_pct": number(row.cpu), "gpu_limit_pct": gpu_limit_pct,
                "hours": number(row.hours), "gpu_count": number(row.gpus),
                "machines": number(row.machines), "machines_measured": number(row.seen),
                "window_days": WINDOW_HOURS / HOURS_PER_DAY, "instance_type": row.instance_type,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def on_gpus(
    jobs: pd.DataFrame, metrics: pd.DataFrame, instance_types: pd.DataFrame, min_hours: float
) -> pd.DataFrame:
    """Running jobs on GPU machines, `min_hours` old or more, with gpus, vcpu and what metrics say of them.

    Of the busiest machine, in percent: gpu (the most that one GPU of it can have reached), gpu_mean and
    memory (of a GPU, on average) and cpu (of all processors); machines, seen (those measured over the job's
    life), is_measured (all of them), and at_work: whether processors work in half of the hours.
    """
    hardware = instance_types.set_index("instance_type")
    machine = jobs["instance_type"].str.removeprefix("ml.")
    found = jobs.assign(
        gpus=looked_up(machine, hardware["gpu_count"]), vcpu=looked_up(machine, hardware["vcpu"])
    )
    found = found[found["running"] & (found["gpus"] > 0) & (found["hours"] >= min_hours)]
    hours = job_hours(metrics, found)
    ids = found["resource_id"]
    at_work = looked_up(ids, hours["cpu_working"] >= hours["seen"] / 2)
    return found.assign(**_busiest(metrics, found), at_work=at_work.fillna(False).astype(bool))


def job_hours(
    metrics: pd.DataFrame,
    found: pd.DataFrame,
    cpu_limit_pct: float = 90.0,
    gpu_limit_pct: float = 50.0,
) -> pd.DataFrame:
    """`gpu_hours.side_by_side` of the busiest machine of each job; of its GPUs the mean counts."""
    own = metrics[metrics["resource_id"].isin(found["resource_id"])]
    size = found.set_index("resource_id")
    cpu, gpu = (
        points.assign(value=points["value"] / looked_up(points["resource_id"], size[count]))
        for metric, count in (("CPUUtilization", "vcpu"), ("GPUUtilization", "gpus"))
        for points in [of_metric(own, METRICS, metric, "Maximum")]
    )
    return side_by_side(cpu, gpu, cpu_limit_pct, gpu_limit_pct)


def whole_life(found: pd.DataFrame) -> pd.Series:
    """Full hours that metrics must have of each job."""
    return np.floor(found["hours"].clip(upper=WINDOW_HOURS))


def _busiest(metrics: pd.DataFrame, found: pd.DataFrame) -> dict[str, pd.Series]:
    ids = found["resource_id"]
    names = {"gpu": "GPUUtilization", "memory": "GPUMemoryUtilization", "cpu": "CPUUtilization"}
    # What was read before machines were told apart has none: it is the first.
    told = metrics.assign(dimension=metrics["dimension"].fillna("algo-1"))
    each = {
        name: measured(told, METRICS, metric, "Maximum", ("resource_id", "dimension"))
        for name, metric in names.items()
    }
    highest = {
        name: looked_up(ids, frame.groupby("resource_id")["maximum"].max())
        for name, frame in each.items()
    }
    hours = each["gpu"].reset_index()
    life = looked_up(hours["resource_id"], whole_life(found).set_axis(ids))
    full = hours[hours["hours"] >= life]
    machines = found["instance_count"].fillna(1).astype("float64")
    seen = looked_up(ids, full.groupby("resource_id").size()).fillna(0.0)
    return {
        "gpu": highest["gpu"].clip(upper=100.0), "gpu_mean": highest["gpu"] / found["gpus"],
        "memory": highest["memory"] / found["gpus"], "cpu": highest["cpu"] / found["vcpu"],
        "machines": machines, "seen": seen, "is_measured": seen >= machines,
    }  # fmt: skip


def still_to_bill(found: pd.DataFrame) -> pd.Series:
    """Dollars that each job bills until its own time limit, a month at the most."""
    ahead = (found["limit_hours"] - found["hours"]).clip(0.0, HOURS_PER_MONTH)
    return found["hourly"] * ahead.fillna(HOURS_PER_MONTH)


def _idle_priced(found: pd.DataFrame) -> pd.DataFrame:
    saved = still_to_bill(found)
    found = found.assign(
        monthly_cost=found["hourly"] * HOURS_PER_MONTH,
        action="stop_training_job",
        confidence="medium",
    )
    return banded(found, saved, saved)


def _gpu_reason(row: Any, limit: float) -> str:
    if row.status == "unknown" and row.is_measured:
        return (
            f"Its {row.gpus:g} GPUs reached {row.gpu_mean * row.gpus:.1f} % together: one of them may have "
            f"reached the limit of {limit:g} %."
        )
    if row.status == "unknown":
        return (
            f"The GPUs of {row.seen:g} of its {row.machines:g} machines are measured over the job's "
            "whole life."
        )
    if row.idle and row.status == "ok":
        return "No GPU is used, but its processors are at work: cpu_bound_gpu_training_jobs."
    of_many = "" if row.machines == 1 else f" of its {row.machines:g} machines"
    if row.status == "ok":
        use = f"Busiest GPU interval{of_many} {row.gpu_mean:.1f} % of each GPU"
        return f"{use} (limit {limit:g} %) in {row.hours:.1f} hours."
    use = f"Busiest GPU interval{of_many} {row.gpu:.1f} % (limit {limit:g} %)"
    held = f", {row.memory:.0f} % of the memory held" if row.memory >= HELD_PCT else ""
    bound = f"; its processors reached {row.cpu:.0f} %" if not pd.isna(row.cpu) else ""
    return f"{use} in {row.hours:.1f} hours{held}{bound}."
