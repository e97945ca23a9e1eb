"""The mark on a resource that is to go: on while its grace runs, off where it is used again, told before the act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.executors import Step
from finops_lib.plans.executors.executor import MARK_TAG
from finops_lib.plans.journal import Journal
from finops_lib.plans.native_tags import CHANGING, SERVICES, remove_tags, write_tags
from finops_lib.plans.review import Document

KINDS = {
    "terminate_instance": "instances", "delete_volume": "volumes", "delete_snapshot": "snapshots",
    "deregister_image": "images", "delete_load_balancer": "load_balancers",
    "delete_nat_gateway": "nat_gateways", "delete_vpc_endpoint": "vpc_endpoints",
    "delete_database": "databases", "delete_bucket": "buckets", "delete_endpoint": "endpoints",
    "shrink_auto_scaling_group": "auto_scaling_groups",
}  # fmt: skip
"""Actions that mark their resource, and the kind by which it is tagged."""

SURVIVING = frozenset({"shrink_auto_scaling_group"})
"""Actions after which the resource is still there, and its mark is to go."""

ARN_WORDS = {"databases": "db", "endpoints": "endpoint"}


def permissions(action: str) -> tuple[str, ...]:
    """Everything that carrying out the action calls, its mark included."""
    marking = CHANGING[SERVICES[KINDS[action]]] if action in KINDS else ()
    return tuple(dict.fromkeys((*ACTIONS[action].permissions, *marking)))


def keep(
    step: Step, tags: Mapping[str, str], until: str | None, client: Any, journal: Journal
) -> None:
    """Put the mark on where the step waits `until` a date, take it off where it does not wait (None).

    A mark of another action is left alone. Nothing is called where the resource is already as it should be.
    """
    kind, found = KINDS.get(step.action), tags.get(MARK_TAG, "")
    if kind is None or (found and not found.startswith(f"{step.action} ")):
        return
    wanted = f"{step.action} {until}" if until else ""
    if wanted == found:
        return
    change = "mark" if wanted else "unmark"
    journal.append({"event": f"before {change}", "step": step.id, "mark": wanted or found})
    if wanted:
        write_tags(client, kind, _taggable(step, kind), {MARK_TAG: wanted})
    else:
        remove_tags(client, kind, _taggable(step, kind), [MARK_TAG])
    journal.append({"event": f"after {change}", "step": step.id, "mark": wanted or found})


def _taggable(step: Step, kind: str) -> str:
    """The id by which the resource's service tags it: an ARN in RDS and SageMaker."""
    if kind not in ARN_WORDS or step.resource_id.startswith("arn:"):
        return step.resource_id
    service, word = SERVICES[kind], ARN_WORDS[kind]
    parts = (service, step.region, step.account_id, word)
    separator = ":" if service == "rds" else "/"
    return f"arn:aws:{':'.join(parts)}{separator}{step.resource_id}"


def needed_again(findings: pd.DataFrame) -> dict[str, str]:
    """The reason of every finding that is no waste (any more), by its id; takes FINDINGS of a later Estate."""
    other = findings[findings["status"].ne("waste")]
    return dict(zip(other["finding_id"].astype(str), other["reason"].astype(str), strict=True))


def unwarned(plan: Document, outcome: pd.DataFrame, journal: Journal) -> list[Document]:
    """The steps in the last days of their grace whose owners were not warned yet; takes OUTCOME_COLUMNS."""
    last = outcome["outcome"].eq("waiting") & outcome["reason"].str.startswith("warn ")
    numbers, told = set(outcome.loc[last, "step"]), journal.last("warned")
    return [
        step
        for step in plan["steps"]
        if step["step"] in numbers and str(step["finding_id"]) not in told
    ]


def warning(steps: list[Document]) -> str:
    """The message to the owners: what is done when, and how to keep a resource."""
    lines = [
        f"- {step['action']} {step['resource_id']} on {step['not_before'][:10]}, saves "
        f"{step['monthly_saving']:,.2f} a month. Owner: {step['owner'] or step['team'] or 'nobody'}."
        for step in steps
    ]
    head = f"{len(steps)} resources will be acted on soon. To keep one, use it or tag it finops:protected."
    return "\n".join([head, *lines])


def remember(steps: list[Document], journal: Journal) -> None:
    """Write down that the owners of these steps were warned."""
    for step in steps:
        journal.append({"event": "warned", "step": str(step["finding_id"])})
