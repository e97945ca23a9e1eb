"""What the emulator keeps beside moto: Savings Plans, Studio applications, and the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from finops_lib.demo.emulator import Emulator
from finops_lib.demo.story.ledger import Commitment, Ledger, Resource
from finops_lib.demo.story.planting.backends import born
from finops_lib.demo.story.timeline import AS_OF

TERM_SECONDS = 365 * 86_400
STUDIO_DOMAIN = "d-halcyonstudio"


def plant_extras(ledger: Ledger, emulator: Emulator) -> None:
    """Everything that has no backend in moto."""
    for commitment in ledger.commitments:
        if commitment.kind == "savings_plan":
            emulator.put_savings_plans(commitment.account, [_savings_plan(commitment)])
    for item in ledger.of_kind("studio_app"):
        emulator.put_apps(item.account, item.region, [_app(item)])
    for item in ledger.of_role("detached_yesterday"):
        detached = _event(item, "DetachVolume", AS_OF - timedelta(days=1))
        emulator.put_events(item.account, item.region, [detached])
    for item in ledger.of_role("stopped_instance"):
        stopped = _event(item, "StopInstances", AS_OF - timedelta(days=40))
        emulator.put_events(item.account, item.region, [stopped])


def _savings_plan(plan: Commitment) -> dict[str, Any]:
    return {
        "savingsPlanId": plan.id,
        "savingsPlanArn": plan.arn,
        "start": f"{plan.start:%Y-%m-%dT%H:%M:%S.000Z}",
        "end": f"{plan.end:%Y-%m-%dT%H:%M:%S.000Z}",
        "state": "active",
        "savingsPlanType": "Compute",
        "paymentOption": "No Upfront",
        "productTypes": ["EC2", "Fargate", "Lambda"],
        "currency": "USD",
        "commitment": f"{plan.hourly_cost:.3f}",
        "upfrontPaymentAmount": "0.0",
        "recurringPaymentAmount": f"{plan.hourly_cost:.3f}",
        "termDurationInSeconds": TERM_SECONDS,
        "tags": {},
    }


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
