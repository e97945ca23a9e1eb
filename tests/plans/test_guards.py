"""Limits, protection, grace and changes, each at its edge."""

from __future__ import annotations

from datetime import datetime

import pytest

from finops_lib.errors import PlanError
from finops_lib.params.governance import Limits
from finops_lib.plans.guards import changed, check_limits, protection, stage


def steps(count: int) -> list[dict]:
    return [
        {"service": "EC2", "resource_id": f"i-{n}", "monthly_saving": 10.0} for n in range(count)
    ]


def test_check_limits_at_every_limit_passes():
    check_limits(steps(5), Limits(max_steps=5, max_percent=25, max_monthly_saving=50), {"EC2": 20})


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(max_steps=4), "5 approved steps"),
        (Limits(max_percent=24), "5 of 20 resources"),
        (Limits(max_monthly_saving=49), "promises 50.00"),
    ],
)
def test_check_limits_beyond_one_is_refused(limits, words):
    with pytest.raises(PlanError, match=words):
        check_limits(steps(5), limits, {"EC2": 20})


def test_protection_values_may_hold_wildcards():
    assert protection({"env": "prod-eu"}, {"env": ("prod*",)}) == "protected by the tag env=prod-eu"
    assert protection({"env": "dev"}, {"env": ("prod*",)}) is None


@pytest.mark.parametrize(("day", "expected"), [(1, "mark"), (7, "warn"), (10, "act")])
def test_stage_follows_the_grace(day, expected):
    assert stage(datetime(2027, 1, day), datetime(2027, 1, 10), 3) == expected


def test_changed_other_tags_do_not_count():
    assert (
        changed({"state": "running", "tags": {}}, {"state": "running", "tags": {"a": "b"}}) is None
    )
