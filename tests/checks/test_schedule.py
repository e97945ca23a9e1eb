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


@pytest.mark.parametrize(
    ("tags", "hours", "expected"),
    [
        ({"finops:schedule": "office"}, (8, 18), "ok"),
        ({}, (8, 18), "unknown"),
        ({"finops:schedule": "office"}, (0, 24), "waste"),
        ({"finops:schedule": "office"}, (2, 22), "unknown"),
        ({"finops:schedule": "office"}, (0, 0), "unknown"),
    ],
)
def test_off_hours_ec2_instances_that_follow_their_schedule_are_on_it(
    account, vary, status, tags, hours, expected
):
    tagged = vary(account, "instances", "i-office", tags=tags)
    metrics = tagged["metrics"]
    mine = metrics["resource_id"].eq("i-office")
    of_day = metrics["time"].dt.hour
    is_on = metrics["time"].dt.day_of_week.lt(5) & of_day.ge(hours[0]) & of_day.lt(hours[1])
    always = hours == (0, 24)
    kept = metrics[~mine | is_on | always]
    assert status({**tagged, "metrics": kept}, CHECK, "i-office") == expected


def test_off_hours_ec2_instances_spot_is_not_looked_at(account, vary, status):
    changed = vary(account, "instances", "i-office", lifecycle="spot")
    with pytest.raises(ValueError, match="size 1"):
        status(changed, CHECK, "i-office")
