"""Where each value stands in the day, the week and the month."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from finops_lib.analysis.anomalies.scale import FINER_LINEAR_SHARE, LINEAR_SHARE
from finops_lib.errors import ParameterError

DAY = pd.Timedelta(days=1)
HOURS = 24
"""A day has at most so many effects; finer steps share their hour's."""
WARM_UP_DAYS = 7
"""Nothing is judged before a week was seen."""
MEMORY_DAYS = 84
"""The noise is learned from twelve weeks."""
CONFIRM = 3
"""A change must last three values, and a whole day, before it is a level shift."""
ALARM, ALARM_DOWN = 3.0, 4.0
"""A daily value this many standard deviations above, or below, its expectation is an anomaly by itself; in
logarithms the same noise strays further down than up."""
ALARM_FINER = 4.0
"""The same of the values of a finer series, before they are made as rare a day: their noise has heavier tails."""
LEAK_DAYS = 7
"""A change that builds up over less than a week is a shift, not a leak."""


@dataclass(frozen=True)
class Calendar:
    """Positions in the calendar of regular moments, and the lengths of the rules in steps."""

    times: pd.DatetimeIndex
    step: pd.Timedelta
    per_day: int
    slots: list[list[int]]
    effects: int
    is_month_start: NDArray[np.bool_]
    months_before: NDArray[np.int64]
    warm_up: int
    memory: int
    confirm: int
    leak: int
    alarm: float
    alarm_down: float
    rarer: float
    linear_share: float

    @classmethod
    def of(cls, times: pd.DatetimeIndex) -> Calendar:
        """The calendar of these moments; ParameterError unless they are regular."""
        step = times[1] - times[0] if len(times) > 1 else DAY
        if len(times) > 2 and not (np.diff(times) == step).all():
            raise ParameterError("The series is not regular; bring it to one step with `regular`.")
        per_day = max(1, round(DAY / step))
        weekly, hourly = step <= DAY, per_day > 1
        parts = min(per_day, HOURS)
        slots = [
            [2 + when.day_of_week] * weekly
            + [9 + int((when - when.normalize()) / DAY * parts)] * hourly
            for when in times
        ]
        return cls(
            times, step, per_day, slots, 7 * weekly + parts * hourly,
            times.to_period("M") != (times - step).to_period("M"),
            np.stack([_months_before(times, n) for n in (1, 2)]),
            warm_up=WARM_UP_DAYS * per_day, memory=MEMORY_DAYS * per_day,
            confirm=max(CONFIRM, per_day if hourly else 0), leak=LEAK_DAYS * per_day,
            alarm=_alarm(ALARM_FINER if hourly else ALARM, per_day),
            alarm_down=_alarm(ALARM_FINER if hourly else ALARM_DOWN, per_day),
            rarer=float(np.log(per_day)), linear_share=FINER_LINEAR_SHARE if hourly else LINEAR_SHARE,
        )  # fmt: skip


def _alarm(limit: float, per_day: int) -> float:
    """The limit at which normal noise alarms as rarely a day as daily values do at `limit`."""
    normal = NormalDist()
    return -normal.inv_cdf(normal.cdf(-limit) / per_day)


def _months_before(times: pd.DatetimeIndex, months: int) -> NDArray[np.int64]:
    """Position of the same day and time so many months before; -1 where there is none."""
    found: NDArray[np.int64] = times.get_indexer(times - pd.DateOffset(months=months))
    return found
