"""Carry out the approved steps of a plan, each exactly once, however often the run is stopped.

The journal has a line before and one after every call. A resumed run skips steps that ended and calls that
returned; a call that was begun and not ended first looks whether its effect is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from finops_lib.errors import AccessError, PlanError
from finops_lib.params.governance import Limits
from finops_lib.plans import marks
from finops_lib.plans.executors import EXECUTORS, Executor, State, Step, carried_out
from finops_lib.plans.executors.executor import in_words, missing
from finops_lib.plans.guards import changed, check_limits, protection, stage
from finops_lib.plans.journal import Journal, alone, utc_now
from finops_lib.plans.native_tags import Clients
from finops_lib.plans.review import Document, verify

OUTCOME_COLUMNS = ("step", "action", "resource_id", "outcome", "reason")
OUTCOMES = ("would apply", "applied", "skipped", "waiting", "failed", "rolled back")
FINAL = ("applied", "skipped", "rolled back")
"""Outcomes that a resumed run keeps."""

FAULTS = (ClientError, BotoCoreError, AccessError, KeyError, IndexError, TypeError, ValueError)
"""What ends a step and leaves the others alone: a refusal, or a row that its action cannot work with."""


def apply_plan(
    plan: Document,
    clients: Clients,
    limits: Limits,
    *,
    log: Path | None = None,
    dry_run: bool = True,
    clock: Callable[[], datetime] = utc_now,
    needed: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """OUTCOME_COLUMNS of every approved step; dry_run only reads and says what would happen.

    `needed` are the findings that are no waste any more, with the reason: their steps are skipped. A step in its
    grace marks its resource; one that is skipped takes its mark off again.

    Raises PlanError for a plan that is not approved, was changed since, exceeds its limits, would be
    executed without a `log`, whose log belongs to another plan, is in use, or cannot be written. A step that fails
    leaves the others alone.
    """
    verify(plan)
    approved = [carried_out(step) for step in plan["steps"] if step["status"] == "approved"]
    check_limits(approved, limits, plan["estate_counts"])
    if dry_run:
        rows = [_looked_at(step, clients, limits, clock(), needed or {}) for step in approved]
        return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))
    if log is None:
        raise PlanError("A change needs a journal to be undone from: give `log`, or keep dry_run.")
    with alone(log):
        journal = _opened(Journal(log, clock), plan)
        rows = [_run(step, clients, limits, journal, needed or {}) for step in approved]
    return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))


def as_step(step: Document) -> Step:
    """The document's step as the executors take it."""
    return Step(
        id=str(step["finding_id"]), action=step["action"], account_id=step["account_id"],
        region=step["region"], resource_id=step["resource_id"],
        parameters=step["parameters"] or {}, before_state=step["before_state"] or {},
    )  # fmt: skip


def _opened(journal: Journal, plan: Document) -> Journal:
    begun = [entry for entry in journal.entries if entry["event"] == "plan"]
    if not begun:
        journal.append({"event": "plan", "digest": plan["digest"]})
    elif begun[0]["digest"] != plan["digest"]:
        raise PlanError(f"{journal.path} is the journal of another plan: give another file.")
    return journal


def _row(step: Document, outcome: str, reason: str = "") -> tuple[Any, ...]:
    return step["step"], step["action"], step["resource_id"], outcome, reason


def _obstacle(
    step: Document, current: State | None, limits: Limits, now: datetime, needed: Mapping[str, str]
) -> tuple[str, str] | None:
    """Outcome and reason where the step may not run now."""
    guarded = protection((current or {}).get("tags", {}), limits.protected_tags)
    if why := guarded or changed(step["before_state"], current):
        return "skipped", why
    if why := needed.get(str(step["finding_id"])):
        return "skipped", f"no waste any more: {why}"
    not_before = datetime.fromisoformat(step["not_before"]) if step["not_before"] else None
    if (reached := stage(now, not_before, limits.warn_days)) != "act":
        return "waiting", f"{reached} until {not_before:%Y-%m-%d}"
    return None


def _client(step: Document, clients: Clients) -> tuple[Executor | None, Any]:
    executor = EXECUTORS.get(step["action"])
    if executor is None:
        return None, None
    return executor, clients(step["account_id"], step["region"], executor.service)


