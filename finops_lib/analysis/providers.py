"""What if: the same machine hours at another provider's list prices, where a price book is given.

List price against list price of machines that the book's author holds to be alike. Not in it: moving,
data transfer, discounts, storage and managed services.
"""

from __future__ import annotations

import pandas as pd

from finops_lib.errors import ParameterError

COLUMNS = ("provider", "instance_type", "equivalent", "hourly_price", "as_of")
"""A price book: provider, the machine here, the machine there, its price per hour and that price's date."""


def what_if(usage: pd.DataFrame, book: pd.DataFrame) -> pd.DataFrame:
    """provider, hours, covered_share, cost, other_cost, difference, oldest_price: a row a provider.

    `usage` has instance_type, hours and list_cost. Only hours of types that the book prices for that
    provider are compared; covered_share is their part of the list cost. Raises ParameterError for a
    book that lacks a column or has a price that is not positive.
    """
    missing = [name for name in COLUMNS if name not in book]
    if missing:
        raise ParameterError(f"The price book lacks {', '.join(missing)}; it needs {', '.join(COLUMNS)}.")  # fmt: skip
    if not (book["hourly_price"] > 0).all():
        raise ParameterError("The price book has a price that is not above zero; remove that row.")
    whole = float(usage["list_cost"].sum())
    rows = usage.merge(book, on="instance_type")
    rows["other_cost"] = rows["hours"] * rows["hourly_price"]
    table = rows.groupby("provider", as_index=False).agg(
        hours=("hours", "sum"), cost=("list_cost", "sum"), other_cost=("other_cost", "sum"),
        oldest_price=("as_of", "min"),
    )  # fmt: skip
    table.insert(2, "covered_share", table["cost"] / whole if whole else float("nan"))
    return table.assign(difference=table["other_cost"] - table["cost"])
