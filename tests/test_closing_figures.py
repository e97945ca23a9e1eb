"""Figures of the reference solution that no other test holds, by our formulas and our price book."""

from datetime import datetime

import pandas as pd
import pytest

from finops_lib.analysis.lifecycle import options
from finops_lib.sources import prices
from finops_lib.units import HOURS_PER_MONTH

AT = datetime(2026, 6, 1)
TIB = 1024.0


def price(service, item, term="on_demand", detail=None):
    found = prices.lookup(
        prices.book(), service=service, item=item, at=AT, term=term, detail=detail
    )
    assert found is not None
    return found


def test_storage_tiers_of_the_reference_close_at_1024_gib_a_tib():
    # 1 TB standard 23.55, 5 TB infrequent 64.00, 10 TB archived 40.96: 128.51 together.
    buckets = pd.DataFrame({
        "resource_id": ["infrequent", "archived"], "size_gib": [5 * TIB, 10 * TIB],
        "object_count": [1.0, 1.0], "read_gib_per_month": [0.0, 0.0], "age": [400.0, 400.0],
        "monthly_cost": [5 * TIB * 0.023, 10 * TIB * 0.023],
    })  # fmt: skip
    cost = options(buckets, {}).set_index(["resource_id", "storage_class"])["monthly_cost"]
    tiers = [
        TIB * price("AmazonS3", "s3-standard"),
        cost["infrequent", "STANDARD_IA"],
        cost["archived", "GLACIER_IR"],
    ]
    assert [round(tier, 2) for tier in tiers] == [23.55, 64.00, 40.96]
    assert round(sum(tiers), 2) == 128.51


@pytest.mark.parametrize(
    ("figure", "right"),
    [
        (10 * price("AmazonEC2", "m5.2xlarge") * HOURS_PER_MONTH, 2_803.20),
        (10 * price("AmazonEC2", "m5.xlarge") * HOURS_PER_MONTH, 1_401.60),
        (10 * price("AmazonEC2", "m5.xlarge", "reserved", "1yr/no_upfront/standard") * HOURS_PER_MONTH,
         883.30),
        (8 * price("AmazonVPC", "public-ipv4") * HOURS_PER_MONTH, 29.20),
        (16 * TIB * price("AmazonS3", "s3-standard"), 376.83),
        (price("AmazonS3", "s3-glacier-flexible"), 0.0036),
    ],
)  # fmt: skip
def test_figure_that_the_reference_has_wrong_is_right_by_the_price_book(figure, right):
    assert figure == pytest.approx(right, abs=0.005)
