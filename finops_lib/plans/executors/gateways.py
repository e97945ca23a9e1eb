"""Gateway endpoints beside a NAT gateway: what goes to S3 and DynamoDB no longer passes through it."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import (
    STEP_TAG,
    Call,
    Executor,
    Results,
    State,
    Step,
    tag_list,
)
from finops_lib.plans.executors.network import read_nat_gateway


def _services(step: Step) -> list[str]:
    return [f"com.amazonaws.{step.region}.{name}" for name in step.parameters["services"].split()]


def _held(client: Any, step: Step) -> dict[str, str]:
    """Service to endpoint of the network's gateway endpoints."""
    where = [{"Name": "vpc-id", "Values": [step.parameters["vpc_id"]]}]
    found = client.describe_vpc_endpoints(Filters=where)["VpcEndpoints"]
    alive = (e for e in found if e["State"].lower() not in ("deleting", "deleted"))
    return {
        e["ServiceName"]: e["VpcEndpointId"] for e in alive if e["VpcEndpointType"] == "Gateway"
    }


def _create(client: Any, step: Step, results: Results) -> State:
    """An endpoint a service, with a route in every table of the network: without one nothing goes through it."""
    where = [{"Name": "vpc-id", "Values": [step.parameters["vpc_id"]]}]
    tables = client.describe_route_tables(Filters=where)["RouteTables"]
    held = _held(client, step)
    for service in (name for name in _services(step) if name not in held):
        client.create_vpc_endpoint(
            VpcId=step.parameters["vpc_id"], ServiceName=service, VpcEndpointType="Gateway",
            RouteTableIds=[table["RouteTableId"] for table in tables],
            TagSpecifications=[
                {"ResourceType": "vpc-endpoint", "Tags": tag_list({STEP_TAG: step.id})}
            ],
        )  # fmt: skip
    return _mine(client, step)


def _find(client: Any, step: Step, results: Results) -> State | None:
    return _mine(client, step) if set(_services(step)) <= set(_held(client, step)) else None


def _mine(client: Any, step: Step) -> State:
    """The endpoints of this step, which alone are undone later, however often it was begun."""
    mine = [{"Name": f"tag:{STEP_TAG}", "Values": [step.id]}]
    found = client.describe_vpc_endpoints(Filters=mine)["VpcEndpoints"]
    return {"endpoints": sorted(e["VpcEndpointId"] for e in found)}


def _delete(client: Any, step: Step, results: Results) -> State:
    made = results["create"]["endpoints"]
    if made:
        client.delete_vpc_endpoints(VpcEndpointIds=made)
    return {}


EXECUTORS = {
    "create_gateway_endpoint": Executor(
        "ec2",
        read_nat_gateway,
        (Call("create", _create, _find),),
        _delete,
        needs=("vpc_id", "services"),
    ),
}
