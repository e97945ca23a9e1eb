"""What schedules save, measured in the bill: the hours that scheduled machines were not billed for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.params.governance import Schedule
from finops_lib.plans.executors.instances import SCHEDULE_TAG
from finops_lib.plans.shutdown.handler import is_on
from finops_lib.workbook import Workbook

MACHINE_HOURS = "BoxUsage|DedicatedUsage|SpotUsage"
"""Usage types that bill a running instance by the hour or second."""

COLUMNS = [
    "resource_id", "schedule", "hours", "schedule_hours", "billed_hours", "off_hours", "hourly_cost", "saving",
]  # fmt: skip


def schedule_savings(book: Workbook) -> pd.DataFrame:
    """Each instance on a schedule over the window of the bill's resources, largest saving first.

    `hours` since its first charge in the window, `schedule_hours` of them that the schedule allows,
    `billed_hours`, `off_hours` (the difference to `hours`), `hourly_cost` (billed over hours, on the workbook's
    basis) and `saving` = off_hours x hourly_cost. A machine that ran day and night before its schedule began has no
    off hours from then. Missing where the bill does not name the machine: unknown is not zero.
    """
    instances = book.estate["instances"]
    tags = instances["tags"].map(lambda tags: dict(tags or {}).get(SCHEDULE_TAG))
    names = dict(zip(instances["resource_id"], tags, strict=True))
    billed = _billed(book)
    known = {schedule.name: schedule for schedule in book.params.governance.schedules}
    rows = [
        (name, schedule, *_measured(billed, name, known.get(schedule)))
        for name, schedule in names.items()
        if isinstance(schedule, str)
    ]
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.sort_values("saving", ascending=False, ignore_index=True)


def _billed(book: Workbook) -> pd.DataFrame:
    """Per resource: hours and cost of the machine, from its first charge to the end of the window."""
    costs = book.estate["resource_costs"]
    machines = costs[costs["usage_type"].str.contains(MACHINE_HOURS, na=False)]
    found = machines.groupby("resource_id").agg(
        hours=("consumed_quantity", "sum"), cost=(f"{book.basis}_cost", "sum"),
        first=("first_charge_at", "min"),
    )  # fmt: skip
    return found.assign(end=costs["last_charge_end"].max())


def _measured(billed: pd.DataFrame, name: str, schedule: Schedule | None) -> tuple[float, ...]:
    if name not in billed.index:
        return (np.nan,) * 6
    row = billed.loc[name]
    hours = (row["end"] - row["first"]) / timedelta(hours=1)
    used = min(float(row["hours"]), hours)
    rate = float(row["cost"]) / float(row["hours"]) if row["hours"] > 0 else np.nan
    allowed = _allowed(schedule, row["first"], row["end"]) if schedule else np.nan
    return hours, allowed, used, hours - used, rate, (hours - used) * rate


def _allowed(schedule: Schedule, first: datetime, end: datetime) -> float:
    """The real hours of the place in which the schedule lets a machine run."""
    given: dict[str, Any] = schedule.model_dump(mode="json")
    clock = pd.date_range(first, end, freq="h", inclusive="left")
    return float(sum(is_on(given, moment.to_pydatetime().replace(tzinfo=UTC)) for moment in clock))
