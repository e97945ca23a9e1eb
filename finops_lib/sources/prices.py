"""The shipped prices, with the dates between which they hold, and what the machines have.

The shipped book holds AWS public list prices: EC2 Linux on demand in us-east-1 with every change since
2022-06, unit prices as of 2024. A price that is missing, zero or not dated is never guessed.
"""

from __future__ import annotations

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
