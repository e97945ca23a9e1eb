"""What if the plan could risk less, or had fewer hours: its net saving under other constraints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from finops_lib.params import Params, load_params, save_params
from finops_lib.plans.plan import build_plan, waterfall
from finops_lib.present import headless, say, table
from finops_lib.schema import CONFIDENCES, RISKS
from finops_lib.workbook import Workbook


def scenario_savings(book: Workbook, params: Params) -> pd.DataFrame:
    """The waterfall from the naive sum to the net saving of the plan that these parameters allow."""
    return waterfall(build_plan(book.findings, params.plan), book.cost())


def scenario_of(book: Workbook, path: Path) -> Params:
    """The parameters of the scenario that was saved there; without one, the workbook's."""
    return load_params(path) if path.exists() else book.params


def try_scenario(book: Workbook, params_file: str = "scenario.yaml") -> Any:
    """Controls over the plan's constraints and its savings beside today's; None where nobody is there.

    "Save the scenario" writes the whole parameters to `params_file`, which `finops report --params` takes;
    where it is there already, what it has beside the plan stays.
    """
    if headless():
        return None
    now = book.params.plan
    controls = {
        "max_risk": ipywidgets.Dropdown(options=RISKS, value=now.max_risk, description="Riskiest"),
        "min_confidence": ipywidgets.Dropdown(
            options=CONFIDENCES[::-1], value=now.min_confidence, description="Confidence"
        ),
        "min_monthly_saving": ipywidgets.BoundedFloatText(
            now.min_monthly_saving, min=0.0, max=1e6, step=1.0, description="At least"
        ),
    }
    shown, said = ipywidgets.HTML(), ipywidgets.HTML()
    save = ipywidgets.Button(description="Save the scenario", layout=ipywidgets.Layout(width="auto"))  # fmt: skip

    def chosen() -> Params:
        values = {name: control.value for name, control in controls.items()}
        kept = scenario_of(book, Path(params_file))
        return kept.model_copy(update={"plan": now.model_copy(update=values)})

    def update(_: Any = None) -> None:
        shown.value = _html(book, chosen())

    def write(_: Any) -> None:
        save_params(chosen(), Path(params_file))
        said.value = say("Written to `{path}`.", path=params_file)._repr_html_()

    for control in controls.values():
        control.observe(update, "value")
    save.on_click(write)
    update()
    return ipywidgets.VBox([ipywidgets.HBox([*controls.values(), save]), shown, said])


def _html(book: Workbook, params: Params) -> str:
    rows = scenario_savings(book, params)
    here = rows["net"].iloc[-1]
    today = book.waterfall()["net"].iloc[-1]
    sentence = say(
        "Saves **{here:usd}** a month, {difference:delta} against the plan of today.",
        here=here,
        difference=here - today,
    )
    money = dict.fromkeys([c for c in rows.columns if c != "category"], "usd")
    return f"{sentence._repr_html_()}{table(rows, 'From the naive sum to the net saving', formats=money).html()}"
