"""What the emulated account holds beyond moto: metrics, costs and the lists that were planted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from finops_lib.demo.emulator.cloudwatch import MetricStore

Place = tuple[str, str]
"""Account and region."""

Records = list[dict[str, Any]]


def _records() -> defaultdict[Any, Records]:
    return defaultdict(list)


@dataclass
class State:
    """Everything planted or created, in the API's own words where it is a list of records."""

    metrics: defaultdict[Place, MetricStore] = field(
        default_factory=lambda: defaultdict(MetricStore)
    )
    costs: pd.DataFrame | None = None
    anomalies: Records = field(default_factory=list)
    monitors: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    savings_plans: defaultdict[str, Records] = field(default_factory=_records)
    savings_plan_rates: Records = field(default_factory=list)
    reservations: defaultdict[tuple[str, str, str], Records] = field(default_factory=_records)
    reserved_offerings: defaultdict[tuple[str, str], Records] = field(default_factory=_records)
    events: defaultdict[Place, Records] = field(default_factory=_records)
    apps: defaultdict[Place, Records] = field(default_factory=_records)
    advice: dict[str, dict[str, Records]] = field(default_factory=dict)
    budget_actions: defaultdict[str, Records] = field(default_factory=_records)
