"""Reservations and Savings Plans, and what Savings Plans would cost today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.reserved_instances import ReservedInstances

from finops_lib.demo.emulator import Emulator
from finops_lib.demo.story import rates
from finops_lib.demo.story.ledger import Commitment, Ledger
from finops_lib.demo.story.teams import MAIN_REGION, SECOND_REGION

YEAR_S = 365 * 86_400
OFFERED_SHARES = {
    ("Compute", 1): rates.SAVINGS_PLAN_SHARE,
    ("Compute", 3): 0.50,
    ("EC2Instance", 1): 0.63,
    ("EC2Instance", 3): 0.43,
}
"""Price of a plan without upfront payment, as a share of on demand (m5, us-east-1, rounded)."""


def plant_commitments(ledger: Ledger, emulator: Emulator) -> None:
    """What the company bought, under the accounts that bought it, and the offered rates."""
    reserved: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for commitment in ledger.commitments:
        if commitment.kind == "savings_plan":
            emulator.put_savings_plans(commitment.account, [_savings_plan(commitment)])
        else:
            reserved[commitment.account, commitment.region].append(_reservation(commitment))
    _serve_reservations(reserved)
    emulator.put_savings_plan_rates(_offered(ledger))


def _serve_reservations(reserved: dict[tuple[str, str], list[dict[str, Any]]]) -> None:
    """Moto knows offerings of reservations and no reservations: answer with the planted ones."""

    def respond(self: Any) -> ActionResult:
        return ActionResult({"ReservedInstances": reserved[self.current_account, self.region]})

    ReservedInstances.describe_reserved_instances = respond  # type: ignore[assignment,method-assign]


def _reservation(commitment: Commitment) -> dict[str, Any]:
    return {
        "ReservedInstancesId": commitment.id,
        "InstanceType": commitment.instance_type,
        "InstanceCount": commitment.count,
        "ProductDescription": "Linux/UNIX",
        "Start": commitment.start,
        "End": commitment.end,
        "Duration": YEAR_S,
        "State": "active",
        "OfferingClass": "standard",
        "OfferingType": "No Upfront",
        "Scope": "Region",
        "InstanceTenancy": "default",
        "CurrencyCode": "USD",
        "FixedPrice": 0.0,
        "UsagePrice": 0.0,
        "RecurringCharges": [
            {"Amount": commitment.hourly_cost / commitment.count, "Frequency": "Hourly"}
        ],
    }


def _savings_plan(plan: Commitment) -> dict[str, Any]:
    return {
        "savingsPlanId": plan.id,
        "savingsPlanArn": plan.arn,
        "start": f"{plan.start:%Y-%m-%dT%H:%M:%S.000Z}",
        "end": f"{plan.end:%Y-%m-%dT%H:%M:%S.000Z}",
        "state": "active",
        "savingsPlanType": "Compute",
        "paymentOption": "No Upfront",
        "productTypes": ["EC2", "Fargate", "Lambda"],
        "currency": "USD",
        "commitment": f"{plan.hourly_cost:.3f}",
        "upfrontPaymentAmount": "0.0",
        "recurringPaymentAmount": f"{plan.hourly_cost:.3f}",
        "termDurationInSeconds": YEAR_S,
        "tags": {},
    }


def _offered(ledger: Ledger) -> Iterator[dict[str, Any]]:
    types = sorted({item.spec["instance_type"] for item in ledger.of_kind("instance")})
    for (plan, years), share in OFFERED_SHARES.items():
        for region in (MAIN_REGION, SECOND_REGION):
            for name in types:
                yield _rate(plan, years, share, region, name)


def _rate(plan: str, years: int, share: float, region: str, instance_type: str) -> dict[str, Any]:
    prefix = "USW2-" if region == SECOND_REGION else ""
    properties = {
        "region": region,
        "instanceType": instance_type,
        "instanceFamily": instance_type.split(".")[0],
        "productDescription": "Linux/UNIX",
        "tenancy": "shared",
    }
    return {
        "savingsPlanOffering": {
            "offeringId": f"{plan}-{years}yr-no-upfront",
            "paymentOption": "No Upfront",
            "planType": plan,
            "durationSeconds": years * YEAR_S,
            "currency": "USD",
            "planDescription": f"{years} year No Upfront {plan} Savings Plan",
        },
        "rate": f"{rates.EC2[instance_type] * share:.6f}",
        "unit": "Hrs",
        "productType": "EC2",
        "serviceCode": "AmazonEC2",
        "usageType": f"{prefix}BoxUsage:{instance_type}",
        "operation": "RunInstances",
        "properties": [{"name": name, "value": value} for name, value in properties.items()],
    }
