"""What accounting books: whole cents per cost center that add up to the bill."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from finops_lib.schema import COST_COLUMN, TAG_PREFIX
from finops_lib.units import CENT

UNASSIGNED = "unassigned"
"""The cost center of a team that has none, and of what is unallocated."""


def whole_cents(amounts: pd.Series) -> pd.Series:
    """Integer cents of each amount that add up to the rounded sum of all (largest remainder method).

    Each is at most a cent from its amount. See https://en.wikipedia.org/wiki/Quota_method.
    """
    exact = amounts.astype("float64") / CENT
    floors = np.floor(exact).astype("int64")
    missing = round(math.fsum(exact)) - int(floors.sum())
    order = (floors - exact).sort_values(kind="stable").index
    return floors + pd.Series(
        amounts.index.isin(order[:missing]), index=amounts.index, dtype="int64"
    )


def ledger(
    statements: pd.DataFrame, allocated: pd.DataFrame, cost_centers: Mapping[str, str]
) -> pd.DataFrame:
    """cost_center, amount: what each cost center pays, in whole cents, adding up to the bill's cents.

    Takes `statements` and the rows of `allocate`. A team's cost center is the policy's, else the
    one on most of its own cost, else "unassigned".
    """
    centers = {**tagged_centers(allocated), **cost_centers}
    cents = whole_cents(statements["total"])
    center = (
        statements["team"].map(lambda team: centers.get(team, UNASSIGNED)).rename("cost_center")
    )
    booked = cents.groupby(center).sum().mul(CENT).round(2)
    return booked.rename("amount").reset_index()


def tagged_centers(allocated: pd.DataFrame) -> dict[str, str]:
    """Team to the cost center that the tags of most of its effective cost name."""
    column = f"{TAG_PREFIX}cost_center"
    if column not in allocated:
        return {}
    own = allocated[allocated["pool"].isna()]
    sums = own.groupby(["team", column], as_index=False)[COST_COLUMN["effective"]].sum()
    ranked = sums.sort_values([COST_COLUMN["effective"], column], ascending=[False, True])
    first = ranked.drop_duplicates("team")
    return dict(zip(first["team"], first[column], strict=True))
