"""What this month, the next one and the year will come to, in total and by name, and when budgets break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.analysis.forecast.ahead import COVERAGE, Outlook, outlook_with_backtest
from finops_lib.analysis.forecast.series import MIN_DAYS, too_short

TOTAL = "total"
WINDOWS = ("this month", "next month", "year")
MONTHS_COLUMNS = [
    "name", "window", "until", "so_far_cost", "forecast_cost", "low_cost", "high_cost",
    "backtest_error_share", "backtest_inside_share", "backtests", "reason",
]  # fmt: skip
CROSSING_COLUMNS = ["name", "limit_cost", "crossed", "earliest", "latest", "reason"]


@dataclass(frozen=True)
class Told:
    """One name's known days and what is seen ahead; `seen` is None where the history is too short."""

    known: pd.Series
    seen: Outlook | None
    tests: pd.DataFrame


def tell(daily: pd.DataFrame, until: datetime, *, coverage: float = COVERAGE) -> dict[str, Told]:
    """Every name of a frame of `time`, `name` and `value` before `until`, and all of them as "total".

    A day without a row had no charge. A name begins with its first charge. The horizon is the end of the
    year or of the next month, what is later.
    """
    before = daily[daily["time"] < until]
    table = before.pivot_table(index="time", columns="name", values="value", aggfunc="sum")
    days = pd.date_range(table.index.min(), pd.Timestamp(until) - pd.Timedelta(days=1))
    table = table.reindex(days).fillna(0.0)
    names = {TOTAL: table.sum(axis=1), **{str(name): table[name] for name in table}}
    horizon = (max(_ends(until)) - pd.Timestamp(until)).days
    return {name: _told(values, horizon, coverage) for name, values in names.items()}


def _told(values: pd.Series, horizon: int, coverage: float) -> Told:
    charged = values[values.ne(0).cummax()].rename("value")
    if len(charged) < MIN_DAYS:
        return Told(charged, None, pd.DataFrame())
    return Told(charged, *outlook_with_backtest(charged, horizon, coverage=coverage))


def _ends(until: datetime) -> list[pd.Timestamp]:
    """Where each of WINDOWS ends."""
    month = pd.Timestamp(until).to_period("M")
    return [
        (month + 1).start_time, (month + 2).start_time, pd.Timestamp(until.year + 1, 1, 1),
    ]  # fmt: skip


def _starts(until: datetime) -> list[pd.Timestamp]:
    month = pd.Timestamp(until).to_period("M")
    return [month.start_time, (month + 1).start_time, pd.Timestamp(until.year, 1, 1)]


def by_window(told: dict[str, Told], until: datetime) -> pd.DataFrame:
    """MONTHS_COLUMNS: what is known of each window and what it will come to, with the backtest beside.

    `until` is the end of the last known day, `window` the month it falls in, the one after and its year.
    The names' days ahead are scaled to those of the total, so that they add up to it; where a name's history
    is too short its row says so, and nothing is scaled. The backtest is the median error of past 30-day totals
    and the share of them inside their intervals, both before any scaling.
    """
    windows = zip(WINDOWS, _starts(until), _ends(until), strict=True)
    rows = [_window(told, until, *window) for window in windows]
    return pd.concat(rows, ignore_index=True)


