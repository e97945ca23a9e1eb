"""Prices with the dates between which they hold, and how one is looked up.

The shipped book holds AWS public list prices: EC2 Linux on demand in us-east-1 with every change since
2022-06, unit prices as of 2024. A price that is missing, zero or not dated is never guessed.
"""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

import pandas as pd

from finops_lib.schema import INSTANCE_TYPES, PRICES, conform

DATA = files("finops_lib") / "data"
BOOKS = ("ec2_on_demand.csv", "unit_prices.csv", "managed_prices.csv")


def book() -> pd.DataFrame:
    """PRICES of the shipped book."""
    frames = [pd.read_csv(str(DATA / name), dtype={"detail": "str"}) for name in BOOKS]
    both = pd.concat(frames, ignore_index=True)
    return conform(both.assign(currency="USD", source="price_book", upfront=None), PRICES)


def instance_types() -> pd.DataFrame:
    """INSTANCE_TYPES of the shipped table."""
    return conform(pd.read_csv(str(DATA / "instance_types.csv")), INSTANCE_TYPES)


def lookup(
    prices: pd.DataFrame, *, service: str, item: str, at: datetime, region: str,
    term: str = "on_demand", detail: str | None = None,
) -> float | None:  # fmt: skip
    """The price per unit that held at `at`, of the region or else of every region; None where unknown."""
    found = prices[
        (prices["service"] == service)
        & (prices["item"] == item)
        & (prices["term"] == term)
        & prices["region"].isin([region, "any"])
        & (prices["valid_from"] <= at)
        & (prices["valid_to"].isna() | (prices["valid_to"] > at))
        & (prices["price"] > 0)
    ]
    if detail is not None:
        found = found[found["detail"] == detail]
    newest = found.sort_values(["valid_from"])
    return None if newest.empty else float(newest["price"].iloc[-1])
