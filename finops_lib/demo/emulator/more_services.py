"""Small services and operations that moto does not have, answered from planted state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from finops_lib.demo.emulator import cost_explorer
from finops_lib.demo.emulator.answers import Answer, RefusedError, error, ok
from finops_lib.demo.emulator.cost_explorer import CostExplorer, parsed
from finops_lib.demo.emulator.requests import Asked


@dataclass
class State:
    """What was planted beside moto's own backends; lists are by account (and region)."""

    cost_explorer: CostExplorer = field(default_factory=CostExplorer)
    savings_plans: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    apps: dict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    events: dict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    price_list: list[dict[str, Any]] = field(default_factory=list)


def _describe_savings_plans(state: State, request: Asked) -> dict[str, Any]:
    return {"savingsPlans": state.savings_plans[request.account]}


def _list_apps(state: State, request: Asked) -> dict[str, Any]:
    return {"Apps": state.apps[request.account, request.region]}


def _lookup_events(state: State, request: Asked) -> dict[str, Any]:
    body = parsed(request.body)
    wanted = {a["AttributeKey"]: a["AttributeValue"] for a in body.get("LookupAttributes", [])}
    start, end = body.get("StartTime", 0), body.get("EndTime", float("inf"))
    found = [
        event
        for event in state.events[request.account, request.region]
        if start <= event["EventTime"].timestamp() < end
        and wanted.get("EventName") in (None, event["EventName"])
        and (
            "ResourceName" not in wanted
            or any(r["ResourceName"] == wanted["ResourceName"] for r in event["Resources"])
        )
    ]
    return {"Events": found[: int(body.get("MaxResults", 50))]}


def _not_opted_in(state: State, request: Asked) -> dict[str, Any]:
    raise RefusedError(
        "OptInRequiredException", "The account is not enrolled in Compute Optimizer."
    )


def _enrollment(state: State, request: Asked) -> dict[str, Any]:
    return {"status": "Inactive", "memberAccountsEnrolled": False}


def _hub_not_enrolled(state: State, request: Asked) -> dict[str, Any]:
    raise RefusedError(
        "AccessDeniedException", "Account is not enrolled in the Cost Optimization Hub."
    )


def _get_products(state: State, request: Asked) -> dict[str, Any]:
    body = parsed(request.body)
    wanted = {f["Field"]: f["Value"] for f in body.get("Filters", [])}
    found = [
        product["document"]
        for product in state.price_list
        if product["service"] == body["ServiceCode"]
        and all(product["attributes"].get(k) == v for k, v in wanted.items())
    ]
    first, size = int(body.get("NextToken") or 0), int(body.get("MaxResults") or 100)
    more = {"NextToken": str(first + size)} if len(found) > first + size else {}
    return {"FormatVersion": "aws_v1", "PriceList": found[first : first + size], **more}


OPERATIONS: dict[tuple[str, str], Callable[[State, Asked], dict[str, Any]]] = {
    ("savingsplans", "POST DescribeSavingsPlans"): _describe_savings_plans,
    ("sagemaker", "ListApps"): _list_apps,
    ("cloudtrail", "LookupEvents"): _lookup_events,
    ("pricing", "GetProducts"): _get_products,
    ("compute-optimizer", "GetEnrollmentStatus"): _enrollment,
    ("compute-optimizer", "GetEC2InstanceRecommendations"): _not_opted_in,
    ("cost-optimization-hub", "ListRecommendations"): _hub_not_enrolled,
    **{
        ("ce", name): lambda state, request, run=run: run(state.cost_explorer, parsed(request.body))
        for name, run in cost_explorer.OPERATIONS.items()
    },
}
"""What is answered here and not by moto."""

OURS = {"savingsplans", "pricing", "compute-optimizer", "cost-optimization-hub", "ce"}
"""Services of which moto has nothing that serves."""


def answer(state: State, request: Asked) -> Answer | None:
    """The answer to the request, or None where moto answers it."""
    run = OPERATIONS.get((request.service, request.operation))
    if run is None:
        if request.service in OURS:
            return error(
                request,
                "NotImplemented",
                f"{request.service}:{request.operation} is not emulated",
                400,
            )
        return None
    try:
        return ok(run(state, request))
    except RefusedError as refused:
        return error(request, refused.code, str(refused), 400)
