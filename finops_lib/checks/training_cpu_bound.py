"""Training jobs on GPU machines that wait for their own processors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.gpu_targets import gpu_targets
from finops_lib.checks.cpu_bound import IDLE_PCT, advice
from finops_lib.checks.measures import looked_up, rounded
from finops_lib.checks.pricing import list_prices
from finops_lib.checks.registry import check
from finops_lib.checks.training import COLUMNS, PERMISSIONS, banded, paid_jobs
from finops_lib.checks.training_gpus import job_hours, on_gpus, still_to_bill, whole_life
from finops_lib.units import HOURS_PER_MONTH


@check(
    title="Training jobs that wait for their processors",
    why="A GPU that waits for what its processors prepare is paid like one that computes.",
    needs=("training_jobs", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=(*PERMISSIONS, "cloudwatch:GetMetricData"),
    action="review",
    service="Amazon SageMaker",
    guard="Processors and GPUs are held together hour by hour, of the busiest machine; without both over "
    "the job's whole life it is unknown. A saving is told only where a cheaper machine has the processors, "
    "the memory and GPUs enough; its band begins at nothing, for the job itself runs where it runs.",
)
def cpu_bound_gpu_training_jobs(
    training_jobs: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    cpu_limit_pct: float = 90.0,
    gpu_limit_pct: float = 50.0,
    min_share: float = 0.5,
    min_hours: float = 1.0,
    headroom: float = 0.2,
) -> pd.DataFrame:
    """Running jobs whose processors are the limit in `min_share` of their working hours.

    As cpu_bound_gpu_instances has it, by the hour's maxima of the busiest machine; of its GPUs the mean
    counts, as SageMaker tells their sum. The saving is what the job still bills times (1 - the target's list
    price / the current one's).
    """
    jobs = paid_jobs(training_jobs, resource_costs, prices, as_of)
    found = on_gpus(jobs, metrics, instance_types, min_hours)
    hours = job_hours(metrics, found, cpu_limit_pct, gpu_limit_pct)
    ids = found["resource_id"]
    told = {
        name: looked_up(ids, hours[name]).fillna(0.0)
        for name in ("bound", "working", "cpu_working")
    }
    measured = looked_up(ids, hours["seen"]).fillna(0.0)
    found = found.assign(**told, measured=measured, gpu_idle=found["gpu"] < IDLE_PCT)
    without = found["gpu_idle"] & found["at_work"]
    bound = ~found["gpu_idle"] & (found["bound"] >= np.maximum(1.0, min_share * found["working"]))
    complete = found["is_measured"] & (measured >= whole_life(found))
    status = np.select([complete & (without | bound), complete], ["waste", "ok"], default="unknown")
    found = _with_targets(found.assign(status=status), instance_types, prices, as_of, headroom)
    saved = still_to_bill(found) * (1 - found["price_share"])
    found = found.assign(
        monthly_cost=found["hourly"] * HOURS_PER_MONTH, action="review", confidence="low"
    )
    return _described(banded(found, saved, 0.0 * saved), cpu_limit_pct, gpu_limit_pct)


def _with_targets(
    found: pd.DataFrame, types: pd.DataFrame, prices: pd.DataFrame, as_of: datetime, headroom: float
) -> pd.DataFrame:
    """`found` with target, price_share and wider; the GPU memory held is that of the fullest machine."""
    offered = types.assign(instance_type="ml." + types["instance_type"])
    whole = looked_up(
        found["instance_type"], offered.set_index("instance_type")["gpu_memory_gib"]
    ).astype("float64")
    found = found.assign(
        gpu_total_pct=found["gpu_mean"] * found["gpus"], held_gib=whole * found["memory"] / 100
    )
    price = list_prices(prices, "AmazonSageMaker", as_of, "training")
    return found.join(gpu_targets(found, offered, price, headroom=headroom))


def _described(found: pd.DataFrame, cpu_limit: float, gpu_limit: float) -> pd.DataFrame:
    return found.assign(
        reason=[_reason(row, cpu_limit, gpu_limit) for row in found.itertuples()],
        evidence=[
            {
                "bound_hours": rounded(row.bound), "working_hours": rounded(row.working),
                "cpu_working_hours": rounded(row.cpu_working), "hours_measured": rounded(row.measured),
                "cpu_limit_pct": cpu_limit, "gpu_limit_pct": gpu_limit, "gpu_max_pct": rounded(row.gpu),
                "gpu_memory_max_pct": rounded(row.memory), "machines": rounded(row.machines),
                "instance_type": row.instance_type, "gpu_count": rounded(row.gpus), "target": row.target,
                "price_share": rounded(row.price_share), "wider": row.wider,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _reason(row: Any, cpu_limit: float, gpu_limit: float) -> str:
    if row.status == "unknown":
        return "Processors and GPUs are not measured together over the job's whole life."
    if row.status == "ok":
        return (
            f"Processors reached {cpu_limit:g} % while the GPUs stayed below {gpu_limit:g} % in "
            f"{row.bound:g} of {row.working:g} hours at work."
        )
    if row.gpu_idle:
        return (
            f"No GPU reached {IDLE_PCT:g} %, while the processors worked in {row.cpu_working:g} hours: "
            f"{advice(row)}."
        )
    return (
        f"In {row.bound:g} of {row.working:g} hours at work the processors reached {cpu_limit:g} % and the "
        f"GPUs less than {gpu_limit:g} %: {advice(row)}."
    )
