"""Carry out the approved steps of a plan, each exactly once, however often the run is stopped.

The journal has a line before and one after every call. A resumed run skips steps that ended and calls that
returned; a call that was begun and not ended first looks whether its effect is there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from finops_lib.errors import PlanError
from finops_lib.params.governance import Limits
from finops_lib.plans import journal
from finops_lib.plans.executors import EXECUTORS, Executor, Results, Step
from finops_lib.plans.guards import changed, check_limits, protection, stage
from finops_lib.plans.native_tags import Clients
from finops_lib.plans.review import Document, verify

OUTCOME_COLUMNS = ("step", "action", "resource_id", "outcome", "reason")
OUTCOMES = ("would apply", "applied", "skipped", "waiting", "failed")


def utc_now() -> datetime:
    """The wall clock as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def apply_plan(
    plan: Document,
    clients: Clients,
    limits: Limits,
    *,
    log: Path | None = None,
    dry_run: bool = True,
    clock: Callable[[], datetime] = utc_now,
) -> pd.DataFrame:
    """OUTCOME_COLUMNS of every approved step; dry_run only reads and says what would happen.

    Raises PlanError for a plan that is not approved, was changed since, exceeds its limits, would be
    executed without a `log`, or whose log belongs to another plan. A step that fails leaves the others alone.
    """
    verify(plan)
    approved = [step for step in plan["steps"] if step["status"] == "approved"]
    check_limits(approved, limits, plan["estate_counts"])
    if dry_run:
        rows = [_looked_at(step, clients, limits, clock()) for step in approved]
        return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))
    if log is None:
        raise PlanError("A change needs a journal to be undone from: give `log`, or keep dry_run.")
    _open(log, plan, clock)
    rows = [_run(step, clients, limits, log, clock) for step in approved]
    return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))


def as_step(step: Document) -> Step:
    """The document's step as the executors take it."""
    return Step(
        id=str(step["finding_id"]), action=step["action"], account_id=step["account_id"],
        region=step["region"], resource_id=step["resource_id"],
        parameters=step["parameters"] or {}, before_state=step["before_state"] or {},
    )  # fmt: skip


def _open(log: Path, plan: Document, clock: Callable[[], datetime]) -> None:
    begun = [e for e in journal.entries(log) if e["event"] == "plan"]
    if not begun:
        journal.append(log, {"event": "plan", "digest": plan["digest"]}, clock)
    elif begun[0]["digest"] != plan["digest"]:
        raise PlanError(f"{log} is the journal of another plan: give another file.")


def _row(step: Document, outcome: str, reason: str = "") -> tuple[Any, ...]:
    return step["step"], step["action"], step["resource_id"], outcome, reason


def _obstacle(
    step: Document, executor: Executor | None, client: Any, limits: Limits, now: datetime
) -> tuple[str, str] | None:
    """Outcome and reason where the step may not run now."""
    if executor is None:
        return "skipped", "a person does it"
    if not step["before_state"]:
        return "skipped", "its state was never read: run `finops plan` on the account"
    current = executor.read(client, step["resource_id"])
    guarded = protection((current or {}).get("tags", {}), limits.protected_tags)
    if why := guarded or changed(step["before_state"], current):
        return "skipped", why
    not_before = datetime.fromisoformat(step["not_before"]) if step["not_before"] else None
    if (reached := stage(now, not_before, limits.warn_days)) != "act":
        return "waiting", f"{reached} until {not_before:%Y-%m-%d}"
    return None


def _client(step: Document, clients: Clients) -> tuple[Executor | None, Any]:
    executor = EXECUTORS.get(step["action"])
    if executor is None:
        return None, None
    return executor, clients(step["account_id"], step["region"], executor.service)


def _looked_at(step: Document, clients: Clients, limits: Limits, now: datetime) -> tuple[Any, ...]:
    executor, client = _client(step, clients)
    try:
        obstacle = _obstacle(step, executor, client, limits, now)
    except (ClientError, BotoCoreError) as error:
        return _row(step, "failed", str(error))
    return _row(step, *(obstacle or ("would apply", "")))


def _run(
    step: Document, clients: Clients, limits: Limits, log: Path, clock: Callable[[], datetime]
) -> tuple[Any, ...]:
    """One step to its end; a step that was begun is finished without asking the guards again."""
    found = journal.entries(log)
    name = str(step["finding_id"])
    if (end := journal.ended(found).get(name)) and end["outcome"] in ("applied", "skipped"):
        return _row(step, end["outcome"], end["reason"])
    executor, client = _client(step, clients)
    try:
        if name not in journal.ended(found, "begin"):
            obstacle = _obstacle(step, executor, client, limits, clock())
            if obstacle:
                return _end(step, log, clock, *obstacle)
            journal.append(log, {"event": "begin", "step": name, "row": step}, clock)
        assert executor is not None
        _make_calls(as_step(step), executor, client, log, clock)
    except (ClientError, BotoCoreError) as error:
        return _end(step, log, clock, "failed", str(error))
    return _end(step, log, clock, "applied")


def _end(
    step: Document, log: Path, clock: Callable[[], datetime], outcome: str, reason: str = ""
) -> tuple[Any, ...]:
    entry = {"event": "end", "step": str(step["finding_id"]), "outcome": outcome, "reason": reason}
    journal.append(log, entry, clock)
    return _row(step, outcome, reason)


def _make_calls(
    step: Step, executor: Executor, client: Any, log: Path, clock: Callable[[], datetime]
) -> None:
    known = journal.entries(log)
    done: Results = journal.results(known, step.id)
    for call in executor.calls:
        if call.name in done:
            continue
        result = call.found(client, step, done)
        if result is None:
            journal.append(log, {"event": "before", "step": step.id, "call": call.name}, clock)
            result = call.do(client, step, done)
        entry = {"event": "after", "step": step.id, "call": call.name, "result": result}
        journal.append(log, entry, clock)
        done = {**done, call.name: result}
