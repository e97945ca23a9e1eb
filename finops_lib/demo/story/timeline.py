"""When the story happens: its first and last hour, how the company grows, and the rhythms of use.

A pattern is what one unit of a charge consumes in each hour of the history; a line of the bill over
`[a, b)` is the pattern's sum between those hours, so hourly and daily lines agree by construction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

START = datetime(2025, 10, 1)
AS_OF = datetime(2026, 11, 4, 12)
HOURLY_FROM = datetime(2026, 10, 1)
"""The company switched its export from daily to hourly lines on this day."""

GROWTH_STARTS = datetime(2025, 11, 1)
GROWTH_ENDS = datetime(2026, 9, 25)
GROWTH_FACTOR = 9.0

SHIFT_AT = datetime(2026, 8, 18)
LEAK_STARTS = datetime(2026, 7, 1)
SPIKE_STARTS = datetime(2026, 10, 14, 2)
SPIKE_ENDS = datetime(2026, 10, 15, 19)

HOURS = int((AS_OF - START) / timedelta(hours=1))
Hours = npt.NDArray[np.float64]


def hour(moment: datetime) -> float:
    """Hours from the start of the history to `moment`; negative before it."""
    return (moment - START) / timedelta(hours=1)


def growth() -> Hours:
    """The company's size in each hour, as a share of its final size: a ninth, exponential, then 1."""
    first, last = hour(GROWTH_STARTS), hour(GROWTH_ENDS)
    progress = np.clip((np.arange(HOURS) - first) / (last - first), 0.0, 1.0)
    return np.asarray(GROWTH_FACTOR ** (progress - 1.0), dtype=np.float64)


def moment_of_size(share: float) -> datetime | None:
    """When the company had reached `share` of its final size; None: before the history began."""
    progress = 1.0 + np.log(share) / np.log(GROWTH_FACTOR)
    if progress <= 0:
        return None
    whole_hours = round(float(progress) * (hour(GROWTH_ENDS) - hour(GROWTH_STARTS)))
    return GROWTH_STARTS + timedelta(hours=whole_hours)


@cache
def patterns(seed: int) -> dict[str, Hours]:
    """Every pattern by its name, one value for each hour of the history.

    A fleet that scales in whole machines is "scaled3" or "scaled4", after its size today.
    """
    clock = np.arange(HOURS)
    of_day, day = clock % 24, clock // 24
    weekday = (day + START.weekday()) % 7 < 5
    noise = np.random.default_rng(seed).lognormal(0.0, 0.06, (HOURS // 24 + 1, 1))
    daily = np.repeat(noise, 24, axis=1).ravel()[:HOURS]
    traffic = (1 + 0.45 * np.sin((of_day - 8) / 24 * 2 * np.pi)) * np.where(weekday, 1.0, 0.68)
    busy = growth() * traffic * daily
    after = (clock >= hour(SHIFT_AT)).astype(float)
    leak = np.clip(clock - hour(LEAK_STARTS), 0, None) / (HOURS - hour(LEAK_STARTS))
    return {
        "always": np.ones(HOURS),
        "month": 1.0 / _hours_in_month(),
        "office": (weekday & (of_day >= 13) & (of_day < 22)).astype(float),
        "night": ((of_day >= 1) & (of_day < 7)).astype(float),
        "scaled3": np.ceil(growth() * 3) / 3,
        "scaled4": np.ceil(growth() * 4) / 4,
        "stored": growth() / _hours_in_month(),
        "traffic": busy / _mean_of_last_month(busy),
        "shifted": busy * (0.35 + 0.65 * after) / _mean_of_last_month(busy),
        "leaking": growth() * daily * leak**2,
    }


def _mean_of_last_month(values: Hours) -> float:
    return float(values[int(hour(HOURLY_FROM)) : int(hour(datetime(2026, 11, 1)))].mean())


def _hours_in_month() -> Hours:
    days = (np.datetime64(START, "D") + np.arange(HOURS // 24 + 1)).astype("datetime64[M]")
    lengths = ((days + 1).astype("datetime64[D]") - days.astype("datetime64[D]")).astype(float)
    return np.asarray(np.repeat(lengths * 24.0, 24)[:HOURS])
