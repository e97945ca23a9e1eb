"""Auto Scaling groups: fewer machines, and hours of the week."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import Call, Executor, Results, State, Step, tag_map
from finops_lib.plans.executors.instances import SCHEDULE_TAG


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


def read_group_tags(client: Any, resource_id: str) -> State | None:
    """The group's name and tags; its sizes may change as it scales. None where it is gone."""
    state = read_group(client, resource_id)
    return state and {"group": _name(resource_id), "tags": state["tags"]}


def _schedule_tag(step: Step, **more: Any) -> dict[str, Any]:
    return {"ResourceId": _name(step.resource_id), "ResourceType": "auto-scaling-group",
            "Key": SCHEDULE_TAG, **more}  # fmt: skip


def _tag(client: Any, step: Step, schedule: str) -> State:
    tag = _schedule_tag(step, Value=schedule, PropagateAtLaunch=False)
    client.create_or_update_tags(Tags=[tag])
    return {}


def _schedule(client: Any, step: Step, results: Results) -> State:
    return _tag(client, step, str(step.parameters["schedule"]))


def _is_scheduled(client: Any, step: Step, results: Results) -> State | None:
    state = read_group(client, step.resource_id) or {"tags": {}}
    return {} if state["tags"].get(SCHEDULE_TAG) == step.parameters["schedule"] else None


def _schedule_back(client: Any, step: Step, results: Results) -> State:
    before = step.before_state["tags"].get(SCHEDULE_TAG)
    if before is not None:
        return _tag(client, step, before)
    client.delete_tags(Tags=[_schedule_tag(step)])
    return {}


EXECUTORS = {
    "schedule_group": Executor(
        "autoscaling", read_group_tags, (Call("schedule", _schedule, _is_scheduled),), _schedule_back,
        needs=("schedule",),
    ),
    "shrink_auto_scaling_group": Executor(
        "autoscaling",
        read_group,
        (Call("shrink", _shrink, _is_shrunk),),
        _grow_back,
        needs=("min_size", "desired_capacity"),
    ),
}  # fmt: skip
