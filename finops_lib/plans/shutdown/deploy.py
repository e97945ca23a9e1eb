"""The off-hours stack in an account: created, changed and removed with the zip that it runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError, WaiterError

from finops_lib.errors import PlanError
from finops_lib.params.governance import Schedule
from finops_lib.plans.budgets import DRIFT_COLUMNS, PREFIX
from finops_lib.plans.shutdown.stack import build_zip, template

STACK = PREFIX + "off-hours"
FOLDER = "finops-off-hours/"
"""Where the zips lie in the bucket; whatever is under it is ours."""


def drift(stacks: Any, schedules: Sequence[Schedule], bucket: str) -> pd.DataFrame:
    """DRIFT_COLUMNS: whether the stack is to be created, updated or deleted; empty where it is as it should.

    Without schedules or a bucket no stack is wanted.
    """
    wanted = template(schedules, bucket, zip_key()) if schedules and bucket else None
    found = _held(stacks)
    if wanted == found:
        return pd.DataFrame(columns=list(DRIFT_COLUMNS))
    change = "create" if found is None else "delete" if wanted is None else "update"
    return pd.DataFrame([(STACK, change, wanted, found)], columns=list(DRIFT_COLUMNS))


def reconcile(
    stacks: Any, store: Any, schedules: Sequence[Schedule], bucket: str, *, dry_run: bool = True
) -> pd.DataFrame:
    """The `drift`, removed from the account unless dry_run; a second run finds none.

    `stacks` and `store` are clients of CloudFormation and S3. Raises PlanError where CloudFormation does
    not reach what was asked for.
    """
    found = drift(stacks, schedules, bucket)
    if not dry_run:
        for row in found.itertuples(index=False):
            _correct(stacks, store, row, bucket)
    return found


def zip_key() -> str:
    """The zip's place in the bucket: another function has another key, or CloudFormation sees no change."""
    return f"{FOLDER}{hashlib.sha256(build_zip()).hexdigest()[:16]}.zip"


def _correct(stacks: Any, store: Any, row: Any, bucket: str) -> None:
    if row.change == "delete":
        stacks.delete_stack(StackName=STACK)
        _wait(stacks, "delete")
    else:
        store.put_object(Bucket=bucket, Key=zip_key(), Body=build_zip())
        act = stacks.create_stack if row.change == "create" else stacks.update_stack
        act(StackName=STACK, TemplateBody=json.dumps(row.wanted), Capabilities=["CAPABILITY_IAM"])
        _wait(stacks, row.change)
    old = row.found and row.found["Resources"]["Function"]["Properties"]["Code"]
    new = row.wanted and row.wanted["Resources"]["Function"]["Properties"]["Code"]
    if old and old != new:
        store.delete_object(Bucket=old["S3Bucket"], Key=old["S3Key"])


def _wait(stacks: Any, change: str) -> None:
    """The waiter of CloudFormation, whose failure says which resource failed and why."""
    try:
        stacks.get_waiter(f"stack_{change}_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 5, "MaxAttempts": 120}
        )
    except WaiterError as error:
        events = stacks.describe_stack_events(StackName=STACK)["StackEvents"]
        why = next(
            (e["ResourceStatusReason"] for e in events if "FAILED" in e["ResourceStatus"]), ""
        )
        raise PlanError(f"The stack {STACK} could not be {change}d: {why or error}") from error


def _held(stacks: Any) -> dict[str, Any] | None:
    """The template that the stack was made from, None where there is none."""
    try:
        body = stacks.get_template(StackName=STACK)["TemplateBody"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    held: dict[str, Any] = json.loads(body if isinstance(body, str) else json.dumps(body))
    return held
