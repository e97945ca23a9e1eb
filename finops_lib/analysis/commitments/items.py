"""Which item of each family stands for it: the one whose rates are asked for and compared."""

from __future__ import annotations

import pandas as pd

from finops_lib.analysis.commitments.pools import OPERATIONS, eligible
from finops_lib.analysis.commitments.rates import class_names

SPEND_COLUMNS = [
    "x_ServiceCode", "RegionId", "x_InstanceType", "x_UsageType", "x_Operation", "ChargeCategory",
    "PricingCategory", "CommitmentDiscountStatus",
]  # fmt: skip
"""What `queries.spend_by` must group the bill by."""

ITEM_COLUMNS = [
    "service_code", "region", "family", "item", "usage_type", "operation", "platform",
    "on_demand_price",
]  # fmt: skip


def items_in_use(spend: pd.DataFrame) -> pd.DataFrame:
    """ITEM_COLUMNS: of each service, region and family the item with most on-demand dollars.

    `spend` is the bill by SPEND_COLUMNS. `item` is the instance type as its service spells it, of
    functions and containers the family and the usage; `platform` is the system or engine of the
    operation (missing: none that can be reserved); `on_demand_price` is per unit, from the bill, of
    exactly that usage type and operation. A family's sizes are priced in proportion, so one item
    tells the family's rates. What was bought on Spot, or is not known by price, has no row.
    """
    rates = [column for column in SPEND_COLUMNS[:5] if column != "RegionId"]
    is_used = spend["CommitmentDiscountStatus"].fillna("Used").eq("Used")
    used = spend[
        spend["ChargeCategory"].eq("Usage")
        & spend["PricingCategory"].isin(["Standard", "Committed"])
        & is_used
    ]
    on_demand = used["BilledCost"].where(used["PricingCategory"].eq("Standard"), used["ListCost"])
    plain = used[rates].set_axis(
        ["service_code", "instance_type", "usage_type", "operation"], axis=1
    )
    plain = plain.assign(
        region=used["RegionId"], dollars=on_demand, quantity=used["ConsumedQuantity"],
        instance_type=class_names(plain["instance_type"]),
    )  # fmt: skip
    found = eligible(plain).assign(item=lambda rows: _items(rows))
    keys = ["service_code", "region", "family", "item", "usage_type", "operation"]
    sums = found.groupby(keys, as_index=False)[["dollars", "quantity"]].sum()
    sums = sums[(sums["dollars"] > 0) & (sums["quantity"] > 0)]
    first = sums.sort_values(["dollars", *keys], ascending=[False, *[True] * len(keys)])
    one = first.drop_duplicates(["service_code", "region", "family"]).sort_values(keys)
    platforms = {operation: name for name, operation in OPERATIONS.items()}
    priced = one.assign(
        platform=one["operation"].map(platforms), on_demand_price=one["dollars"] / one["quantity"]
    )
    return priced[ITEM_COLUMNS].reset_index(drop=True)


def items_introduced(spend: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """ITEM_COLUMNS of the families that nothing uses yet and only the resizes of the PLAN bring.

    `spend` is the bill by SPEND_COLUMNS. A target is used as its machine is now, at the share of its
    price that the finding says (as `after_plan` takes it).
    """
    types = class_names(spend["x_InstanceType"])
    moved = spend.assign(_now=types).merge(
        _moves(plan), left_on=["RegionId", "_now"], right_on=["region", "now"]
    )
    usage = moved["x_UsageType"].astype("str").str.extract(r"^(.*):[^:]*$", expand=False)
    moved = moved.assign(
        x_InstanceType=moved["target"],
        x_UsageType=usage + ":" + moved["target"],
        BilledCost=moved["BilledCost"] * moved["share"],
        ListCost=moved["ListCost"] * moved["share"],
    )
    found = items_in_use(moved[usage.notna()][spend.columns])
    keys = ["service_code", "region", "family"]
    known = pd.MultiIndex.from_frame(items_in_use(spend)[keys])
    return found[~pd.MultiIndex.from_frame(found[keys]).isin(known)].reset_index(drop=True)


def _moves(plan: pd.DataFrame) -> pd.DataFrame:
    """region, now, target, share of each kind of resize in the plan."""
    rows = [
        (step.region, now["instance_type"], asked["instance_type"], float(now["price_share"]))
        for step in plan[plan["category"].eq("resize")].itertuples()
        if isinstance(now := step.before_state, dict) and isinstance(asked := step.parameters, dict)
        if now.get("instance_type") and asked.get("instance_type") and now.get("price_share")
    ]
    moves = pd.DataFrame(rows, columns=["region", "now", "target", "share"])
    return moves.drop_duplicates(["region", "now", "target"]).astype({"share": "float64"})


def _items(rows: pd.DataFrame) -> pd.Series:
    usage = rows["usage_type"].str.replace(r"^[A-Z]{2,4}\d?-", "", regex=True)
    return rows["instance_type"].fillna(rows["family"] + "." + usage)
