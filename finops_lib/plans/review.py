"""The plan as a file that a person reads, edits and signs; what was signed cannot be changed unnoticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from finops_lib.errors import PlanError
from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.executors.executor import MARK_TAG
from finops_lib.schema import PLAN, conform

Document = dict[str, Any]
"""`steps` (dicts in PLAN columns), `estate_counts`, and after approval `approver` and `digest`."""

DECISIONS = ("proposed", "approved", "dismissed")


class _Step(BaseModel):
    """A step as it must stand in the file: a person may have edited it."""

    model_config = ConfigDict(extra="forbid")

    step: int
    finding_id: str
    check_id: str
    account_id: str
    region: str
    resource_id: str
    service: str | None
    team: str | None
    owner: str | None
    category: str
    action: str
    parameters: dict[str, Any] | None
    before_state: dict[str, Any] | None
    monthly_saving: float
    monthly_saving_low: float | None
    monthly_saving_high: float | None
    naive_saving: float
    risk: str | None
    confidence: str | None
    prerequisite: str | None
    not_before: str | None
    undo: str | None
    permissions: str | None
    approver: str | None
    status: str
    note: str | None


def document(plan: pd.DataFrame, estate_counts: Mapping[str, int] | None = None) -> Document:
    """The PLAN as plain values; `estate_counts` are the resources of each service, for the limits."""
    plain = conform(plan, PLAN).astype("object")
    plain = plain.where(plain.notna(), None)
    steps = json.loads(json.dumps(plain.to_dict("records"), default=_plain))
    return {"steps": steps, "estate_counts": dict(estate_counts or {})}


def observe(plan: Document, clients: Callable[[str, str, str], Any]) -> Document:
    """The document with each step's `before_state` as read from the account now.

    A step whose resource is gone already is dismissed with a note; one that a person does says so, and which
    action may be written in its place, for which its state is read.
    """
    return {**plan, "steps": [_observed(step, clients) for step in plan["steps"]]}


def _observed(step: Document, clients: Callable[[str, str, str], Any]) -> Document:
    instead = ACTIONS[step["action"]].instead if step["action"] in ACTIONS else None
    executor = EXECUTORS.get(instead or step["action"])
    if executor is None:
        return {**step, "before_state": None, "note": "a person does it"}
    client = clients(step["account_id"], step["region"], executor.service)
    state = executor.read(client, step["resource_id"])
    if state is None:
        return {**step, "before_state": None, "status": "dismissed", "note": "it is gone"}
    tags = {key: value for key, value in state["tags"].items() if key != MARK_TAG}
    seen = {**step, "before_state": {**state, "tags": tags}}
    return {**seen, "note": f"a person does it, or `action: {instead}`"} if instead else seen


def digest(plan: Document) -> str:
    """SHA-256 over everything that was signed: steps, decisions, counts and approver."""
    signed = {k: v for k, v in plan.items() if k != "digest"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def sign(plan: Document, approver: str, steps: Collection[int] | None = None) -> Document:
    """The document approved by `approver` and sealed with its digest.

    `steps` numbers the steps to approve; None takes the decisions that a person wrote into the
    file. Raises PlanError for a step number or a decision that does not exist.
    """
    unknown = set(steps or ()) - {step["step"] for step in plan["steps"]}
    if unknown:
        raise PlanError(f"The plan has no step {', '.join(map(str, sorted(unknown)))}.")
    if not approver.strip():
        raise PlanError("An approval needs a name: give --approver.")
    decided = [_decided(step, approver, steps) for step in plan["steps"]]
    sealed = {**plan, "steps": decided, "approver": approver}
    return {**sealed, "digest": digest(sealed)}


def _decided(step: Document, approver: str, steps: Collection[int] | None) -> Document:
    status = "approved" if steps is not None and step["step"] in steps else step["status"]
    if status not in DECISIONS:
        raise PlanError(
            f"Step {step['step']} is '{status}'; decide {', '.join(DECISIONS[1:])} or leave it."
        )
    return {**step, "status": status, "approver": approver if status == "approved" else None}


def verify(plan: Document) -> None:
    """Raise PlanError unless the document is approved and still what was approved."""
    if not plan.get("digest"):
        raise PlanError("The plan is not approved: run `finops approve` first.")
    if digest(plan) != plan["digest"]:
        raise PlanError(
            "The plan changed after it was approved: review it and run `finops approve` again."
        )


def write_plan(plan: Document, path: Path) -> None:
    """The document as YAML (or JSON, by the suffix)."""
    if path.suffix == ".json":
        path.write_text(json.dumps(plan, indent=1) + "\n")
    else:
        path.write_text(yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=100))


def read_plan(path: Path) -> Document:
    """The document in that file; raises PlanError that names the step and field that is wrong."""
    try:
        plan = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise PlanError(f"{path} cannot be read as a plan: {error}") from error
    if not isinstance(plan, dict) or not isinstance(plan.get("steps"), list):
        raise PlanError(f"{path} is no plan: it has no list of steps.")
    for number, step in enumerate(plan["steps"], start=1):
        try:
            _Step.model_validate(step)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise PlanError(f"{path}: step {number}, {place}: {first['msg']}.") from None
    return plan


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
