"""What the weekly mail says and shows: the last seven days, budgets, commitments, anomalies and pictures."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from finops_lib.analysis.spend import COST
from finops_lib.figures import governance as budget_figures
from finops_lib.figures import spend as spend_figures
from finops_lib.figures import style
from finops_lib.phases import governance
from finops_lib.plans import anomaly_digest
from finops_lib.present import pct, usd
from finops_lib.workbook import Workbook

WEEK = timedelta(days=7)
SERVICES = 5
"""Services that the picture of the months names."""


def lines(book: Workbook) -> list[str]:
    """The mail's sentences: week and month, every budget, and the five newest anomalies."""
    return [
        *_week(book),
        f"{book.period.start:%B %Y} cost {usd(book.cost())}.",
        *(
            f"Budget {row.budget}: {row.status}, {usd(row.actual_amount)} of {usd(row.limit_amount)}; "
            f"the running month is expected to cost {usd(row.forecast_amount)}."
            for row in governance.budgets(book).itertuples(index=False)
        ),
        *(
            f"Budget {row.budget}: {row.status}, {row.about} was {pct(row.actual_share)}; "
            f"at least {pct(row.wanted_share)} is wanted."
            for row in governance.commitment_budgets(book).itertuples(index=False)
        ),
        anomaly_digest.digest(
            governance.anomalies(book).head(5), currency=book.estate.currency
        ),
    ]  # fmt: skip


def subject(book: Workbook) -> str:
    """What it is about, and the last day that it knows whole."""
    about = book.params.governance.weekly_mail.subject or book.params.title
    return f"{about}: costs to {book.complete_until - timedelta(days=1):%d %B %Y}"


def pictures(book: Workbook) -> dict[str, bytes]:
    """PNG files by what they show: the days, the months by service, and the budgets of cost."""
    unit, cost = book.estate.currency, COST[book.basis]
    spent = governance.budgets(book)
    drawn = {
        "Cost by day": _png(spend_figures.calendar, book.days(), unit=unit, cost=cost),
        "Cost by month and service": _png(
            spend_figures.trend, book.months("service", SERVICES), unit=unit, cost=cost
        ),
    }
    if spent["used_share"].notna().any():
        drawn["Budgets of the month"] = _png(budget_figures.budget_bars, spent)
    return drawn


def _png(draw: Callable[..., Any], data: pd.DataFrame, **options: Any) -> bytes:
    with mpl.rc_context(style.RC):
        drawn, out = Figure(figsize=style.SIZES["wide"]), io.BytesIO()
        FigureCanvasAgg(drawn)
        draw(data, ax=drawn.subplots(), **options)
        drawn.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _week(book: Workbook) -> Iterator[str]:
    """The last seven whole days against the seven before; nothing where the bill is shorter."""
    days, until = book.days(), book.complete_until
    cost = days.set_index("day")[COST[book.basis]]
    last = cost[(cost.index >= until - WEEK) & (cost.index < until)]
    before = cost[(cost.index >= until - 2 * WEEK) & (cost.index < until - WEEK)]
    if len(last) and before.sum() > 0:
        change = pct(last.sum() / before.sum() - 1, signed=True)
        yield (
            f"The seven days to {until - timedelta(days=1):%d %B} cost {usd(last.sum())}, {change} "
            "against the seven before."
        )
