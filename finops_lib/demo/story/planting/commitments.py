"""Reservations and Savings Plans, and what either would cost today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finops_lib.demo.emulator import Emulator
from finops_lib.demo.story import rates
from finops_lib.demo.story.ledger import Charge, Commitment, Ledger
from finops_lib.demo.story.teams import SECOND_REGION

YEAR_S = 365 * 86_400

PLAN_SHARES = {
    ("AmazonEC2", "Compute", 1): rates.SAVINGS_PLAN_SHARE,
    ("AmazonEC2", "Compute", 3): 0.50,
    ("AmazonEC2", "EC2Instance", 1): 0.63,
    ("AmazonEC2", "EC2Instance", 3): 0.43,
    ("AWSLambda", "Compute", 1): 0.88,
    ("AWSLambda", "Compute", 3): 0.83,
    ("AmazonSageMaker", "SageMaker", 1): 0.80,
    ("AmazonSageMaker", "SageMaker", 3): 0.60,
}
"""Price of a plan without upfront payment, as a share of on demand (rounded; one for all families)."""

RESERVED_SHARES = {
    ("AmazonEC2", "standard", 1): 0.63,
    ("AmazonEC2", "standard", 3): 0.43,
    ("AmazonEC2", "convertible", 1): 0.72,
    ("AmazonEC2", "convertible", 3): 0.50,
    ("AmazonRDS", "standard", 1): 0.71,
    ("AmazonElastiCache", "standard", 1): 0.68,
}
"""The same of reservations; databases and caches are sold without upfront payment for one year only."""

PRODUCTS = {"AmazonEC2": "EC2", "AWSLambda": "Lambda", "AmazonSageMaker": "SageMaker"}
COVERED = ("BoxUsage:", "Lambda-GB-Second", "-Host:", "-Train:", "-Notebk:ml", "-Studio:")
"""What usage types of those services a plan covers begin with, or have in them."""


def plant_commitments(ledger: Ledger, emulator: Emulator) -> None:
    """What the company bought, under the accounts that bought it, and the offered rates."""
    for commitment in ledger.commitments:
        if commitment.kind == "savings_plan":
            emulator.put_savings_plans(commitment.account, [_savings_plan(commitment)])
        else:
            emulator.put_reservations(
                "ec2", commitment.account, commitment.region, [_reservation(commitment)]
            )
    used = _used(ledger)
    emulator.put_savings_plan_rates(
        rate for region, charge in used for rate in _plan_rates(region, charge)
    )
    for region, charge in used:
        for service, offers in _reserved_offers(charge):
            emulator.put_reserved_offerings(service, region, offers)


def _used(ledger: Ledger) -> list[tuple[str, Charge]]:
    """Each region and kind of charge that the company has on demand: what it may commit to."""
    found = {
        (item.region, charge.service, charge.usage_type): charge
        for item in ledger.resources
        for charge in item.charges
    }
    return [(region, charge) for (region, _, _), charge in sorted(found.items())]


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


def _plan_rates(region: str, charge: Charge) -> Iterator[dict[str, Any]]:
    if any(word in charge.usage_type for word in COVERED):
        for (service, plan, years), share in PLAN_SHARES.items():
            if service == charge.service:
                yield _rate(plan, years, charge.rate * share, region, charge)


def _rate(plan: str, years: int, price: float, region: str, charge: Charge) -> dict[str, Any]:
    prefix = "USW2-" if region == SECOND_REGION else ""
    properties = {"region": region, "tenancy": "shared"}
    if charge.instance_type:
        properties |= {
            "instanceType": charge.instance_type,
            "instanceFamily": charge.instance_type.rpartition(".")[0],
            "productDescription": "Linux/UNIX",
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
        "rate": f"{price:.10f}",
        "unit": charge.unit,
        "productType": PRODUCTS[charge.service],
        "serviceCode": charge.service,
        "usageType": f"{prefix}{charge.usage_type}",
        "operation": charge.operation,
        "properties": [{"name": name, "value": value} for name, value in properties.items()],
    }


def _reserved_offers(charge: Charge) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The client's service and its offerings for what the charge pays for."""
    kinds = {"AmazonEC2": _instance, "AmazonRDS": _database, "AmazonElastiCache": _cache}
    for (service, offering, years), share in RESERVED_SHARES.items():
        if service == charge.service and charge.instance_type and "Spot" not in charge.usage_type:
            price = charge.rate * share
            terms = {"Duration": years * YEAR_S, "FixedPrice": 0.0, "UsagePrice": 0.0,
                     "OfferingType": "No Upfront"}  # fmt: skip
            client, offer = kinds[service](charge, price, offering)
            yield client, [terms | offer]


def _instance(charge: Charge, price: float, offering: str) -> tuple[str, dict[str, Any]]:
    return "ec2", {
        "ReservedInstancesOfferingId": f"{offering}-{charge.instance_type}",
        "InstanceType": charge.instance_type,
        "ProductDescription": "Linux/UNIX",
        "OfferingClass": offering,
        "InstanceTenancy": "default",
        "Scope": "Region",
        "Marketplace": False,
        "CurrencyCode": "USD",
        "RecurringCharges": [{"Amount": price, "Frequency": "Hourly"}],
    }


def _database(charge: Charge, price: float, _: str) -> tuple[str, dict[str, Any]]:
    return "rds", {
        "ReservedDBInstancesOfferingId": f"reserved-{charge.instance_type}",
        "DBInstanceClass": charge.instance_type,
        "ProductDescription": "postgresql",
        "MultiAZ": "Multi-AZ" in charge.usage_type,
        "CurrencyCode": "USD",
        "RecurringCharges": _hourly(price),
    }


def _cache(charge: Charge, price: float, _: str) -> tuple[str, dict[str, Any]]:
    return "elasticache", {
        "ReservedCacheNodesOfferingId": f"reserved-{charge.instance_type}",
        "CacheNodeType": charge.instance_type,
        "ProductDescription": "redis",
        "RecurringCharges": _hourly(price),
    }


def _hourly(price: float) -> list[dict[str, Any]]:
    return [{"RecurringChargeAmount": price, "RecurringChargeFrequency": "Hourly"}]
