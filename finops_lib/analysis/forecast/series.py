"""A plain frame of time and value as a regular daily series, and what must not teach a forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from finops_lib.errors import ParameterError

MIN_DAYS = 28
"""Nothing is forecast before each weekday was seen four times."""
WEEK = 7
FEE_NOISE = 3.0
"""A first of the month is a fee if it stands out by so many times the other days' 90 % stray."""
FEE_MONTHS = 3
"""Months whose median is the fee that is expected next."""
SPIKE_NOISE = 5.0
"""A day that strays further than so many standard deviations teaches nothing."""
RARE = 0.05
"""More days than this share that stray so far are no spikes: what recurs will come again."""
SHIFT_DAYS = 14
"""Days on either side whose medians are compared to find a level shift."""
SHIFT_NOISE = 6.0
"""A level shift differs so much from the usual drift over SHIFT_DAYS, in its standard deviations."""
SHIFT_SHARE = 0.1
"""And moves the level by at least this share."""
NOISE_DAYS = 84
"""The noise is told from the newest twelve weeks."""
NORMAL = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""


@dataclass(frozen=True)
class Lesson:
    """What a series teaches: `scaled` without fees, spikes and old levels, and the `fee` of a month's start.

    `scaled` are logarithms where `is_log`: growth is then a line and a weekend a constant share.
    `plain` is the series in its own unit without the fees. `noise` is a day's standard deviation, as a
    share of the level, told from the same weekday a week apart.
    """

    scaled: pd.Series
    plain: pd.Series
    fee: float
    is_log: bool
    noise: float


def daily(frame: pd.DataFrame) -> pd.Series:
    """The sum per day of a frame of `time` and `value`; finer steps are added up.

    A first or last day with fewer values than usual is cut off. A day without a value, and one with an
    unknown one, is unknown and takes what lies between its neighbours: give zeros where nothing was
    charged. Raises ParameterError where fewer than MIN_DAYS remain.
    """
    if missing := {"time", "value"} - set(frame.columns):
        raise ParameterError(f"A series needs columns time and value; {sorted(missing)} are not there.")  # fmt: skip
    known = frame.dropna(subset=["value"])
    given = known.groupby(pd.to_datetime(known["time"]).dt.floor("D"))["value"]
    sums, counts = given.sum().astype("float64"), given.count()
    whole = counts >= counts.median()
    sums = sums[whole.cummax() & whole[::-1].cummax()[::-1]]
    if len(sums) < MIN_DAYS:
        raise ParameterError(too_short(len(sums)))
    return sums.asfreq("D").interpolate().rename("value")


def too_short(days: int) -> str:
    """The sentence that says how much history is there and how much is needed."""
    return f"The history has {days} days and a forecast needs {MIN_DAYS}; wait, or read a longer bill."  # fmt: skip


def lesson(values: pd.Series) -> Lesson:
    """The series as the model is taught it."""
    plain, fee = without_fees(values)
    is_log = bool((plain > 0).all())
    scaled = pd.Series(np.log(plain), plain.index) if is_log else plain
    level = 1.0 if is_log else max(float(plain.abs().mean()), np.finfo(float).tiny)
    noise = NORMAL * float(scaled.diff(WEEK).tail(NOISE_DAYS).abs().median()) / np.sqrt(2)
    taught = on_one_level(without_spikes(scaled), level)
    return Lesson(taught, plain, fee, is_log, noise / level)


def without_fees(values: pd.Series) -> tuple[pd.Series, float]:
    """The series with the first of each month at its neighbours' level, and the fee expected next."""
    first = values.index.day == 1
    excess = values - values.rolling(2 * WEEK + 1, center=True, min_periods=WEEK).median()
    fee = excess[first].tail(FEE_MONTHS).median() if first.any() else 0.0
    if not fee > FEE_NOISE * excess[~first].abs().quantile(0.9):
        return values, 0.0
    return values.mask(first, values - excess), float(fee)


def without_spikes(values: pd.Series) -> pd.Series:
    """The series with its spikes put back to the level of their weekday, unless they are usual in it."""
    level = values.rolling(WEEK, center=True, min_periods=4).median()
    usual = level + (values - level).groupby(values.index.day_of_week).transform("median")
    stray = values - usual
    noise = NORMAL * float(stray.abs().median())
    is_spike = stray.abs() > SPIKE_NOISE * noise
    return values if is_spike.mean() > RARE else values.mask(is_spike, usual)


def week_shape(values: pd.Series) -> pd.Series:
    """What each weekday (0 is Monday) is above its week."""
    level = values.rolling(WEEK, center=True, min_periods=4).mean()
    return (values - level).groupby(values.index.day_of_week).mean()


def on_one_level(values: pd.Series, level: float) -> pd.Series:
    """The series with what lies before each level shift lifted to the level behind it.

    A steady growth is none: a shift is what stands out from the usual change over SHIFT_DAYS.
    """
    size = len(values)
    if size < 3 * SHIFT_DAYS:
        return values
    flat = (values - week_shape(values).reindex(values.index.day_of_week).to_numpy()).to_numpy()
    at = np.arange(SHIFT_DAYS, size - WEEK + 1)
    step = np.array(
        [np.median(flat[i : i + SHIFT_DAYS]) - np.median(flat[i - SHIFT_DAYS : i]) for i in at]
    )
    drift = np.median(step)
    unusual = np.abs(step - drift)
    limit = max(SHIFT_NOISE * NORMAL * float(np.median(unusual)), SHIFT_SHARE * level)
    lifted = values.to_numpy(copy=True)
    found: list[int] = []
    for place in np.argsort(-unusual, kind="stable"):
        if unusual[place] < limit:
            break
        if all(abs(at[place] - other) > SHIFT_DAYS for other in found):
            found.append(int(at[place]))
            lifted[: _turn(flat, int(at[place]))] += step[place] - drift
    return pd.Series(lifted, values.index)


def _turn(flat: NDArray[np.float64], near: int) -> int:
    """The day on which the level changes, within SHIFT_DAYS of `near`.

    Where the days before it fit the median before `near`, and those from it on the median behind, best: a
    shift in a history's first days is seen late, and what already lies on the new level stays there.
    """
    first, last = near - SHIFT_DAYS, min(near + SHIFT_DAYS, len(flat))
    before, behind = np.median(flat[first:near]), np.median(flat[near:last])
    gain = np.abs(flat[first:last] - before) - np.abs(flat[first:last] - behind)
    return first + int(np.argmin(np.concatenate([[0.0], np.cumsum(gain)])))
