"""What existing commitments leave unused, in the bill's own dollars, and what can be done about it."""

from __future__ import annotations

import pandas as pd

from finops_lib.units import CENT

KEYS = ["account_id", "commitment_id"]


def commitment_use(charges: pd.DataFrame, commitments: pd.DataFrame) -> pd.DataFrame:
    """A row per commitment: fees, used and unused cost, utilisation, and the remedy if any is unused.

    `charges` are the rows of `queries.commitment_charges`, `commitments` COMMITMENTS (may be empty: a
    bill alone says what was wasted, not which class the reservation has). Costs are sums over the
    months of `charges`, amortized but for `fee`, which is cash; `utilisation` is used / (used + unused).
    """
    sums = charges.groupby(KEYS, as_index=False).agg(
        discount_type=("discount_type", "first"),
        months=("Month", "nunique"),
        fee_rows=("fee_rows", "sum"),
        fee=("fee", "sum"),
        used_cost=("used_cost", "sum"),
        unused_cost=("unused_cost", "sum"),
    )
    sums["covers"] = [_covers(charges, *key) for key in sums[KEYS].itertuples(index=False)]
    total = sums["used_cost"] + sums["unused_cost"]
    sums["utilisation"] = (sums["used_cost"] / total).where(total > 0)
    facts = commitments[["commitment_id", "kind", "offering_class", "end_time"]]
    known = sums.assign(_id=sums["commitment_id"].map(bare_id)).merge(
        facts.assign(_id=facts["commitment_id"].map(bare_id)).drop(columns="commitment_id"),
        on="_id", how="left",
    )  # fmt: skip
    known["remedy"] = [_remedy(row) for row in known.to_dict("records")]
    return known.drop(columns=["_id", "kind"]).sort_values(
        ["unused_cost", "commitment_id"], ascending=[False, True], ignore_index=True
    )


def bare_id(identifier: str) -> str:
    """The id behind the last slash: a bill spells an ARN where DescribeReservedInstances has the id."""
    return identifier.rpartition("/")[2]


def _covers(charges: pd.DataFrame, account: str, commitment: str) -> str | None:
    """What the fee is for, for example m5.xlarge; the fee row names it even where nothing was used."""
    own = charges[(charges["account_id"] == account) & (charges["commitment_id"] == commitment)]
    fees = own[~own["is_used"].astype(bool)]
    types = sorted(set(fees["instance_type"].dropna())) or sorted(
        {name.rpartition(":")[2] for name in fees["usage_type"].dropna()}
    )
    return ", ".join(types) or None


def _remedy(row: dict[str, object]) -> str | None:
    """What AWS lets the owner do with what is unused.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ri-modifying.html, ri-convertible-exchange.html,
    ri-market-general.html; Savings Plans cannot be changed after their return window of seven days.
    """
    if not float(str(row["unused_cost"])) >= CENT:
        return None
    if "Plan" in str(row["discount_type"]):
        return (
            "Cannot be exchanged or sold: share it with every account of the organization, "
            "move eligible usage under it and buy less when it ends."
        )
    if row["offering_class"] == "convertible":
        return "Exchange it for reservations of what runs, of equal or greater value."
    modify = (
        "Modify its scope to Region (any size of the family then counts, on Linux) or its sizes; "
        "share it with every account; else sell the rest of the term on the Marketplace."
    )
    if row["offering_class"] == "standard":
        return modify
    return f"{modify} If it is convertible, exchange it (its class is not known here)."
