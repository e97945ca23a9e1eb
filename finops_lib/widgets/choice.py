"""What a person chose to see of the bill, and the frame that answers it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from finops_lib.analysis import spend
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.period import Period
from finops_lib.workbook import Workbook

EVERYTHING = "everything"
"""The choice that narrows nothing."""


@dataclass(frozen=True)
class Choice:
    """A month (YYYY-MM), a cost basis, what to group by, and one name of another dimension to stay in."""

    month: str
    basis: str = "effective"
    dimension: str = "service"
    within: str = ""
    name: str = EVERYTHING
    top_n: int = 10


def dimensions(book: Workbook) -> list[str]:
    """The dimensions by which this bill can be told."""
    return [name for name in spend.DIMENSIONS if book.has(name)]


def months(book: Workbook) -> list[str]:
    """Every whole month of the bill, newest first, as YYYY-MM."""
    return [f"{month:%Y-%m}" for month in reversed(book.months()["month"].tolist())]


def names(book: Workbook, choice: Choice) -> list[str]:
    """The names by which the choice can be narrowed, dearest in that month first."""
    if not choice.within:
        return [EVERYTHING]
    rows = _spend(book, choice, choice.within)
    return [EVERYTHING, *rows.loc[rows["kind"] == "named", "name"]]


def chosen_spend(book: Workbook, choice: Choice) -> pd.DataFrame:
    """The chosen part of the bill in `analysis.spend.spend_by` columns, costs in its currency.

    A missing value of a dimension is a row of its own, and the rows add up to the part.
    """
    narrowed = choice.within and choice.name != EVERYTHING
    only = {book.column(choice.within): choice.name} if narrowed else {}
    return _spend(book, choice, choice.dimension, only, choice.top_n)


def _spend(
    book: Workbook,
    choice: Choice,
    dimension: str,
    only: dict[str, str] | None = None,
    top_n: int | None = None,
) -> pd.DataFrame:
    rows = queries.within(book.cube, Period.month(choice.month))
    for column, value in (only or {}).items():
        rows = rows.filter(rows[column] == value)
    column = book.column(dimension)
    grouped = frame(queries.spend_by(rows, [column]))
    return spend.spend_by(grouped, column, basis=choice.basis, top_n=top_n)
