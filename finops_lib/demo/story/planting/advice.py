"""What AWS itself advises the company: right on most machines, blind to memory and to standbys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

from finops_lib.demo.emulator import Emulator
from finops_lib.demo.story import rates
from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.teams import PAYER
from finops_lib.demo.story.timeline import AS_OF
from finops_lib.units import HOURS_PER_MONTH

Advice = dict[str, Any]

MADE = (AS_OF - timedelta(hours=9)).replace(tzinfo=UTC)
OPTIONS = {
    "m5.2xlarge": "c5.xlarge", "m5.xlarge": "m5.large", "r5.xlarge": "r5.large",
    "c5.xlarge": "c5.large",
}  # fmt: skip
"""First options: of the largest AWS sees no memory, as its agent's metrics were never shared with it."""

HALVES = {**OPTIONS, "m5.2xlarge": "m5.xlarge"}
"""Cost Explorer stays in the family."""

IDLE = ("idle_instance", "protected_standby")
WELL = ("office_hours", "steady", "planned", "reserved", "nightly_batch", "busy_gpu", "small")
PLACES = {"us-east-1": "US East (N. Virginia)", "us-west-2": "US West (Oregon)"}
DATABASE_TARGETS = {"db.m5.2xlarge": "db.m5.xlarge"}
WELL_DATABASES = ("busy_database", "live_database")


def plant_advice(ledger: Ledger, emulator: Emulator) -> None:
    """Compute Optimizer's, the hub's and Cost Explorer's advice, each in its account's list."""
    for account in ledger.accounts:
        mine = [item for item in ledger.resources if item.account == account]
        idle = [item for item in mine if item.role in (*IDLE, "unattached_volume", "idle_database")]
        resized = list(_resized(mine))
        emulator.put_advice(account, {
            "GetEC2InstanceRecommendations": [
                *(raw for kind, _, raw in resized if kind == "instance"),
                *(_well_sized(item) for item in mine if item.role in WELL),
            ],
            "GetEBSVolumeRecommendations": [raw for kind, _, raw in resized if kind == "volume"],
            "GetRDSDatabaseRecommendations": [
                *(raw for kind, _, raw in resized if kind == "database"),
                *(_database(item, None, 0.0) for item in mine if item.role in WELL_DATABASES),
            ],
            "GetIdleRecommendations": [_idle(item) for item in idle],
            "ListRecommendations": [
                *(_in_hub(item, raw) for _, item, raw in resized), *map(_idle_in_hub, idle),
            ],
        })  # fmt: skip
    emulator.put_advice(
        PAYER,
        {
            "GetRightsizingRecommendation": [
                _rightsized(item)
                for item in ledger.of_kind("instance")
                if item.role in ("over_provisioned", *IDLE)
            ]
        },
    )


def _resized(items: list[Resource]) -> Iterator[tuple[str, Resource, Advice]]:
    for item in items:
        if item.role == "over_provisioned":
            yield "instance", item, _instance(item)
        if item.role in ("data_volume", "oversized_io2") and item.spec["volume_type"] != "gp3":
            yield "volume", item, _volume(item)
        if item.role == "oversized_database":
            target = DATABASE_TARGETS[item.spec["instance_class"]]
            saving = rates.RDS[item.spec["instance_class"]] - rates.RDS[target]
            yield "database", item, _database(item, target, saving * HOURS_PER_MONTH)


def _common(item: Resource) -> Advice:
    return {"accountId": item.account, "lookBackPeriodInDays": 14.0, "lastRefreshTimestamp": MADE}


def _opportunity(saving: float) -> Advice:
    return {"savingsOpportunity": {"estimatedMonthlySavings": {"currency": "USD", "value": saving}}}


def _arn(item: Resource) -> str:
    kind = {"instance": "instance", "volume": "volume"}.get(item.kind)
    plain = f"arn:aws:ec2:{item.region}:{item.account}:{kind}/{item.id}"
    return plain if kind else item.bill_id


def _cost(item: Resource) -> float:
    """What it costs a month to stand there; traffic is not AWS's matter here."""
    return sum(c.monthly_list_cost() for c in item.charges if c.pattern in ("always", "month"))


def _less(item: Resource, target: str) -> float:
    return (rates.EC2[item.spec["instance_type"]] - rates.EC2[target]) * HOURS_PER_MONTH


def _instance(item: Resource) -> Advice:
    target = OPTIONS[item.spec["instance_type"]]
    option = {
        "instanceType": target,
        "rank": 1,
        "performanceRisk": 1.0,
        "migrationEffort": "VeryLow",
    }
    return _common(item) | {
        "instanceArn": _arn(item), "instanceName": item.name, "finding": "Overprovisioned",
        "currentInstanceType": item.spec["instance_type"],
        "recommendationOptions": [option | _opportunity(_less(item, target))],
    }  # fmt: skip


