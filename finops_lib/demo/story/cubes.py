"""The line items added up per day and dimension, as Cost Explorer keeps them."""

from __future__ import annotations

import pandas as pd

from finops_lib.demo.story.ledger import Ledger
from finops_lib.demo.story.services import SERVICES
from finops_lib.demo.story.teams import REQUIRED_KEYS

DIMENSIONS = [
    "account",
    "region",
    "service",
    "usage_type",
    "operation",
    "instance_type",
    "line_type",
]
NAMES = {
    "account": "SubAccountId", "region": "RegionId", "usage_type": "x_UsageType",
    "operation": "x_Operation", "instance_type": "x_InstanceType", "line_type": "x_LineItemType",
    "service": "x_ServiceCode", "day": "ChargePeriodStart", "cost": "BilledCost",
    "effective_cost": "EffectiveCost", "quantity": "ConsumedQuantity", "unit": "ConsumedUnit",
}  # fmt: skip


def daily_costs(lines: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """One row per day, dimensions and required tags (`x_tag_…`), in the names of COSTS."""
    tags = _tags(ledger).reindex(lines["resource"]).set_index(lines.index)
    frame = pd.concat([lines, tags], axis=1).assign(day=lines["start"].dt.normalize())
    keys = ["day", *DIMENSIONS, "unit", *tags.columns]
    sums = frame.groupby(keys, dropna=False, observed=True, sort=False)
    daily = sums[["cost", "effective_cost", "quantity"]].sum().reset_index()
    names = {code: service.name for code, service in SERVICES.items()}
    return daily.rename(columns=NAMES).assign(ServiceName=daily["service"].map(names))


def _tags(ledger: Ledger) -> pd.DataFrame:
    return pd.DataFrame(
        [{f"x_tag_{key}": item.tags.get(key) for key in REQUIRED_KEYS} for item in ledger.resources]
    )
