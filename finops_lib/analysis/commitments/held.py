"""What the bill alone says is held: commitments that no inventory lists, from what they covered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.analysis.commitments.pools import CAPACITY_COLUMNS, GROUP, KINDS
from finops_lib.analysis.commitments.rates import family_of
from finops_lib.analysis.commitments.waste import bare_id

FOREVER = pd.Timestamp("2200-01-01")
"""The end of a commitment whose term the bill does not tell: it is taken to last."""


def held_of_bill(
    charges: pd.DataFrame, commitments: pd.DataFrame, usage: pd.DataFrame
) -> pd.DataFrame:
    """CAPACITY_COLUMNS of each commitment in the bill that COMMITMENTS does not have.

    `charges` is `queries.commitment_charges`, `usage` the same window's eligible usage by the hour. A
    plan is as large as what it paid an hour, used or not; a reservation covers what it did cover, at
    on-demand prices, so that one of which nothing was used adds nothing. Terms are not in the bill.
    """
    known = {bare_id(name) for name in commitments["commitment_id"]}
    own = charges[~charges["commitment_id"].map(bare_id).isin(known)]
    hours = usage["hour"].nunique()
    if own.empty or not hours:
        return pd.DataFrame(columns=CAPACITY_COLUMNS)
    is_plan = own["discount_type"].fillna("").str.contains("Plan")
    rows = pd.concat([_plans(own[is_plan]), _reservations(own[~is_plan], usage)])
    rows[["covers", "dollars"]] /= hours
    return rows.assign(start_time=pd.Timestamp(0), end_time=FOREVER)[CAPACITY_COLUMNS]


def shares_of_bill(charges: pd.DataFrame, commitments: pd.DataFrame) -> pd.DataFrame:
    """product, region, family, price_share of what plans that COMMITMENTS does not have covered."""
    known = {bare_id(name) for name in commitments["commitment_id"]}
    is_plan = charges["discount_type"].fillna("").str.contains("Plan")
    is_unlisted = ~charges["commitment_id"].map(bare_id).isin(known)
    used = charges[is_plan & is_unlisted & charges["is_used"].astype(bool)]
    used = used[(used["list_cost"] > 0) & used["instance_type"].notna()]
    rows = used.assign(product=_products(used), family=family_of(used["instance_type"]))
    keys = ["product", "region", "family"]
    sums = rows.groupby(keys, as_index=False)[["used_cost", "list_cost"]].sum()
    return sums.assign(price_share=sums["used_cost"] / sums["list_cost"])[[*keys, "price_share"]]


def _products(charges: pd.DataFrame) -> pd.Series:
    """The product of each plan's rows; a bill that only says "Savings Plan" means one that is shared."""
    is_ml = charges["service_code"].eq("AmazonSageMaker")
    is_ml |= charges["service_code"].fillna("").str.contains("MachineLearning")
    named = pd.Series("compute_plan", charges.index, dtype="str").mask(is_ml, "sagemaker_plan")
    return named.mask(charges["discount_type"].str.contains("EC2"), "ec2_instance_plan")


def _plans(charges: pd.DataFrame) -> pd.DataFrame:
    """Shared plans in dollars; of an EC2 Instance plan, what it covered of its family."""
    products = _products(charges)
    scoped = products.eq("ec2_instance_plan")
    rows = charges.assign(
        pool=np.where(products.eq("sagemaker_plan"), "sagemaker", "compute"),
        family=family_of(charges["instance_type"]).where(scoped),
        region=charges["region"].where(scoped, "global"),
        operation="RunInstances",
        covers=charges["list_cost"].fillna(0.0).where(scoped, 0.0),
        dollars=(charges["used_cost"] + charges["unused_cost"]).mask(scoped, 0.0),
    )
    keys = ["commitment_id", "pool", *GROUP]
    return rows.groupby(keys, as_index=False, dropna=False)[["covers", "dollars"]].sum()


def _reservations(charges: pd.DataFrame, usage: pd.DataFrame) -> pd.DataFrame:
    """What each covered; its system or engine is that of most of the family's usage in the region."""
    pools = {service: pool for pool, kind in KINDS.items() for service in kind.services}
    systems = usage.groupby(GROUP)["on_demand_cost"].sum().sort_values().reset_index()
    systems = systems.drop_duplicates(["region", "family"], keep="last")[GROUP]
    used = charges[charges["is_used"].astype(bool) & charges["instance_type"].notna()]
    rows = used.assign(
        pool=used["service_code"].map(pools), family=family_of(used["instance_type"]), dollars=0.0,
        covers=used["list_cost"].fillna(0.0),
    ).merge(systems, on=["region", "family"])  # fmt: skip
    keys = ["commitment_id", "pool", *GROUP]
    return rows.groupby(keys, as_index=False)[["covers", "dollars"]].sum()
