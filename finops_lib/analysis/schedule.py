"""When a machine works: the 168 hours of its week, and the hours of a real month that it could be off."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

SLOTS = 168
"""Hours of a week; slot 0 is Monday from 00:00 to 01:00 UTC."""

Slots = npt.NDArray[np.bool_]


def slot(times: pd.Series) -> pd.Series:
    """The hour of the week of each moment, 0 to 167."""
    return times.dt.day_of_week * 24 + times.dt.hour


def week_profiles(metric: pd.DataFrame) -> pd.DataFrame:
    """One row per resource, 168 columns: the highest value seen in each hour of the week.

    `metric` has resource_id, time and value; an hour of the week that was never seen is missing.
    """
    slotted = metric.assign(slot=slot(metric["time"]))
    highest = slotted.pivot_table(
        index="resource_id", columns="slot", values="value", aggfunc="max"
    )
    return highest.reindex(columns=range(SLOTS))


def on_slots(profiles: pd.DataFrame, busy_pct: float, lead_hours: int = 0) -> pd.DataFrame:
    """Which hours of the week each resource is needed: busy ones, unseen ones, and `lead_hours` before.

    An hour that was never seen counts as needed, because nothing says it is free.
    """
    busy = ~(profiles < busy_pct)
    needed = busy.to_numpy()
    for hours in range(1, lead_hours + 1):
        needed = needed | np.roll(busy.to_numpy(), -hours, axis=1)
    return pd.DataFrame(needed, index=profiles.index, columns=profiles.columns)


def hours_by_slot(month: datetime) -> npt.NDArray[np.int_]:
    """How often each hour of the week comes in the calendar month of `month`, counted day by day."""
    first = datetime(month.year, month.month, 1)
    following = (first + timedelta(days=32)).replace(day=1)
    clock = pd.Series(pd.date_range(first, following, freq="h", inclusive="left"))
    return np.bincount(slot(clock), minlength=SLOTS)


def as_ranges(needed: Slots) -> str:
    """The schedule in words for people: "Mon-Fri 13:00-22:00 UTC", parts joined by "; "."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    by_day = ["; ".join(_ranges(day)) for day in needed.reshape(7, 24)]
    said, start = [], 0
    for end in range(1, 8):
        if end == 7 or by_day[end] != by_day[start]:
            name = days[start] if end - start == 1 else f"{days[start]}-{days[end - 1]}"
            said += [f"{name} {by_day[start]}"] if by_day[start] else []
            start = end
    return "; ".join(said) + " UTC" if said else "never"


def _ranges(day: Slots) -> list[str]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], day, [False]]).astype(int)))
    return [f"{a:02d}:00-{b:02d}:00" for a, b in edges.reshape(-1, 2)]
