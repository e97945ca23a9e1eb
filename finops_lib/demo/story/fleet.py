"""The company's EC2 instances, by the part each group plays in the story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from finops_lib.demo.story import network, rates, teams
from finops_lib.demo.story.ledger import Charge, Commitment, Resource, identifier, resource

RI_STEADY = "3f9a1c52-7b1e-4c8d-9a55-0d6f8f0a1b01"
RI_UNUSED = "c81d4e2e-51aa-4be1-b6d3-7a90e11f2c02"
SAVINGS_PLAN = "6e2f0b7d-9c34-4f7a-8a61-2b5d9e7c3d03"

UNUSED_SHARE = 0.06
"""What the Savings Plan commits to beyond what it covers."""


@dataclass(frozen=True)
class Group:
    """Instances that are alike: how many, of which type, whose, and how busy (a metric profile)."""

    stem: str
    count: int
    instance_type: str
    role: str
    owner: teams.Owner
    profile: str
    root_gib: int = 80
    root_type: str = "gp2"
    region: str = teams.MAIN_REGION
    pattern: str = "always"
    is_spot: bool = False
    commitment_id: str = ""
    hint: str = ""
    """What tells the owner where tags do not: asg or stack."""

    start: datetime | None = None
    tags: tuple[tuple[str, str], ...] = ()


WEST = teams.SECOND_REGION

GROUPS = (
    Group("prod-api", 10, "m5.2xlarge", "over_provisioned", teams.SERVING, "over_provisioned", hint="asg"),
    Group("features-api", 20, "m5.xlarge", "over_provisioned", teams.RECS, "over_provisioned", hint="asg"),
    Group("recs-ranker", 8, "r5.xlarge", "over_provisioned", teams.RECS, "over_provisioned"),
    Group("fraud-rules", 7, "c5.xlarge", "over_provisioned", teams.FRAUD, "over_provisioned", hint="stack"),
    Group("dev-workbench", 18, "m5.xlarge", "office_hours", teams.RECS_DEV, "office"),
    Group("dev-serving", 8, "m5.xlarge", "office_hours", teams.SERVING_DEV, "office", hint="stack"),
    Group("staging-fraud", 4, "r5.2xlarge", "office_hours", teams.FRAUD_STAGING, "office", hint="asg"),
    Group("staging-recs", 4, "r5.2xlarge", "office_hours", teams.RECS_STAGING, "office"),
    Group("staging-build", 4, "c5.2xlarge", "office_hours", teams.FRAUD_STAGING, "office"),
    Group("research-gpu-dev", 5, "g4dn.xlarge", "office_hours", teams.VISION, "office_gpu"),
    Group("recs-api", 16, "m5.xlarge", "reserved", teams.RECS, "steady", root_type="gp3",
          commitment_id=RI_STEADY, hint="asg"),
    Group("fraud-stream", 8, "c5.2xlarge", "planned", teams.FRAUD, "steady", root_type="gp3",
          commitment_id=SAVINGS_PLAN, hint="asg"),
    Group("feature-store", 5, "r5.2xlarge", "planned", teams.RECS, "steady", root_type="gp3",
          commitment_id=SAVINGS_PLAN),
    Group("fraud-scoring", 6, "c5.4xlarge", "steady", teams.FRAUD, "steady", root_type="gp3", hint="stack"),
    Group("kafka-broker", 5, "m5.2xlarge", "steady", teams.SERVING, "steady", root_type="gp3"),
    Group("recs-api-west", 4, "r5.xlarge", "steady", teams.RECS, "steady", root_type="gp3", region=WEST),
    Group("vision-trainer", 1, "p3.2xlarge", "busy_gpu", teams.VISION, "busy_gpu", root_gib=200),
    Group("fraud-train-nightly", 1, "p3.8xlarge", "spot_candidate", teams.FRAUD, "night_gpu", root_gib=300,
          pattern="night", tags=(("finops:schedule", "nights"),)),
    Group("language-train-nightly", 1, "g5.12xlarge", "spot_candidate", teams.LANGUAGE, "night_gpu",
          root_gib=300, pattern="night"),
    Group("vision-sweep", 2, "g5.2xlarge", "spot", teams.VISION, "steady_gpu", is_spot=True),
    Group("recs-etl-spot", 2, "c5.4xlarge", "spot", teams.RECS, "steady", is_spot=True),
    Group("nightly-export", 1, "c5.2xlarge", "nightly_batch", teams.CHURN, "nightly_batch"),
    Group("bastion", 2, "t3.medium", "small", teams.SERVING, "light", root_gib=20),
    Group("legacy-gateway", 1, "m5.xlarge", "unmeasured", teams.SERVING, "none"),
    Group("churn-canary", 1, "m5.xlarge", "new_instance", teams.CHURN, "idle",
          start=datetime(2026, 11, 2, 9)),
    Group("fraud-standby", 1, "m5.2xlarge", "protected_standby", teams.FRAUD, "idle", region=WEST,
          tags=(("protected", "true"), ("purpose", "warm standby for disaster recovery"))),
    Group("churn-experiment", 4, "m5.4xlarge", "idle_instance", teams.CHURN, "idle"),
    Group("old-feature-cache", 3, "r5.2xlarge", "idle_instance", teams.RECS, "idle"),
    Group("poc-search", 2, "c5.2xlarge", "idle_instance", teams.VISION, "idle"),
    Group("poc-search-west", 1, "c5.2xlarge", "idle_instance", teams.VISION, "idle", region=WEST),
    Group("demo-frontend", 2, "t3.large", "idle_instance", teams.SERVING_DEV, "idle"),
    Group("gan-playground", 1, "p3.2xlarge", "idle_gpu", teams.VISION, "idle_gpu", root_gib=200),
    Group("old-crawler", 3, "m5.xlarge", "stopped_instance", teams.LANGUAGE, "none", root_gib=200),
)  # fmt: skip

TRAFFIC = {
    "kafka-broker": network.cross_zone(21_000),
    "feature-store": network.cross_zone(12_600),
    "recs-api": network.cross_zone(2_625),
    "prod-api": network.internet("AmazonEC2", 1_024, rates.INTERNET_GIB),
}
"""What each machine of a group sends across zones, or to the internet."""

CATEGORIES = {"idle_instance": "waste", "idle_gpu": "waste"}


def instances() -> Iterator[Resource]:
    """Every instance with its charges and the hints that tell its owner."""
    for group in GROUPS:
        for number in range(1, group.count + 1):
            yield _instance(group, number)


def commitments() -> tuple[Commitment, ...]:
    """What the company bought: 16 reservations in use, 2 left over, and one Savings Plan."""
    planned = sum(_list_price(g) * g.count for g in GROUPS if g.commitment_id == SAVINGS_PLAN)
    used = planned * rates.SAVINGS_PLAN_SHARE
    reserved, unused = rates.RESERVED["m5.xlarge"], rates.RESERVED["r4.2xlarge"]
    buyer = teams.PRODUCTION
    return (
        Commitment(RI_STEADY, "reserved_instance", buyer, teams.MAIN_REGION, datetime(2026, 7, 1),
                   datetime(2027, 7, 1), 16 * reserved, "m5.xlarge", 16),
        Commitment(RI_UNUSED, "reserved_instance", buyer, WEST, datetime(2026, 5, 1),
                   datetime(2027, 5, 1), 2 * unused, "r4.2xlarge", 2),
        Commitment(SAVINGS_PLAN, "savings_plan", buyer, "global", datetime(2026, 8, 1),
                   datetime(2027, 8, 1), round(used * (1 + UNUSED_SHARE), 3)),
    )  # fmt: skip


def _instance(group: Group, number: int) -> Resource:
    name = f"{group.stem}-{number:02d}"
    return resource(
        "instance",
        name,
        group.role,
        CATEGORIES.get(group.role, "compute"),
        group.owner,
        region=group.region,
        start=group.start,
        profile=group.profile,
        charges=_charges(group),
        spec={
            "instance_type": group.instance_type,
            "zone": group.region + "ab"[number % 2],
            "root_gib": group.root_gib,
            "root_type": group.root_type,
            "is_spot": group.is_spot,
            "is_on": group.pattern == "always" and group.role != "stopped_instance",
            "asg": f"asg-{group.stem}" if group.hint == "asg" else "",
        },
        tags=dict(group.tags) | _hint(group),
    )


def _charges(group: Group) -> tuple[Charge, ...]:
    if group.role == "stopped_instance":
        return ()
    traffic = (TRAFFIC[group.stem],) if group.stem in TRAFFIC else ()
    return (_hours(group), *traffic)


def _hours(group: Group) -> Charge:
    usage, paid = "BoxUsage", None
    if group.is_spot:
        usage, paid = "SpotUsage", rates.SPOT[group.instance_type]
    if group.commitment_id == RI_STEADY:
        paid = rates.RESERVED[group.instance_type]
    if group.commitment_id == SAVINGS_PLAN:
        paid = rates.EC2[group.instance_type] * rates.SAVINGS_PLAN_SHARE
    return Charge(
        "AmazonEC2",
        f"{usage}:{group.instance_type}",
        "RunInstances",
        "Hrs",
        rates.EC2[group.instance_type],
        1.0,
        pattern=group.pattern,
        commitment_id=group.commitment_id,
        paid_rate=paid,
        instance_type=group.instance_type,
    )


def _list_price(group: Group) -> float:
    return rates.EC2[group.instance_type]


def _hint(group: Group) -> dict[str, str]:
    if group.hint == "asg":
        return {"aws:autoscaling:groupName": f"asg-{group.stem}"}
    if group.hint == "stack":
        return {
            "aws:cloudformation:stack-name": group.stem,
            "aws:cloudformation:stack-id": "arn:aws:cloudformation:"
            f"{group.region}:{group.owner.account}:stack/{group.stem}/{identifier('stack', group.stem)}",
        }
    return {}
