"""Where a team's month will end against its budget: its statement carried forward, with an interval."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from finops_lib.analysis import forecast as ahead
from finops_lib.analysis.allocation.daily import daily_costs, pool_parts
from finops_lib.analysis.forecast.months import TOTAL
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.phases.allocation import (
    CHARGE_KEYS,
    bill,
    own_charges,
    statement_lines,
    team_budgets,
)
from finops_lib.workbook import Workbook

COLUMNS = (
    "team", "month", "so_far_cost", "forecast_cost", "low_cost", "high_cost", "budget",
    "forecast_budget_share", "backtest_error_share", "backtests", "reason",
)  # fmt: skip

FILE = "team_outlook.csv"
"""The run's file of it, on the basis of the run."""

HISTORY = pd.Timedelta(days=182)
"""Half a year of days teaches where a month ends; more only takes longer."""


def daily_statements(book: Workbook, owned: pd.DataFrame) -> pd.DataFrame:
    """time, name, value: what each team pays on every day, shared cost in the parts of the statements."""
    lines = bill(book)
    days = frame(queries.spend_by_day(lines, [*CHARGE_KEYS, *queries.tag_columns(lines)]))
    parts = pool_parts(owned, statement_lines(book, owned), basis=book.basis)
    return daily_costs(own_charges(book, days), parts, basis=book.basis)


def team_outlook(book: Workbook, owned: pd.DataFrame, teams: Sequence[str]) -> pd.DataFrame:
    """COLUMNS: what the month in hand will come to for each team, against its budget.

    The month in hand is that of the bill's last whole day, which is the period itself while it runs and
    later where the bill goes on. Each team is forecast by itself, so the teams need not add up to the
    forecast of the bill. `reason` says why there is none.
    """
    daily = daily_statements(book, owned)
    limits = team_budgets(book)
    rows = [_outlook(book, daily, team).assign(budget=limits.get(team)) for team in teams]
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=COLUMNS)
    budget = table["budget"].astype("float64")
    known = table.assign(budget=budget, forecast_budget_share=table["forecast_cost"] / budget)
    return known[list(COLUMNS)]


def this_run(book: Workbook, owned: pd.DataFrame, team: str) -> pd.DataFrame:
    """The row of `team_outlook` of one team: as the run wrote it, or worked out where it did not."""
    written = book.estate.folder.parent / FILE
    if written.exists() and book.basis == book.params.basis:
        rows = pd.read_csv(written, parse_dates=["month"], dtype={"team": "str", "reason": "str"})
        if len(mine := rows[rows["team"].eq(team)]):
            return mine.reset_index(drop=True)
    return team_outlook(book, owned, [team])


def _outlook(book: Workbook, daily: pd.DataFrame, team: str) -> pd.DataFrame:
    until = pd.Timestamp(book.complete_until)
    mine = daily[daily["name"].eq(team) & daily["time"].ge(until - HISTORY)]
    last = pd.DataFrame({"time": [until - pd.Timedelta(days=1)], "value": [0.0]})
    told = ahead.tell(pd.concat([mine, last]).assign(name=TOTAL), book.complete_until)
    row = ahead.by_window(told, book.complete_until).iloc[:1]
    return row.assign(team=team, month=until.to_period("M").start_time)
