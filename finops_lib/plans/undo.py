"""Bring back what a journal says was done, last step first, each exactly once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from finops_lib.errors import PlanError
from finops_lib.plans.apply import OUTCOME_COLUMNS, as_step
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.journal import Journal, utc_now
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
    a journal that is not there.
    """
    journal = Journal(log, clock)
    if not journal.entries:
        raise PlanError(f"{log} holds no journal.")
    ended, reverted = journal.last("end"), journal.last("undone")
    rows = [
        _undo(entry["row"], journal, clients, dry_run)
        for name, entry in reversed(journal.last("begin").items())
        if ended.get(name, {}).get("outcome") == "applied" and name not in reverted
    ]
    return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS))


def _undo(
    row: dict[str, Any], journal: Journal, clients: Clients, dry_run: bool
) -> tuple[Any, ...]:
    step, executor = as_step(row), EXECUTORS[row["action"]]
    outcome, reason = "would undo", row["undo"] or ""
    if executor.revert is None:
        outcome, reason = "cannot", f"{row['action']} leaves nothing to restore from"
    elif not dry_run:
        client = clients(step.account_id, step.region, executor.service)
        try:
            result = executor.revert(client, step, journal.results(step.id))
            journal.append({"event": "undone", "step": step.id, "result": result})
            outcome, reason = "undone", ", ".join(f"{k} {v}" for k, v in result.items())
        except (ClientError, BotoCoreError) as error:
            outcome, reason = "failed", str(error)
    return row["step"], row["action"], row["resource_id"], outcome, reason
