"""What commitments cost: offers from the Estate, the rate card, the bill and the price book, dated.

A family's sizes are priced in proportion, so a rate holds for the family; it is a share of the
on-demand price with all payments of the term together. Where sources differ, the first of SOURCES wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from finops_lib.analysis.commitments.waste import bare_id
from finops_lib.params.commitments import Commitments
from finops_lib.units import HOURS_PER_YEAR, MONTHS_PER_YEAR

OFFER_COLUMNS = [
    "product",
    "region",
    "family",
    "years",
    "payment",
    "price_share",
    "source",
    "priced_at",
    "seen_on",
]
SOURCES = ("offering_api", "price_list_api", "rate_card", "bill", "price_book")
UPFRONT = {"no_upfront": 0.0, "partial_upfront": 0.5, "all_upfront": 1.0}
"""Share of the price that is paid at the start (AWS: about half with partial upfront)."""

SERVERLESS_FAMILIES = ("lambda", "fargate")
"""Families of usage without instances: only a Compute Savings Plan covers them."""

PLANS = {
    "Compute": "compute_plan",
    "EC2Instance": "ec2_instance_plan",
    "SageMaker": "sagemaker_plan",
}
RESERVED = {
    ("AmazonEC2", "standard"): "ec2_standard", ("AmazonEC2", "convertible"): "ec2_convertible",
    ("AmazonRDS", "standard"): "rds_reserved", ("AmazonElastiCache", "standard"): "cache_reserved",
}  # fmt: skip


def class_names(instance_types: pd.Series) -> pd.Series:
    """db.m5.2xlarge for the db.m5.2xl of RDS's usage types; a missing type stays missing."""
    return instance_types.str.replace(r"\.(\d*)xl$", r".\1xlarge", regex=True)


def family_of(instance_types: pd.Series) -> pd.Series:
    """m5 of m5.xlarge, ml.g5 of ml.g5.2xlarge, db.r5 of db.r5.large; missing stays missing."""
    families = instance_types.astype("str").str.replace(r"\.[^.]*$", "", regex=True)
    return families.where(instance_types.notna())


def capital_factor(payment: str, years: int, cost_of_capital: float) -> float:
    """What a dollar of the price really costs: money paid upfront would have earned interest.

    The upfront share as an annuity over the term's months, at the monthly equivalent of the yearly rate.
    """
    months = years * MONTHS_PER_YEAR
    monthly = (1 + cost_of_capital) ** (1 / MONTHS_PER_YEAR) - 1
    annuity = months * monthly / (1 - (1 + monthly) ** -months) if monthly else 1.0
    return float(1 - UPFRONT[payment] + UPFRONT[payment] * annuity)


