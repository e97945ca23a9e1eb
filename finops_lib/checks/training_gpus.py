"""Training jobs on GPU machines whose GPUs wait for data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

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
    guard="The busiest interval of all GPUs, over the whole life of a running job; without full data, or "
    "with several machines of which one alone is measured, it is unknown.",
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
    """Running jobs on GPU machines, `min_hours` old or more, whose GPUs together never reached the limit.

    SageMaker reports the sum over a machine's GPUs; it is divided by their number. The saving is what the
    job would still bill until its own time limit, a month at the most.
    """
    machines = training_jobs["instance_type"].str.removeprefix("ml.")
    gpus = looked_up(machines, instance_types.set_index("instance_type")["gpu_count"])
    found = paid_jobs(training_jobs, resource_costs, prices, as_of).assign(gpus=gpus)
    found = found[found["running"] & (found["gpus"] > 0) & (found["hours"] >= min_hours)]
    found = found.assign(**_busiest(metrics, found))
    full = found["seen"].fillna(0.0) >= np.floor(found["hours"].clip(upper=WINDOW_HOURS))
    alone = found["instance_count"].fillna(1) == 1
    status = np.select(
        [found["gpu"] >= gpu_limit_pct, full & alone & (found["gpu"] < gpu_limit_pct)],
        ["ok", "waste"], default="unknown",
    )  # fmt: skip
    found = _idle_priced(found.assign(status=status))
    return found.assign(
        reason=[_gpu_reason(row, gpu_limit_pct) for row in found.itertuples()],
        evidence=[
            {
                "gpu_max_pct": number(row.gpu), "gpu_memory_max_pct": number(row.memory),
                "cpu_max_pct": number(row.cpu), "gpu_limit_pct": gpu_limit_pct,
                "hours": number(row.hours), "gpu_count": number(row.gpus),
                "window_days": WINDOW_HOURS / HOURS_PER_DAY, "instance_type": row.instance_type,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _busiest(metrics: pd.DataFrame, found: pd.DataFrame) -> dict[str, pd.Series]:
    """Highest GPU use and GPU memory (percent of each GPU), CPU (of all processors), and hours seen."""
    ids = found["resource_id"]
    names = {"gpu": "GPUUtilization", "memory": "GPUMemoryUtilization", "cpu": "CPUUtilization"}
    told = {name: measured(metrics, METRICS, metric, "Maximum") for name, metric in names.items()}
    highest = {name: looked_up(ids, frame["maximum"]) for name, frame in told.items()}
    return {
        "gpu": highest["gpu"] / found["gpus"], "memory": highest["memory"] / found["gpus"],
        "cpu": highest["cpu"], "seen": looked_up(ids, told["gpu"]["hours"]),
    }  # fmt: skip


def _idle_priced(found: pd.DataFrame) -> pd.DataFrame:
    ahead = (found["limit_hours"] - found["hours"]).clip(0.0, HOURS_PER_MONTH)
    saved = found["hourly"] * ahead.fillna(HOURS_PER_MONTH)
    found = found.assign(
        monthly_cost=found["hourly"] * HOURS_PER_MONTH,
        action="stop_training_job",
        confidence="medium",
    )
    return banded(found, saved, saved)


def _gpu_reason(row: Any, limit: float) -> str:
    if row.status == "unknown":
        several = "" if row.instance_count == 1 else f" of its {row.instance_count} machines"
        return f"The GPUs{several} are not measured over the job's whole life."
    use = f"Busiest GPU interval {row.gpu:.1f} % (limit {limit:g} %) in {row.hours:.1f} hours"
    if row.status == "ok":
        return use + "."
    held = f", {row.memory:.0f} % of its memory held" if row.memory >= 50 else ""
    bound = f"; its processors reached {row.cpu:.0f} %" if not pd.isna(row.cpu) else ""
    return use + held + bound + "."
