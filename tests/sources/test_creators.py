"""CloudTrail's events as who created a resource, in the forms that AWS documents."""

import json
from datetime import UTC, datetime

import pytest

from finops_lib.sources.shape.creators import creation, principal, pseudonym

ROLE = {"type": "AssumedRole", "principalId": "AROAEXAMPLE:deploy",
        "arn": "arn:aws:sts::123456789012:assumed-role/Builder/deploy"}  # fmt: skip


def event(name, day, identity, **more):
    return {
        "EventName": name, "EventTime": datetime(2026, 10, day, tzinfo=UTC),
        "CloudTrailEvent": json.dumps({"userIdentity": identity, **more}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("identity", "who"),
    [
        ({"type": "Root", "principalId": "123456789012", "accountId": "123456789012"},
         "Root:123456789012"),
        ({"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "jo"}, "IAMUser:AIDAEXAMPLE:jo"),
        (ROLE, "AssumedRole:AROAEXAMPLE:deploy"),
        ({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"},
         "AWSService:autoscaling.amazonaws.com"),
        ({"type": "Unknown"}, None),
    ],
)  # fmt: skip
def test_principal_is_spelled_as_the_bills_tag_spells_it(identity, who):
    assert principal(identity) == who


def test_creation_is_the_oldest_that_succeeded_in_making_something():
    later, first = {"type": "Root", "accountId": "1"}, ROLE
    events = [
        event("CreateSnapshot", 9, later),
        event("StopInstances", 4, later),
        event("RunInstances", 3, first),
        event("CreateTags", 2, later),
        event("RunInstances", 1, later, errorCode="Client.InstanceLimitExceeded"),
    ]
    assert creation([{"Events": events[:2]}, {"Events": events[2:]}]) == {
        "created_by": "AssumedRole:AROAEXAMPLE:deploy", "event_name": "RunInstances",
        "event_time": datetime(2026, 10, 3, tzinfo=UTC),
    }  # fmt: skip


def test_creation_without_the_whole_event_is_by_its_user_name():
    told = {"EventName": "CreateVolume", "EventTime": datetime(2026, 10, 1), "Username": "jo"}
    assert creation([{"Events": [told]}])["created_by"] == "jo"


@pytest.mark.parametrize("name", ["StopInstances", "CreateVolume"])
def test_creation_is_unknown_where_nothing_was_made_or_nobody_is_told(name):
    assert creation([{"Events": [event(name, 1, {})]}]) is None
    assert creation([{"Events": []}]) is None


def test_pseudonym_of_a_pseudonym_is_itself():
    assert pseudonym(pseudonym("IAMUser:AIDAEXAMPLE:jo")) == pseudonym("IAMUser:AIDAEXAMPLE:jo")
