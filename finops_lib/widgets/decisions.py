"""A person's decision on a step of a plan, before the plan is approved and sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from finops_lib.errors import PlanError
from finops_lib.plans.review import Document


@dataclass(frozen=True)
class Decision:
    """Accept, dismiss (with a reason, until a day) or assign (to an owner) the step of a finding."""

    kind: str
    reason: str = ""
    owner: str = ""
    until: date | None = None


def decide(plan: Document, finding_id: str, decision: Decision) -> Document:
    """A new plan document with the decision in the step of that finding.

    Raises PlanError for a sealed plan, for a finding without a step, and for a dismissal that
    nobody could review: one without a reason or without a day on which it ends.
    """
    if plan.get("digest"):
        raise PlanError("This plan is approved and sealed: write a new one to decide anew.")
    if finding_id not in {step["finding_id"] for step in plan["steps"]}:
        raise PlanError(f"The plan has no step for finding {finding_id}.")
    change = _change(decision)
    steps = [{**s, **change} if s["finding_id"] == finding_id else s for s in plan["steps"]]
    return {**plan, "steps": steps}


def _change(decision: Decision) -> Document:
    note = decision.reason.strip() or None
    if decision.kind == "accept":
        return {"status": "approved", "note": note}
    if decision.kind == "dismiss":
        if note is None or decision.until is None:
            raise PlanError("To dismiss a finding say why, and until when.")
        return {"status": "dismissed", "note": f"{note} (until {decision.until:%Y-%m-%d})"}
    if decision.kind == "assign":
        if not decision.owner.strip():
            raise PlanError("To assign a finding name its owner.")
        return {"owner": decision.owner.strip(), "note": note}
    raise PlanError(f"'{decision.kind}' is no decision; accept, dismiss or assign.")
