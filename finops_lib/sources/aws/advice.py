"""What AWS itself advises: Compute Optimizer, the Cost Optimization Hub and Cost Explorer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pandas as pd

from finops_lib.schema import ADVICE, rows
from finops_lib.sources.aws.calls import Asker, NotReadError
from finops_lib.sources.shape import Page, Record, advice

PERMISSIONS = (
    "compute-optimizer:GetEnrollmentStatus", "compute-optimizer:GetEC2InstanceRecommendations",
    "compute-optimizer:GetEBSVolumeRecommendations", "compute-optimizer:GetLambdaFunctionRecommendations",
    "compute-optimizer:GetRDSDatabaseRecommendations", "compute-optimizer:GetIdleRecommendations",
    "cost-optimization-hub:ListRecommendations", "ec2:DescribeInstances", "ec2:DescribeVolumes",
    "lambda:ListFunctions", "rds:DescribeDBInstances",
)  # fmt: skip
"""Compute Optimizer asks for the describing permissions of what it speaks of, too."""

PAID_PERMISSIONS = ("ce:GetRightsizingRecommendation",)

HUB_REGION = "us-east-1"
"""The only region in which the Cost Optimization Hub and Cost Explorer answer."""

OPTIMIZER: tuple[tuple[str, Callable[[Iterable[Page]], list[Record]]], ...] = (
    ("get_ec2_instance_recommendations", advice.instances),
    ("get_ebs_volume_recommendations", advice.volumes),
    ("get_lambda_function_recommendations", advice.functions),
    ("get_rds_database_recommendations", advice.databases),
    ("get_idle_recommendations", advice.idle),
)
ADVISED = ("instances", "volumes", "databases", "functions", "nat_gateways")
"""Tables whose resources Compute Optimizer speaks of: it is asked where there are any."""

RIGHTSIZING = {
    "Service": "AmazonEC2",
    "Configuration": {"RecommendationTarget": "CROSS_INSTANCE_FAMILY", "BenefitsConsidered": True},
}


def read_advice(
    tables: Mapping[str, pd.DataFrame],
    askers: Mapping[str, list[Asker]],
    payer: Asker | None = None,
) -> tuple[pd.DataFrame, list[Record]]:
    """ADVICE of the accounts, and a gap for each service that is off, refuses or does not answer.

    Compute Optimizer is asked in the regions in which `tables` hold something that it speaks of.
    Cost Explorer charges for each request: it is asked where a `payer` is given, and through it alone.
    """
    found: list[Record] = []
    gaps: list[Record] = []
    for account, regional in askers.items():
        first = _in(regional[0], HUB_REGION)
        _try(partial(_hub, first), "cost-optimization-hub", account, found, gaps)
        places = [a for a in regional if _has_any(tables, account, a.region)]
        _try(partial(_optimizer, places), "compute-optimizer", account, found, gaps)
    if payer is not None:
        known = tables["instances"].set_index("resource_id")["region"].to_dict()
        asked = _in(payer, HUB_REGION)
        _try(partial(_cost_explorer, asked, known), "ce", payer.account_id, found, gaps)
    return _unique(rows(ADVICE, found)), gaps


def _try(
    ask: Callable[[], list[Record]], service: str, account: str, found: list[Record],
    gaps: list[Record],
) -> None:  # fmt: skip
    try:
        found += ask()
    except NotReadError as error:
        gaps.append({
            "service": service, "account_id": account, "region": None, "table": "advice",
            "error": error.code, "reason": str(error),
        })  # fmt: skip


def _in(asker: Asker, region: str) -> Asker:
    return Asker(asker.session, asker.account_id, region, asker.as_of)


def _has_any(tables: Mapping[str, pd.DataFrame], account: str, region: str) -> bool:
    held = (tables[name] for name in ADVISED if name in tables)
    return any(((t["account_id"] == account) & (t["region"] == region)).any() for t in held)


def _optimizer(askers: Iterable[Asker]) -> list[Record]:
    found: list[Record] = []
    for number, asker in enumerate(askers):
        if number == 0:
            _refuse_inactive(asker.one("compute-optimizer", "get_enrollment_status"))
        for operation, shape in OPTIMIZER:
            found += shape(_pages(asker, operation))
    return found


def _refuse_inactive(answer: dict[str, Any]) -> None:
    """Raise NotReadError where the account never switched Compute Optimizer on."""
    if answer.get("status") != "Active":
        raise NotReadError(
            "OptInRequired",
            f"Compute Optimizer is {str(answer.get('status')).lower()} in this account. Opt in on its "
            "console page, or with `aws compute-optimizer update-enrollment-status --status Active`.",
        )


def _pages(asker: Asker, operation: str) -> Iterable[Page]:
    """Every page; boto3 has no paginator for most of these operations."""
    answer = asker.one("compute-optimizer", operation)
    yield answer
    while answer.get("nextToken"):
        answer = asker.one("compute-optimizer", operation, nextToken=answer["nextToken"])
        yield answer


def _hub(asker: Asker) -> list[Record]:
    return advice.hub(asker.pages("cost-optimization-hub", "list_recommendations"))


def _cost_explorer(asker: Asker, regions: Mapping[str, str]) -> list[Record]:
    return advice.cost_explorer(_paid_pages(asker), regions)


def _paid_pages(asker: Asker) -> Iterable[Page]:
    """Every page, each of them a paid request that the day's cache answers a second time."""
    parameters: dict[str, Any] = dict(RIGHTSIZING)
    while True:
        answer = asker.paid(
            "ce", "get_rightsizing_recommendation", f"{asker.as_of:%Y-%m-%d}", parameters
        )
        yield answer
        if not answer.get("NextPageToken"):
            return
        parameters = {**RIGHTSIZING, "NextPageToken": answer["NextPageToken"]}


def _unique(found: pd.DataFrame) -> pd.DataFrame:
    """Each advice once, as a payer's service may tell of its members what they tell themselves."""
    same = ["account_id", "resource_id", "source", "kind", "finding"]
    return found.drop_duplicates(same).sort_values(same, ignore_index=True)
