"""The bill from any side: month, basis, dimension, and a second dimension to stay within."""

from __future__ import annotations

from typing import Any

import ipywidgets

from finops_lib.figures import spend as draw
from finops_lib.present import figure, headless, say, table
from finops_lib.widgets.choice import EVERYTHING, Choice, chosen_spend, dimensions, months, names
from finops_lib.workbook import Workbook

NOWHERE = "the whole bill"


def explore_spend(book: Workbook) -> Any:
    """Controls over the picture and the table of the chosen spend; None where nobody is there."""
    if headless():
        return None
    within = ipywidgets.Dropdown(options=[NOWHERE, *dimensions(book)], description="Within")
    controls = {
        "month": ipywidgets.Dropdown(options=months(book), description="Month"),
        "basis": ipywidgets.Dropdown(
            options=["effective", "billed"], value=book.basis, description="Basis"
        ),
        "dimension": ipywidgets.Dropdown(options=dimensions(book), description="Group by"),
        "within": within,
        "name": ipywidgets.Dropdown(options=[EVERYTHING], description="Only"),
        "top_n": ipywidgets.BoundedIntText(10, min=1, max=50, description="Rows"),
    }
    shown = ipywidgets.HTML(_html(book, _choice(controls)))

    def narrow(_: Any) -> None:
        controls["name"].options = names(book, _choice(controls))

    def update(_: Any) -> None:
        shown.value = _html(book, _choice(controls))

    within.observe(narrow, "value")
    for control in controls.values():
        control.observe(update, "value")
    wrap = ipywidgets.Layout(flex_flow="row wrap")
    return ipywidgets.VBox([ipywidgets.HBox(list(controls.values()), layout=wrap), shown])


def _choice(controls: dict[str, Any]) -> Choice:
    values = {name: control.value for name, control in controls.items()}
    return Choice(**{**values, "within": "" if values["within"] == NOWHERE else values["within"]})


def _html(book: Workbook, choice: Choice) -> str:
    rows = chosen_spend(book, choice)
    cost = f"{choice.basis}_cost"
    part = choice.name if choice.name != EVERYTHING else NOWHERE
    title = say(
        "{part} by {dimension}, {month}: {total:usd}",
        part=part,
        dimension=choice.dimension,
        month=choice.month,
        total=rows[cost].sum(),
    )
    alt = say(
        "Bars of {basis} cost by {dimension} in {month}; {first} leads with {cost:usd}.",
        basis=choice.basis,
        dimension=choice.dimension,
        month=choice.month,
        first=rows["name"].iloc[0] if len(rows) else "nothing",
        cost=rows[cost].iloc[0] if len(rows) else 0.0,
    )
    picture = figure(draw.ranking, rows, title=title, alt=alt, cost=cost, unit=book.estate.currency)
    return picture.html() + table(rows.drop(columns=["kind", "members"]), str(title)).html()
