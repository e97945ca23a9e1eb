"""Findings one by one: read the reason, then accept, dismiss or assign; the plan file keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd

from finops_lib.errors import PlanError
from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.review import Document, document, read_plan, write_plan
from finops_lib.present import headless, say, table, usd
from finops_lib.widgets.decisions import Decision, decide
from finops_lib.workbook import Workbook


def review_findings(book: Workbook, plan_file: str = "plan.yaml") -> Any:
    """Decide on the plan's steps, the largest saving first; None where nobody is there.

    Decisions are written to `plan_file` at once; where it exists already, its decisions go on.
    `finops approve` seals it, and only then `finops apply` takes it.
    """
    if headless():
        return None
    path = Path(plan_file)
    plan = read_plan(path) if path.exists() else document(book.plan)
    ranked = sorted(plan["steps"], key=lambda step: -step["monthly_saving"])
    if not ranked:
        return ipywidgets.HTML("Nothing is planned: no finding saves enough, or nothing was read.")
    step = ipywidgets.Dropdown(
        options=[(_label(found), found["finding_id"]) for found in ranked],
        description="Finding",
        layout=ipywidgets.Layout(width="100%"),
    )
    reason = ipywidgets.Text(description="Reason", placeholder="why it stays, or what to watch")
    until = ipywidgets.DatePicker(description="Until")
    owner = ipywidgets.Text(description="Owner", placeholder="who takes it on")
    reasons = dict(zip(book.findings["finding_id"], book.findings["reason"], strict=True))
    shown, said = ipywidgets.HTML(), ipywidgets.HTML()
    kept = _Kept(plan, path)

    def show(_: Any = None) -> None:
        shown.value = _html(kept.plan, step.value, reasons.get(step.value, ""))

    def act(kind: str) -> Callable[[Any], None]:
        def clicked(_: Any) -> None:
            chosen = Decision(kind, reason.value, owner.value, until.value)
            said.value = kept.take(step.value, chosen)
            show()

        return clicked

    buttons = [
        ipywidgets.Button(description=kind.capitalize()) for kind in ("accept", "dismiss", "assign")
    ]
    for button in buttons:
        button.on_click(act(button.description.lower()))
    step.observe(show, "value")
    show()
    wrap = ipywidgets.Layout(flex_flow="row wrap")
    given = ipywidgets.HBox([reason, until, owner, *buttons], layout=wrap)
    return ipywidgets.VBox([step, shown, given, said])


class _Kept:
    """The plan as it stands, and its file."""

    def __init__(self, plan: Document, path: Path) -> None:
        self.plan = plan
        self.path = path

    def take(self, finding_id: str, decision: Decision) -> str:
        """Write the decision; what was done, or what lacks, in a sentence."""
        try:
            self.plan = decide(self.plan, finding_id, decision)
        except PlanError as error:
            return say("**Not done.** {error}", error=str(error))._repr_html_()
        write_plan(self.plan, self.path)
        return say("Written to `{path}`.", path=str(self.path))._repr_html_()


def _label(step: Document) -> str:
    done = ACTIONS[step["action"]].title
    return f"{usd(step['monthly_saving'])} a month: {done} ({step['resource_id']})"


def _html(plan: Document, finding_id: str, reason: str) -> str:
    step = next(found for found in plan["steps"] if found["finding_id"] == finding_id)
    wanted = ("check_id", "account_id", "region", "team", "owner", "risk", "status", "note")
    rows = pd.DataFrame([{name: step[name] for name in wanted}])
    return table(rows, reason or ACTIONS[step["action"]].title).html()
