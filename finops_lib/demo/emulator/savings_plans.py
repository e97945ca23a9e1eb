"""The Savings Plans service: the plans that were planted, and what plans cost."""

from __future__ import annotations

from typing import Any

from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]
PAGE = 1000


def describe_savings_plans(state: State, request: Asked, body: Body) -> Body:
    """The account's plans, chosen by id, ARN, state and filters."""
    found = [
        plan
        for plan in state.savings_plans[request.account]
        if _among(plan.get("savingsPlanId"), body.get("savingsPlanIds"))
        and _among(plan.get("savingsPlanArn"), body.get("savingsPlanArns"))
        and _among(plan.get("state"), body.get("states"))
        and all(_among(_field(plan, f["name"]), f["values"]) for f in body.get("filters") or [])
    ]
    listed, token = page(found, body.get("nextToken"), int(body.get("maxResults") or PAGE))
    return with_token({"savingsPlans": list(listed)}, "nextToken", token)


def describe_offering_rates(state: State, request: Asked, body: Body) -> Body:
    """Rates of the plans that are offered, chosen by plan, product, usage type and properties."""
    found = [
        rate
        for rate in state.savings_plan_rates
        if _among(rate["savingsPlanOffering"].get("planType"), body.get("savingsPlanTypes"))
        and _among(
            rate["savingsPlanOffering"].get("paymentOption"), body.get("savingsPlanPaymentOptions")
        )
        and _among(rate.get("productType"), body.get("products"))
        and _among(rate.get("serviceCode"), body.get("serviceCodes"))
        and _among(rate.get("usageType"), body.get("usageTypes"))
        and _among(rate.get("operation"), body.get("operations"))
        and all(_among(_property(rate, f["name"]), f["values"]) for f in body.get("filters") or [])
    ]
    listed, token = page(found, body.get("nextToken"), int(body.get("maxResults") or PAGE))
    return with_token({"searchResults": list(listed)}, "nextToken", token)


def _among(value: Any, wanted: list[Any] | None) -> bool:
    return not wanted or value in wanted


def _field(plan: Body, name: str) -> Any:
    """A plan's field by its filter's name, for example instance-family."""
    words = name.removeprefix("ec2-").split("-")
    plain = words[0] + "".join(word.title() for word in words[1:])
    return plan.get(plain, plan.get("ec2" + plain[:1].upper() + plain[1:]))


def _property(rate: Body, name: str) -> Any:
    properties = {p["name"]: p["value"] for p in rate.get("properties") or []}
    return properties.get(name)


OPERATIONS = {
    "DescribeSavingsPlans": describe_savings_plans,
    "DescribeSavingsPlansOfferingRates": describe_offering_rates,
}
