"""A series' next days and their sums with intervals, and how its past forecasts did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from finops_lib.analysis.forecast.intervals import (
    HORIZON,
    Errors,
    scale_of_days,
    scale_of_sums,
    spread,
)
from finops_lib.analysis.forecast.model import MEMORY_DAYS, expected
from finops_lib.analysis.forecast.series import MIN_DAYS, WEEK, daily, lesson
from finops_lib.errors import ParameterError

COVERAGE = 0.8
"""The share of actuals that an interval is to hold."""
ORIGINS = 26
"""Past forecasts that teach the intervals: one a week over half a year."""

SHOWN = 13
"""Backtests shown beside a forecast: a quarter's, each with errors of its own behind it."""

FORECAST_COLUMNS = ["time", "value", "low", "high", "total", "total_low", "total_high"]
BACKTEST_COLUMNS = [
    "time", "actual", "forecast", "low", "high", "error_share", "is_inside", "days_inside_share",
]  # fmt: skip


@dataclass(frozen=True)
class Outlook:
    """The expected `path` of the days ahead, with the scales of the strays of its days and sums."""

    path: pd.Series
    level: float
    day_scale: float
    sum_scale: float
    is_positive: bool
    backtests: int

    def window(self, first: int, last: int) -> tuple[float, float, float]:
        """Sum of the days `first` to `last` ahead (0-based, `last` excluded): expected, low, high."""
        total = float(self.path.iloc[first:last].sum())
        days = last - first
        stray = self.sum_scale * spread(first, days) * days * self.level if days else 0.0
        return total, self._floor(total - stray), total + stray

    def day(self, place: int) -> tuple[float, float, float]:
        """The same of one day."""
        value = float(self.path.iloc[place])
        stray = self.day_scale * spread(place, 1) * self.level
        return value, self._floor(value - stray), value + stray

    def _floor(self, value: float) -> float:
        return max(value, 0.0) if self.is_positive else value


def forecast(frame: pd.DataFrame, horizon: int, *, coverage: float = COVERAGE) -> pd.DataFrame:
    """FORECAST_COLUMNS for each of the `horizon` days after a frame of `time` and `value`.

    `low` and `high` hold a day's value, `total_low` and `total_high` the sum from the first day on, each
    with the probability `coverage`. Knows weekdays and fees on the first of a month; spikes teach nothing,
    a level shift moves the forecast within a week. Raises ParameterError for a history under 28 days.
    """
    if horizon < 1 or not 0 < coverage < 1:
        raise ParameterError("A forecast needs a horizon of a day or more and a coverage between 0 and 1.")  # fmt: skip
    seen = outlook(daily(frame), horizon, coverage=coverage)
    rows = [
        (seen.path.index[place], *seen.day(place), *seen.window(0, place + 1))
        for place in range(horizon)
    ]
    return pd.DataFrame(rows, columns=FORECAST_COLUMNS)


def outlook(values: pd.Series, horizon: int, *, coverage: float = COVERAGE) -> Outlook:
    """The outlook of a regular daily series (`series.daily`)."""
    known = _errors(values, _origins(len(values), ORIGINS * WEEK + HORIZON))
    return _outlook(values, expected(values, max(horizon, HORIZON)), known, coverage)


def outlook_with_backtest(
    values: pd.Series, horizon: int, *, coverage: float = COVERAGE
) -> tuple[Outlook, pd.DataFrame]:
    """The outlook of a regular daily series and its newest SHOWN backtests."""
    known = _errors(values, _origins(len(values), ORIGINS * WEEK + HORIZON))
    seen = _outlook(values, expected(values, max(horizon, HORIZON)), known, coverage)
    return seen, _tested(values, known, coverage, SHOWN)


def backtest(
    frame: pd.DataFrame, *, coverage: float = COVERAGE, origins: int = ORIGINS
) -> pd.DataFrame:
    """BACKTEST_COLUMNS: the 30-day totals that were forecast week by week, with what then came.

    Each forecast, its interval too, knows only what lies before its `time`. `error_share` is forecast
    over actual minus one (NA where nothing came), `days_inside_share` the share of the single days
    inside their own intervals. The newest `origins` of them; empty where the history is shorter than
    28 and 30 days.
    """
    values = daily(frame)
    known = _errors(values, _origins(len(values), len(values)))
    return _tested(values, known, coverage, origins)


def _tested(
    values: pd.Series, known: dict[int, Errors], coverage: float, origins: int
) -> pd.DataFrame:
    places = [origin for origin in known if origin + HORIZON <= len(values)][-origins:]
    rows = [_judged(values, origin, known, coverage) for origin in places]
    return pd.DataFrame(rows, columns=BACKTEST_COLUMNS)


def _origins(days: int, back: int) -> list[int]:
    """Lengths of the histories that past forecasts had: weekly `back` from the end, oldest first.

    One of them lies HORIZON days before the end, so that the newest whole month is tested.
    """
    newest = days - WEEK - HORIZON % WEEK
    return sorted(range(newest, max(MIN_DAYS, days - back) - 1, -WEEK))


def _errors(values: pd.Series, origins: list[int]) -> dict[int, Errors]:
    """The errors of the forecast made at each origin, over the days that have come since."""
    found = {}
    for origin in origins:
        path = expected(values.iloc[:origin], HORIZON)
        came = values.iloc[origin : origin + HORIZON].to_numpy()
        found[origin] = Errors(came - path.to_numpy()[: len(came)], _level(path))
    return found


def _level(path: pd.Series) -> float:
    return max(float(path.abs().iloc[:HORIZON].mean()), 1e-9)


def _outlook(
    values: pd.Series, path: pd.Series, known: dict[int, Errors], coverage: float
) -> Outlook:
    """The outlook with scales from the errors that were known at the end of `values`."""
    now = len(values)
    newest = [origin for origin in known if origin < now][-ORIGINS:]
    seen = [Errors(known[origin].daily[: now - origin], known[origin].level) for origin in newest]
    recent = values.tail(MEMORY_DAYS)
    noise = lesson(recent).noise
    return Outlook(
        path,
        _level(path),
        day_scale=scale_of_days(seen, noise, coverage),
        sum_scale=scale_of_sums(seen, noise, coverage),
        is_positive=bool(recent.min() >= 0),
        backtests=len(seen),
    )


def _judged(
    values: pd.Series, origin: int, known: dict[int, Errors], coverage: float
) -> tuple[object, ...]:
    actual = values.iloc[origin : origin + HORIZON]
    path = pd.Series(actual.to_numpy() - known[origin].daily, actual.index)
    seen = _outlook(values.iloc[:origin], path, known, coverage)
    total, low, high = seen.window(0, HORIZON)
    came = float(actual.sum())
    days = [seen.day(place)[1:] for place in range(HORIZON)]
    inside = np.mean([a <= value <= b for (a, b), value in zip(days, actual, strict=True)])
    error = total / came - 1 if came else np.nan
    return (actual.index[0], came, total, low, high, error, low <= came <= high, float(inside))
