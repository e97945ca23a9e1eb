"""What may be bought to commit to usage, at which rates, and how much risk is taken."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, field_validator

from finops_lib.params.section import Section

Product = Literal[
    "compute_plan", "ec2_instance_plan", "sagemaker_plan",
    "ec2_standard", "ec2_convertible", "rds_reserved", "cache_reserved",
]  # fmt: skip
Payment = Literal["no_upfront", "partial_upfront", "all_upfront"]
Term = Literal[1, 3]

PRODUCTS: tuple[Product, ...] = (
    "compute_plan", "ec2_instance_plan", "sagemaker_plan",
    "ec2_standard", "ec2_convertible", "rds_reserved", "cache_reserved",
)  # fmt: skip
PAYMENTS: tuple[Payment, ...] = ("no_upfront", "partial_upfront", "all_upfront")


class Rate(Section):
    """One line of the rate card: what a product costs of the on-demand price, all payments together."""

    product: Product
    family: str = Field(
        description="m5, ml.g5, db.r5, lambda or fargate; * for all instance families"
    )
    region: str = Field("any", description="region code, or any")
    years: Term = 1
    payment: Payment = "no_upfront"
    price_share: float = Field(gt=0, lt=1, description="paid over the term / on-demand price")
    priced_at: date = Field(description="the day on which the rate was read")


class Commitments(Section):
    """Products, terms and payments that may be bought, the rate card, and how demand may move."""

    products: tuple[Product, ...] = PRODUCTS
    years: tuple[Term, ...] = Field((1,), description="terms that may be bought")
    payments: tuple[Payment, ...] = PAYMENTS
    cost_of_capital: float = Field(
        0.08, ge=0, lt=1, description="per year, on what is paid upfront"
    )
    rate_card: tuple[Rate, ...] = Field((), description="rates that no offering of the Estate has")
    demand_quantiles: tuple[float, float, float] = Field(
        (0.1, 0.5, 0.9), description="low, likely and high demand, of the days of the window"
    )
    demand_factors: tuple[float, float, float] | None = Field(
        None, description="low, likely and high demand as factors of the window; empty: measured"
    )
    tranches: int = Field(4, ge=1, le=12, description="purchases that the whole is laddered over")
    tranche_months: int = Field(3, ge=1, le=12, description="months between two purchases")
    horizon_months: int = Field(
        12, ge=1, le=36, description="months looked ahead, in which held commitments may end"
    )

    @field_validator("demand_quantiles", "demand_factors")
    @classmethod
    def _rises(cls, values: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        if values is not None and not 0 < values[0] <= values[1] <= values[2]:
            raise ValueError("low, likely and high must be above 0 and rise")
        return values
