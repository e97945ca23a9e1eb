"""The record of an approved commitment: what a person may buy, on whose word, until when.

Nothing here buys. The record is sealed, so that what is bought can be held to what was approved.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from finops_lib.errors import PlanError
from finops_lib.params.section import Section
from finops_lib.plans.review import digest
from finops_lib.units import HOURS_PER_YEAR


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
