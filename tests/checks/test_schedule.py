"""Office hours as findings."""

from __future__ import annotations

import pytest

CHECK = "off_hours_ec2_instances"


@pytest.mark.parametrize("tag", ["prod", "Production", "prd"])
def test_off_hours_ec2_instances_in_production_stay(account, vary, status, tag):
    changed = vary(account, "instances", "i-office", tags={"Environment": tag})
    assert status(changed, CHECK, "i-office") == "ok"


def test_off_hours_ec2_instances_untagged_are_found(account, vary, status):
    assert status(vary(account, "instances", "i-office", tags={}), CHECK, "i-office") == "waste"


def test_off_hours_ec2_instances_spot_is_not_looked_at(account, vary, status):
    changed = vary(account, "instances", "i-office", lifecycle="spot")
    with pytest.raises(ValueError, match="size 1"):
        status(changed, CHECK, "i-office")
