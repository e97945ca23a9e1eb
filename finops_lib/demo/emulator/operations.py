"""Every operation that is answered here instead of by moto, by service and name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from finops_lib.demo.emulator import (
    advisors,
    anomaly_detection,
    budgets,
    cost_explorer,
    coverage,
    price_list,
    sagemaker,
    savings_plans,
    studio,
    trail,
)
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Operation = Callable[[State, Asked, dict[str, Any]], dict[str, Any]]
"""From what the account holds, the request and its parameters to the answer; raises RefusedError."""

SERVICES: dict[str, tuple[Mapping[str, Operation], ...]] = {
    "ce": (
        cost_explorer.OPERATIONS,
        coverage.OPERATIONS,
        anomaly_detection.OPERATIONS,
        advisors.COST_EXPLORER,
    ),
    "pricing": (price_list.OPERATIONS,),
    "savingsplans": (savings_plans.OPERATIONS,),
    "compute-optimizer": (advisors.COMPUTE_OPTIMIZER,),
    "cost-optimization-hub": (advisors.COST_OPTIMIZATION_HUB,),
    "budgets": (budgets.OPERATIONS,),
    "sagemaker": (studio.OPERATIONS, sagemaker.OPERATIONS),
    "cloudtrail": (trail.OPERATIONS,),
}

OPERATIONS: dict[tuple[str, str], Operation] = {
    (service, name): operation
    for service, tables in SERVICES.items()
    for table in tables
    for name, operation in table.items()
}
