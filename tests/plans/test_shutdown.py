"""The off-hours function, loaded from the zip that is deployed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import boto3
import numpy as np
import pytest
from botocore.exceptions import ClientError
from cfnlint.api import lint_all
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analysis.schedule import as_ranges
from finops_lib.demo.emulator import start
from finops_lib.params.governance import Schedule
from finops_lib.plans.shutdown.stack import PERMISSIONS, as_json, build_zip, template

BERLIN = Schedule(name="office", timezone="Europe/Berlin", holidays=(date(2027, 12, 24),))
TAG = {"finops:schedule": "office"}


def hours(first: datetime, last: datetime):
    while first < last:
        yield first
        first += timedelta(hours=1)


def run_hours(function, tags, first, last, schedule=BERLIN) -> list[datetime]:
    """The hours in which a machine that obeys every decision runs; it is off at first."""
    schedules, running, on = json.loads(as_json([schedule])), False, []
    for moment in hours(first, last):
        turn = function.decide(schedules, tags, moment)
        running = running if turn is None else turn
        on += [moment] if running else []
    return on


def test_build_zip_twice_gives_the_same_bytes():
    assert build_zip() == build_zip()


def test_decide_through_a_year_runs_office_hours_only_across_both_clock_changes(function):
    on = run_hours(
        function, TAG, datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    )
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    workdays = [d for d in days if d.weekday() < 5 and d != date(2027, 12, 24)]
    assert len(on) == 10 * len(workdays) == 2600
    assert {m.hour for m in on if date(2027, 3, 28) <= m.date() < date(2027, 10, 31)} == set(
        range(6, 16)
    )
    assert {m.hour for m in on if m.date() < date(2027, 3, 28)} == set(range(7, 17))


def test_decide_schedule_in_the_hour_that_is_skipped_loses_that_hour(function):
    nights = Schedule(
        name="office", timezone="Europe/Berlin", weekdays=(6,), start_hour=1, stop_hour=4
    )
    on = run_hours(function, TAG, datetime(2027, 3, 27, tzinfo=UTC),
                   datetime(2027, 3, 29, tzinfo=UTC), nights)  # fmt: skip
    assert len(on) == 2


def test_decide_schedule_in_the_hour_that_is_repeated_runs_it_twice(function):
    nights = Schedule(
        name="office", timezone="Europe/Berlin", weekdays=(6,), start_hour=1, stop_hour=4
    )
    on = run_hours(function, TAG, datetime(2027, 10, 30, tzinfo=UTC),
                   datetime(2027, 11, 1, tzinfo=UTC), nights)  # fmt: skip
    assert len(on) == 4


@given(st.lists(st.booleans(), min_size=168, max_size=168).filter(any))
def test_by_ranges_reads_the_hours_of_every_schedule_that_a_plan_writes(function, needed):
    slots = np.array(needed)
    read = function.by_ranges(as_ranges(slots))["slots"]
    assert read == {(int(n) // 24, int(n) % 24) for n in np.flatnonzero(slots)}


def test_decide_machine_with_the_hours_of_a_plan_on_it_runs_in_those_alone(function):
    tags = {"finops:schedule": "Mon-Fri 12:00-22:00; Sat 08:00-10:00 UTC"}
    on = run_hours(function, tags, datetime(2027, 1, 4, tzinfo=UTC), datetime(2027, 1, 11, tzinfo=UTC))  # fmt: skip
    assert len(on) == 5 * 10 + 2
    assert {moment.hour for moment in on if moment.weekday() == 5} == {8, 9}


@pytest.mark.parametrize("text", ["", "UTC", "never", "Mon-Fri", "Mon 08:00-10:00", "Xyz 08:00-10:00 UTC"])  # fmt: skip
def test_by_ranges_of_other_words_is_no_schedule(function, text):
    assert function.by_ranges(text) is None


def test_decide_keep_until_runs_on_and_then_stops(function):
    tags = TAG | {"finops:keep-until": "2027-01-12T21:00:00+00:00"}
    on = run_hours(
        function, tags, datetime(2027, 1, 12, tzinfo=UTC), datetime(2027, 1, 13, tzinfo=UTC)
    )
    assert on[-1] == datetime(2027, 1, 12, 20, tzinfo=UTC)


def test_decide_machine_started_by_hand_at_night_is_left_alone(function):
    schedules = json.loads(as_json([BERLIN]))
    night = hours(datetime(2027, 1, 12, 18, tzinfo=UTC), datetime(2027, 1, 13, 7, tzinfo=UTC))
    assert {function.decide(schedules, TAG, moment) for moment in night} == {None}


@pytest.fixture
def reached(function, monkeypatch):
    with start() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SCHEDULES", as_json([BERLIN]))
        function._client.cache_clear()
        yield emulator


EVENING, MORNING = {"time": "2027-01-12T17:00:00Z"}, {"time": "2027-01-13T07:00:00Z"}
NOTHING = {"started": [], "stopped": [], "failed": []}


def test_handler_stops_every_kind_in_the_evening_once_and_starts_it_in_the_morning(
    function, account
):
    every = [account, "workers", "aurora", "db", "nb", "ep"]
    assert function.handler(EVENING, None) == NOTHING | {"stopped": every}
    assert function.handler(EVENING, None) == NOTHING
    assert function.handler(MORNING, None) == NOTHING | {"started": every}
    [group] = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert (group["MinSize"], group["DesiredCapacity"]) == (1, 2)
    ml = boto3.client("sagemaker")
    arn = ml.describe_endpoint(EndpointName="ep")["EndpointArn"]
    assert {"Key": "finops:schedule", "Value": "office"} in ml.list_tags(ResourceArn=arn)["Tags"]


def test_handler_what_fails_is_named_and_leaves_the_others_alone(function, account, monkeypatch):
    ec2 = function._client("ec2")

    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "IncorrectState", "Message": "no"}}, "StopInstances")

    monkeypatch.setattr(ec2, "stop_instances", refuse)
    done = function.handler(EVENING, None)
    assert done == {
        "started": [],
        "stopped": ["workers", "aurora", "db", "nb", "ep"],
        "failed": [account],
    }


def test_handler_calls_exactly_what_its_role_allows(function, account):
    called = set()
    for service in ("ec2", "autoscaling", "rds", "sagemaker"):
        function._client(service).meta.events.register(
            "before-call.*.*", lambda model, s=service, **_: called.add(f"{s}:{model.name}")
        )
    function.handler(EVENING, None)
    function.handler(MORNING, None)
    # The tags of an endpoint that is created are a permission of their own.
    assert called | {"sagemaker:AddTags"} == set(PERMISSIONS)


def test_template_is_valid_cloudformation():
    text = json.dumps(template([BERLIN], "artifacts", "shutdown.zip"))
    found = [match.rule.id for match in lint_all(text)]
    assert [rule for rule in found if not rule.startswith("I")] == []
