"""What to commit to under other terms, payments and demands: what it saves beside the parameters of today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from finops_lib.figures import commitments as draw
from finops_lib.params import Params, save_params
from finops_lib.params.commitments import PAYMENTS
from finops_lib.phases import commitments
from finops_lib.present import figure, headless, say, table
from finops_lib.widgets.scenario import scenario_of
from finops_lib.widgets.variant import variant
from finops_lib.workbook import Workbook

TERMS = {"one year": (1,), "three years": (3,), "either": (1, 3)}
UPFRONT = {
    "nothing": PAYMENTS[:1],
    "a part": PAYMENTS[1:2],
    "all": PAYMENTS[2:],
    "whatever is best": PAYMENTS,
}
"""What is paid upfront."""

_SHOWN = ["product", "region", "family", "years", "payment", "hourly_commitment", "upfront_cost",
          "monthly_cost", "monthly_saving", "break_even_month"]  # fmt: skip


def explore_commitments(book: Workbook, params_file: str = "scenario.yaml") -> Any:
    """Controls over terms, payments and demand, and what they save; None where nobody is there.

    What the plan leaves is that of `params_file` where it is there, so that a scenario of the plan goes
    on here. "Save the purchases" writes the whole parameters to it.
    """
    if headless():
        return None
    now = commitments.advise(book)
    controls = _controls(now)
    shown, said = ipywidgets.HTML(), ipywidgets.HTML()
    save = ipywidgets.Button(description="Save the purchases", layout=ipywidgets.Layout(width="auto"))  # fmt: skip
    today = _saving(book, now)

    def chosen() -> Params:
        values = {name: control.value for name, control in controls.items()}
        return with_purchases(scenario_of(book, Path(params_file)), **values)

    def update(_: Any = None) -> None:
        shown.value = _html(variant(book, params=chosen()), today)

    def write(_: Any) -> None:
        save_params(chosen(), Path(params_file))
        said.value = say("Written to `{path}`.", path=params_file)._repr_html_()

    for control in controls.values():
        control.observe(update, "value")
    save.on_click(write)
    update()
    wrap = ipywidgets.Layout(flex_flow="row wrap")
    return ipywidgets.VBox([ipywidgets.HBox([*controls.values(), save], layout=wrap), shown, said])


def with_purchases(
    params: Params, *, term: str, upfront: str, fall_pct: int, rise_pct: int, capital_pct: float
) -> Params:
    """The parameters with these terms, payments, demands and cost of capital, all else as it is."""
    change = {
        "years": TERMS[term],
        "payments": UPFRONT[upfront],
        "demand_factors": (1 - fall_pct / 100, 1.0, 1 + rise_pct / 100),
        "cost_of_capital": capital_pct / 100,
    }
    return params.model_copy(update={"commitments": params.commitments.model_copy(update=change)})


def _controls(now: commitments.Commitments) -> dict[str, Any]:
    """The controls, which begin at the demand that was measured."""
    # Fields, not sliders: a slider of ipywidgets has no name for those who listen.
    wide = {"style": {"description_width": "initial"}}
    low, high = now.advice.factors["low"], now.advice.factors["high"]
    return {
        "term": ipywidgets.Dropdown(options=list(TERMS), description="Term"),
        "upfront": ipywidgets.Dropdown(options=list(UPFRONT), description="Paid upfront"),
        "fall_pct": ipywidgets.BoundedIntText(
            min(90, round(100 * (1 - low))), min=0, max=90, description="Demand may fall by %", **wide
        ),
        "rise_pct": ipywidgets.BoundedIntText(
            min(200, round(100 * (high - 1))), min=0, max=200, description="and rise by %", **wide
        ),
        "capital_pct": ipywidgets.BoundedFloatText(
            8.0, min=0.0, max=30.0, step=0.5, description="Cost of capital, % a year", **wide
        ),
    }  # fmt: skip


def _saving(book: Workbook, found: commitments.Commitments) -> pd.Series:
    """net, net_low, net_high and remaining of the purchases in the first month."""
    return commitments.landing(book, found).set_index("category").loc["commit"]


def _html(book: Workbook, today: pd.Series) -> str:
    found = commitments.advise(book)
    saved = _saving(book, found)
    sentence = say(
        "Saves **{net:usd}** a month ({low:usd} to {high:usd} as demand goes), {difference:delta} against the "
        "parameters of today; the month then costs {after:usd}.",
        net=saved["net"], low=saved["net_low"], high=saved["net_high"],
        difference=saved["net"] - today["net"], after=saved["remaining"],
    )  # fmt: skip
    curve = figure(
        draw.saving_curve,
        commitments.saving_curve(found),
        title="What more or less of the largest pool's purchases would save",
        unit=book.estate.currency,
        alt=say(
            "The saving over the commitment an hour for low, likely and high demand; the advice saves {net:usd}.",
            net=saved["net"],
        ),
    )  # fmt: skip
    bought = commitments.purchases(found)
    rows = table(bought[[name for name in _SHOWN if name in bought]], "What to buy", empty="Nothing: no rate is known, or nothing steady remains on demand.")  # fmt: skip
    return sentence._repr_html_() + curve.html() + rows.html()
