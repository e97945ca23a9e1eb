"""What a plan may contain, and what the programme costs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from finops_lib.params.section import Section

Risk = Literal["low", "medium", "high"]


class PlanParams(Section):
    """Constraints of the plan: what is left out, and how much may be done."""

    max_risk: Risk = Field("high", description="the riskiest action that the plan may contain")
    min_confidence: Literal["low", "medium", "high"] = Field(
        "medium", description="the least certain finding that the plan acts on"
    )
    min_monthly_saving: float = Field(
        1.0, ge=0, description="a step saves at least so much a month (in the bill's currency)"
    )
    effort_hours: float | None = Field(
        None, gt=0, description="engineers' hours that may be spent; empty: as many as it takes"
    )
    excluded_checks: tuple[str, ...] = Field((), description="checks whose findings are left out")
    excluded_actions: tuple[str, ...] = Field((), description="actions that are never planned")
    excluded_teams: tuple[str, ...] = Field((), description="teams whose resources are left alone")
    excluded_resources: tuple[str, ...] = Field(
        (), description="regular expressions of resource ids that are left alone"
    )
    price_book: str = Field(
        "",
        description="CSV of another provider's prices: provider, instance_type, equivalent, "
        "hourly_price, as_of",
    )


class Targets(Section):
    """What the scorecard holds the key figures to; reductions are against the first run."""

    cost_reduction: float = Field(0.30, ge=0, lt=1, description="share that the monthly cost falls")
    unit_cost_reduction: float = Field(
        1 / 3, ge=0, lt=1, description="share that the cost per prediction falls"
    )
    tag_compliance: float = Field(0.95, gt=0, le=1, description="dollars with every required tag")
    waste_share: float = Field(0.05, ge=0, le=1, description="share of the bill that is waste")
    reserved_coverage: float = Field(0.60, ge=0, le=1, description="eligible usage that is covered")
    shutdown_adoption: float = Field(
        0.80, ge=0, le=1, description="machines with free hours that follow a schedule"
    )


class Roi(Section):
    """The programme's own cost and how money is discounted."""

    investment_hours: float = Field(160.0, ge=0, description="hours to set the programme up")
    hourly_rate: float = Field(150.0, ge=0, description="cost of an engineer's hour")
    yearly_maintenance: float = Field(
        12_000.0, ge=0, description="cost of keeping it up from the second year on"
    )
    discount_rate: float = Field(0.08, ge=0, lt=1, description="cost of capital, per year")
    years: int = Field(3, ge=1, le=10, description="years that are looked at")
    targets: Targets = Targets()