def _window(
    told: dict[str, Told], until: datetime, window: str, start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    now = pd.Timestamp(until)
    first, last = max((start - now).days, 0), (end - now).days
    rows = pd.DataFrame([_row(name, one, start, first, last) for name, one in told.items()])
    names = rows["name"].ne(TOTAL)
    ahead = ["forecast_cost", "low_cost", "high_cost"]
    parts, whole = rows.loc[names, "forecast_cost"].sum(skipna=False), rows["forecast_cost"].iloc[0]
    if pd.notna(parts) and pd.notna(whole) and parts > 0:
        rows.loc[names, ahead] *= whole / parts
    rows[ahead] = rows[ahead].add(rows["so_far_cost"], axis=0)
    return rows.assign(window=window, until=end)[MONTHS_COLUMNS]


def _row(name: str, one: Told, start: pd.Timestamp, first: int, last: int) -> dict[str, object]:
    ahead = one.seen.window(first, last) if one.seen else (np.nan, np.nan, np.nan)
    tests = one.tests
    return {
        "name": name,
        "so_far_cost": float(one.known[one.known.index >= start].sum()),
        **dict(zip(("forecast_cost", "low_cost", "high_cost"), ahead, strict=True)),
        "backtest_error_share": tests["error_share"].abs().median() if len(tests) else np.nan,
        "backtest_inside_share": tests["is_inside"].mean() if len(tests) else np.nan,
        "backtests": len(tests),
        "reason": "" if one.seen else too_short(len(one.known)),
    }


def fan(one: Told, until: datetime) -> pd.DataFrame:
    """Month, cost, low, high, is_forecast: every month of the history, then those ahead.

    The month that `until` falls in is forecast: what is known of it and what is to come.
    """
    now = pd.Timestamp(until)
    known = one.known.resample("MS").sum()
    rows = [(month, cost, cost, cost, False) for month, cost in known.items() if month + pd.offsets.MonthBegin() <= now]  # fmt: skip
    if one.seen:
        months = sorted({day.to_period("M") for day in one.seen.path.index})
        for month in months:
            first = max((month.start_time - now).days, 0)
            last = ((month + 1).start_time - now).days
            if last <= len(one.seen.path):
                so_far = float(known.get(month.start_time, 0.0))
                rows.append((month.start_time, *(so_far + v for v in one.seen.window(first, last)), True))  # fmt: skip
    frame = pd.DataFrame(rows, columns=["month", "cost", "low", "high", "is_forecast"])
    return frame.astype({"month": "datetime64[us]", "is_forecast": "bool"})


def crossings(
    told: dict[str, Told], until: datetime, limits: Sequence[tuple[str, str, float]]
) -> pd.DataFrame:
    """CROSSING_COLUMNS: for each (budget, name in `told`, a month's limit) the day it will be crossed.

    `earliest` and `latest` are where the sums' interval crosses it; NaT where the forecast ends before. A
    budget of this month that is crossed already has the day on which it was.
    """
    rows = [(budget, limit, *_crossing(told.get(name), until, limit)) for budget, name, limit in limits]  # fmt: skip
    return pd.DataFrame(rows, columns=CROSSING_COLUMNS).astype(dict.fromkeys(CROSSING_COLUMNS[2:5], "datetime64[ns]"))  # fmt: skip


def _crossing(one: Told | None, until: datetime, limit: float) -> tuple[object, ...]:
    if one is None:
        return (pd.NaT, pd.NaT, pd.NaT, "Nothing of it is in the bill.")
    if one.seen is None:
        return (pd.NaT, pd.NaT, pd.NaT, too_short(len(one.known)))
    sums = _month_sums(one.known, one.seen, until)
    return (*(_first(sums[column], limit) for column in ("cost", "high", "low")), "")


def _first(sums: pd.Series, limit: float) -> object:
    over = sums.index[sums > limit]
    return over[0] if len(over) else pd.NaT


def _month_sums(known: pd.Series, seen: Outlook, until: datetime) -> pd.DataFrame:
    """Per day from this month's first on: the sum since the month's start, expected, low and high."""
    now = pd.Timestamp(until)
    rows = known[known.index >= now.to_period("M").start_time].cumsum()
    so_far = float(rows.iloc[-1]) if len(rows) else 0.0
    found = {day: (cost, cost, cost) for day, cost in rows.items()}
    for place, day in enumerate(seen.path.index):
        start = (day.to_period("M").start_time - now).days
        before = so_far if start <= 0 else 0.0
        cost, low, high = (before + v for v in seen.window(max(start, 0), place + 1))
        found[day] = (cost, low, high)
    return pd.DataFrame.from_dict(found, orient="index", columns=["cost", "low", "high"])
