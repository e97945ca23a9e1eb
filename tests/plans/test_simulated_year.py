"""The off-hours function through every hour of a year: what ran, and what that saved, read from the account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
from moto import mock_aws
from moto.ec2.models import ec2_backends

from finops_lib.demo.emulator import server
from finops_lib.params.governance import Schedule
from finops_lib.plans.shutdown.stack import as_json

SCHEDULES = (
    Schedule(name="office", timezone="Europe/Berlin", holidays=(date(2027, 12, 24),)),
    Schedule(name="sundays", timezone="Europe/Berlin", weekdays=(6,), start_hour=1, stop_hour=4),
)
HOUR, FIRST, LAST = timedelta(hours=1), datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)  # fmt: skip
BY_HAND = datetime(2027, 1, 12, 22, tzinfo=UTC)
"""When a person starts a machine that the schedule has stopped."""

CENTS = {"office": 10, "kept": 10, "by hand": 10, "sundays": 7, "untagged": 10, "workers": 9,
         "aurora": 29, "db": 18, "nb": 5, "ep": 23}  # fmt: skip
"""A price an hour of each machine; the group counts once a machine."""


@pytest.fixture
def reached(monkeypatch):
    """The emulated account without its server in between, and the function's schedules."""
    assert server.MODULES
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in (("AWS_ACCESS_KEY_ID", "demo"), ("AWS_SECRET_ACCESS_KEY", "demo"),
                        ("AWS_DEFAULT_REGION", "us-east-1"), ("SCHEDULES", as_json(SCHEDULES))):  # fmt: skip
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


@pytest.fixture
def machines(function, account) -> dict[str, str]:
    """Instance ids by name; those of conftest are "office" and "untagged"."""
    function._client.cache_clear()
    ec2, every = boto3.client("ec2"), boto3.client("ec2").describe_instances()["Reservations"]
    plain = [i["InstanceId"] for r in every for i in r["Instances"] if not i.get("Tags")]
    named = {"office": account, "untagged": plain[0]}
    for name, tags in (
        ("kept", {"finops:schedule": "office", "finops:keep-until": "2027-01-12T21:00:00+00:00"}),
        ("by hand", {"finops:schedule": "office"}), ("sundays", {"finops:schedule": "sundays"}),
    ):  # fmt: skip
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        made = ec2.run_instances(
            ImageId="ami-12345678", InstanceType="m5.large", MinCount=1, MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": pairs}],
        )  # fmt: skip
        named[name] = made["Instances"][0]["InstanceId"]
    return named


def running(machines: dict[str, str]) -> Counter[str]:
    """How many machines of each name the account bills now."""
    rds, ml = boto3.client("rds"), boto3.client("sagemaker")
    [group] = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    found = boto3.client("ec2").describe_instances(InstanceIds=list(machines.values()))
    states = {i["InstanceId"]: i["State"]["Name"] for r in found["Reservations"] for i in r["Instances"]}  # fmt: skip
    alone = [d for d in rds.describe_db_instances()["DBInstances"] if "DBClusterIdentifier" not in d]  # fmt: skip
    return Counter(
        {name: states[machine] == "running" for name, machine in machines.items()}
        | {
            "workers": len(group["Instances"]),
            "aurora": rds.describe_db_clusters()["DBClusters"][0]["Status"] == "available",
            "db": alone[0]["DBInstanceStatus"] == "available",
            "nb": ml.list_notebook_instances()["NotebookInstances"][0]["NotebookInstanceStatus"]
            == "InService",
            "ep": len(ml.list_endpoints()["Endpoints"]),
        }
    )


def forget_terminated() -> None:
    """EC2 forgets a terminated instance within the hour; moto keeps it, and is the slower for each of a year."""
    ec2 = ec2_backends["123456789012"]["us-east-1"]
    for name, reservation in list(ec2.reservations.items()):
        gone = [i for i in reservation.instances if i.state == "terminated"]
        reservation.instances = [i for i in reservation.instances if i not in gone]
        for instance in gone:
            ec2.tags.pop(instance.id, None)
        if not reservation.instances:
            del ec2.reservations[name]


def year(function, machines: dict[str, str]) -> Iterator[tuple[datetime, Counter[str]]]:
    """Every hour of 2027 and what ran in it; the account is asked again where anything was switched."""
    now = running(machines)
    moment = FIRST
    while moment < LAST:
        done = function.handler({"time": moment.isoformat()}, None)
        assert not done["failed"]
        if moment == BY_HAND:
            boto3.client("ec2").start_instances(InstanceIds=[machines["by hand"]])
        if done["started"] or done["stopped"] or moment == BY_HAND:
            now = running(machines)
            forget_terminated()
        yield moment, now
        moment += HOUR


@pytest.mark.slow
def test_handler_through_a_year_keeps_the_hours_and_saves_what_the_arithmetic_says(
    function, machines
):
    function.handler({"time": "2026-12-31T17:00:00Z"}, None)
    boto3.client("ec2").stop_instances(InstanceIds=[machines["sundays"]])
    hours: Counter[str] = Counter()
    begins: dict[date, datetime] = {}
    for moment, now in year(function, machines):
        hours += now
        if now["office"]:
            begins.setdefault(moment.date(), moment)
    workdays = sum((date(2027, 1, 1) + timedelta(days=n)).weekday() < 5 for n in range(365)) - 1
    office = 10 * workdays
    assert office == 2600
    # Kept on from before the year until 12 January 21:00 UTC, in which the schedule has 8 days; started by hand at
    # 22:00 UTC until the morning; 3 hours on 52 Sundays, of which the one in March has 2 and the one in October 4.
    kept = 11 * 24 + 21 - 8 * 10
    assert hours == Counter(
        dict.fromkeys(CENTS, office)
        | {"kept": office + kept, "by hand": office + 9, "sundays": 3 * 52 - 1 + 1, "untagged": 8760,
           "workers": 2 * office}
    )  # fmt: skip
    always = 8760 * (sum(CENTS.values()) + CENTS["workers"])
    spent = sum(hours[name] * cents for name, cents in CENTS.items())
    rests = sum(CENTS.values()) + CENTS["workers"] - CENTS["untagged"] - CENTS["sundays"]
    assert always - spent == (8760 - office) * rests - kept * 10 - 9 * 10 + (8760 - 156) * 7
    assert {begins[date(2027, 3, 26)].hour, begins[date(2027, 11, 1)].hour} == {7}
    assert {begins[date(2027, 3, 29)].hour, begins[date(2027, 10, 29)].hour} == {6}
    assert date(2027, 12, 24) not in begins
