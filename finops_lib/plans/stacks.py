"""CloudFormation stacks of ours: created, changed and removed with the zip that each runs from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError, WaiterError

from finops_lib.errors import PlanError
from finops_lib.plans.budgets import DRIFT_COLUMNS

Template = dict[str, Any]
Place = tuple[str, str]
"""Bucket and key of an object in S3."""


@dataclass(frozen=True)
class Stack:
    """A stack as it is wanted: its template (None: it is not) and the zip; `kept` are the objects behind one."""

    name: str
    template: Template | None
    packed: Callable[[], tuple[Place, bytes]]
    kept: Callable[[Template], tuple[Place, ...]]
    """Of a template: the zip that it runs from first, then what it writes itself."""


def drift(stacks: Any, wanted: Stack) -> pd.DataFrame:
    """DRIFT_COLUMNS: whether it is to be created, updated or deleted; empty where it is as it should."""
    found = _held(stacks, wanted.name)
    if wanted.template == found:
        return pd.DataFrame(columns=list(DRIFT_COLUMNS))
    change = "create" if found is None else "delete" if wanted.template is None else "update"
    row = (wanted.name, change, wanted.template, found)
    return pd.DataFrame([row], columns=list(DRIFT_COLUMNS))


def reconcile(stacks: Any, store: Any, wanted: Stack, *, dry_run: bool = True) -> pd.DataFrame:
    """The `drift`, removed from the account unless dry_run; a second run finds none.

    `stacks` and `store` are clients of CloudFormation and S3. Raises PlanError where CloudFormation does
    not reach what was asked for.
    """
    found = drift(stacks, wanted)
    if not dry_run:
        for row in found.itertuples(index=False):
            _correct(stacks, store, row, wanted)
    return found


def _correct(stacks: Any, store: Any, row: Any, wanted: Stack) -> None:
    old = wanted.kept(row.found) if row.found else ()
    new = wanted.kept(row.wanted) if row.wanted else ()
    if row.change == "delete":
        stacks.delete_stack(StackName=wanted.name)
    else:
        (bucket, key), body = wanted.packed()
        store.put_object(Bucket=bucket, Key=key, Body=body)
        act = stacks.create_stack if row.change == "create" else stacks.update_stack
        text = json.dumps(row.wanted)
        act(StackName=wanted.name, TemplateBody=text, Capabilities=["CAPABILITY_IAM"])
    _wait(stacks, wanted.name, row.change)
    for bucket, key in (place for place in old if place not in new):
        store.delete_object(Bucket=bucket, Key=key)


def _wait(stacks: Any, name: str, change: str) -> None:
    """The waiter of CloudFormation, whose failure says which resource failed and why."""
    try:
        stacks.get_waiter(f"stack_{change}_complete").wait(
            StackName=name, WaiterConfig={"Delay": 5, "MaxAttempts": 120}
        )
    except WaiterError as error:
        events = stacks.describe_stack_events(StackName=name)["StackEvents"]
        why = next(
            (e["ResourceStatusReason"] for e in events if "FAILED" in e["ResourceStatus"]), ""
        )
        raise PlanError(f"The stack {name} could not be {change}d: {why or error}") from error


def _held(stacks: Any, name: str) -> Template | None:
    """The template that the stack was made from, None where there is none."""
    try:
        body = stacks.get_template(StackName=name)["TemplateBody"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    held: Template = json.loads(body if isinstance(body, str) else json.dumps(body))
    return held
