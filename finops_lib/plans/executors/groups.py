"""Auto Scaling groups: fewer machines."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import Call, Executor, Results, State, Step, tag_map


def _name(resource_id: str) -> str:
    return resource_id.rpartition("autoScalingGroupName/")[2]


def read_group(client: Any, resource_id: str) -> State | None:
    """Minimum, desired size and tags; None where it is gone or being deleted."""
    wanted = [_name(resource_id)]
    found = client.describe_auto_scaling_groups(AutoScalingGroupNames=wanted)["AutoScalingGroups"]
    if not found or found[0].get("Status"):
        return None
    return {
        "min_size": found[0]["MinSize"],
        "desired_capacity": found[0]["DesiredCapacity"],
        "tags": tag_map(found[0].get("Tags")),
    }


def _sized(client: Any, step: Step, sizes: Any) -> State:
    client.update_auto_scaling_group(
        AutoScalingGroupName=_name(step.resource_id), MinSize=int(sizes["min_size"]),
        DesiredCapacity=int(sizes["desired_capacity"]),
    )  # fmt: skip
    return {}


def _shrink(client: Any, step: Step, results: Results) -> State:
    return _sized(client, step, step.parameters)


def _is_shrunk(client: Any, step: Step, results: Results) -> State | None:
    state = read_group(client, step.resource_id) or {}
    sizes = ("min_size", "desired_capacity")
    return {} if all(state.get(k) == int(step.parameters[k]) for k in sizes) else None


def _grow_back(client: Any, step: Step, results: Results) -> State:
    return _sized(client, step, step.before_state)


EXECUTORS = {
    "shrink_auto_scaling_group": Executor(
        "autoscaling",
        read_group,
        (Call("shrink", _shrink, _is_shrunk),),
        _grow_back,
        needs=("min_size", "desired_capacity"),
    ),
}
