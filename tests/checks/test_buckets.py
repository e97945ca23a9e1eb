"""Buckets of which CloudWatch says nothing, and those that deny a question."""

from __future__ import annotations

import pytest

from finops_lib.schema import GAPS, rows

DENIED = rows(
    GAPS,
    [{"service": "cloudwatch", "table": "metrics", "error": "AccessDenied", "reason": "denied"}],
)


@pytest.mark.parametrize(
    ("is_empty", "expected"), [(True, "waste"), (False, "ok"), (None, "waste")]
)
def test_empty_s3_buckets_listing_decides_before_silence(account, vary, status, is_empty, expected):
    changed = vary(account, "buckets", "bucket-empty", is_empty=is_empty)
    assert status(changed, "empty_s3_buckets", "bucket-empty") == expected


def test_empty_s3_buckets_one_that_redirects_is_ok(account, vary, status):
    site = vary(account, "buckets", "bucket-empty", is_empty=True, is_website=True)
    assert status(site, "empty_s3_buckets", "bucket-empty") == "ok"


@pytest.mark.parametrize(("is_empty", "expected"), [(True, "waste"), (None, "unknown")])
def test_empty_s3_buckets_without_cloudwatch_need_a_listing(
    account, vary, status, is_empty, expected
):
    changed = vary({**account, "gaps": DENIED}, "buckets", "bucket-empty", is_empty=is_empty)
    assert status(changed, "empty_s3_buckets", "bucket-empty") == expected


def test_s3_lifecycle_rules_that_were_not_read_are_not_replaced(account, vary, status):
    changed = vary(account, "buckets", "bucket-quiet", lifecycle=None)
    assert status(account, "s3_lifecycle", "bucket-quiet") == "waste"
    assert status(changed, "s3_lifecycle", "bucket-quiet") == "unknown"


def test_gp3_ebs_volumes_without_a_price_are_unknown(account, status):
    prices = account["prices"]
    unpriced = {**account, "prices": prices[prices["item"] != "gp3"]}
    assert status(unpriced, "gp3_ebs_volumes", "vol-gp2") == "unknown"


def test_s3_lifecycle_without_a_price_of_another_class_is_unknown(account, status):
    prices = account["prices"]
    others = ~prices["item"].isin(["s3-standard-ia", "s3-glacier-instant"])
    unpriced = {**account, "prices": prices[others]}
    assert status(unpriced, "s3_lifecycle", "bucket-quiet") == "unknown"
