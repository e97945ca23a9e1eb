"""The off-hours function: stops what its schedule's day is over for, starts it when the day begins.

It runs every hour and acts only where the schedule changed within that hour, so a machine that a person starts
at night runs until the next closing time. It needs nothing but the Lambda runtime.

An endpoint cannot be stopped: it is deleted, and created again from its configuration, which bears the tags.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import boto3
from botocore.exceptions import ClientError

SCHEDULE_TAG = "finops:schedule"
KEEP_TAG = "finops:keep-until"
SIZE_TAG = "finops:size-when-on"
ENDPOINT_TAG = "finops:endpoint"
"""On an endpoint configuration: the endpoint that is made from it."""
TICK = timedelta(hours=1)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
RANGE = re.compile(rf"(?:({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))? )?(\d\d):00-(\d\d):00")
"""Hours of days; without days those of the part before."""

Tags = dict[str, str]


def handler(event: dict[str, Any], context: object) -> dict[str, list[str]]:
    """Started, stopped and failed resources at the event's `time` (ISO 8601, UTC), the whole hour of it.

    What fails stands in the log, and leaves the others alone.
    """
    schedules = json.loads(os.environ["SCHEDULES"])
    now = datetime.fromisoformat(event["time"].replace("Z", "+00:00")).astimezone(UTC)
    now = now.replace(minute=0, second=0, microsecond=0)
    done: dict[str, list[str]] = {"started": [], "stopped": [], "failed": []}
    for resources in (_instances, _groups, _clusters, _databases, _notebooks, _endpoints):
        for name, tags, switch in resources():
            turn = decide(schedules, tags, now)
            try:
                if turn is not None and switch(turn):
                    done["started" if turn else "stopped"].append(name)
            except ClientError as error:
                logging.getLogger().warning("%s: %s", name, error)
                done["failed"].append(name)
    return done


@cache
def _client(service: str) -> Any:
    return boto3.client(service)


def decide(schedules: dict[str, Any], tags: Tags, now: datetime) -> bool | None:
    """True to start, False to stop, None to leave alone: what changed since the last tick."""
    named = tags.get(SCHEDULE_TAG, "")
    schedule = schedules.get(named) or by_ranges(named)
    if schedule is None:
        return None
    was_on, on = is_on(schedule, now - TICK), is_on(schedule, now)
    was_kept, kept = (_kept(tags.get(KEEP_TAG), moment) for moment in (now - TICK, now))
    if on and not was_on:
        return True
    if not on and not kept and (was_on or was_kept):
        return False
    return None


def by_ranges(text: str) -> dict[str, Any] | None:
    """The schedule that a plan writes, "Mon-Fri 12:00-22:00; Sat 08:00-10:00 UTC"; None where it is none."""
    parts = [RANGE.fullmatch(part) for part in text.removesuffix(" UTC").split("; ")]
    if not text.endswith(" UTC") or None in parts:
        return None
    slots, days = set(), range(0)
    for part in filter(None, parts):
        first, last, start, stop = part.groups()
        if first:
            days = range(DAYS.index(first), DAYS.index(last or first) + 1)
        slots |= {(day, hour) for day in days for hour in range(int(start), int(stop))}
    return {"slots": slots}


def is_on(schedule: dict[str, Any], moment: datetime) -> bool:
    """Whether the hour from `moment` (UTC) is one of the schedule's."""
    if "slots" in schedule:
        return (moment.weekday(), moment.hour) in schedule["slots"]
    local = moment.astimezone(ZoneInfo(schedule["timezone"]))
    return (
        local.weekday() in schedule["weekdays"]
        and local.date().isoformat() not in schedule["holidays"]
        and schedule["start_hour"] <= local.hour < schedule["stop_hour"]
    )


def _kept(until: str | None, moment: datetime) -> bool:
    """A keep-until that cannot be read keeps nothing on: the schedule is what was agreed."""
    try:
        end = datetime.fromisoformat(until or "")
    except ValueError:
        return False
    return moment < (end if end.tzinfo else end.replace(tzinfo=UTC))


def _map(tags: list[dict[str, str]] | None) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def _instances() -> Iterator[tuple[str, Tags, Any]]:
    """Instances of Auto Scaling groups are left to their group, which would replace them."""
    ec2 = _client("ec2")
    tagged = [{"Name": "tag-key", "Values": [SCHEDULE_TAG]}]
    for page in ec2.get_paginator("describe_instances").paginate(Filters=tagged):
        for reservation in page["Reservations"]:
            for found in reservation["Instances"]:
                tags = _map(found.get("Tags"))
                if "aws:autoscaling:groupName" in tags:
                    continue

                def switch(on: bool, found: dict[str, Any] = found) -> bool:
                    if found["State"]["Name"] != ("stopped" if on else "running"):
                        return False
                    act = ec2.start_instances if on else ec2.stop_instances
                    act(InstanceIds=[found["InstanceId"]])
                    return True

                yield found["InstanceId"], tags, switch


