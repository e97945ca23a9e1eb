"""Who bears the bill: every team's statement, and one team's cost from any side, down to the resource."""

from __future__ import annotations

from functools import cache
from typing import Any

import ipywidgets
import pandas as pd

from finops_lib.analysis.allocation.pools import UNALLOCATED
from finops_lib.analysis.reconcile import reconcile
from finops_lib.figures import allocation as draw
from finops_lib.figures import spend as draw_spend
from finops_lib.phases import allocation
from finops_lib.present import figure, headless, say, table
from finops_lib.schema import COST_COLUMN
from finops_lib.widgets.choice import months
from finops_lib.widgets.variant import variant
from finops_lib.workbook import Workbook

EVERY_TEAM = "every team"
SIDES = {
    "line of the statement": "",
    "service": "ServiceName",
    "account": "SubAccountId",
    "region": "RegionId",
    "project": "project",
    "resource": "ResourceId",
    "rule that decided": "decided_by",
}
"""By what one team's cost is told, and the column of its own charges; the statement has the pools too."""


def explore_allocation(book: Workbook) -> Any:
    """Controls over the statements of a month; None where nobody is there."""
    if headless():
        return None
    team = ipywidgets.Dropdown(options=[EVERY_TEAM], description="Team")
    controls = {
        "month": ipywidgets.Dropdown(
            options=months(book),
            description="Statement of",
            style={"description_width": "initial"},
        ),
        "basis": ipywidgets.Dropdown(
            options=["effective", "billed"], value=book.basis, description="Cost basis"
        ),
        "team": team,
        "side": ipywidgets.Dropdown(options=list(SIDES), description="Told by"),
        "top_n": ipywidgets.BoundedIntText(10, min=1, max=50, description="At most"),
    }
    shown = ipywidgets.HTML()
    read = cache(lambda month, basis: _read(book, month, basis))

    def update(_: Any = None) -> None:
        chosen = {name: control.value for name, control in controls.items()}
        then, owned, statements = read(chosen.pop("month"), chosen.pop("basis"))
        teams = [EVERY_TEAM, *statements["team"]]
        if list(team.options) != teams:
            team.options = teams
            chosen["team"] = team.value
        shown.value = _html(then, owned, statements, **chosen)

    for control in controls.values():
        control.observe(update, "value")
    update()
    wrap = ipywidgets.Layout(flex_flow="row wrap")
    return ipywidgets.VBox([ipywidgets.HBox(list(controls.values()), layout=wrap), shown])


def team_cost(book: Workbook, owned: pd.DataFrame, team: str, side: str) -> pd.DataFrame:
    """name, cost, share of one team, dearest first, told by a name of `SIDES`.

    The lines of the statement add up to what the team pays; every other side to what is its own.
    """
    if not SIDES[side]:
        lines = allocation.team_lines(allocation.statement_lines(book, owned), team, book.basis)
        return lines[["name", "cost", "share"]].sort_values("cost", ascending=False, ignore_index=True)  # fmt: skip
    own = owned[owned["team"].fillna(UNALLOCATED).eq(team) & owned["pool"].isna()]
    if SIDES[side] == "decided_by":
        return allocation.evidence(book, own).rename(columns={"decided_by": "name"}).drop(columns="team")  # fmt: skip
    cost = COST_COLUMN[book.basis]
    name = own[SIDES[side]].fillna("not stated")
    rows = own.groupby(name)[cost].sum().sort_values(ascending=False)
    reconcile(rows, float(own[cost].sum()), what=f"{team} by {side}")
    return pd.DataFrame({"name": rows.index, "cost": rows.to_numpy(), "share": (rows / rows.sum()).to_numpy()})  # fmt: skip


def _read(book: Workbook, month: str, basis: str) -> tuple[Workbook, pd.DataFrame, pd.DataFrame]:
    then = variant(book, month=month, basis=basis)
    owned = allocation.owned_charges(then)
    return then, owned, allocation.statements(then, owned)


def _html(
    book: Workbook, owned: pd.DataFrame, statements: pd.DataFrame, *, team: str, side: str, top_n: int
) -> str:  # fmt: skip
    if team == EVERY_TEAM:
        return _statements(book, statements)
    rows = team_cost(book, owned, team, side)
    title = say(
        "{team} by {side}, {month}: {total:usd}",
        team=team, side=side, month=book.period.label, total=rows["cost"].sum(),
    )  # fmt: skip
    alt = say(
        "Bars of {team}'s cost by {side}; {first} leads with {cost:usd}.",
        team=team, side=side,
        first=str(rows["name"].iloc[0]) if len(rows) else "nothing",
        cost=rows["cost"].iloc[0] if len(rows) else 0.0,
    )  # fmt: skip
    bars = rows.head(top_n).assign(kind="named", members=1)
    picture = figure(draw_spend.ranking, bars, title=title, alt=alt, cost="cost", unit=book.estate.currency)  # fmt: skip
    return picture.html() + table(rows, str(title), rows=top_n).html()


def _statements(book: Workbook, statements: pd.DataFrame) -> str:
    title = say("What each team pays, {month}", month=book.period.label)
    alt = say(
        "Bars of each team's cost in {month}: own, shared, credits; {team} leads.",
        month=book.period.label,
        team=statements["team"].iloc[0] if len(statements) else "nobody",
    )
    picture = figure(draw.statement_bars, statements, title=title, alt=alt, unit=book.estate.currency)  # fmt: skip
    columns = ["team", "own", "credit", "shared", "unallocated", "total", "share"]
    money = dict.fromkeys(columns[1:-1], "usd")
    total = {"team": "the bill", "total": statements["total"].sum()}
    return picture.html() + table(statements[columns], str(title), formats=money, total=total).html()  # fmt: skip
