"""Tagging as a plan: suggested and bulk tags are reviewed, applied, read back, logged and undone.

A plan has one row per resource and key. Only approved rows are applied; a value that stands on a resource
is never replaced unless `overwrite` says so, whatever the plan thought was there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from finops_lib.errors import PlanError
from finops_lib.plans.native_tags import (
    NOT_IN_TAGGING_API,
    SERVICES,
    Clients,
    arn,
    read_tags,
    remove_tags,
    write_tags,
)
from finops_lib.schema import CONFIDENCES, KEY

BATCH = 20
"""Resources in one TagResources request, the most that the API takes."""

PLAN_COLUMNS = (
    "kind", *KEY, "name", "key", "value", "current_value", "reason", "confidence", "status", "approver",
)  # fmt: skip
OUTCOMES = ("would tag", "tagged", "already", "kept", "failed", "not approved")
"""What became of a row: `already` has the value, `kept` has another that nobody said to overwrite."""

WORKERS = 8


@dataclass(frozen=True)
class _Target:
    """One resource: what shall be written on it."""

    kind: str
    account_id: str
    region: str
    resource_id: str

    def client(self, clients: Clients, service: str = "") -> Any:
        # A bucket's tags are asked of S3 itself, wherever it lies; the tagging API wants its region.
        return clients(self.account_id, self.region, service or SERVICES[self.kind])

    @property
    def arn(self) -> str:
        return arn(self.kind, self.account_id, self.region, self.resource_id)


def tag_plan(suggestions: pd.DataFrame, bulk: pd.DataFrame | None = None) -> pd.DataFrame:
    """PLAN_COLUMNS, all proposed: the suggestions, and bulk tags where no suggestion says anything.

    Takes `suggest_tags` and rows of the same columns that a person asks for as a whole.
    """
    parts = [suggestions] if bulk is None else [suggestions, bulk]
    plan = pd.concat(parts, ignore_index=True).reindex(columns=list(PLAN_COLUMNS))
    plan = plan[plan["kind"].isin(list(SERVICES))].drop_duplicates(["kind", *KEY, "key"])
    return plan.assign(status="proposed", approver=None).reset_index(drop=True)


def bulk_tags(resources: pd.DataFrame, key: str, value: str, *, reason: str) -> pd.DataFrame:
    """Plan rows that give each of these resources (rows of `tagged_resources`) one value of one key."""
    rows = resources[["kind", *KEY, "name"]].copy()
    return rows.assign(key=key, value=value, reason=reason, confidence="high", current_value=None)


def approve(plan: pd.DataFrame, approver: str, *, min_confidence: str = "high") -> pd.DataFrame:
    """The plan with every proposed row of at least that confidence approved by `approver`."""
    trusted = CONFIDENCES[: CONFIDENCES.index(min_confidence) + 1]
    chosen = plan["status"].eq("proposed") & plan["confidence"].isin(trusted)
    return plan.assign(
        status=plan["status"].mask(chosen, "approved"),
        approver=plan["approver"].astype("object").mask(chosen, approver),
    )


def apply_tags(
    plan: pd.DataFrame,
    clients: Clients,
    *,
    log: Path | None = None,
    dry_run: bool = True,
    overwrite: bool = False,
) -> pd.DataFrame:
    """The plan with `outcome` (OUTCOMES), `before` and `error` of each row.

    Writes through the Resource Groups Tagging API, twenty resources a request, and through the
    resource's own service where that does not reach; reads every resource before and after. `log`
    gets a JSON line per tag before it is written, from which `undo_tags` restores. Raises PlanError
    where a change has no log, or the plan gives one key of a resource twice.
    """
    if log is None and not dry_run:
        raise PlanError("A change needs a log to be undone from: give `log`, or keep dry_run.")
    result = plan.assign(
        outcome=pd.Series("not approved", index=plan.index, dtype="str"),
        before=pd.Series(None, index=plan.index, dtype="str"),
        error=pd.Series(None, index=plan.index, dtype="str"),
    )
    approved = result[result["status"].eq("approved")]
    if approved.duplicated(["kind", *KEY, "key"]).any():
        raise PlanError("The plan gives a key of one resource twice. Leave one value approved.")
    rows = {row: _target(record) for row, record in approved.iterrows()}
    standing = _read(set(rows.values()), clients)
    changes: dict[_Target, dict[str, str]] = {}
    for row, target in rows.items():
        key, value = approved.loc[row, "key"], approved.loc[row, "value"]
        outcome, before, error = _judge(standing[target], key, value, overwrite)
        result.loc[row, ["outcome", "before", "error"]] = [outcome, before, error]
        if outcome == "would tag":
            changes.setdefault(target, {})[key] = value
    if dry_run or not changes or log is None:
        return result
    _append(log, _log_lines(changes, standing))
    refused = _write(changes, clients)
    after = _read(set(changes), clients)
    for row in result.index[result["outcome"].eq("would tag")]:
        target, key, value = rows[row], result.loc[row, "key"], result.loc[row, "value"]
        found = after[target]
        if isinstance(found, dict) and found.get(key) == value:
            result.loc[row, "outcome"] = "tagged"
        else:
            why = refused.get(target) or (f"read back {found!r}" if isinstance(found, str) else "the value is not there")  # fmt: skip
            result.loc[row, ["outcome", "error"]] = ["failed", why]
    return result


def undo_tags(log: Path, clients: Clients, *, dry_run: bool = True) -> pd.DataFrame:
    """kind, keys, key, before, after, outcome: what the log's changes were, taken back newest first.

    A tag that somebody has changed since is kept as it is ("changed since").
    """
    entries = [json.loads(line) for line in log.read_text().splitlines()][::-1]
    outcomes = []
    for entry in entries:
        target = _Target(*(entry[name] for name in ("kind", *KEY)))
        outcomes.append(_undo(entry, target, clients, dry_run))
    columns = ["kind", *KEY, "key", "before", "after"]
    return pd.DataFrame(entries, columns=columns).assign(outcome=outcomes)


def _undo(entry: dict[str, Any], target: _Target, clients: Clients, dry_run: bool) -> str:
    client = target.client(clients)
    try:
        if read_tags(client, target.kind, target.resource_id).get(entry["key"]) != entry["after"]:
            return "changed since"
        if dry_run:
            return "would undo"
        if entry["before"] is None:
            remove_tags(client, target.kind, target.resource_id, [entry["key"]])
        else:
            write_tags(client, target.kind, target.resource_id, {entry["key"]: entry["before"]})
    except (ClientError, BotoCoreError) as error:
        return f"failed: {error}"
    return "undone"


def _target(record: pd.Series) -> _Target:
    return _Target(*(str(record[name]) for name in ("kind", *KEY)))


def _judge(
    standing: dict[str, str] | str, key: str, value: str, overwrite: bool
) -> tuple[str, str | None, str | None]:
    """Outcome, value before and error of one tag, before anything is written."""
    if isinstance(standing, str):
        return "failed", None, standing
    before = standing.get(key)
    if before == value:
        return "already", before, None
    return ("would tag" if not before or overwrite else "kept"), before, None


def _read(targets: Iterable[_Target], clients: Clients) -> dict[_Target, dict[str, str] | str]:
    """The tags of each resource, or in words why they cannot be read."""

    def one(target: _Target) -> dict[str, str] | str:
        try:
            return read_tags(target.client(clients), target.kind, target.resource_id)
        except (ClientError, BotoCoreError) as error:
            return str(error)

    ordered = list(targets)
    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip(ordered, pool.map(one, ordered), strict=True))


def _write(changes: dict[_Target, dict[str, str]], clients: Clients) -> dict[_Target, str]:
    """Write all; resources that refused, with the reason."""
    refused = {}
    left = [target for target in changes if target.kind in NOT_IN_TAGGING_API]
    for batch in _batches(changes):
        left += _tag_batch(batch, changes[batch[0]], clients)
    for target in left:
        try:
            write_tags(target.client(clients), target.kind, target.resource_id, changes[target])
        except (ClientError, BotoCoreError) as error:
            refused[target] = str(error)
    return refused


def _batches(changes: dict[_Target, dict[str, str]]) -> Iterator[list[_Target]]:
    """Resources of one account and region that get the same tags, at most BATCH at a time."""
    groups: dict[tuple[str, str, frozenset[tuple[str, str]]], list[_Target]] = {}
    for target, tags in changes.items():
        if target.kind not in NOT_IN_TAGGING_API:
            same = (target.account_id, target.region, frozenset(tags.items()))
            groups.setdefault(same, []).append(target)
    for group in groups.values():
        for start in range(0, len(group), BATCH):
            yield group[start : start + BATCH]


def _tag_batch(batch: list[_Target], tags: dict[str, str], clients: Clients) -> list[_Target]:
    """The resources of the batch that the tagging API did not tag."""
    try:
        answer = (
            batch[0]
            .client(clients, "resourcegroupstaggingapi")
            .tag_resources(ResourceARNList=[target.arn for target in batch], Tags=tags)
        )
    except (ClientError, BotoCoreError):
        return batch
    failed = answer.get("FailedResourcesMap", {})
    return [target for target in batch if target.arn in failed]


def _log_lines(
    changes: dict[_Target, dict[str, str]], standing: dict[_Target, dict[str, str] | str]
) -> Iterator[str]:
    for target, tags in changes.items():
        before = standing[target]
        for key, value in tags.items():
            old = before.get(key) if isinstance(before, dict) else None
            where = {"kind": target.kind, "account_id": target.account_id, "region": target.region}
            yield json.dumps({**where, "resource_id": target.resource_id, "key": key, "before": old, "after": value})  # fmt: skip


def _append(log: Path, lines: Iterable[str]) -> None:
    """Add the lines before anything is written, so that a crash leaves nothing that cannot be undone."""
    with log.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)
