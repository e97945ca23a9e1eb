"""What the usage of each pool costs beside its on-demand price: where a purchase shows in the bill."""

from __future__ import annotations

import pandas as pd

from finops_lib.analysis.commitments.items import SPEND_COLUMNS
from finops_lib.analysis.commitments.pools import KINDS, eligible

POOL_COLUMNS = [*SPEND_COLUMNS, "CommitmentDiscountType"]
"""What `queries.spend_by` must group the bill by."""


def pool_costs(spend: pd.DataFrame) -> pd.DataFrame:
    """pool, on_demand, billed, effective: sums over the bill's window, dollars.

    `spend` is the bill by POOL_COLUMNS. `on_demand` is the eligible usage at on-demand prices, covered
    or not; the costs are what was paid for it, with what commitments of the pool left unused, so that a
    purchase lowers `effective` against `on_demand` only as far as it is used.
    """
    is_standard = spend["PricingCategory"].eq("Standard")
    is_unused = spend["CommitmentDiscountStatus"].eq("Unused")
    is_used = spend["ChargeCategory"].eq("Usage") & ~is_unused
    is_used &= spend["PricingCategory"].isin(["Standard", "Committed"])
    named = {
        "x_ServiceCode": "service_code", "x_InstanceType": "instance_type",
        "x_UsageType": "usage_type", "x_Operation": "operation",
    }  # fmt: skip
    used = eligible(spend[is_used].rename(columns=named))
    on_demand = used["BilledCost"].where(is_standard.reindex(used.index), used["ListCost"])
    unused = spend[is_unused]
    parts = [
        used.assign(on_demand=on_demand)[["pool", "on_demand", "BilledCost", "EffectiveCost"]],
        unused.assign(pool=_pool_of_fee(unused), on_demand=0.0)[
            ["pool", "on_demand", "BilledCost", "EffectiveCost"]
        ],
    ]
    sums = pd.concat(parts).groupby("pool").sum()
    return sums.set_axis(["on_demand", "billed", "effective"], axis=1).reset_index()


def _pool_of_fee(unused: pd.DataFrame) -> pd.Series:
    """A plan says what it covers by its type, a reservation by its service."""
    pools = {service: pool for pool, kind in KINDS.items() for service in kind.services}
    named = unused["x_ServiceCode"].map(pools).fillna("compute")
    is_ml = unused["CommitmentDiscountType"].fillna("").astype("str").str.contains("SageMaker")
    return named.mask(is_ml, "sagemaker")
