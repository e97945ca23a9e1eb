"""Cost Explorer on commitments: how much of them was used, and how much usage they covered."""

from __future__ import annotations

from typing import Any

import pandas as pd

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.cost_explorer import amount, chosen, dates, granularity, period, slots
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]
KINDS = {"savings plan": "Savings Plans", "reservation": "Standard Reserved Instances"}
ELIGIBLE_SERVICES = ("Amazon Elastic Compute Cloud - Compute", "AWS Lambda", "Amazon SageMaker")


def _cuts(state: State, request: Asked, body: Body) -> list[tuple[dict[str, str], pd.DataFrame]]:
    """The bill's rows in each slot of the request."""
    start, end = period(state, body)
    costs = chosen(state, request, start, end, body.get("Filter"))
    cut = slots(start, end, granularity(body) if body.get("Granularity") else "MONTHLY")
    return [
        (dates(first, last), costs[(costs["day"] >= first) & (costs["day"] < last)])
        for first, last in cut
    ]


def _used_and_unused(costs: pd.DataFrame, kind: str) -> tuple[float, float, float]:
    """Amortized cost used and unused of the commitments, and the list price of what they covered."""
    mine = costs[costs["PURCHASE_TYPE"] == KINDS[kind]]
    used = mine[(mine["CHARGE"] == "Usage") & (mine["STATUS"] != "Unused")]
    unused = mine[mine["STATUS"] == "Unused"]
    return (
        float(used["AmortizedCost"].sum()),
        float(unused["AmortizedCost"].sum()),
        float(used["ListCost"].sum()),
    )


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole if whole else 0.0:.10f}"


def get_savings_plans_utilization(state: State, request: Asked, body: Body) -> Body:
    """Commitment, its used and unused part, and what it saved."""
    cuts = [(slot, _plan_use(*_used_and_unused(c, "savings plan")))
            for slot, c in _cuts(state, request, body)]  # fmt: skip
    totals = _used_and_unused(
        pd.concat([c for _, c in _cuts(state, request, body)]), "savings plan"
    )
    if not any(totals):
        raise RefusedError(
            "DataUnavailableException", "There is no Savings Plan in the time period."
        )
    by_time = [{"TimePeriod": slot, **use} for slot, use in cuts]
    return {"Total": _plan_use(*totals), "SavingsPlansUtilizationsByTime": by_time}


def _plan_use(used: float, unused: float, at_list: float) -> Body:
    return {
        "Utilization": {
            "TotalCommitment": amount(used + unused),
            "UsedCommitment": amount(used),
            "UnusedCommitment": amount(unused),
            "UtilizationPercentage": _percent(used, used + unused),
        },
        "Savings": {
            "NetSavings": amount(at_list - used - unused),
            "OnDemandCostEquivalent": amount(at_list),
        },
        "AmortizedCommitment": {
            "AmortizedRecurringCommitment": amount(used + unused),
            "AmortizedUpfrontCommitment": amount(0.0),
            "TotalAmortizedCommitment": amount(used + unused),
        },
    }


def get_savings_plans_coverage(state: State, request: Asked, body: Body) -> Body:
    """Spend that Savings Plans covered beside what could have been, at on-demand prices."""
    return {
        "SavingsPlansCoverages": [
            {"TimePeriod": slot, "Attributes": {}, "Coverage": _plan_coverage(costs)}
            for slot, costs in _cuts(state, request, body)
        ]
    }


def _plan_coverage(costs: pd.DataFrame) -> Body:
    covered = _used_and_unused(costs, "savings plan")[2]
    eligible = costs[costs["SERVICE"].isin(ELIGIBLE_SERVICES)]
    demand = eligible[eligible["PURCHASE_TYPE"] == "On Demand Instances"]["ListCost"].sum()
    return {
        "SpendCoveredBySavingsPlans": amount(covered),
        "OnDemandCost": amount(float(demand)),
        "TotalCost": amount(covered + float(demand)),
        "CoveragePercentage": _percent(covered, covered + float(demand)),
    }


def get_reservation_utilization(state: State, request: Asked, body: Body) -> Body:
    """Reserved cost, used and unused, and what it saved."""
    cuts = _cuts(state, request, body)
    by_time = [
        {"TimePeriod": slot, "Groups": [], "Total": _reservation_use(costs)} for slot, costs in cuts
    ]
    total = _reservation_use(pd.concat([costs for _, costs in cuts]))
    return {"UtilizationsByTime": by_time, "Total": total}


def _reservation_use(costs: pd.DataFrame) -> Body:
    used, unused, at_list = _used_and_unused(costs, "reservation")
    return {
        "UtilizationPercentage": _percent(used, used + unused),
        "OnDemandCostOfRIHoursUsed": amount(at_list),
        "NetRISavings": amount(at_list - used - unused),
        "TotalAmortizedFee": amount(used + unused),
        "RICostForUnusedHours": amount(unused),
    }


def get_reservation_coverage(state: State, request: Asked, body: Body) -> Body:
    """Instance hours that reservations covered beside those on demand."""
    cuts = _cuts(state, request, body)
    by_time = [
        {"TimePeriod": slot, "Groups": [], "Total": _hours_covered(costs)} for slot, costs in cuts
    ]
    return {"CoveragesByTime": by_time, "Total": _hours_covered(pd.concat([c for _, c in cuts]))}


def _hours_covered(costs: pd.DataFrame) -> Body:
    machines = costs[(costs["INSTANCE_TYPE"] != "NoInstanceType") & (costs["CHARGE"] == "Usage")]
    hours = machines.groupby("PURCHASE_TYPE", observed=True)["UsageQuantity"].sum()
    reserved = float(hours.get(KINDS["reservation"], 0.0))
    demand = float(hours.get("On Demand Instances", 0.0))
    return {
        "CoverageHours": {
            "OnDemandHours": amount(demand),
            "ReservedHours": amount(reserved),
            "TotalRunningHours": amount(demand + reserved),
            "CoverageHoursPercentage": _percent(reserved, demand + reserved),
        }
    }


OPERATIONS = {
    "GetSavingsPlansUtilization": get_savings_plans_utilization,
    "GetSavingsPlansCoverage": get_savings_plans_coverage,
    "GetReservationUtilization": get_reservation_utilization,
    "GetReservationCoverage": get_reservation_coverage,
}
