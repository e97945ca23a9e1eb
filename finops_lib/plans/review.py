"""The plan as a file that a person reads, edits and signs; what was signed cannot be changed unnoticed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from finops_lib.errors import AccessError, PlanError
from finops_lib.params import nearest
from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.executors import EXECUTORS, carried_out
from finops_lib.plans.executors.executor import MARK_TAG, in_words
from finops_lib.schema import PLAN, conform

Document = dict[str, Any]
"""`steps` (dicts in PLAN columns), `estate_counts`, and after approval `approver` and `digest`."""

DECISIONS = ("proposed", "approved", "dismissed")

_WORDS = {
    "approved": ("approve", "approved", "accept", "accepted", "ok", "true", "yes", "y", "x", "1"),
    "dismissed": ("dismiss", "dismissed", "reject", "rejected", "false", "no", "n", "0"),
    "proposed": ("proposed", ""),
}
_DECISION = {word: decision for decision, words in _WORDS.items() for word in words}
"""What people and spreadsheets write for a decision."""


def decision(written: object) -> str:
    """The decision that a person wrote, in whatever case; words that say none stay as they are."""
    text = "" if written is None else str(written).strip()
    return _DECISION.get(text.casefold(), text)


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
    monthly_saving: float = Field(allow_inf_nan=False, ge=0)
    monthly_saving_low: float | None
    monthly_saving_high: float | None
    naive_saving: float = Field(allow_inf_nan=False)
    risk: str | None
    confidence: str | None
    prerequisite: str | None
    not_before: str | None
    undo: str | None
    permissions: str | None
    approver: str | None
    status: str
    note: str | None

    @field_validator("status", mode="before")
    @classmethod
    def _as_people_write_it(cls, status: object) -> str:
        return decision(status)

    @field_validator("not_before", mode="before")
    @classmethod
    def _is_a_moment(cls, moment: object) -> str | None:
        """YAML takes an unquoted day for a date; a zone is brought to UTC, in which plans are."""
        if moment is None or moment == "":
            return None
        found = moment if isinstance(moment, date) else datetime.fromisoformat(str(moment))
        if not isinstance(found, datetime):
            found = datetime(found.year, found.month, found.day)
        return (found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found).isoformat()


def document(plan: pd.DataFrame, estate_counts: Mapping[str, int] | None = None) -> Document:
    """The PLAN as plain values; `estate_counts` are the resources of each service, for the limits."""
    plain = conform(plan, PLAN).astype("object")
    plain = plain.where(plain.notna(), None)
    steps = json.loads(json.dumps(plain.to_dict("records"), default=_plain))
    return {"steps": steps, "estate_counts": dict(estate_counts or {})}


def observe(plan: Document, clients: Callable[[str, str, str], Any]) -> Document:
    """The document with each step's `before_state` as read from the account now.

    A step whose resource is gone already is dismissed with a note; one that a person does says so, and which
    action may be written in its place, for which its state is read. One whose state cannot be read has none, and why
    in its note: it is not applied.
    """
    return {**plan, "steps": [_observed(step, clients) for step in plan["steps"]]}


def _observed(step: Document, clients: Callable[[str, str, str], Any]) -> Document:
    instead = ACTIONS[step["action"]].instead if step["action"] in ACTIONS else None
    executor = EXECUTORS.get(instead or carried_out(step)["action"])
    if executor is None:
        return {**step, "before_state": None, "note": "a person does it"}
    try:
        client = clients(step["account_id"], step["region"], executor.service)
        state = executor.read(client, carried_out(step)["resource_id"])
    except (ClientError, BotoCoreError, AccessError) as error:
        why = f"its state could not be read: {in_words(error)}"
        return {**step, "before_state": None, "note": why}
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
    file. Raises PlanError for a step number, a decision or an action that does not exist, and for an approved step
    without a parameter that its action needs.
    """
    unknown = set(steps or ()) - {step["step"] for step in plan["steps"]}
    if unknown:
        raise PlanError(f"The plan has no step {', '.join(map(str, sorted(unknown)))}.")
    if not approver.strip():
        raise PlanError("An approval needs a name: give --approver.")
    decided = [_decided(step, approver, steps) for step in plan["steps"]]
    for step in decided:
        if step["status"] == "approved":
            _check_action(step)
    sealed = {**plan, "steps": decided, "approver": approver}
    return {**sealed, "digest": digest(sealed)}


def _decided(step: Document, approver: str, steps: Collection[int] | None) -> Document:
    status = "approved" if steps is not None and step["step"] in steps else step["status"]
    if status not in DECISIONS:
        raise PlanError(
            f"Step {step['step']} is '{status}'; decide {', '.join(DECISIONS[1:])} or leave it."
        )
    return {**step, "status": status, "approver": approver if status == "approved" else None}


def _check_action(step: Document) -> None:
    """What a person may have misspelled or taken out is told before anything is done."""
    if step["action"] not in ACTIONS:
        near = nearest(step["action"], ACTIONS)
        raise PlanError(f"Step {step['step']} has the action '{step['action']}'. {near}")
    executor, given = EXECUTORS.get(carried_out(step)["action"]), step["parameters"] or {}
    lacking = [name for name in (executor.needs if executor else ()) if given.get(name) is None]
    if lacking:
        raise PlanError(
            f"Step {step['step']} ({step['action']}) lacks the parameter {', '.join(lacking)}."
        )


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
    text = (
        json.dumps(plan, indent=1) + "\n"
        if path.suffix == ".json"
        else yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=100)
    )
    fresh = path.with_name(f".{path.name}.new")  # a full disk must not cost the decisions in it
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def read_plan(path: Path) -> Document:
    """The document in that file; raises PlanError that names the step and field that is wrong."""
    try:
        plan = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PlanError(f"{path} cannot be read as a plan: {error}") from error
    if not isinstance(plan, dict) or not isinstance(plan.get("steps"), list):
        raise PlanError(f"{path} is no plan: it has no list of steps.")
    steps = [_read_step(step, n, path) for n, step in enumerate(plan["steps"], start=1)]
    for name in ("step", "finding_id"):
        twice = [value for value, count in Counter(s[name] for s in steps).items() if count > 1]
        if twice:
            raise PlanError(f"{path} has the {name} {twice[0]} twice: take one of them out.")
    counts = plan.get("estate_counts") or {}
    if not isinstance(counts, dict) or not all(isinstance(n, int) for n in counts.values()):
        raise PlanError(f"{path}: estate_counts are not numbers; write the plan again.")
    return {**plan, "steps": steps, "estate_counts": counts}


def _read_step(step: object, number: int, path: Path) -> Document:
    try:
        return _Step.model_validate(step).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise PlanError(f"{path}: step {number}, {place}: {first['msg']}.") from None


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
