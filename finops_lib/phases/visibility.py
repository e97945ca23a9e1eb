"""Where the money goes: what comes next, what changed since the last run, and why down to the resource.

`outlooks` are worked out once; the functions of the forecast may take them beside the workbook.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from finops_lib.analysis import drivers, trends, what_changed
from finops_lib.analysis import forecast as ahead
from finops_lib.analysis.baseline import against_baseline, baseline
from finops_lib.analysis.forecast.months import TOTAL, Told
from finops_lib.analysis.spend import UNTAGGED
from finops_lib.analysis.tags.values import canonical
from finops_lib.engine import queries
from finops_lib.engine.connect import daily_cube, frame
from finops_lib.period import Period
from finops_lib.phases.allocation import bill
from finops_lib.phases.ledger import earlier_runs
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
        policy = book.params.tags.get("team")
        allowed = policy.allowed if policy else ()
        team = canonical(rows[columns[0]], allowed=allowed).fillna(UNTAGGED)
    share = rows[cost].groupby(team).transform("sum") / rows[cost].sum()
    name = team.where(share >= FORECAST_SHARE, SMALL)
    return pd.DataFrame({"time": rows["ChargeDay"], "name": name, "value": rows[cost]})


def forecast(book: Workbook, seen: Outlooks | None = None) -> pd.DataFrame:
    """The month in hand, the next and the year, in total and per team, each with its backtest beside it."""
    return ahead.by_window(seen or outlooks(book), book.complete_until)


def months_ahead(book: Workbook, seen: Outlooks | None = None) -> pd.DataFrame:
    """Every month of the bill and those ahead with their interval."""
    return ahead.fan((seen or outlooks(book))[TOTAL], book.complete_until)


def budget_days(book: Workbook, seen: Outlooks | None = None) -> pd.DataFrame:
    """The day on which each monthly budget of the parameters will be crossed, or has been."""
    limits = [
        (budget.name, budget.tag[1] if budget.tag else TOTAL, budget.limit)
        for budget in book.params.governance.budgets
        if budget.kind == "COST" and (budget.tag is None or budget.tag[0] == "team")
    ]
    return ahead.crossings(seen or outlooks(book), book.complete_until, limits)


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
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def against_first_month(book: Workbook) -> pd.DataFrame:
    """The period per day against the bill's first whole month, in total and by dimension."""
    first, _ = book.growth()
    months = (book.period, Period.month(f"{first:%Y-%m}"))
    now, then = (_baseline(book, month) for month in months)
    return against_baseline(now, then, basis=book.basis)


def _baseline(book: Workbook, month: Period) -> dict[str, object]:
    whole = replace(book, estate=replace(book.estate, period=month))
    known = [name for name in BASELINE_DIMENSIONS if book.has(name)]
    spend = {name: whole.spend(name) for name in known}
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
    """Name, costs and share of the period by a dimension; empty where the bill has it not."""
    columns = ["name", "billed_cost", "effective_cost", "list_cost", "share"]
    if not book.has(dimension):
        return pd.DataFrame(columns=columns)
    return book.spend(dimension, top_n)[columns]
