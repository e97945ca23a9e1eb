"""Every control that the parameters ask for, deployed, compared and removed together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError

from finops_lib.params.governance import Governance
from finops_lib.params.tags import TagKey
from finops_lib.plans import (
    anomaly_monitors,
    budgets,
    config_rules,
    organization_policies,
    stacks,
)
from finops_lib.plans.budgets import DRIFT_COLUMNS
from finops_lib.plans.builds import detector, weekly_mail
from finops_lib.plans.native_tags import Clients
from finops_lib.plans.shutdown import deploy as off_hours

CHANGE_COLUMNS = ("part", *DRIFT_COLUMNS)
CONTROL_COLUMNS = ("part", "control", "status", "reason")
STATUSES = ("deployed", "missing", "differs", "left over", "unknown")

NOTHING = Governance(schedules=())
"""What is wanted of an account from which everything of ours is to be removed."""


@dataclass(frozen=True)
class Part:
    """One kind of control: the names that are wanted, and its reconciliation (dry_run) → drift."""

    name: str
    wanted: tuple[str, ...]
    reconcile: Callable[[bool], pd.DataFrame]


def parts(
    clients: Clients, account_id: str, governance: Governance, tags: Mapping[str, TagKey]
) -> Iterator[Part]:
    """The parts in the order in which they are deployed; clients are asked for when one is."""
    region, rules = governance.region, governance.guardrails
    listed = budgets.with_daily_alarms(governance.budgets)
    yield Part(
        "budgets", tuple(budgets.PREFIX + b.name for b in listed),
        lambda dry: budgets.reconcile(
            clients(account_id, "us-east-1", "budgets"), account_id, listed, dry_run=dry),
    )  # fmt: skip
    yield Part(
        "anomaly alerts",
        (*(m["MonitorName"] for m in anomaly_monitors.monitors(governance.alerts)),
         *anomaly_monitors.subscribers(governance.alerts)),
        lambda dry: anomaly_monitors.reconcile(
            clients(account_id, "us-east-1", "ce"), governance.alerts, dry_run=dry),
    )  # fmt: skip
    yield Part(
        "off-hours",
        (off_hours.STACK,) if governance.schedules and governance.artifacts else (),
        lambda dry: stacks.reconcile(
            clients(account_id, region, "cloudformation"), clients(account_id, region, "s3"),
            off_hours.stack(governance.schedules, governance.artifacts), dry_run=dry),
    )  # fmt: skip
    told = detector.stack(governance, tags)
    yield Part(
        "detector", (detector.STACK,) if told.template else (),
        lambda dry: stacks.reconcile(
            clients(account_id, region, "cloudformation"), clients(account_id, region, "s3"), told,
            dry_run=dry),
    )  # fmt: skip
    mailed = weekly_mail.stack(governance, tags)
    yield Part(
        "weekly mail", (weekly_mail.STACK,) if mailed.template else (),
        lambda dry: stacks.reconcile(
            clients(account_id, region, "cloudformation"), clients(account_id, region, "s3"), mailed,
            dry_run=dry),
    )  # fmt: skip
    policies = organization_policies.policies(rules, tags) if rules.attach_to else {}
    yield Part(
        "guardrails", tuple(policies),
        lambda dry: organization_policies.reconcile(
            clients(account_id, "us-east-1", "organizations"), policies, rules.attach_to, dry_run=dry),
    )  # fmt: skip
    required = config_rules.rules(tags) if rules.config_rules else {}
    yield Part(
        "config rules", tuple(required),
        lambda dry: config_rules.reconcile(
            clients(account_id, region, "config"), required, dry_run=dry),
    )  # fmt: skip


def deploy(
    clients: Clients, account_id: str, governance: Governance, tags: Mapping[str, TagKey],
    *, dry_run: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """CHANGE_COLUMNS: what was changed, or would be; empty where everything is as the parameters say."""
    found = [
        part.reconcile(dry_run).assign(part=part.name)
        for part in parts(clients, account_id, governance, tags)
    ]
    return pd.concat(found, ignore_index=True)[list(CHANGE_COLUMNS)]


def remove(
    clients: Clients, account_id: str, region: str = "us-east-1", *, dry_run: bool = True
) -> pd.DataFrame:
    """CHANGE_COLUMNS of taking away everything of ours, whatever parameters it was deployed with."""
    nothing = NOTHING.model_copy(update={"region": region})
    return deploy(clients, account_id, nothing, {}, dry_run=dry_run)


def status(
    clients: Clients, account_id: str, governance: Governance, tags: Mapping[str, TagKey]
) -> pd.DataFrame:
    """CONTROL_COLUMNS: every wanted or left-over control; "unknown" with the reason where reading fails."""
    rows = [row for part in parts(clients, account_id, governance, tags) for row in _statuses(part)]
    return pd.DataFrame(rows, columns=list(CONTROL_COLUMNS))


def _statuses(part: Part) -> Iterator[tuple[str, str, str, str]]:
    try:
        found = part.reconcile(True)
    except (ClientError, BotoCoreError) as error:
        names = part.wanted or ("any",)
        yield from ((part.name, name, "unknown", str(error)) for name in names)
        return
    changes = found.groupby("name", sort=False)["change"].agg(list).to_dict()
    for name in dict.fromkeys((*part.wanted, *changes)):
        yield part.name, name, _status(changes.get(name, [])), ", ".join(changes.get(name, []))


def _status(changes: list[Any]) -> str:
    if not changes:
        return "deployed"
    if "create" in changes:
        return "missing"
    return "left over" if "delete" in changes else "differs"
