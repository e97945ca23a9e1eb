"""Service control policies of the organization: created, changed, attached and removed.

Only policies whose name begins with ours are touched. Syntax and limits:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError

from finops_lib.params.governance import Guardrails
from finops_lib.params.tags import TagKey
from finops_lib.plans.budgets import DRIFT_COLUMNS, PREFIX
from finops_lib.plans.guardrails import gpu_policy, region_policy
from finops_lib.plans.tag_enforcement import service_control_policy

KIND = "SERVICE_CONTROL_POLICY"
DESCRIPTION = "Made by finops govern; change the parameters, not the policy."

Policy = dict[str, Any]


def policies(rules: Guardrails, tags: Mapping[str, TagKey]) -> dict[str, Policy]:
    """Name to content of every service control policy that the parameters ask for."""
    wanted = {
        PREFIX + "gpu-approval": gpu_policy(rules),
        PREFIX + "regions": region_policy(rules),
        PREFIX + "required-tags": service_control_policy(tags),
    }
    return {name: policy for name, policy in wanted.items() if policy and policy["Statement"]}


def drift(client: Any, wanted: Mapping[str, Policy], targets: Sequence[str]) -> pd.DataFrame:
    """DRIFT_COLUMNS: create, update, attach, detach or delete; empty where nothing differs.

    Without `targets` no policy is wanted.
    """
    rows = _differences(client, wanted if targets else {}, targets)
    return pd.DataFrame(rows, columns=list(DRIFT_COLUMNS))


def reconcile(
    client: Any, wanted: Mapping[str, Policy], targets: Sequence[str], *, dry_run: bool = True
) -> pd.DataFrame:
    """The `drift`, removed from the organization unless dry_run; a second run finds none."""
    found = drift(client, wanted, targets)
    if not dry_run:
        for row in found.itertuples(index=False):
            _correct(client, row)
    return found


def _differences(
    client: Any, wanted: Mapping[str, Policy], targets: Sequence[str]
) -> Iterator[tuple[str, str, Any, Any]]:
    held = _held(client)
    for name, content in wanted.items():
        if name not in held:
            yield name, "create", content, None
            yield from ((name, "attach", target, None) for target in targets)
            continue
        found = json.loads(client.describe_policy(PolicyId=held[name])["Policy"]["Content"])
        if found != content:
            yield name, "update", content, found
        attached = _targets(client, held.pop(name))
        yield from ((name, "attach", t, None) for t in targets if t not in attached)
        yield from ((name, "detach", None, t) for t in attached if t not in targets)
    for name, policy_id in held.items():
        yield from ((name, "detach", None, t) for t in _targets(client, policy_id))
        yield name, "delete", None, policy_id


def _held(client: Any) -> dict[str, str]:
    """Name to id of our policies; none where the account has no organization."""
    try:
        pages = list(client.get_paginator("list_policies").paginate(Filter=KIND))
    except ClientError as error:
        if error.response["Error"]["Code"] == "AWSOrganizationsNotInUseException":
            return {}
        raise
    found = (policy for page in pages for policy in page["Policies"])
    return {p["Name"]: p["Id"] for p in found if p["Name"].startswith(PREFIX)}


def _targets(client: Any, policy_id: str) -> list[str]:
    pages = client.get_paginator("list_targets_for_policy").paginate(PolicyId=policy_id)
    return sorted(target["TargetId"] for page in pages for target in page["Targets"])


def _correct(client: Any, row: Any) -> None:
    if row.change == "create":
        client.create_policy(
            Name=row.name, Type=KIND, Description=DESCRIPTION, Content=json.dumps(row.wanted)
        )
        return
    policy_id = _held(client)[row.name]
    match row.change:
        case "update":
            client.update_policy(PolicyId=policy_id, Content=json.dumps(row.wanted))
        case "attach":
            client.attach_policy(PolicyId=policy_id, TargetId=row.wanted)
        case "detach":
            client.detach_policy(PolicyId=policy_id, TargetId=row.found)
        case "delete":
            client.delete_policy(PolicyId=policy_id)
