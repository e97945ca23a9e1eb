"""Addresses, NAT gateways, endpoints and load balancers."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from moto.elb.models import elb_backends
from moto.elbv2.models import elbv2_backends

from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.planting.backends import born, ec2, subnet, tag_list


def plant_network(ledger: Ledger) -> None:
    """Addresses (on their instance, their gateway or nothing), NAT gateways and VPC endpoints."""
    instances = {item.name: item for item in ledger.of_kind("instance")}
    addresses = {item.name: item for item in ledger.of_kind("address")}
    for item in addresses.values():
        _plant_address(item, instances.get(item.spec["user"]))
    for item in ledger.of_kind("nat_gateway"):
        _plant_gateway(item, addresses[item.spec["address_name"]])
    for item in ledger.of_kind("vpc_endpoint"):
        _plant_endpoint(item)


def plant_load_balancers(ledger: Ledger) -> None:
    """Load balancers with a listener; live ones with the instances that answer behind them."""
    for item in ledger.of_kind("load_balancer"):
        targets = [r for r in ledger.of_kind("instance") if r.name.rsplit("-", 1)[0] == item.name]
        is_live = item.role == "live_load_balancer"
        if item.spec["kind"] == "classic":
            _plant_classic(item)
        else:
            _plant_load_balancer(item, targets if is_live else [])


def _plant_address(item: Resource, instance: Resource | None) -> None:
    backend = ec2(item)
    address = backend.allocate_address("vpc")
    address.id = address.allocation_id = item.id
    backend.create_tags([item.id], dict(item.tags))
    if instance:
        backend.associate_address(instance=backend.get_instance(instance.id), allocation_id=item.id)


def _plant_gateway(item: Resource, address: Resource) -> None:
    backend = ec2(item)
    gateway = backend.create_nat_gateway(subnet(item).id, address.id)
    del backend.nat_gateways[gateway.id]
    gateway.id, gateway._created_at = item.id, born(item)
    backend.nat_gateways[item.id] = gateway
    backend.create_tags([item.id], dict(item.tags))


def _plant_endpoint(item: Resource) -> None:
    backend = ec2(item)
    network = subnet(item, f"{item.region}a")
    is_gateway = item.spec["type"] == "Gateway"
    tables = backend.describe_route_tables(filters={"vpc-id": [network.vpc_id]})
    endpoint = backend.create_vpc_endpoint(
        network.vpc_id,
        f"com.amazonaws.{item.region}.{item.spec['service']}",
        item.spec["type"],
        None,
        [table.id for table in tables] if is_gateway else [],
        subnet_ids=[] if is_gateway else [network.id, subnet(item, f"{item.region}b").id],
    )
    del backend.vpc_end_points[endpoint.id]
    endpoint.id, endpoint.created_at = item.id, born(item)
    backend.vpc_end_points[item.id] = endpoint
    backend.create_tags([item.id], dict(item.tags))


def _plant_load_balancer(item: Resource, targets: list[Resource]) -> None:
    backend = elbv2_backends[item.account][item.region]
    balancer = backend.create_load_balancer(
        item.name, [], [subnet(item, item.region + letter).id for letter in "ab"],
        loadbalancer_type=item.spec["kind"], tags=[],
    )  # fmt: skip
    del backend.load_balancers[balancer.arn]
    balancer.arn = item.bill_id
    balancer.created_time = f"{born(item):%Y-%m-%dT%H:%M:%S.000Z}"
    balancer.activate()
    backend.load_balancers[item.bill_id] = balancer
    backend.tagging_service.tag_resource(item.bill_id, tag_list(item))
    _plant_targets(backend, item, balancer, targets)


def _plant_targets(backend: Any, item: Resource, balancer: Any, targets: list[Resource]) -> None:
    protocol = "TCP" if item.spec["kind"] == "network" else "HTTP"
    group = backend.create_target_group(
        f"{item.name}-targets", vpc_id=balancer.vpc_id, protocol=protocol, port="8080",
        target_type="instance", healthcheck_enabled="true", healthy_threshold_count=5,
    )  # fmt: skip
    forward = [{"Type": "forward", "TargetGroupArn": group.arn}]
    backend.create_listener(item.bill_id, protocol, "80", "", None, forward)
    backend.register_targets(group.arn, [{"Id": target.id, "Port": "8080"} for target in targets])


def _plant_classic(item: Resource) -> None:
    port = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 8080}
    balancer = elb_backends[item.account][item.region].create_load_balancer(
        item.name, [f"{item.region}a"], [port]
    )
    balancer.created_time = born(item).replace(tzinfo=UTC)
    balancer.tags.update(item.tags)
