"""Bring back what a journal says was done, last step first, each exactly once."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError

from finops_lib.errors import PlanError
from finops_lib.plans.apply import FAULTS, OUTCOME_COLUMNS, as_step
from finops_lib.plans.executors import EXECUTORS, Executor, State, Step
from finops_lib.plans.executors.executor import in_words
from finops_lib.plans.journal import Journal, alone, utc_now
from finops_lib.plans.native_tags import Clients


def undo_plan(
    log: Path,
    clients: Clients,
    *,
    dry_run: bool = True,
    clock: Callable[[], datetime] = utc_now,
) -> pd.DataFrame:
    """OUTCOME_COLUMNS of every applied step: would undo, undone, failed, or cannot (with the reason).

    The same journal records what was undone, so a second run changes nothing. Raises PlanError for
    a journal that is not there, is in use, or cannot be written.
    """
    if not Journal(log, clock).entries:
        raise PlanError(f"{log} holds no journal.")
    with nullcontext() if dry_run else alone(log):
        rows = _all_undone(Journal(log, clock), clients, dry_run)
    return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))


def _all_undone(journal: Journal, clients: Clients, dry_run: bool) -> list[tuple[Any, ...]]:
    ended, reverted = journal.last("end"), journal.last("undone")
    return [
        _undo(entry["row"], journal, clients, dry_run)
        for name, entry in reversed(journal.last("begin").items())
        if ended.get(name, {}).get("outcome") == "applied" and name not in reverted
    ]


def _undo(
    row: dict[str, Any], journal: Journal, clients: Clients, dry_run: bool
) -> tuple[Any, ...]:
    step, executor = as_step(row), EXECUTORS[row["action"]]
    outcome, reason = "would undo", row["undo"] or ""
    if executor.revert is None:
        outcome, reason = "cannot", f"{row['action']} leaves nothing to restore from"
    elif not dry_run:
        try:
            client = clients(step.account_id, step.region, executor.service)
            result = _reverted(step, executor, client, journal)
        except FAULTS as error:
            outcome, reason = "failed", in_words(error)
        else:
            journal.append({"event": "undone", "step": step.id, "result": result})
            outcome, reason = "undone", ", ".join(f"{k} {v}" for k, v in result.items())
    return row["step"], row["action"], row["resource_id"], outcome, reason


def _reverted(step: Step, executor: Executor, client: Any, journal: Journal) -> State:
    """What reverting made; an undo that was cut off may have made it already, which the service says then."""
    assert executor.revert is not None
    begun = step.id in journal.last("before undo")
    journal.append({"event": "before undo", "step": step.id})
    try:
        return executor.revert(client, step, journal.results(step.id))
    except ClientError as error:
        said = f"{error.response['Error']['Code']} {error}".lower()
        if begun and re.search("already ?exist", said):
            return {}
        raise
