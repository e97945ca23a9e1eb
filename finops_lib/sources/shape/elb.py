"""Load balancers of every kind, with their listeners and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finops_lib.sources.shape import Record


def balancer(
    raw: dict[str, Any], listeners: int, healths: Sequence[str], tags: dict[str, str] | None
) -> Record:
    """One load balancer of elbv2; `healths` are the states of its registered targets."""
    return {
        "resource_id": raw["LoadBalancerArn"],
        "name": raw["LoadBalancerName"],
        "kind": raw["Type"],
        "scheme": raw.get("Scheme"),
        "state": raw.get("State", {}).get("Code"),
        "create_time": raw.get("CreatedTime"),
        "vpc_id": raw.get("VpcId"),
        "metric_dimension": raw["LoadBalancerArn"].split(":loadbalancer/")[-1],
        "listener_count": listeners,
        "target_count": len(healths),
        "healthy_target_count": sum(state == "healthy" for state in healths),
        "tags": tags,
    }


def classic(
    raw: dict[str, Any], healthy: int | None, tags: Mapping[str, str] | None, arn: str
) -> Record:
    """One classic load balancer."""
    return {
        "resource_id": arn,
        "name": raw["LoadBalancerName"],
        "kind": "classic",
        "scheme": raw.get("Scheme"),
        "state": "active",
        "create_time": raw.get("CreatedTime"),
        "vpc_id": raw.get("VPCId"),
        "metric_dimension": raw["LoadBalancerName"],
        "listener_count": len(raw.get("ListenerDescriptions", [])),
        "target_count": len(raw.get("Instances", [])),
        "healthy_target_count": healthy,
        "tags": None if tags is None else dict(tags),
    }
