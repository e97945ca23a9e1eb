"""What all planting needs: an account's EC2, its subnets, and tags and times as the emulator wants them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_block_store import Volume

from finops_lib.demo.story.ledger import Resource

VOLUME: Any = Volume
"""The emulator's volume; it leaves methods of its base abstract, which only type checkers mind."""


def ec2(item: Resource) -> Any:
    """The EC2 backend of the resource's account and region."""
    return ec2_backends[item.account][item.region]


def subnet(item: Resource, zone: str | None = None) -> Any:
    """The default subnet of the resource's availability zone."""
    return ec2(item).get_default_subnets()[zone or item.spec["zone"]]


def born(item: Resource) -> datetime:
    """The resource's start, naive UTC, as the emulator keeps times."""
    if item.start is None:
        raise ValueError(f"{item.kind} {item.name} has no place in time")
    return item.start


def tag_list(item: Resource) -> list[dict[str, str]]:
    """The resource's tags as the AWS APIs list them."""
    return [{"Key": key, "Value": value} for key, value in item.tags.items()]
