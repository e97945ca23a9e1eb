"""The ledger's entries: a resource with its life, its owner and its charges; and the ledger itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from finops_lib.demo.story.teams import ACCOUNTS, MAIN_REGION, Owner
from finops_lib.units import HOURS_PER_MONTH

PREFIXES = {
    "instance": "i-", "volume": "vol-", "snapshot": "snap-", "image": "ami-",
    "address": "eipalloc-", "nat_gateway": "nat-", "vpc_endpoint": "vpce-",
}  # fmt: skip

ARNS = {
    "snapshot": "arn:aws:ec2:{region}:{account}:snapshot/{id}",
    "address": "arn:aws:ec2:{region}:{account}:elastic-ip/{id}",
    "nat_gateway": "arn:aws:ec2:{region}:{account}:natgateway/{id}",
    "vpc_endpoint": "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}",
    "load_balancer": "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{id}",
    "database": "arn:aws:rds:{region}:{account}:db:{id}",
    "endpoint": "arn:aws:sagemaker:{region}:{account}:endpoint/{id}",
    "notebook_instance": "arn:aws:sagemaker:{region}:{account}:notebook-instance/{id}",
    "training_job": "arn:aws:sagemaker:{region}:{account}:training-job/{id}",
    "log_group": "arn:aws:logs:{region}:{account}:log-group:{id}",
    "cluster": "arn:aws:eks:{region}:{account}:cluster/{id}",
    "cache": "arn:aws:elasticache:{region}:{account}:cluster:{id}",
    "table": "arn:aws:dynamodb:{region}:{account}:table/{id}",
    "stream": "arn:aws:kinesis:{region}:{account}:stream/{id}",
    "function": "arn:aws:lambda:{region}:{account}:function:{id}",
    "etl_job": "arn:aws:glue:{region}:{account}:job/{id}",
    "distribution": "arn:aws:cloudfront::{account}:distribution/{id}",
    "studio_app": "arn:aws:sagemaker:{region}:{account}:app/{id}",
}
"""How the bill spells the identifier of what it does not name by its plain id."""


@dataclass(frozen=True)
class Charge:
    """What a resource consumes: `amount` units an hour of `pattern`, at `rate` dollars a unit."""

    service: str
    usage_type: str
    operation: str
    unit: str
    rate: float
    amount: float
    pattern: str = "always"
    commitment_id: str = ""
    paid_rate: float | None = None
    """What is really paid per unit: the committed or the Spot price; None: the list price."""

    instance_type: str = ""
    category: str = ""
    """Where the story counts it, if not with its resource."""

    def monthly_list_cost(self) -> float:
        """Dollars at list for a month of 730 hours; for patterns that run steadily only."""
        hours = {"always": HOURS_PER_MONTH, "month": 1.0}[self.pattern]
        return self.rate * self.amount * hours


@dataclass(frozen=True)
class Resource:
    """One thing of the company: what it is, whose, when it lived, what it costs and how it behaves."""

    kind: str
    name: str
    role: str
    category: str
    owner: Owner
    account: str
    region: str
    id: str
    start: datetime | None = None
    end: datetime | None = None
    charges: tuple[Charge, ...] = ()
    profile: str = "none"
    spec: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def bill_id(self) -> str:
        """The identifier as the bill spells it."""
        pattern = ARNS.get(self.kind, "{id}")
        return pattern.format(region=self.region, account=self.account, id=self.id)

    @property
    def monthly_list_cost(self) -> float:
        """Dollars at list for a month of 730 hours."""
        return sum(charge.monthly_list_cost() for charge in self.charges)


@dataclass(frozen=True)
class Commitment:
    """A reservation or a Savings Plan that the company bought, and what it costs each hour."""

    id: str
    kind: str
    account: str
    region: str
    start: datetime
    end: datetime
    hourly_cost: float
    instance_type: str = ""
    count: int = 0

    @property
    def arn(self) -> str:
        """The identifier as the bill spells it."""
        if self.kind == "savings_plan":
            return f"arn:aws:savingsplans::{self.account}:savingsplan/{self.id}"
        return f"arn:aws:ec2:{self.region}:{self.account}:reserved-instances/{self.id}"


@dataclass(frozen=True)
class Ledger:
    """All that is planted: bill, inventory, metrics and the answer key are renderings of it."""

    seed: int
    resources: tuple[Resource, ...]
    commitments: tuple[Commitment, ...]
    accounts: Mapping[str, str] = field(default_factory=lambda: dict(ACCOUNTS))

    def of_kind(self, kind: str) -> list[Resource]:
        """The resources of one kind, in the order of the ledger."""
        return [resource for resource in self.resources if resource.kind == kind]

    def of_role(self, role: str) -> list[Resource]:
        """The resources that play one role, in the order of the ledger."""
        return [resource for resource in self.resources if resource.role == role]


def resource(
    kind: str,
    name: str,
    role: str,
    category: str,
    owner: Owner,
    *,
    region: str = MAIN_REGION,
    account: str = "",
    **more: Any,
) -> Resource:
    """A Resource whose account is its owner's and whose id follows from its kind, account and name."""
    account = account or owner.account
    path = f"{account}/{region}/{name}" if kind in PREFIXES else name
    identity = more.pop("id", None) or identifier(kind, path)
    return Resource(kind, name, role, category, owner, account, region, identity, **more)


def identifier(kind: str, name: str) -> str:
    """The provider-like id of a named thing: the same name always has the same id."""
    if kind not in PREFIXES:
        return name
    return PREFIXES[kind] + hashlib.sha256(f"{kind}/{name}".encode()).hexdigest()[:17]