def _look(
    step: Document, clients: Clients, limits: Limits, now: datetime, needed: Mapping[str, str]
) -> tuple[State | None, tuple[str, str] | None]:
    """The resource's state now (None: gone, or nothing to read), and what keeps the step from running."""
    executor, client = _client(step, clients)
    if executor is None:
        return None, ("skipped", "a person does it")
    if not step["before_state"]:
        return None, ("skipped", "its state was never read: run `finops plan` on the account")
    current = executor.read(client, step["resource_id"])
    return current, _obstacle(step, current, limits, now, needed)


def _looked_at(
    step: Document, clients: Clients, limits: Limits, now: datetime, needed: Mapping[str, str]
) -> tuple[Any, ...]:
    try:
        _, obstacle = _look(step, clients, limits, now, needed)
    except FAULTS as error:
        return _row(step, "failed", in_words(error))
    return _row(step, *(obstacle or ("would apply", "")))


def _run(
    step: Document, clients: Clients, limits: Limits, journal: Journal, needed: Mapping[str, str]
) -> tuple[Any, ...]:
    """One step to its end; a step that was begun is finished without asking the guards again."""
    name = str(step["finding_id"])
    end = journal.last("end").get(name)
    if end and end["outcome"] in FINAL:
        undone = "undone since" if name in journal.last("undone") else ""
        return _row(step, end["outcome"], undone or end["reason"])
    executor, client = None, None
    try:
        executor, client = _client(step, clients)
        if name not in journal.last("begin"):
            current, obstacle = _look(step, clients, limits, journal.clock(), needed)
            if obstacle:
                _keep_mark(step, current, obstacle[0], client, journal)
                return _end(step, journal, *obstacle)
            journal.append({"event": "begin", "step": name, "row": step})
        assert executor is not None
        _make_calls(as_step(step), executor, client, journal)
        if step["action"] in marks.SURVIVING:
            current = executor.read(client, step["resource_id"])
            _keep_mark(step, current, "applied", client, journal)
    except FAULTS as error:
        return _failed(step, executor, client, journal, error)
    return _end(step, journal, "applied")


def _keep_mark(
    step: Document, current: State | None, outcome: str, client: Any, journal: Journal
) -> None:
    if current is not None:
        until = step["not_before"][:10] if outcome == "waiting" else None
        marks.keep(as_step(step), current["tags"], until, client, journal)


def _failed(
    step: Document, executor: Executor | None, client: Any, journal: Journal, error: Exception
) -> tuple[Any, ...]:
    """A resize that cannot be finished must not leave the machine down: it is rolled back."""
    if executor and _is_gone(step, executor, client, error):
        return _end(step, journal, "skipped", "it is gone: somebody deleted it meanwhile")
    done = journal.results(str(step["finding_id"]))
    if executor is None or executor.revert is None or not executor.rolls_back or not done:
        return _end(step, journal, "failed", in_words(error))
    try:
        executor.revert(client, as_step(step), done)
    except FAULTS as second:
        why = f"{in_words(error)} Rolling back failed too: {in_words(second)}"
        return _end(step, journal, "failed", why)
    return _end(step, journal, "rolled back", in_words(error))


def _is_gone(step: Document, executor: Executor, client: Any, error: Exception) -> bool:
    """Whether a call failed because its resource is not there any more."""
    if not isinstance(error, ClientError) or not missing(error):
        return False
    try:
        return executor.read(client, step["resource_id"]) is None
    except FAULTS:
        return False


def _end(step: Document, journal: Journal, outcome: str, reason: str = "") -> tuple[Any, ...]:
    name = str(step["finding_id"])
    journal.append({"event": "end", "step": name, "outcome": outcome, "reason": reason})
    return _row(step, outcome, reason)


def _make_calls(step: Step, executor: Executor, client: Any, journal: Journal) -> None:
    done = journal.results(step.id)
    for call in executor.calls:
        if call.name in done:
            continue
        result = call.found(client, step, done)
        if result is None:
            journal.append({"event": "before", "step": step.id, "call": call.name})
            result = call.do(client, step, done)
        journal.append({"event": "after", "step": step.id, "call": call.name, "result": result})
        done = {**done, call.name: result}
