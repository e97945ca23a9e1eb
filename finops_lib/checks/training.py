"""Training jobs whose hours are lost, that run far beyond their like, or whose GPUs wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import looked_up
from finops_lib.checks.pricing import list_prices
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "action", "monthly_cost",
    "monthly_saving", "monthly_saving_low", "monthly_saving_high", "price_basis",
]  # fmt: skip

PERMISSIONS = ("sagemaker:ListTrainingJobs", "sagemaker:DescribeTrainingJob")

OWN_PART = r"(?:[-_.:](?:\d[\d\-_.:tTzZ]*|[0-9a-f]{8,}))+$"
"""What of a job's name is its run's own: a number, a moment, a hash at its end."""

AT_LIMIT = 0.99
"""Share of its own time limit from which a job that stopped was stopped by it."""


def family(names: pd.Series) -> pd.Series:
    """The names without what is each run's own: jobs of one family do the same work."""
    return names.str.replace(OWN_PART, "", regex=True)


def paid_jobs(
    jobs: pd.DataFrame, resource_costs: pd.DataFrame, prices: pd.DataFrame, as_of: datetime
) -> pd.DataFrame:
    """Jobs with hours (paid, of one machine), running, hourly (all machines, dollars), price_basis."""
    train = resource_costs[
        resource_costs["usage_type"].fillna("").str.contains("Train:")
        & resource_costs["unit"].eq("Hrs")
    ]
    sums = train.groupby("instance_type")[["effective_cost", "consumed_quantity"]].sum()
    sums = sums[sums["consumed_quantity"] > 0]
    billed = looked_up(jobs["instance_type"], sums["effective_cost"] / sums["consumed_quantity"])
    listed = looked_up(
        jobs["instance_type"], list_prices(prices, "AmazonSageMaker", as_of, "training")
    )
    running = jobs["status"].eq("InProgress")
    began = jobs["start_time"].fillna(jobs["create_time"])
    so_far = (as_of - began) / pd.Timedelta(hours=1)
    return jobs.assign(
        hours=(jobs["billable_seconds"] / 3600.0).where(~running, so_far),
        running=running,
        limit_hours=jobs["max_runtime_s"] / 3600.0,
        hourly=billed.fillna(listed) * jobs["instance_count"].fillna(1).astype("float64"),
        price_basis=np.where(billed.notna(), "billed", "list"),
    )


def recent(jobs: pd.DataFrame, as_of: datetime, window_days: float) -> pd.DataFrame:
    """Jobs that run, or ended within the window."""
    ended = jobs["end_time"].fillna(jobs["create_time"])
    return jobs[jobs["running"] | (ended >= as_of - pd.Timedelta(days=window_days))]


def a_month(window_days: float) -> float:
    """Months in the window's days, turned over: what it held times this is a month's worth."""
    return HOURS_PER_MONTH / (HOURS_PER_DAY * window_days)


def banded(found: pd.DataFrame, saving: pd.Series, low: pd.Series) -> pd.DataFrame:
    """`found` with the saving of its waste, and the band from `low` to the saving itself."""
    wasted = found["status"] == "waste"
    return found.assign(
        monthly_saving=saving.where(wasted),
        monthly_saving_low=low.where(wasted & saving.notna()),
        monthly_saving_high=saving.where(wasted),
        risk=pd.Series("low", index=found.index, dtype="object").where(wasted, None),
    )


def number(value: Any) -> float | None:
    """The value for an evidence, None where it is missing."""
    return None if pd.isna(value) else round(float(value), 4)


