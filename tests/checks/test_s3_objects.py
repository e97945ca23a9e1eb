"""Buckets by what inventories, requests and uploads show of them."""

import object_rows
import pytest

from finops_lib.checks import run_checks
from finops_lib.schema import ESTATE_TABLES, rows

PRICE = 0.023


def row_of(account, check, resource="bucket-listed"):
    findings, _ = run_checks(account, as_of=object_rows.AS_OF, only=[check])
    return findings[(findings["check_id"] == check) & (findings["resource_id"] == resource)].iloc[0]


@pytest.mark.parametrize(
    ("check", "low", "likely", "high"),
    [
        ("duplicate_s3_objects", 0.0, 400 * PRICE, 400 * PRICE),
        ("noncurrent_s3_versions", 500 * PRICE, 500 * PRICE, 500 * PRICE),
        ("obsolete_s3_objects", 1000 * (PRICE - 0.00099), 1000 * (PRICE - 0.00099), 1000 * PRICE),
        ("compressible_s3_objects", 500 * PRICE, 700 * PRICE, 850 * PRICE),
    ],
)
def test_inventory_checks_state_their_dollars_as_a_band(account, check, low, likely, high):
    row = row_of(account, check)
    band = [row["monthly_saving_low"], row["monthly_saving"], row["monthly_saving_high"]]
    assert row["status"] == "waste"
    assert band == pytest.approx([low, likely, high])


@pytest.mark.parametrize(
    "check", ["duplicate_s3_objects", "obsolete_s3_objects", "compressible_s3_objects"]
)
def test_bucket_without_a_report_is_unknown(account, status, check):
    assert status(account, check, "bucket-uploads") == "unknown"


@pytest.mark.parametrize(
    ("versioning", "lifecycle", "expected"),
    [
        ("Enabled", {}, "waste"),
        ("Enabled", {"Rules": [{"Status": "Enabled", "NoncurrentVersionExpiration": {}}]}, "ok"),
        (
            "Enabled",
            {"Rules": [{"Status": "Disabled", "NoncurrentVersionExpiration": {}}]},
            "waste",
        ),
        ("Disabled", {}, "ok"),
    ],
)
def test_old_versions_by_versioning_and_rules(
    account, vary, status, versioning, lifecycle, expected
):
    varied = vary(account, "buckets", "bucket-listed", versioning=versioning, lifecycle=lifecycle)
    assert status(varied, "noncurrent_s3_versions", "bucket-listed") == expected


def test_versioned_bucket_without_a_report_is_unknown(account, vary, status):
    varied = vary(account, "buckets", "bucket-uploads", versioning="Enabled")
    assert status(varied, "noncurrent_s3_versions", "bucket-uploads") == "unknown"


def test_rule_for_old_versions_keeps_the_buckets_own_rules(account, vary):
    own = {"Rules": [{"ID": "mine", "Status": "Enabled", "Expiration": {"Days": 9}}]}
    varied = vary(account, "buckets", "bucket-listed", lifecycle=own)
    rules = row_of(varied, "noncurrent_s3_versions")["parameters"]["lifecycle"]["Rules"]
    assert [rule["ID"] for rule in rules] == ["mine", "finops-old-versions"]


@pytest.mark.parametrize(
    ("reads", "expected"), [(310.0, "ok"), (290.0, "waste"), (None, "unknown")]
)
def test_old_objects_are_obsolete_only_where_the_bill_shows_that_they_are_not_read(
    account, status, reads, expected
):
    costs = account["resource_costs"]
    mine = costs["resource_id"] == "bucket-listed"
    varied = costs[~mine] if reads is None else costs.assign(
        consumed_quantity=costs["consumed_quantity"].mask(mine, reads)
    )  # fmt: skip
    told = {**account, "resource_costs": varied.reset_index(drop=True)}
    # 3,000 current objects, so 300 reads a month are the limit of 0.1 each.
    assert status(told, "obsolete_s3_objects", "bucket-listed") == expected


def test_small_text_objects_are_not_counted(account, status):
    groups = account["object_groups"]
    small = groups.assign(small_count=groups["object_count"])
    assert (
        status({**account, "object_groups": small}, "compressible_s3_objects", "bucket-listed")
        == "ok"
    )


@pytest.mark.parametrize(("requests", "expected"), [(99.0, "waste"), (101.0, "ok")])
def test_abandoned_s3_buckets_just_under_and_over_the_limit(account, status, requests, expected):
    costs = account["resource_costs"]
    mine = costs["resource_id"] == "bucket-quiet"
    asked = costs.assign(consumed_quantity=costs["consumed_quantity"].mask(mine, requests))
    assert (
        status({**account, "resource_costs": asked}, "abandoned_s3_buckets", "bucket-quiet")
        == expected
    )


def test_bucket_that_no_bill_names_is_not_abandoned_but_unknown(account, status):
    blind = {**account, "resource_costs": ESTATE_TABLES["resource_costs"].empty()}
    assert status(blind, "abandoned_s3_buckets", "bucket-quiet") == "unknown"


def test_unfinished_uploads_are_priced_by_their_parts(account):
    row = row_of(account, "unfinished_s3_uploads", "bucket-uploads")
    assert row["monthly_saving"] == pytest.approx(20 * PRICE)
    rule = row["parameters"]["lifecycle"]["Rules"][-1]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"unfinished_upload_count": None}, "unknown"),
        ({"unfinished_upload_gib": None}, "waste"),
        ({"oldest_unfinished_upload_at": object_rows.AS_OF}, "ok"),
        (
            {"lifecycle": {"Rules": [{"Status": "Enabled", "AbortIncompleteMultipartUpload": {}}]}},
            "ok",
        ),
    ],
)
def test_unfinished_uploads_by_age_rule_and_knowledge(account, vary, status, values, expected):
    varied = vary(account, "buckets", "bucket-uploads", **values)
    assert status(varied, "unfinished_s3_uploads", "bucket-uploads") == expected


def test_uploads_of_unknown_size_are_unpriced_waste(account, vary):
    varied = vary(account, "buckets", "bucket-uploads", unfinished_upload_gib=None)
    row = row_of(varied, "unfinished_s3_uploads", "bucket-uploads")
    assert str(row["monthly_saving"]) == "nan"
    assert row["price_basis"] is None or str(row["price_basis"]) == "nan"


def test_billed_rate_of_a_class_goes_before_the_list(account):
    line = {
        **account["resource_costs"].iloc[0].to_dict(), "resource_id": "bucket-listed",
        "usage_type": "TimedStorage-ByteHrs", "unit": "GB-Mo", "consumed_quantity": 2000.0,
        "effective_cost": 40.0,
    }  # fmt: skip
    costs = [*account["resource_costs"].to_dict("records"), line]
    billed = {**account, "resource_costs": rows(ESTATE_TABLES["resource_costs"], costs)}
    row = row_of(billed, "duplicate_s3_objects")
    assert (row["monthly_saving"], row["price_basis"]) == (pytest.approx(400 * 0.02), "billed")
