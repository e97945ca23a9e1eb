"""What an S3 bucket would cost in another storage class, net of every fee, and the rule that moves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

MINIMUM_GIB = 128 / 2**20
"""What the infrequent classes bill for an object at least, and tiering leaves alone below: 128 KiB."""

RULE_ID = "finops-storage-class"


@dataclass(frozen=True)
class StorageClass:
    """One class with its fees, in dollars (https://aws.amazon.com/s3/pricing/; those of us-east-1).

    `item` is what its price per GiB and month is in PRICES; `move_per_1000` is paid once per 1,000 objects,
    `retrieval_per_gib` for what is read. What is deleted before `minimum_days` is billed until then.
    """

    name: str
    item: str
    move_per_1000: float
    retrieval_per_gib: float
    minimum_days: int
    after_days: int


CLASSES = (
    StorageClass("STANDARD_IA", "s3-standard-ia", 0.01, 0.01, 30, 30),
    StorageClass("GLACIER_IR", "s3-glacier-instant", 0.02, 0.03, 90, 0),
)
"""Classes that answer in milliseconds: applications notice nothing but the fee for reading."""


def options(buckets: pd.DataFrame, price: Mapping[str, float]) -> pd.DataFrame:
    """One row per bucket and class with what it would cost and save.

    `buckets` has resource_id, size_gib (Standard), object_count, read_gib_per_month, age (days) and
    monthly_cost of that storage; objects are taken to live on as long as a class asks for at least, if
    the bucket has been there so long. Columns: resource_id, storage_class, monthly_cost, monthly_saving,
    move_cost (once) and payback_months; a saving may be negative, and of a class without a price is NA.
    """
    return pd.concat([_in_class(buckets, c, price) for c in CLASSES], ignore_index=True)


def _in_class(
    buckets: pd.DataFrame, target: StorageClass, price: Mapping[str, float]
) -> pd.DataFrame:
    floor = buckets["object_count"] * MINIMUM_GIB
    cost = (
        np.maximum(buckets["size_gib"], floor) * price.get(target.item, np.nan)
        + buckets["read_gib_per_month"] * target.retrieval_per_gib
    )
    saving = buckets["monthly_cost"] - cost
    move = buckets["object_count"] / 1000 * target.move_per_1000
    return pd.DataFrame(
        {
            "resource_id": buckets["resource_id"],
            "storage_class": target.name,
            "monthly_cost": cost,
            "monthly_saving": saving,
            "move_cost": move,
            "payback_months": (move / saving).where(saving > 0),
        }
    )[(buckets["age"] >= target.minimum_days).to_numpy()]


def best(found: pd.DataFrame, horizon_months: float) -> pd.DataFrame:
    """Of each bucket's options the one that saves most over the horizon, its move paid back in time."""
    net = found["monthly_saving"] * horizon_months - found["move_cost"]
    worth = found.assign(net=net)[(net > 0) & (found["payback_months"] <= horizon_months)]
    ordered = worth.sort_values(["resource_id", "net"], ascending=[True, False])
    return ordered.drop_duplicates("resource_id").set_index("resource_id")


def configuration(existing: Mapping[str, Any] | None, storage_class: str) -> dict[str, Any]:
    """The lifecycle configuration to put: the bucket's own rules, then one that moves to the class.

    Objects of 128 KiB and less stay where they are. S3 replaces a configuration as a whole, so the
    existing rules are in it.
    """
    target = next(c for c in CLASSES if c.name == storage_class)
    rule = {
        "ID": RULE_ID,
        "Status": "Enabled",
        "Filter": {"ObjectSizeGreaterThan": 128 * 1024},
        "Transitions": [{"Days": target.after_days, "StorageClass": storage_class}],
    }
    return with_rule(existing, rule)


def with_rule(existing: Mapping[str, Any] | None, rule: Mapping[str, Any]) -> dict[str, Any]:
    """The lifecycle configuration to put: the bucket's own rules, then this one in place of its namesake."""
    kept = [r for r in (existing or {}).get("Rules", []) if r.get("ID") != rule["ID"]]
    return {"Rules": [*kept, dict(rule)]}


def has_rule(existing: Mapping[str, Any] | None, action: str) -> bool:
    """Whether an enabled rule of the configuration has that action, for the whole bucket or a part of it."""
    rules = (existing or {}).get("Rules", [])
    return any(r.get("Status") == "Enabled" and action in r for r in rules)
