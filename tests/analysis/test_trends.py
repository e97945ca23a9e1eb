from datetime import datetime

import pandas as pd
import pytest

from finops_lib.analysis.trends import comparable, compare, complete_until, late_days
from finops_lib.period import Period

OCTOBER = Period.month("2026-10")


def daily(start, end, cost, service="ec2", items=24):
    days = pd.date_range(start, end, freq="D").astype("datetime64[us]")
    return pd.DataFrame({"ChargeDay": days, "ServiceName": service, "BilledCost": cost,
                         "EffectiveCost": cost, "x_LineItems": items})  # fmt: skip


@pytest.mark.parametrize(("until", "before", "after"), [
    (datetime(2026, 11, 3), ("2026-09", "2026-10"), None),
    (datetime(2026, 10, 11, 9), ("2026-09-01_2026-09-11", "2026-10-01_2026-10-11"), None),
])  # fmt: skip
def test_comparable_takes_whole_months_or_the_same_elapsed_days(until, before, after):
    assert tuple(p.label for p in comparable(OCTOBER, until)) == before


def test_comparable_a_shorter_month_before_is_taken_whole():
    before, after = comparable(Period.month("2026-03"), datetime(2026, 3, 31))
    assert (before.days, after.days) == (28, 30)


def test_compare_months_of_different_length_is_per_day():
    bill = pd.concat(
        [daily("2026-09-01", "2026-09-30", 10.0), daily("2026-10-01", "2026-10-31", 10.0)]
    )
    found = compare(bill, OCTOBER, complete_until=datetime(2026, 11, 1)).iloc[0]
    assert (found["cost_before"], found["cost_after"], found["change_per_day"]) == (
        300.0,
        310.0,
        0.0,
    )


def test_compare_an_unfinished_month_leaves_its_late_days_out():
    bill = pd.concat([daily("2026-09-01", "2026-09-30", 10.0), daily("2026-10-01", "2026-10-09", 12.0),
                      daily("2026-10-10", "2026-10-10", 1.0)])  # fmt: skip
    found = compare(
        bill, OCTOBER, complete_until=datetime(2026, 10, 10), column="ServiceName"
    ).iloc[0]
    assert found["change_share"] == pytest.approx(0.2)
    assert (found["days_before"], found["days_after"]) == (9.0, 9.0)


def test_compare_a_new_service_has_no_share():
    bill = pd.concat(
        [daily("2026-09-01", "2026-10-31", 1.0), daily("2026-10-01", "2026-10-31", 5.0, "s3")]
    )
    found = compare(bill, OCTOBER, complete_until=datetime(2026, 11, 1), column="ServiceName")
    assert found["name"].tolist() == ["s3", "ec2"]
    assert found["change_share"].isna().tolist() == [True, False]


def test_late_days_names_the_service_that_has_not_arrived():
    bill = pd.concat([
        daily("2026-09-10", "2026-10-10", 5.0),
        daily("2026-09-10", "2026-10-08", 5.0, "s3", items=10),
        daily("2026-10-09", "2026-10-09", 1.0, "s3", items=3),
    ])  # fmt: skip
    found = late_days(bill, datetime(2026, 10, 11))
    expected = pd.DataFrame({
        "day": pd.to_datetime(["2026-10-09", "2026-10-10"]).astype("datetime64[us]"),
        "service": ["s3", "s3"], "line_items": [3.0, 0.0], "usual_line_items": [10.0, 10.0],
    })  # fmt: skip
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_late_days_a_service_that_came_back_is_not_late():
    bill = pd.concat([daily("2026-09-10", "2026-10-10", 5.0), daily("2026-09-10", "2026-10-07", 5.0, "s3"),
                      daily("2026-10-10", "2026-10-10", 5.0, "s3")])  # fmt: skip
    assert late_days(bill, datetime(2026, 10, 11)).empty


def test_late_days_a_service_that_charges_now_and_then_is_not_judged():
    bill = pd.concat(
        [daily("2026-09-10", "2026-10-10", 5.0), daily("2026-10-01", "2026-10-02", 5.0, "dms")]
    )
    assert late_days(bill, datetime(2026, 10, 11)).empty


def test_complete_until_is_the_first_late_day():
    bill = pd.concat(
        [daily("2026-09-10", "2026-10-10", 5.0), daily("2026-09-10", "2026-10-09", 5.0, "s3")]
    )
    assert complete_until(bill, datetime(2026, 10, 11, 7)) == datetime(2026, 10, 10)


def test_complete_until_an_old_bill_ends_with_its_last_day():
    assert complete_until(daily("2018-10-01", "2018-11-30", 1.0), datetime(2026, 1, 1)) == datetime(
        2018, 12, 1
    )
