"""`finops permissions`: the IAM policy that a run needs, from what the readers and checks declare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from finops_lib.checks import CHECKS
from finops_lib.params import Params
from finops_lib.sources.aws import advice, creators
from finops_lib.sources.aws.commitment_rates import RATE_PERMISSIONS
from finops_lib.sources.aws.price_list import PRICE_PERMISSIONS
from finops_lib.sources.aws.readers import READERS


def read_policy(params: Params) -> dict[str, Any]:
    """The least-privilege policy with which a run on these parameters reads everything it wants.

    Nothing in it can change an account. The bill's buckets and the roles to assume are narrowed to
    those of the parameters; Cost Explorer is in it only where no export tells the bill.
    """
    return {"Version": "2012-10-17", "Statement": list(_statements(params))}


def _statements(params: Params) -> Iterator[dict[str, Any]]:
    source = params.source
    buckets = sorted({path[5:].split("/")[0] for path in source.billing if path[:5] == "s3://"})
    if buckets:
        arns = [f"arn:aws:s3:::{bucket}" for bucket in buckets]
        yield _allow("ReadTheBill", ["s3:ListBucket"], arns)
        yield _allow("ReadTheBillsFiles", ["s3:GetObject"], [f"{arn}/*" for arn in arns])
    if not source.account:
        return
    yield _allow("ReadInventoryAndMetrics", sorted({*_of_readers(), *_of_checks()}))
    yield _allow("AskWhatThingsCost", sorted({*PRICE_PERMISSIONS, *RATE_PERMISSIONS}))
    yield _allow("FindRegionsAndAccounts", ["ec2:DescribeRegions", "organizations:ListAccounts"])
    yield _allow("ReadAdvice", sorted({*advice.PERMISSIONS, *_paid_advice(params)}))
    if source.created_by != "drop":
        yield _allow("AskWhoCreated", list(creators.PERMISSIONS))
    if not source.billing:
        yield _allow("AskCostExplorer", ["ce:GetCostAndUsage"])
    roles = [*source.role_arns, *(_role_of(source.role_name, source.accounts))]
    if roles:
        yield _allow("EnterTheAccounts", ["sts:AssumeRole"], roles)


def _paid_advice(params: Params) -> tuple[str, ...]:
    return advice.PAID_PERMISSIONS if params.source.paid_advice else ()


def _role_of(name: str | None, accounts: Sequence[str]) -> list[str]:
    return [f"arn:aws:iam::{account}:role/{name}" for account in accounts or ("*",)] if name else []


def _of_readers() -> set[str]:
    return {action for reader in READERS for action in reader.permissions}


def _of_checks() -> set[str]:
    return {action for check in CHECKS.values() for action in check.permissions}


def _allow(sid: str, actions: list[str], resources: Sequence[str] = ("*",)) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}