def offers(
    prices: pd.DataFrame,
    use: pd.DataFrame,
    held: pd.DataFrame,
    params: Commitments,
    at: datetime,
    items: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every offer that may be bought: OFFER_COLUMNS and `true_share`, the price with cost of capital.

    `prices` is PRICES, `use` the rows of `queries.commitment_charges`, `held` COMMITMENTS, `items` what
    `items.items_in_use` says of the bill.
    """
    found = pd.concat(
        [offers_of_prices(prices, at, items), _of_card(params), offers_of_bill(use, held)],
        ignore_index=True,
    )
    found = found[
        found["product"].isin(params.products)
        & found["years"].isin(params.years)
        & found["payment"].isin(params.payments)
    ]
    factors = [
        capital_factor(payment, years, params.cost_of_capital)
        for payment, years in found[["payment", "years"]].itertuples(index=False)
    ]
    ranked = found.assign(
        true_share=found["price_share"] * factors, _rank=found["source"].map(SOURCES.index)
    ).sort_values(["_rank", "priced_at"], ascending=[True, False], kind="stable")
    keys = ["product", "region", "family", "years", "payment"]
    return ranked.drop_duplicates(keys).drop(columns="_rank").reset_index(drop=True)


def offers_of_prices(
    prices: pd.DataFrame, at: datetime, items: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Offers among PRICES: terms reserved ("1yr/no_upfront/standard") and savings_plan (".../Compute").

    What a service's own API said is compared with what the bill pays on demand for the same item
    (`items`), else and all the rest with the on-demand price of the same table.
    """
    valid = prices[
        (prices["valid_from"] <= at)
        & (prices["valid_to"].isna() | (prices["valid_to"] > at))
        & (prices["price"].fillna(0.0) + prices["upfront"].fillna(0.0) > 0)
    ].sort_values("valid_from").drop_duplicates(
        ["service", "region", "item", "term", "detail"], keep="last"
    )  # fmt: skip
    keys = ["service", "region", "item"]
    # What costs differently by engine or use has no one price to compare with.
    on_demand = valid[valid["term"] == "on_demand"].drop_duplicates(keys, keep=False)
    committed = valid[valid["term"].isin(["reserved", "savings_plan"])].merge(
        on_demand[[*keys, "price"]].rename(columns={"price": "now"}), on=keys, how="left"
    )
    if items is not None:
        paid = items.rename(columns={"service_code": "service"})[[*keys, "on_demand_price"]]
        own = committed.merge(paid, on=keys, how="left")["on_demand_price"]
        asked = own.notna() & committed["source"].eq("offering_api")
        committed["now"] = own.where(asked, committed["now"])
    committed = committed[committed["now"] > 0]
    rows = [row for found in committed.to_dict("records") if (row := _offer_of_price(found))]
    return pd.DataFrame(rows, columns=OFFER_COLUMNS)


def _offer_of_price(row: dict[str, object]) -> dict[str, object] | None:
    parts = str(row["detail"]).split("/")
    if len(parts) != 3 or parts[1] not in UPFRONT:
        return None
    years = int(parts[0].removesuffix("yr"))
    product = PLANS.get(parts[2]) or RESERVED.get((str(row["service"]), parts[2]))
    if product is None:
        return None
    upfront = 0.0 if pd.isna(row["upfront"]) else float(str(row["upfront"]))
    hourly = float(str(row["price"])) + upfront / (years * HOURS_PER_YEAR)
    return {
        "product": product, "region": row["region"], "family": str(row["item"]).rpartition(".")[0],
        "years": years, "payment": parts[1], "price_share": hourly / float(str(row["now"])),
        "source": row["source"], "priced_at": row["valid_from"], "seen_on": row["item"],
    }  # fmt: skip


def _of_card(params: Commitments) -> pd.DataFrame:
    rows = [
        {
            **rate.model_dump(),
            "priced_at": pd.Timestamp(rate.priced_at),
            "source": "rate_card",
            "seen_on": rate.family,
        }
        for rate in params.rate_card
    ]
    return pd.DataFrame(rows, columns=OFFER_COLUMNS)


def offers_of_bill(use: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """What the account's own commitments cost of on demand, per family that they covered.

    Amortized over list cost of the newest month that has both: what was paid when it was bought.
    """
    facts = held.assign(_id=held["commitment_id"].map(bare_id))
    facts = facts.drop_duplicates("_id")[
        ["_id", "kind", "product", "offering_class", "term_years", "payment_option"]
    ]
    covered = use[use["is_used"].astype(bool) & (use["list_cost"] > 0) & (use["used_cost"] > 0)]
    known = covered.assign(
        _id=covered["commitment_id"].map(bare_id),
        family=family_of(covered["instance_type"]),
    ).merge(facts, on="_id")
    known = known[
        known["family"].notna() & known["term_years"].notna() & known["payment_option"].notna()
    ]
    newest = known[known["Month"] == known.groupby(["_id", "family"])["Month"].transform("max")]
    sums = newest.groupby(
        ["service_code", "kind", "product", "offering_class", "region", "family", "term_years",
         "payment_option", "Month"], dropna=False, as_index=False,
    )[["used_cost", "list_cost"]].sum()  # fmt: skip
    rows = [
        {
            "product": _bought(row), "region": row["region"], "family": row["family"],
            "years": int(row["term_years"]), "payment": row["payment_option"].lower().replace(" ", "_"),
            "price_share": row["used_cost"] / row["list_cost"], "source": "bill",
            "priced_at": row["Month"], "seen_on": row["family"],
        }
        for row in sums.to_dict("records")
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=OFFER_COLUMNS)
    return found[found["product"].notna() & (found["price_share"] < 1)]


def _bought(row: dict[str, object]) -> str | None:
    if row["kind"] == "savings_plan":
        return PLANS.get(str(row["product"]))
    return RESERVED.get((str(row["service_code"]), str(row["offering_class"])))


def offers_for(
    found: pd.DataFrame, products: Sequence[str], region: str, family: str
) -> pd.DataFrame:
    """The offers of those products that a family in a region can use, the cheapest first.

    A rate of the family goes before one of all instance families, a region's before one of any;
    functions and containers need a rate of their own.
    """
    families = [family] if family in SERVERLESS_FAMILIES else [family, "*"]
    fits = found[
        found["product"].isin(list(products))
        & found["region"].isin([region, "any"])
        & found["family"].isin(families)
    ]
    exact = fits.assign(_loose=(fits["family"] == "*") * 2 + (fits["region"] == "any") * 1)
    exact = exact.sort_values("_loose", kind="stable").drop_duplicates(
        ["product", "years", "payment"]
    )
    return exact.drop(columns="_loose").sort_values(["true_share", "product"], ignore_index=True)
