"""Where the money goes: what comes next, what changed since the last run, and why down to the resource.

`outlooks` are worked out once; the functions of the forecast may take them beside the workbook.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from finops_lib.analysis import drivers, trends, what_changed
from finops_lib.analysis import forecast as ahead
from finops_lib.analysis.baseline import against_baseline, baseline
from finops_lib.analysis.forecast.months import TOTAL, Told
from finops_lib.analysis.spend import UNTAGGED, spend_by
from finops_lib.analysis.tags.values import canonical
from finops_lib.engine import queries
from finops_lib.engine.connect import daily_cube, frame
from finops_lib.params.governance import Budget
from finops_lib.period import Period
from finops_lib.phases.allocation import bill
from finops_lib.phases.ledger import earlier_runs
from finops_lib.present import count, number
from finops_lib.schema import COST_COLUMN
from finops_lib.sources.store import read_estate
from finops_lib.workbook import Workbook

Outlooks = dict[str, Told]

BASELINE_DIMENSIONS = ("service", "account", "region", "team", "project", "environment", "model")
FORECAST_SHARE = 0.01
"""Teams below this share of the bill are forecast as one."""
SMALL = "small teams"


def outlooks(book: Workbook) -> Outlooks:
    """What is known of, and seen ahead for, the whole bill ("total") and each team."""
    return ahead.tell(by_team(book), book.complete_until)


def by_team(book: Workbook) -> pd.DataFrame:
    """Day, team in its one right spelling and cost on the workbook's basis: time, name, value."""
    cost = COST_COLUMN[book.basis]
    columns = [book.column("team")] if book.has("team") else []
    rows = frame(queries.spend_by_day(book.cube, columns))
    team = pd.Series(UNTAGGED, rows.index)
    if columns:
        team = _spelled(book, "team", rows[columns[0]]).fillna(UNTAGGED)
    share = rows[cost].groupby(team).transform("sum") / rows[cost].sum()
    name = team.where(share >= FORECAST_SHARE, SMALL)
    return pd.DataFrame({"time": rows["ChargeDay"], "name": name, "value": rows[cost]})


def _spelled(book: Workbook, dimension: str, values: pd.Series) -> pd.Series:
    """The values of a tag in the policy's spelling; those of any other dimension as they are."""
    policy = book.params.tags.get(dimension)
    if policy is None:
        return values
    return canonical(values, allowed=policy.allowed, aliases=policy.aliases)


def forecast(book: Workbook, seen: Outlooks | None = None) -> pd.DataFrame:
    """The month in hand, the next and the year, in total and per team, each with its backtest beside it."""
    return ahead.by_window(seen or outlooks(book), book.complete_until)


def months_ahead(book: Workbook, seen: Outlooks | None = None) -> pd.DataFrame:
    """Every month of the bill and those ahead with their interval."""
    return ahead.fan((seen or outlooks(book))[TOTAL], book.complete_until)


def budget_days(book: Workbook, seen: Outlooks | None = None) -> pd.DataFrame:
    """The day on which each monthly budget of the parameters, of the whole or of a tag, will be crossed, or has been."""
    known = seen or outlooks(book)
    budgets = [b for b in book.params.governance.budgets if b.kind == "COST" and b.period == "MONTHLY"]  # fmt: skip
    told = {b.name: _of_budget(book, b, known) for b in budgets}
    found = {name: one for name, one in told.items() if one is not None}
    return ahead.crossings(found, book.complete_until, [(b.name, b.name, b.limit) for b in budgets])


def _of_budget(book: Workbook, budget: Budget, known: Outlooks) -> Told | None:
    """What is seen ahead for the charges of a budget; the forecasts that are `known` are not made again."""
    if budget.tag is None:
        return known[TOTAL]
    key, *values = budget.tag
    if key == "team" and len(values) == 1 and values[0] in known:
        return known[values[0]]
    return _of_tag(book, key, *values)


