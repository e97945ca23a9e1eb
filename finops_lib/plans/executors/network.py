"""Addresses, load balancers, NAT gateways and VPC endpoints: release and delete."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import (
    Call,
    Executor,
    Results,
    State,
    Step,
    gone,
    or_none,
    tag_map,
)


@or_none
def read_address(client: Any, resource_id: str) -> State | None:
    """address, association and tags."""
    found = client.describe_addresses(AllocationIds=[resource_id])["Addresses"]
    if not found:
        return None
    return {
        "public_ip": found[0]["PublicIp"],
        "association_id": found[0].get("AssociationId"),
        "tags": tag_map(found[0].get("Tags")),
    }


def _release(client: Any, step: Step, results: Results) -> State:
    client.release_address(AllocationId=step.resource_id)
    return {}


@or_none
def read_load_balancer(client: Any, resource_id: str) -> State | None:
    """state, kind and tags."""
    found = client.describe_load_balancers(LoadBalancerArns=[resource_id])["LoadBalancers"]
    if not found:
        return None
    tags = client.describe_tags(ResourceArns=[resource_id])["TagDescriptions"]
    return {
        "state": found[0]["State"]["Code"],
        "kind": found[0]["Type"],
        "tags": tag_map(tags[0]["Tags"] if tags else []),
    }


def _delete_load_balancer(client: Any, step: Step, results: Results) -> State:
    client.delete_load_balancer(LoadBalancerArn=step.resource_id)
    return {}


@or_none
def read_nat_gateway(client: Any, resource_id: str) -> State | None:
    """state, VPC and tags; None once it is deleted or on the way there."""
    found = client.describe_nat_gateways(NatGatewayIds=[resource_id])["NatGateways"]
    if not found or found[0]["State"] in ("deleting", "deleted"):
        return None
    return {
        "state": found[0]["State"],
        "vpc_id": found[0]["VpcId"],
        "tags": tag_map(found[0].get("Tags")),
    }


def _delete_nat_gateway(client: Any, step: Step, results: Results) -> State:
    client.delete_nat_gateway(NatGatewayId=step.resource_id)
    return {}


@or_none
def read_vpc_endpoint(client: Any, resource_id: str) -> State | None:
    """state, service and tags; None once it is deleted or on the way there."""
    found = client.describe_vpc_endpoints(VpcEndpointIds=[resource_id])["VpcEndpoints"]
    if not found or found[0]["State"].lower() in ("deleting", "deleted"):
        return None
    return {
        "state": found[0]["State"],
        "service": found[0]["ServiceName"],
        "tags": tag_map(found[0].get("Tags")),
    }


def _delete_vpc_endpoint(client: Any, step: Step, results: Results) -> State:
    client.delete_vpc_endpoints(VpcEndpointIds=[step.resource_id])
    return {}


EXECUTORS = {
    "release_address": Executor(
        "ec2", read_address, (Call("release", _release, gone(read_address)),)
    ),
    "delete_load_balancer": Executor(
        "elbv2", read_load_balancer,
        (Call("delete", _delete_load_balancer, gone(read_load_balancer)),),
    ),
    "delete_nat_gateway": Executor(
        "ec2", read_nat_gateway, (Call("delete", _delete_nat_gateway, gone(read_nat_gateway)),)
    ),
    "delete_vpc_endpoint": Executor(
        "ec2", read_vpc_endpoint, (Call("delete", _delete_vpc_endpoint, gone(read_vpc_endpoint)),)
    ),
}  # fmt: skip
