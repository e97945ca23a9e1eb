"""The bill as Cost Explorer keeps it: by day and dimension, without resources, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

DIMENSIONS = {
    "LINKED_ACCOUNT": "SubAccountId",
    "LINKED_ACCOUNT_NAME": "SubAccountName",
    "REGION": "RegionId",
    "AZ": "AvailabilityZone",
    "USAGE_TYPE": "x_UsageType",
    "OPERATION": "x_Operation",
    "INSTANCE_TYPE": "x_InstanceType",
    "BILLING_ENTITY": "InvoiceIssuerName",
    "LEGAL_ENTITY_NAME": "InvoiceIssuerName",
    "COMMITMENT": "CommitmentDiscountId",
}
METRICS = {
    "UnblendedCost": "BilledCost",
    "BlendedCost": "BilledCost",
    "NetUnblendedCost": "BilledCost",
    "AmortizedCost": "EffectiveCost",
    "NetAmortizedCost": "EffectiveCost",
    "UsageQuantity": "ConsumedQuantity",
    "NormalizedUsageAmount": "ConsumedQuantity",
    "ListCost": "ListCost",
}
ABSENT = {"REGION": "global", "AZ": "NoAZ", "INSTANCE_TYPE": "NoInstanceType",
          "OPERATION": "NoOperation"}  # fmt: skip
"""Cost Explorer's word where a charge has no value."""

TAG = "tag:"
COMPUTE_USAGE = r"BoxUsage|SpotUsage|HeavyUsage|DedicatedUsage|UnusedBox"
SERVICES = {"Elastic Load Balancing": "Amazon Elastic Load Balancing"}
EC2 = "Amazon Elastic Compute Cloud"
RECORD_TYPES = {
    "RIFee": "Recurring", "Fee": "Upfront", "BundledDiscount": "Discount",
    "EdpDiscount": "Enterprise Discount Program Discount",
}  # fmt: skip
COMMITTED = {"Savings": "Savings Plans", "Reserv": "Standard Reserved Instances"}


def daily(costs: pd.DataFrame, activated: Collection[str] | None = None) -> pd.DataFrame:
    """One row per day and combination of dimensions and tags (`tag:key`), with every metric.

    `costs`: columns of COSTS; tags from its Tags map or its `x_tag_` columns, of which only the
    `activated` keys are kept, or all but Name.
    """
    keys = _dimensions(costs) | _tags(costs, activated)
    amounts = {source: costs[source].fillna(0.0) for source in sorted(set(METRICS.values()))
               if source in costs}  # fmt: skip
    frame = pd.DataFrame({"day": costs["ChargePeriodStart"].dt.floor("D"), **keys, **amounts})
    summed = frame.groupby(["day", *keys], sort=True, observed=True)[list(amounts)].sum()
    return summed.reset_index().assign(
        **{metric: lambda f, c=source: f.get(c, 0.0) for metric, source in METRICS.items()}
    )


def _dimensions(costs: pd.DataFrame) -> dict[str, Any]:
    plain = {
        name: _text(costs, source, ABSENT.get(name, "")) for name, source in DIMENSIONS.items()
    }
    return plain | {
        "SERVICE": _services(costs).astype("category"),
        "RECORD_TYPE": _record_types(costs).astype("category"),
        "PURCHASE_TYPE": _purchase_types(costs).astype("category"),
        "STATUS": _text(costs, "CommitmentDiscountStatus", ""),
        "CHARGE": _text(costs, "ChargeCategory", ""),
        "KIND": _text(costs, "CommitmentDiscountType", ""),
    }


def _text(costs: pd.DataFrame, column: str, absent: str) -> pd.Series:
    if column not in costs:
        return pd.Series(absent, index=costs.index, dtype="category")
    return costs[column].astype("object").where(costs[column].notna(), absent).astype("category")


def _services(costs: pd.DataFrame) -> pd.Series:
    """The service's name; EC2 is cut in two, as Cost Explorer has it: machines, and all the rest."""
    names = costs["ServiceName"].astype("object").replace(SERVICES)
    usage = costs["x_UsageType"].fillna("") if "x_UsageType" in costs else names
    is_machine = usage.str.contains(COMPUTE_USAGE)
    return names.mask((names == EC2) & is_machine, f"{EC2} - Compute").mask(
        (names == EC2) & ~is_machine, "EC2 - Other"
    )


def _record_types(costs: pd.DataFrame) -> pd.Series:
    category = costs["ChargeCategory"].astype("object")
    if "x_LineItemType" not in costs:
        return category
    return costs["x_LineItemType"].astype("object").replace(RECORD_TYPES).fillna(category)


def _purchase_types(costs: pd.DataFrame) -> pd.Series:
    blank = pd.Series(None, index=costs.index, dtype="object")
    kind = costs.get("CommitmentDiscountType", blank).astype("object").fillna("")
    pricing = costs.get("PricingCategory", blank)
    found = pd.Series("On Demand Instances", index=costs.index, dtype="object")
    for part, name in COMMITTED.items():
        found = found.mask(kind.str.contains(part), name)
    return found.mask(pricing == "Dynamic", "Spot Instances")


def _tags(costs: pd.DataFrame, activated: Collection[str] | None) -> dict[str, Any]:
    def is_active(key: str) -> bool:
        return key in activated if activated is not None else key != "Name"

    promoted = {
        TAG + name.removeprefix("x_tag_"): _text(costs, name, "")
        for name in costs.columns
        if name.startswith("x_tag_") and is_active(name.removeprefix("x_tag_"))
    }
    return promoted or (_from_map(costs["Tags"], is_active) if "Tags" in costs else {})


def _from_map(tags: pd.Series, is_active: Callable[[str], bool]) -> dict[str, Any]:
    """A column per tag key, from the distinct maps (there are few) rather than from every row."""
    codes, distinct = pd.factorize(tags.map(_pairs))
    maps = [dict(pairs) for pairs in distinct]
    names = sorted({name for tag_map in maps for name in tag_map if is_active(name)})
    return {
        TAG + name: pd.Categorical(
            np.array([tag_map.get(name) or "" for tag_map in maps], dtype=object)[codes]
        )
        for name in names
    }


def _pairs(tags: Any) -> tuple[tuple[str, str], ...]:
    if tags is None or isinstance(tags, float):
        return ()
    return tuple(sorted(tags.items() if isinstance(tags, Mapping) else map(tuple, tags)))