@check(
    title="Training jobs that failed",
    why="A job that fails is billed until it does, and its work is done again.",
    needs=("training_jobs", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="review",
    service="Amazon SageMaker",
    guard="What is lost is past: the band begins at nothing, and a person decides. Jobs that somebody "
    "stopped are unknown, as their result may have been used.",
)
def failed_training_jobs(
    training_jobs: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: float = 30.0,
) -> pd.DataFrame:
    """Jobs of the window that failed, or that their own time limit stopped, at what was billed for them.

    The cost is a month's at the window's pace; with checkpoints a part of the work may have survived.
    """
    found = recent(paid_jobs(training_jobs, resource_costs, prices, as_of), as_of, window_days)
    found = found[~found["running"]]
    at_limit = found["status"].eq("Stopped") & (
        found["hours"] >= AT_LIMIT * found["limit_hours"]
    ).fillna(False)
    lost = found["status"].eq("Failed") | at_limit
    status = np.select(
        [found["status"].eq("Completed") | found["hours"].eq(0), lost & found["hours"].gt(0)],
        ["ok", "waste"], default="unknown",
    )  # fmt: skip
    found = found.assign(
        ended=found["status"], at_limit=at_limit, status=status, action="review", confidence="low",
        monthly_cost=found["hours"] * found["hourly"] * a_month(window_days),
    )  # fmt: skip
    found = banded(found, found["monthly_cost"], found["monthly_cost"] * 0.0)
    return found.assign(
        reason=[_failed_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "hours": number(row.hours), "job_status": row.ended, "window_days": window_days,
                "failure_reason": None if pd.isna(row.failure_reason) else row.failure_reason,
                "instance_type": row.instance_type, "instance_count": number(row.instance_count),
                "has_checkpoint": not pd.isna(row.checkpoint_uri),
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _failed_reason(row: Any, window_days: float) -> str:
    if row.status == "ok":
        return "It completed." if row.ended == "Completed" else "It ended before it was billed."
    if pd.isna(row.hours):
        return f"It ended as {row.ended}; what was billed for it is not known."
    paid = f"{row.hours:.2f} billed hours on {row.instance_count} {row.instance_type}"
    if row.status == "unknown":
        return f"Somebody stopped it after {paid}; whether its result was used is not known."
    kept = (
        "its checkpoints may have kept a part"
        if not pd.isna(row.checkpoint_uri)
        else "nothing kept"
    )
    if row.at_limit:
        return f"Stopped by its own limit of {row.limit_hours:.1f} hours after {paid}; {kept}."
    why = "" if pd.isna(row.failure_reason) else f" ({row.failure_reason})"
    return f"Failed{why} within {window_days:g} days after {paid}; {kept}."


@check(
    title="Training jobs that run away",
    why="A job that hangs or searches on without end is billed until somebody looks, or its limit comes.",
    needs=("training_jobs", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="stop_training_job",
    service="Amazon SageMaker",
    guard="Held against completed jobs of the same name, type and count, and against its own time limit; "
    "without either it is unknown. Of jobs that have ended a person draws the conclusion.",
)
def runaway_training_jobs(
    training_jobs: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: float = 30.0,
    factor: float = 2.0,
    min_history: int = 3,
    limit_share: float = 0.9,
) -> pd.DataFrame:
    """Jobs that run or ended within the window, `factor` times as long as the longest of their like.

    Their like are at least `min_history` other completed jobs of the same name (less the run's own part),
    instance type and count. Without them a running job is judged by `limit_share` of its own time limit
    and one that completed by whether it reached it (what it should have taken, nobody knows: unpriced). A running job's saving is what it would still bill until that limit, a month at the most.
    """
    every = paid_jobs(training_jobs, resource_costs, prices, as_of)
    found = recent(every.assign(**_history(every)), as_of, window_days)
    normal = (found["longest"] * factor).where(found["history"] >= min_history)
    found = found.assign(
        normal=normal,
        beyond=found["hours"] > normal,
        near=(found["running"] | found["status"].eq("Completed"))
        & (
            found["hours"]
            >= found["limit_hours"] * np.where(found["running"], limit_share, AT_LIMIT)
        ),
        known=normal.notna() | ~found["running"],
    )
    wasted = (found["beyond"] | (found["near"] & normal.isna())) & found["hours"].notna()
    status = np.select(
        [wasted, found["known"] & found["hours"].notna()], ["waste", "ok"], "unknown"
    )
    found = _runaway_priced(found.assign(ended=found["status"], status=status), window_days)
    return found.assign(
        reason=[_runaway_reason(row, factor) for row in found.itertuples()],
        evidence=[
            {
                "hours": number(row.hours), "longest_hours": number(row.longest),
                "history": int(row.history), "factor": factor, "limit_hours": number(row.limit_hours),
                "running": bool(row.running), "window_days": window_days,
                "instance_type": row.instance_type, "instance_count": number(row.instance_count),
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _history(jobs: pd.DataFrame) -> dict[str, pd.Series]:
    """Per job: how many others of its like completed, and the longest of them in hours."""
    done = jobs["hours"].where(jobs["status"].eq("Completed"))
    like = [jobs["account_id"], jobs["region"], family(jobs["name"]), jobs["instance_type"],
            jobs["instance_count"]]  # fmt: skip
    groups = done.groupby(like, dropna=False)
    second = groups.transform(
        lambda hours: hours.nlargest(2).min() if hours.count() > 1 else np.nan
    )
    longest = groups.transform("max")
    return {
        "history": groups.transform("count") - done.notna().astype(int),
        "longest": longest.where(done.isna() | (done < longest), second),
    }


def _runaway_priced(found: pd.DataFrame, window_days: float) -> pd.DataFrame:
    left = (found["limit_hours"] - found["hours"]).clip(0.0, HOURS_PER_MONTH)
    ahead = left.fillna(HOURS_PER_MONTH)
    past = (found["hours"] - found["normal"]) * a_month(window_days)
    whole = (found["hours"] * a_month(window_days)).where(~found["running"], HOURS_PER_MONTH)
    saved = ahead.where(found["running"], past) * found["hourly"]
    found = found.assign(
        monthly_cost=found["hourly"] * whole,
        action=np.where(found["running"], "stop_training_job", "review"),
        confidence=np.where(found["running"], "medium", "low"),
    )
    low = saved.where(found["running"], 0.0)
    return banded(found, saved, low)


def _runaway_reason(row: Any, factor: float) -> str:
    state = "Runs for" if row.running else "Ran for"
    if pd.isna(row.hours):
        return "How long it ran is not known."
    if row.beyond:
        return (
            f"{state} {row.hours:.1f} hours, more than {factor:g} times the {row.longest:.1f} of the "
            f"longest of {row.history} completed jobs of its name."
        )
    limit = "no time limit" if pd.isna(row.limit_hours) else f"a limit of {row.limit_hours:.1f}"
    if row.status == "unknown":
        return f"{state} {row.hours:.1f} hours, has {limit} and too few completed jobs of its name."
    if row.status == "waste":
        met = "nears" if row.running else "reached"
        return f"{state} {row.hours:.1f} hours and {met} its own limit of {row.limit_hours:.1f}."
    return f"{state} {row.hours:.1f} hours, as jobs of its name do or within its limit."
