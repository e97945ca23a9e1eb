"""Volumes and buckets as findings."""

from __future__ import annotations

import pytest


def test_gp3_ebs_volumes_unmeasured_at_dearer_parity_is_unknown(account, measure, status):
    short = measure(account, "vol-gp2", "VolumeReadOps", 1.0, 24)
    assert status(short, "gp3_ebs_volumes", "vol-gp2") == "unknown"


def test_gp3_ebs_volumes_unmeasured_at_cheaper_parity_is_waste(account, vary, measure, status):
    short = measure(account, "vol-gp2", "VolumeReadOps", 1.0, 24)
    larger = vary(short, "volumes", "vol-gp2", size_gib=500.0)
    assert status(larger, "gp3_ebs_volumes", "vol-gp2") == "waste"


@pytest.mark.parametrize("values", [{"iops": 16_000}, {"throughput_mibps": 500.0}])
def test_gp3_ebs_volumes_gp3_that_pays_for_what_it_does_not_use_is_waste(
    account, vary, measure, status, values
):
    paid = vary(account, "volumes", "vol-gp2", volume_type="gp3", **values)
    assert status(paid, "gp3_ebs_volumes", "vol-gp2") == "waste"
    short = measure(paid, "vol-gp2", "VolumeReadOps", 1.0, 24)
    assert status(short, "gp3_ebs_volumes", "vol-gp2") == "unknown"


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"object_count": 1_000_000_000}, "ok"), ({"object_count": None}, "unknown")],
)
def test_s3_lifecycle_objects_decide(account, vary, status, values, expected):
    changed = vary(account, "buckets", "bucket-quiet", **values)
    assert status(changed, "s3_lifecycle", "bucket-quiet") == expected


def test_s3_lifecycle_bucket_without_a_bill_is_unknown(account, status):
    unbilled = {**account, "resource_costs": account["resource_costs"].iloc[0:0]}
    assert status(unbilled, "s3_lifecycle", "bucket-quiet") == "unknown"


def test_s3_lifecycle_bucket_that_is_read_is_ok(account, vary, status):
    read = vary(account, "resource_costs", "bucket-quiet", consumed_quantity=5_000.0)
    assert status(read, "s3_lifecycle", "bucket-quiet") == "ok"