def _well_sized(item: Resource) -> Advice:
    return _common(item) | {
        "instanceArn": _arn(item), "instanceName": item.name, "finding": "Optimized",
        "currentInstanceType": item.spec["instance_type"], "recommendationOptions": [],
    }  # fmt: skip


def _volume(item: Resource) -> Advice:
    size = int(item.spec["size_gib"])
    saving = _cost(item) - rates.EBS_GIB_MONTH["gp3"] * size
    now = {"volumeType": item.spec["volume_type"], "volumeSize": size}
    gp3 = {
        "volumeType": "gp3", "volumeSize": size, "volumeBaselineIOPS": 3000,
        "volumeBaselineThroughput": 125,
    }  # fmt: skip
    option = {"configuration": gp3, "rank": 1, "performanceRisk": 1.0}
    return _common(item) | {
        "volumeArn": _arn(item), "finding": "NotOptimized", "currentConfiguration": now,
        "volumeRecommendationOptions": [option | _opportunity(saving)],
    }  # fmt: skip


def _database(item: Resource, target: str | None, saving: float) -> Advice:
    option = {"dbInstanceClass": target, "rank": 1, "performanceRisk": 1.0} | _opportunity(saving)
    return {
        "accountId": item.account, "resourceArn": _arn(item), "engine": "postgres",
        "lookbackPeriodInDays": 14.0, "lastRefreshTimestamp": MADE,
        "currentDBInstanceClass": item.spec["instance_class"],
        "instanceFinding": "Overprovisioned" if target else "Optimized",
        "instanceRecommendationOptions": [option] if target else [],
    }  # fmt: skip


IDLE_TYPES = {"instance": "EC2Instance", "volume": "EBSVolume", "database": "RDSDBInstance"}


def _idle(item: Resource) -> Advice:
    return _common(item) | {
        "resourceArn": _arn(item), "resourceId": item.id, "resourceType": IDLE_TYPES[item.kind],
        "finding": "Unattached" if item.kind == "volume" else "Idle",
        **_opportunity(_cost(item)),
    }  # fmt: skip


HUB_TYPES = {"instance": "Ec2Instance", "volume": "EbsVolume", "database": "RdsDbInstance"}


def _hub(item: Resource, action: str, saving: float, now: str, then: str) -> Advice:
    return {
        "recommendationId": f"{action}-{item.id}", "accountId": item.account, "region": item.region,
        "resourceId": item.id, "resourceArn": _arn(item), "source": "ComputeOptimizer",
        "currentResourceType": HUB_TYPES[item.kind], "actionType": action,
        "recommendedResourceType": HUB_TYPES[item.kind], "currentResourceSummary": now,
        "recommendedResourceSummary": then, "estimatedMonthlySavings": saving,
        "estimatedMonthlyCost": _cost(item), "currencyCode": "USD",
        "lastRefreshTimestamp": MADE, "recommendationLookbackPeriodInDays": 14,
    }  # fmt: skip


def _in_hub(item: Resource, raw: Advice) -> Advice:
    options = next(value for name, value in raw.items() if name.lower().endswith("options"))
    first = options[0]
    saving = first["savingsOpportunity"]["estimatedMonthlySavings"]["value"]
    now = str(item.spec.get("instance_type") or item.spec.get("instance_class"))
    then = str(first.get("instanceType") or first.get("dbInstanceClass"))
    is_volume = item.kind == "volume"
    return _hub(
        item, "Upgrade" if is_volume else "Rightsize", saving,
        item.spec["volume_type"] if is_volume else now, "gp3" if is_volume else then,
    )  # fmt: skip


def _idle_in_hub(item: Resource) -> Advice:
    now = str(item.spec.get("instance_type") or item.spec.get("instance_class") or "volume")
    action = "Delete" if item.kind == "volume" else "Stop"
    return _hub(item, action, _cost(item), now, "")


def _rightsized(item: Resource) -> Advice:
    details = {"InstanceType": item.spec["instance_type"], "Region": PLACES[item.region]}
    raw = {
        "AccountId": item.account,
        "CurrentInstance": {
            "ResourceId": item.id, "InstanceName": item.name, "CurrencyCode": "USD",
            "ResourceDetails": {"EC2ResourceDetails": details},
            "MonthlyCost": f"{_cost(item):.10f}",
        },
    }  # fmt: skip
    if item.role in IDLE:
        whole = {"EstimatedMonthlySavings": f"{_cost(item):.10f}", "CurrencyCode": "USD"}
        return raw | {"RightsizingType": "TERMINATE", "TerminateRecommendationDetail": whole}
    target = HALVES[item.spec["instance_type"]]
    option = {
        "EstimatedMonthlySavings": f"{_less(item, target):.10f}", "CurrencyCode": "USD",
        "DefaultTargetInstance": True,
        "ResourceDetails": {"EC2ResourceDetails": {**details, "InstanceType": target}},
    }  # fmt: skip
    return raw | {
        "RightsizingType": "MODIFY", "ModifyRecommendationDetail": {"TargetInstances": [option]},
    }  # fmt: skip
