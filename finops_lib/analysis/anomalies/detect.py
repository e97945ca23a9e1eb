"""Anomalies of one series, or of many on the same moments, as tidy rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.analysis.anomalies.calendars import Calendar
from finops_lib.analysis.anomalies.expectation import Array
from finops_lib.analysis.anomalies.finer import Row, days_of, that_end, with_lasting
from finops_lib.analysis.anomalies.monitor import Change, Monitor
from finops_lib.errors import ParameterError

COLUMNS = [
    "start", "end", "kind", "expected", "actual", "impact", "impact_share", "score",
    "alarmed_at", "named_at", "lasts",
]  # fmt: skip

HORIZON_DAYS = 30
"""The impact of a change that lasts is counted over at most so many days."""


def detect(
    series: pd.DataFrame, *, min_impact: float = 0.0, min_share: float = 0.0
) -> pd.DataFrame:
    """Spikes, drops, level shifts and slow leaks of a frame of `time` and `value`: COLUMNS, by start.

    `time` is naive UTC at any regular step up to a day or longer; steps without a value are unknown.
    `end` is exclusive. `expected` and `actual` are sums over [start, end), in the unit of `value`; of a
    change that lasts, up to 30 days of it, the next change of its level or the last value; `lasts` says
    that no later change ended it. Of a series finer than a day, changes that last are told from the sums of its days. `score` is in standard deviations. Every row was decidable at `alarmed_at` from earlier values alone (its kind at
    `named_at`). Rows below both floors, `min_impact` in units of value and `min_share` of what was
    expected, are left out. Raises ParameterError for repeated times.
    """
    regular = _regular(series)
    found = detect_many(regular.to_frame("value"), min_impact=min_impact, min_share=min_share)
    return found.drop(columns="series")


def detect_many(
    table: pd.DataFrame, *, min_impact: float = 0.0, min_share: float = 0.0
) -> pd.DataFrame:
    """`detect` for every column of a table indexed by regular times, in one pass; the first column is `series`."""
    times = pd.DatetimeIndex(table.index)
    if table.empty:
        return _frame([], times)
    calendar = Calendar.of(times)
    rows = _rows(calendar, table)
    if calendar.per_day > 1:
        days, first = days_of(table, calendar.per_day)
        of_days = [] if days.empty else _rows(Calendar.of(pd.DatetimeIndex(days.index)), days)
        rows = with_lasting(rows, of_days, table, first, calendar.per_day)
    found = _frame(rows, times + pd.Timedelta(0))
    found["series"] = table.columns.take(found["series"]) if len(found) else found["series"]
    large = (found["impact"].abs() >= min_impact) & (found["impact_share"].abs() >= min_share)
    return found[large].sort_values(["start", "series"], ignore_index=True)


def _rows(calendar: Calendar, table: pd.DataFrame) -> list[Row]:
    """One row per change, by the positions of its values."""
    monitor = Monitor(calendar, table.to_numpy(dtype="float64"))
    changes = sorted(monitor.run(), key=lambda change: (change.series, change.start))
    if calendar.per_day > 1:
        changes = that_end(monitor, changes)
    return [_row(monitor, change, _next(change, changes)) for change in changes]


def _regular(series: pd.DataFrame) -> pd.Series:
    """The values on a grid of the usual step; steps without a value are missing."""
    ordered = series.sort_values("time")
    times = pd.DatetimeIndex(ordered["time"])
    if times.has_duplicates:
        raise ParameterError("A time stands twice in the series; add its values up first.")
    if len(times) < 2:
        return pd.Series(ordered["value"].to_numpy(dtype="float64"), index=times)
    step = pd.Timedelta(np.median(np.diff(times)))
    place = np.rint((times - times[0]) / step).astype(int)
    values = pd.Series(ordered["value"].to_numpy(dtype="float64"), index=place)
    grid = values.groupby(level=0).mean().reindex(range(place[-1] + 1))
    return grid.set_axis(times[0] + step * np.arange(len(grid)))


def _next(change: Change, changes: list[Change]) -> int | None:
    """Where the series' next change that lasts begins, if there is one."""
    later = (c.start for c in changes if c.series == change.series and c.lasts)
    return min((start for start in later if start > change.start), default=None)


def _until(monitor: Monitor, change: Change, following: int | None) -> int:
    """First position after the change that no longer counts to it."""
    if not change.lasts:
        return change.last + 1
    horizon: int = change.start + round(pd.Timedelta(days=HORIZON_DAYS) / monitor.calendar.step)
    ends = [horizon, len(monitor.amounts)]
    return min(ends if following is None else [*ends, following])


def _row(monitor: Monitor, change: Change, following: int | None) -> Row:
    until = _until(monitor, change, following)
    span = slice(change.start, until)
    actual = monitor.amounts[span, change.series]
    expected = monitor.expected[span, change.series]
    if change.lasts:
        expected = _before_change(monitor, change, until)
    known = np.isfinite(actual)
    total, usual = float(actual[known].sum()), float(expected[known].sum())
    return {
        "series": change.series, "start": change.start, "end": until, "kind": change.kind,
        "expected": usual, "actual": total, "impact": total - usual,
        "impact_share": (total - usual) / abs(usual) if usual else np.inf,
        "score": change.score, "alarmed_at": change.alarmed, "named_at": change.named,
        "lasts": change.lasts and following is None,
    }  # fmt: skip


def _before_change(monitor: Monitor, change: Change, until: int) -> Array:
    """What the values would have been without the change: the trend went on, or the level stayed.

    Of the two the nearer to each value, and the value itself where it lies between them: growth that ends
    is no saving. A month's start deviates like the day before it.
    """
    series, span = change.series, slice(change.start, until)
    amounts = monitor.amounts[span, series]
    frozen = monitor.frozen(series, change.start, until)
    slope = monitor.means[change.start, series, 1] * np.arange(len(frozen))
    either = [np.sinh(line) * monitor.linear[series] for line in (frozen, frozen - slope)]
    expected: Array = np.clip(amounts, np.minimum(*either), np.maximum(*either))
    starts = np.flatnonzero(monitor.calendar.is_month_start[span])
    for place in starts[starts > 0]:
        expected[place] = amounts[place] - (amounts[place - 1] - expected[place - 1])
    return expected


def _frame(rows: list[Row], times: pd.DatetimeIndex) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["series", *COLUMNS])
    step = times[1] - times[0] if len(times) > 1 else pd.Timedelta(days=1)
    for column in ("start", "end", "alarmed_at", "named_at"):
        offset = found[column].astype("int64").to_numpy() * step
        found[column] = (
            times[0] + pd.TimedeltaIndex(offset) if len(found) else pd.DatetimeIndex([])
        ).astype("datetime64[us]")
    return found.astype(
        {
            "expected": float,
            "actual": float,
            "impact": float,
            "impact_share": float,
            "score": float,
            "lasts": bool,
        }
    )
