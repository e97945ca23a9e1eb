"""Commitments as steps of the plan, and the record of an approved one: who may buy what, until when.

Nothing here buys, and no executor does: a step says what a person buys and how. The record is sealed,
so that what is bought can be held to what was approved.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

import pandas as pd
from pydantic import Field

from finops_lib.errors import PlanError
from finops_lib.params.section import Section
from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.review import digest
from finops_lib.schema import PLAN, conform
from finops_lib.units import HOURS_PER_YEAR

CHECK = "commitments_after_plan"
ACTION = ACTIONS["buy_commitment"]

SERVICES = {
    "compute": "Amazon Elastic Compute Cloud", "sagemaker": "Amazon SageMaker",
    "rds": "Amazon Relational Database Service", "cache": "Amazon ElastiCache",
}  # fmt: skip
"""The bill's name of the service whose usage each pool of commitments covers."""

TERMS = (
    "product", "region", "family", "operation", "years", "payment", "hourly_commitment", "units",
    "unit_type", "upfront_cost", "monthly_cost", "utilisation", "price_share",
    "break_even_utilisation", "break_even_month", "rate_source", "rate_date",
)  # fmt: skip
SCOPE = TERMS[:6]
"""What tells one purchase from another, whatever its amount."""

HOW = {
    "plan": "Billing console, Savings Plans, Purchase; or `aws savingsplans create-savings-plan`.",
    "ec2": "EC2 console, Reserved Instances, Purchase; or `aws ec2 purchase-reserved-instances-offering`.",
    "rds": "RDS console, Reserved instances; or `aws rds purchase-reserved-db-instances-offering`.",
    "cache": "ElastiCache console, Reserved nodes; or `aws elasticache purchase-reserved-cache-nodes-offering`.",
}
"""Where a person buys it, by a word of the product. A Savings Plan of up to 100 USD an hour may be returned
within seven days of the same month; nothing else can be."""


def purchase_steps(
    bought: pd.DataFrame, plan: pd.DataFrame, account_id: str, as_of: datetime
) -> pd.DataFrame:
    """PLAN rows of what is to be bought, numbered after those of `plan`: left to a person, without undo.

    `bought` is `recommend.first_month`, computed on what `plan` leaves, so that nothing overlaps;
    `account_id` is who buys. `resource_id` is the pool whose usage is covered: there the bill shows
    what a purchase saved. `parameters` are what is bought, at which rate of which day, and how.
    """
    rows = [
        _step(row, number, account_id, as_of)
        for number, row in enumerate(bought.to_dict("records"), len(plan) + 1)
    ]
    return conform(pd.DataFrame(rows), PLAN) if rows else PLAN.empty()


def _step(row: dict[Any, Any], number: int, account_id: str, as_of: datetime) -> dict[str, Any]:
    known = {name: value for name, value in row.items() if not pd.isna(value)}
    place = "|".join(str(known.get(name, "")) for name in ("pool", *SCOPE))
    terms = {name: known[name] for name in TERMS if name in known}
    how = next(words for word, words in HOW.items() if word in row["product"])
    return {
        "step": number,
        "finding_id": hashlib.sha256(f"{CHECK}|{account_id}|{place}".encode()).hexdigest()[:16],
        "check_id": CHECK,
        "account_id": account_id,
        "region": "global",
        "resource_id": pool_resource(row["pool"]),
        "service": SERVICES[row["pool"]],
        "category": ACTION.category,
        "action": ACTION.name,
        "parameters": terms | {"rate_date": str(row["rate_date"])[:10], "how": how},
        "naive_saving": row["monthly_saving"],
        **{name: row[name] for name in row if name.startswith("monthly_saving")},
        "risk": ACTION.risk,
        "confidence": "medium",
        "not_before": as_of,
        "status": "proposed",
    }


def pool_resource(pool: str) -> str:
    """How a plan and a ledger name the usage that a pool of commitments covers."""
    return f"{pool} usage"


class Purchase(Section):
    """One commitment as it is offered; amounts in the billing currency."""

    account_id: str
    kind: Literal["savings_plan", "reserved_instance"]
    product: str = Field(description="Compute, EC2 Instance, SageMaker, or a service's instances")
    scope: str = Field(description="region and family or instance type; 'any' for Compute")
    count: int = Field(1, ge=1)
    hourly_commitment: float = Field(gt=0, description="what is paid in every hour of the term")
    upfront: float = Field(0.0, ge=0)
    term_years: Literal[1, 3]
    payment: Literal["No Upfront", "Partial Upfront", "All Upfront"]
    monthly_saving: float = Field(description="expected, net of the commitment")


def approve_purchase(
    purchase: Purchase, *, approver: str, requester: str, reason: str, at: datetime, until: datetime
) -> dict[str, Any]:
    """The sealed record; raises PlanError where someone approves their own request or nothing is said.

    `at` and `until` are naive UTC: prices and use change, so that an approval holds for days, not for years.
    """
    if not (approver.strip() and requester.strip() and reason.strip()):
        raise PlanError("A purchase needs a requester, an approver and a reason.")
    if approver.strip().casefold() == requester.strip().casefold():
        raise PlanError(f"{approver} asked for the purchase: another person approves it.")
    if until <= at:
        raise PlanError("The approval ends before it begins: give a later `until`.")
    record = {
        "purchase": purchase.model_dump(mode="json"),
        "total": total(purchase), "approver": approver, "requester": requester, "reason": reason,
        "at": at.isoformat(), "until": until.isoformat(),
    }  # fmt: skip
    return {**record, "digest": digest(record)}


def total(purchase: Purchase) -> float:
    """What the commitment costs over its whole term, whether it is used or not: 8,760 hours a year."""
    hours = purchase.term_years * HOURS_PER_YEAR
    return purchase.count * (purchase.hourly_commitment * hours + purchase.upfront)


def check_purchase(record: dict[str, Any], bought: Purchase, now: datetime) -> None:
    """Raise PlanError unless the record is whole, still holds, and is about exactly this purchase."""
    if digest(record) != record.get("digest"):
        raise PlanError(
            "The record changed after it was approved: have the purchase approved again."
        )
    if now >= datetime.fromisoformat(record["until"]):
        raise PlanError(f"The approval held until {record['until']}: have it approved again.")
    approved, asked = record["purchase"], bought.model_dump(mode="json")
    differing = [name for name, value in asked.items() if approved.get(name) != value]
    if differing:
        raise PlanError(f"Approved was something else: {', '.join(differing)} differ.")
