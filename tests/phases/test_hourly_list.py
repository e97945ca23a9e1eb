"""What an hour costs at list where the bill has no hour of it: one price or none."""

from datetime import datetime

from finops_lib.phases.commitments import _hourly_list
from finops_lib.schema import PRICES, rows

AS_OF = datetime(2026, 11, 4)


def price(item, dollars, detail=None, source="price_list_api", valid_from=datetime(2026, 1, 1)):
    return {"service": "AmazonRDS", "region": "eu-west-1", "item": item, "unit": "Hrs",
            "term": "on_demand", "detail": detail, "price": dollars, "currency": "USD",
            "valid_from": valid_from, "source": source}  # fmt: skip


def test_hourly_list_keeps_a_standby_apart_and_leaves_out_what_differs_by_engine():
    table = rows(
        PRICES,
        [
            price("db.m5.large", 0.178, "postgres"),
            price("db.m5.large", 0.356, "postgres Multi-AZ"),
            price("db.m5.large", 0.2, "postgres", "bill", datetime(2026, 10, 1)),
            price("db.r5.large", 0.25, "postgres"),
            price("db.r5.large", 0.24, "mysql"),
        ],
    )
    assert _hourly_list(table, AS_OF).to_dict() == {
        ("eu-west-1", "db.m5.large"): 0.178,
        ("eu-west-1", "db.m5.large Multi-AZ"): 0.356,
    }
