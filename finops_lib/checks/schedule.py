"""Machines that nobody needs at night and on weekends."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.kpis import SCHEDULE_TAG
from finops_lib.analysis.schedule import SLOTS, as_ranges, hours_by_slot, on_slots, week_profiles
from finops_lib.checks.ec2 import INSTANCE_HOURS
from finops_lib.checks.measures import is_complete, looked_up, measured, windowed
from finops_lib.checks.pricing import machine_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "price_basis",
]  # fmt: skip

PRODUCTION = re.compile(r"^(prod|prd|production|live)\b", re.IGNORECASE)
ENVIRONMENT_KEYS = ("environment", "env", "stage")


def _environment(tags: dict[str, str] | None) -> str | None:
    lowered = {key.lower(): value for key, value in (tags or {}).items()}
    return next((lowered[key] for key in ENVIRONMENT_KEYS if lowered.get(key)), None)


@check(
    title="Instances that work office hours only",
    why="A development machine that runs day and night is paid for 168 hours a week and used for 45.",
    needs=("instances", "metrics", "resource_costs", "prices"),
    permissions=("ec2:DescribeInstances", "cloudwatch:GetMetricData"),
    action="schedule_instance",
    service="Amazon Elastic Compute Cloud",
    guard="Every hour of the week counts by its highest value in two weeks; production, Spot and "
    "machines that work at night stay; GPUs count as work; a mild daily wave is no schedule.",
)
def off_hours_ec2_instances(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    busy_pct: float = 10.0,
    min_on_hours: int = 10,
    max_on_hours: int = 84,
    lead_hours: int = 1,
    contrast: float = 2.0,
) -> pd.DataFrame:
    """Running instances that are busy between `min_on_hours` and `max_on_hours` hours of the week.

    An hour of the week is busy if CPU or a GPU reached `busy_pct` in any week of the window; busy hours
    must reach `contrast` times that on average. The machine is started `lead_hours` earlier. Saved is the off share of the real hours of this month, of compute
    only: disks and addresses keep billing. A production tag vetoes. A machine with a schedule's tag that
    is silent in as many hours is off then, as EC2 itself measures the CPU of what runs.
    """
    found = instances[(instances["state"] == "running") & (instances["lifecycle"] != "spot")]
    ids = found["resource_id"]
    recent = windowed(metrics, as_of, window_days)
    cpu = measured(recent, "AWS/EC2", "CPUUtilization", "Maximum")
    complete = is_complete(looked_up(ids, cpu["hours"]), window_days)
    is_work = ((recent["namespace"] == "AWS/EC2") & (recent["metric"] == "CPUUtilization")) | (
        recent["metric"] == "nvidia_smi_utilization_gpu"
    )
    profiles = week_profiles(recent[is_work & (recent["stat"] == "Maximum")]).reindex(ids)
    busy = on_slots(profiles, busy_pct)
    level = profiles.where(profiles >= busy_pct).mean(axis=1).to_numpy()
    needed = on_slots(profiles, busy_pct, lead_hours).to_numpy(dtype=bool)
    hours = hours_by_slot(as_of)
    found = found.assign(
        environment_tag=[_environment(tags) for tags in found["tags"]],
        busy_hours=busy.sum(axis=1).to_numpy(),
        off_share=1 - needed @ hours / hours.sum(),
        schedule=[as_ranges(row) for row in needed],
        complete=complete,
    )
    listed = machine_prices(found, prices, as_of) * HOURS_PER_MONTH
    found = priced(found, run_rate(resource_costs, INSTANCE_HOURS), listed)
    production = found["environment_tag"].fillna("").astype("str").str.match(PRODUCTION)
    office = found["busy_hours"].between(min_on_hours, max_on_hours) & ~production
    office &= level >= contrast * busy_pct
    off_hours = profiles.isna().sum(axis=1).to_numpy()
    follows = np.array([SCHEDULE_TAG in (tags or {}) for tags in found["tags"]], dtype=bool)
    follows &= (off_hours >= SLOTS - max_on_hours) & (off_hours < SLOTS)
    found = found.assign(
        status=np.select([follows, ~complete, office], ["ok", "unknown", "waste"], default="ok"),
        production=production,
        silent_hours=np.where(follows, off_hours, 0),
    )
    return _described(found, window_days, busy_pct)


def _described(found: pd.DataFrame, window_days: int, busy_pct: float) -> pd.DataFrame:
    wasted = found["status"] == "waste"
    grouped = found["asg_name"].notna()
    return found.assign(
        monthly_saving=(found["monthly_cost"] * found["off_share"]).where(wasted),
        confidence=np.where(found["environment_tag"].notna(), "high", "medium"),
        risk=pd.Series(np.where(grouped, "medium", "low"), found.index).where(wasted, None),
        parameters=[
            _parameters(row) if row.status == "waste" else None
            for row in found.itertuples()
        ],
        reason=[_reason(row, window_days, busy_pct) for row in found.itertuples()],
        evidence=[
            {
                "busy_hours_per_week": int(row.busy_hours) if row.complete else None,
                "busy_pct": busy_pct, "off_share": round(row.off_share, 4),
                "schedule": row.schedule, "environment": row.environment_tag,
                "instance_type": row.instance_type, "window_days": window_days,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _parameters(row: Any) -> dict[str, str]:
    """A machine of an Auto Scaling group is switched by the group, which would replace it otherwise."""
    group = {} if pd.isna(row.asg_name) else {"asg_name": row.asg_name}
    return {"schedule": row.schedule, **group}


def _reason(row: Any, window_days: int, busy_pct: float) -> str:
    if row.silent_hours:
        return f"Off in {row.silent_hours:g} of {SLOTS} hours of the week, as its tag {SCHEDULE_TAG} says."
    if row.status == "unknown":
        return f"CPU is not measured over the whole window of {window_days} days."
    use = f"Busy ({busy_pct:g} % or more) in {row.busy_hours:g} of 168 hours of the week"
    if row.status == "waste":
        return f"{use}, {row.schedule} with time to start; off {100 * row.off_share:.1f} % of the month."
    if row.production:
        return f"{use}; tagged {row.environment_tag}, so it stays on."
    return f"{use}: no office hours."