def _groups() -> Iterator[tuple[str, Tags, Any]]:
    """A group goes to zero and remembers its minimum and size in a tag."""
    autoscaling = _client("autoscaling")
    for page in autoscaling.get_paginator("describe_auto_scaling_groups").paginate():
        for found in page["AutoScalingGroups"]:
            name, tags = found["AutoScalingGroupName"], _map(found.get("Tags"))

            def resize(name: str, minimum: int, size: int) -> bool:
                autoscaling.update_auto_scaling_group(
                    AutoScalingGroupName=name, MinSize=minimum, DesiredCapacity=size
                )
                return True

            def switch(
                on: bool, found: dict[str, Any] = found, name: str = name, tags: Tags = tags
            ) -> bool:
                if on == (found["DesiredCapacity"] > 0):
                    return False
                if on:
                    minimum, size = map(int, tags.get(SIZE_TAG, "1/1").split("/"))
                    return resize(name, minimum, size)
                kept = {
                    "ResourceId": name, "ResourceType": "auto-scaling-group", "Key": SIZE_TAG,
                    "Value": f"{found['MinSize']}/{found['DesiredCapacity']}",
                    "PropagateAtLaunch": False,
                }  # fmt: skip
                autoscaling.create_or_update_tags(Tags=[kept])
                return resize(name, 0, 0)

            yield name, tags, switch


def _clusters() -> Iterator[tuple[str, Tags, Any]]:
    """An Aurora cluster is switched as a whole."""
    rds = _client("rds")
    for page in rds.get_paginator("describe_db_clusters").paginate():
        for found in page["DBClusters"]:

            def switch(on: bool, found: dict[str, Any] = found) -> bool:
                if found["Status"] != ("stopped" if on else "available"):
                    return False
                act = rds.start_db_cluster if on else rds.stop_db_cluster
                act(DBClusterIdentifier=found["DBClusterIdentifier"])
                return True

            yield found["DBClusterIdentifier"], _map(found.get("TagList")), switch


def _databases() -> Iterator[tuple[str, Tags, Any]]:
    """Members of a cluster are left to it: RDS refuses to stop one of them."""
    rds = _client("rds")
    for page in rds.get_paginator("describe_db_instances").paginate():
        for found in page["DBInstances"]:
            if found.get("DBClusterIdentifier"):
                continue

            def switch(on: bool, found: dict[str, Any] = found) -> bool:
                if found["DBInstanceStatus"] != ("stopped" if on else "available"):
                    return False
                act = rds.start_db_instance if on else rds.stop_db_instance
                act(DBInstanceIdentifier=found["DBInstanceIdentifier"])
                return True

            yield found["DBInstanceIdentifier"], _map(found.get("TagList")), switch


def _notebooks() -> Iterator[tuple[str, Tags, Any]]:
    sagemaker = _client("sagemaker")
    for page in sagemaker.get_paginator("list_notebook_instances").paginate():
        for found in page["NotebookInstances"]:
            name = found["NotebookInstanceName"]
            tags = _map(sagemaker.list_tags(ResourceArn=found["NotebookInstanceArn"])["Tags"])

            def switch(on: bool, found: dict[str, Any] = found, name: str = name) -> bool:
                wanted = "Stopped" if on else "InService"
                if found["NotebookInstanceStatus"] != wanted:
                    return False
                act = sagemaker.start_notebook_instance if on else sagemaker.stop_notebook_instance
                act(NotebookInstanceName=name)
                return True

            yield name, tags, switch


def _endpoints() -> Iterator[tuple[str, Tags, Any]]:
    sagemaker = _client("sagemaker")
    for page in sagemaker.get_paginator("list_endpoint_configs").paginate():
        for found in page["EndpointConfigs"]:
            config = found["EndpointConfigName"]
            tags = _map(sagemaker.list_tags(ResourceArn=found["EndpointConfigArn"])["Tags"])
            name = tags.get(ENDPOINT_TAG)
            if name is None:
                continue

            def switch(on: bool, name: str = name, config: str = config, tags: Tags = tags) -> bool:
                status = _endpoint_status(name)
                if status != (None if on else "InService"):
                    return False
                if on:
                    kept = [{"Key": k, "Value": v} for k, v in tags.items() if k[:4] != "aws:"]
                    sagemaker.create_endpoint(
                        EndpointName=name, EndpointConfigName=config, Tags=kept
                    )
                else:
                    sagemaker.delete_endpoint(EndpointName=name)
                return True

            yield name, tags, switch


def _endpoint_status(name: str) -> str | None:
    """None where there is no such endpoint."""
    try:
        return str(_client("sagemaker").describe_endpoint(EndpointName=name)["EndpointStatus"])
    except ClientError as error:
        if "Could not find" in str(error):
            return None
        raise
