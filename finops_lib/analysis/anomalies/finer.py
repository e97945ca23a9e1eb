"""Series finer than a day: spikes and drops at their own step, changes that last on the level of their days.

Within a day the noise of a series hangs together and its expectation follows it, so a new level is told
from a long bad hour by days, as in a daily bill.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.anomalies.expectation import Array
from finops_lib.analysis.anomalies.monitor import Change, Monitor

Row = dict[str, Any]
KNOWN_SHARE = 0.5
"""A day of which fewer values than this share are known is unknown."""


def days_of(table: pd.DataFrame, per_day: int) -> tuple[pd.DataFrame, int]:
    """The level of each whole day of a table indexed by regular times, and the position of the first one.

    The level is the median value times the values of a day, in the unit of a day's sum: a few bad hours do
    not move it, a change of most of the day does.
    """
    times = pd.DatetimeIndex(table.index)
    # The clock of a series need not strike midnight: a day begins with its first step.
    days = times.normalize()
    begins = np.flatnonzero([times[0] == days[0], *(days[1:] != days[:-1])])
    first = int(begins[0]) if len(begins) else len(times)
    whole = (len(times) - first) // per_day
    values = table.to_numpy(dtype="float64")[first : first + whole * per_day]
    levels = [_level(day) * per_day for day in np.split(values, whole)] if whole else []
    index = times[first : first + whole * per_day : per_day]
    return pd.DataFrame(np.reshape(levels, (whole, table.shape[1])), index, table.columns), first


def _level(values: Array) -> Array:
    """The median of each column; NaN where too few are known."""
    known = np.isfinite(values).mean(axis=0) >= KNOWN_SHARE
    found: Array = np.where(known, np.nanmedian(np.where(known, values, 0.0), axis=0), np.nan)
    return found


def that_end(monitor: Monitor, changes: list[Change]) -> list[Change]:
    """The changes of finer series as the spikes and drops that they are while no day says that they last.

    A move back is the end of the one before it. `changes` are in the order of series and start.
    """
    found: list[Change] = []
    back = False
    for change in changes:
        short = _short(monitor, change)
        before = found[-1] if found and found[-1].series == change.series else None
        back = back and change.lasts and before is not None and before.kind != short.kind
        if back and before is not None:
            found[-1] = replace(before, last=change.start - 1)
        else:
            found.append(short)
        back = change.lasts and not back
    return found


def _short(monitor: Monitor, change: Change) -> Change:
    if not change.lasts:
        return change
    span = slice(change.start, change.last + 1)
    stray = monitor.amounts[span, change.series] - monitor.expected[span, change.series]
    return replace(change, kind="spike" if np.nansum(stray) >= 0 else "drop")


def with_lasting(rows: list[Row], of_days: list[Row], table: pd.DataFrame, first: int, per_day: int) -> list[Row]:  # fmt: skip
    """The rows of a finer series with those of its days (the first at position `first`) that last.

    A spike or drop that begins such a change is no event of its own: the change was alarmed with it.
    """
    lasting = [
        _finer(row, table, first, per_day)
        for row in of_days
        if row["kind"] in ("level_shift", "slow_leak")
    ]
    own = list(rows)
    for change in lasting:
        begins = [row for row in own if _begins(row, change)]
        own = [row for row in own if row not in begins]
        change["alarmed_at"] = min(row["alarmed_at"] for row in [change, *begins])
    return [*own, *lasting]


def _finer(row: Row, table: pd.DataFrame, first: int, per_day: int) -> Row:
    """The row by positions of the finer table, where a day is known when its last value is.

    `actual` is what came; what the level moved by is the impact.
    """
    start, end = (first + row[name] * per_day for name in ("start", "end"))
    actual = float(np.nansum(table.iloc[start:end, row["series"]]))
    known = {name: first + (row[name] + 1) * per_day - 1 for name in ("alarmed_at", "named_at")}
    sums = {"actual": actual, "expected": actual - row["impact"]}
    return {**row, **known, **sums, "start": start, "end": end}


def _begins(row: Row, change: Row) -> bool:
    """Whether the row is the same series' move the same way between the change's start and its naming."""
    same = row["series"] == change["series"] and (row["impact"] >= 0) == (change["impact"] >= 0)
    return same and bool(change["start"] <= row["start"] <= change["named_at"])
