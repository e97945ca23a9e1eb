"""What the emulator keeps beside moto: Studio applications and the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from finops_lib.demo.emulator import Emulator
from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.planting.backends import born
from finops_lib.demo.story.timeline import AS_OF

STUDIO_DOMAIN = "d-halcyonstudio"


def plant_extras(ledger: Ledger, emulator: Emulator) -> None:
    """The applications, and the events that tell when a volume was detached or a machine stopped."""
    for item in ledger.of_kind("studio_app"):
        emulator.put_apps(item.account, item.region, [_app(item)])
    for item in ledger.of_role("detached_yesterday"):
        detached = _event(item, "DetachVolume", AS_OF - timedelta(days=1))
        emulator.put_events(item.account, item.region, [detached])
    for item in ledger.of_role("stopped_instance"):
        stopped = _event(item, "StopInstances", AS_OF - timedelta(days=40))
        emulator.put_events(item.account, item.region, [stopped])


def _app(item: Resource) -> dict[str, Any]:
    return {
        "DomainId": STUDIO_DOMAIN,
        "UserProfileName": "vision",
        "AppType": "JupyterLab",
        "AppName": item.name,
        "Status": "InService",
        "CreationTime": born(item).replace(tzinfo=UTC),
        "LastUserActivityTimestamp": (AS_OF - timedelta(hours=3)).replace(tzinfo=UTC),
        "LastHealthCheckTimestamp": AS_OF.replace(tzinfo=UTC),
        "ResourceSpec": {"InstanceType": item.spec["instance_type"]},
    }


def _event(item: Resource, name: str, moment: datetime) -> dict[str, Any]:
    kind = {"volume": "AWS::EC2::Volume", "instance": "AWS::EC2::Instance"}[item.kind]
    return {
        "EventId": f"{name}-{item.id}",
        "EventName": name,
        "EventSource": "ec2.amazonaws.com",
        "EventTime": moment.replace(tzinfo=UTC),
        "Username": "tomas",
        "Resources": [{"ResourceType": kind, "ResourceName": item.id}],
    }
