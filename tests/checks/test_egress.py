"""Bytes to the internet and to other regions, by who sends them."""

import object_rows
import pytest

from finops_lib.checks import run_checks
from finops_lib.schema import ESTATE_TABLES, rows

HERE = {"account_id": "111122223333", "region": "us-east-1"}


def row_of(account, check, resource):
    findings, _ = run_checks(account, as_of=object_rows.AS_OF, only=[check])
    return findings[(findings["check_id"] == check) & (findings["resource_id"] == resource)].iloc[0]


def with_lines(account, *lines):
    table = ESTATE_TABLES["resource_costs"]
    old = account["resource_costs"].astype("object").to_dict("records")
    plain = {**HERE, **object_rows.SENT[0][1]}
    return {
        **account,
        "resource_costs": rows(table, [*old, *({**plain, **line} for line in lines)]),
    }


def test_internet_egress_saves_the_difference_of_prices_and_the_free_tebibyte(account):
    row = row_of(account, "internet_egress", "i-large")
    assert row["monthly_saving_low"] == pytest.approx(900 - 850)
    assert row["monthly_saving"] == pytest.approx(50 + 1024 * 0.085)
    assert (row["confidence"], row["action"], row["price_basis"]) == ("low", "review", "billed")


def test_internet_egress_free_tebibyte_is_shared_and_used_up_by_the_accounts_own_cdn(account):
    cdn = {"resource_id": "cdn", "service": "Amazon CloudFront", "consumed_quantity": 1000.0,
           "usage_type": "US-DataTransfer-Out-Bytes", "effective_cost": 85.0}  # fmt: skip
    row = row_of(with_lines(account, cdn), "internet_egress", "i-large")
    assert row["monthly_saving"] == pytest.approx(50 + 24 * 0.085)


def test_cdn_itself_and_cheap_traffic_are_no_waste(account, status):
    cheap = {"resource_id": "i-idle", "consumed_quantity": 100.0, "effective_cost": 9.0}
    assert status(with_lines(account, cheap), "internet_egress", "i-idle") == "ok"


@pytest.mark.parametrize(("cost", "expected"), [(51.0, "waste"), (49.0, "ok")])
def test_inter_region_transfer_just_over_and_under_the_limit(account, status, cost, expected):
    line = {
        "resource_id": "bucket-quiet",
        "usage_type": "USE1-EU-AWS-Out-Bytes",
        "effective_cost": cost,
    }
    assert status(with_lines(account, line), "inter_region_transfer", "bucket-quiet") == expected


def test_inter_region_transfer_names_both_regions_and_begins_at_nothing(account):
    row = row_of(account, "inter_region_transfer", "bucket-listed")
    assert "from USE1 to USW2" in row["reason"]
    band = [row["monthly_saving_low"], row["monthly_saving"], row["monthly_saving_high"]]
    assert band == pytest.approx([0.0, 50.0, 100.0])
