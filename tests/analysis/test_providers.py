"""Another provider's prices."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_lib.analysis.providers import what_if
from finops_lib.errors import ParameterError

USAGE = pd.DataFrame(
    {
        "instance_type": ["m5.xlarge", "p3.8xlarge"],
        "hours": [100.0, 10.0],
        "list_cost": [20.0, 60.0],
    }
)
BOOK = pd.DataFrame(
    {"provider": ["other"], "instance_type": ["m5.xlarge"], "equivalent": ["n-4"],
     "hourly_price": [0.15], "as_of": ["2026-09-01"]}
)  # fmt: skip


def test_what_if_compares_only_what_the_book_prices_and_says_how_much_that_is() -> None:
    row = what_if(USAGE, BOOK).iloc[0]
    assert (row["cost"], row["other_cost"], row["difference"]) == (20.0, 15.0, -5.0)
    assert (row["covered_share"], row["oldest_price"]) == (0.25, "2026-09-01")


def test_what_if_refuses_a_book_without_dates_or_with_a_price_of_zero() -> None:
    with pytest.raises(ParameterError, match="as_of"):
        what_if(USAGE, BOOK.drop(columns="as_of"))
    with pytest.raises(ParameterError, match="above zero"):
        what_if(USAGE, BOOK.assign(hourly_price=0.0))