def _of_tag(book: Workbook, key: str, *values: str) -> Told | None:
    """What is seen ahead for the charges that carry one of the values; None where none does."""
    if not book.has(key):
        return None
    column = book.column(key)
    rows = frame(queries.spend_by_day(book.cube, [column]))
    carried = _spelled(book, key, pd.concat([rows[column], pd.Series(values)], ignore_index=True))
    inside = carried.head(len(rows)).isin(carried.tail(len(values))).to_numpy()
    if not inside.any():
        return None
    cost = rows[COST_COLUMN[book.basis]].where(inside, 0.0)
    days = pd.DataFrame({"time": rows["ChargeDay"], "name": TOTAL, "value": cost})
    return ahead.tell(days, book.complete_until)[TOTAL]


def limits(book: Workbook) -> dict[str, float]:
    """The budgets of the whole bill: name and a month's limit."""
    budgets = book.params.governance.budgets
    return {b.name: b.limit for b in budgets if b.kind == "COST" and b.tag is None}


def changed_since_last_run(book: Workbook) -> pd.DataFrame:
    """What the previous run of this title saw otherwise (`what_changed.COLUMNS`); empty without one."""
    folder = book.estate.folder.parent
    runs = earlier_runs(folder.parent.parent, book.params.title, book.estate.as_of)
    kept = [run / "estate" for run, _ in runs if (run / "estate").is_dir() and run != folder]
    if not kept:
        return pd.DataFrame(columns=what_changed.COLUMNS)
    before = read_estate(kept[-1])
    days = [
        frame(queries.spend_by_day(cube, list(what_changed.BILL_DIMENSIONS)))
        for cube in (book.cube, daily_cube(before.cube))
    ]
    found = what_changed.what_changed(book.estate, before, *days)
    told = found[["before", "after", "change"]].map(_words)
    return found.assign(**{name: told[name] for name in told})


def _words(value: object) -> str:
    """A cell of a column in which counts, dollars and moments stand under each other."""
    if isinstance(value, timedelta):
        return f"{value / timedelta(days=1):g} days"
    if isinstance(value, float):
        return number(value, places=2)
    return count(value) if isinstance(value, int) else str(value)


def against_first_month(book: Workbook) -> pd.DataFrame:
    """The period per day against the bill's first whole month, in total and by dimension."""
    first, _ = book.growth()
    months = (book.period, Period.month(f"{first:%Y-%m}"))
    now, then = (_baseline(book, month) for month in months)
    return against_baseline(now, then, basis=book.basis)


def _baseline(book: Workbook, month: Period) -> dict[str, object]:
    whole = replace(book, estate=replace(book.estate, period=month))
    known = [name for name in BASELINE_DIMENSIONS if book.has(name)]
    spend = {name: spend_or_nothing(whole, name) for name in known}
    return baseline(month, book.estate.as_of, book.estate.currency, spend)


def drivers_by_resource(book: Workbook) -> pd.DataFrame:
    """The change between both periods by service, resource and usage type, largest first.

    From the line items; the rows add up to the change that `Workbook.driver_waterfall` explains.
    """
    before, after = trends.comparable(book.period, book.complete_until)
    both = frame(queries.usage_in_both(bill(book), before, after))
    explained = drivers.explain(both, before, after, basis=book.basis)
    keys = ["ServiceName", "ResourceId", "x_UsageType"]
    return drivers.drivers_by(explained, keys)


def spend_or_nothing(book: Workbook, dimension: str, top_n: int | None = None) -> pd.DataFrame:
    """Name, costs and share of the period by a dimension; empty where the bill has it not.

    Values of a tag are in the policy's spelling, so that one team is one row.
    """
    columns = ["name", "billed_cost", "effective_cost", "list_cost", "share"]
    if not book.has(dimension):
        return pd.DataFrame(columns=columns)
    column = book.column(dimension)
    rows = frame(queries.spend_by(queries.within(book.cube, book.period), [column]))
    rows[column] = _spelled(book, dimension, rows[column])
    return spend_by(rows, column, basis=book.basis, top_n=top_n)[columns]
