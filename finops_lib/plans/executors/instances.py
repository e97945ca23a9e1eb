"""EC2 instances: terminate after an image, stop, resize, schedule by tag."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import (
    MARK_TAG,
    STEP_TAG,
    Call,
    Executor,
    Results,
    State,
    Step,
    or_none,
    tag_list,
    tag_map,
)

SCHEDULE_TAG = "finops:schedule"
"""The tag by which the off-hours function knows an instance's hours."""


def _instance(client: Any, resource_id: str) -> dict[str, Any]:
    answer = client.describe_instances(InstanceIds=[resource_id])
    found: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
    return found


@or_none
def read_instance(client: Any, resource_id: str) -> State | None:
    """state, instance_type and tags; None once it is terminated or on the way there."""
    found = _instance(client, resource_id)
    if found["State"]["Name"] in ("terminated", "shutting-down"):
        return None
    return {
        "state": found["State"]["Name"],
        "instance_type": found["InstanceType"],
        "tags": tag_map(found.get("Tags")),
    }


def _image_name(step: Step) -> str:
    return f"finops-{step.resource_id}-{step.id}"


def _find_image(client: Any, step: Step, results: Results) -> State | None:
    wanted = [{"Name": "name", "Values": [_image_name(step)]}]
    images = client.describe_images(Owners=["self"], Filters=wanted)["Images"]
    return {"image_id": images[0]["ImageId"]} if images else None


def _create_image(client: Any, step: Step, results: Results) -> State:
    """The image, and what a launch from it needs that the image does not hold."""
    made = client.create_image(
        InstanceId=step.resource_id, Name=_image_name(step), NoReboot=True,
        TagSpecifications=[{"ResourceType": "image", "Tags": tag_list({STEP_TAG: step.id})}],
    )  # fmt: skip
    client.get_waiter("image_available").wait(ImageIds=[made["ImageId"]])
    return {"image_id": made["ImageId"]}


def _describe(client: Any, step: Step, results: Results) -> State:
    found = _instance(client, step.resource_id)
    return {
        "launch": {
            "InstanceType": found["InstanceType"],
            "SubnetId": found.get("SubnetId"),
            "SecurityGroupIds": [g["GroupId"] for g in found.get("SecurityGroups", [])],
            **({"KeyName": found["KeyName"]} if found.get("KeyName") else {}),
        },
        "tags": {k: v for k, v in tag_map(found.get("Tags")).items() if k != MARK_TAG},
        "running": found["State"]["Name"] == "running",
    }


def _never(client: Any, step: Step, results: Results) -> None:
    """A reading may simply be repeated."""
    return


def _terminate(client: Any, step: Step, results: Results) -> State:
    client.terminate_instances(InstanceIds=[step.resource_id])
    return {}


def _terminated(client: Any, step: Step, results: Results) -> State | None:
    return {} if read_instance(client, step.resource_id) is None else None


def _launch_again(client: Any, step: Step, results: Results) -> State:
    kept = results["describe"]
    launched = client.run_instances(
        ImageId=results["create_image"]["image_id"], MinCount=1, MaxCount=1,
        ClientToken=f"undo-{step.id}",
        TagSpecifications=[{"ResourceType": "instance", "Tags": tag_list(kept["tags"])}]
        if kept["tags"] else [],
        **{k: v for k, v in kept["launch"].items() if v},
    )  # fmt: skip
    new = launched["Instances"][0]["InstanceId"]
    if not kept["running"]:
        _stop_and_wait(client, new)
    return {"instance_id": new}


def _stop_and_wait(client: Any, resource_id: str) -> None:
    client.stop_instances(InstanceIds=[resource_id])
    client.get_waiter("instance_stopped").wait(InstanceIds=[resource_id])


def _start_and_wait(client: Any, resource_id: str) -> None:
    if _instance(client, resource_id)["State"]["Name"] not in ("pending", "running"):
        client.start_instances(InstanceIds=[resource_id])
    client.get_waiter("instance_running").wait(InstanceIds=[resource_id])


def _stop(client: Any, step: Step, results: Results) -> State:
    _stop_and_wait(client, step.resource_id)
    return {}


def _is_stopped(client: Any, step: Step, results: Results) -> State | None:
    state = read_instance(client, step.resource_id)
    return {} if state and state["state"] == "stopped" else None


def _start(client: Any, step: Step, results: Results) -> State:
    """Runs again, if it ran before the step."""
    if step.before_state["state"] == "running":
        _start_and_wait(client, step.resource_id)
    return {}


def _is_as_before(client: Any, step: Step, results: Results) -> State | None:
    state = read_instance(client, step.resource_id)
    return {} if state and state["state"] == step.before_state["state"] else None


def _set_type(client: Any, resource_id: str, instance_type: str) -> None:
    client.modify_instance_attribute(InstanceId=resource_id, InstanceType={"Value": instance_type})


def _resize(client: Any, step: Step, results: Results) -> State:
    _set_type(client, step.resource_id, step.parameters["instance_type"])
    return {}


def _has_type(client: Any, step: Step, results: Results) -> State | None:
    state = read_instance(client, step.resource_id)
    return {} if state and state["instance_type"] == step.parameters["instance_type"] else None


def _resize_back(client: Any, step: Step, results: Results) -> State:
    """Stops it, gives it the type it had and starts it if it ran."""
    _stop_and_wait(client, step.resource_id)
    _set_type(client, step.resource_id, step.before_state["instance_type"])
    return _start(client, step, results)


def _schedule(client: Any, step: Step, results: Results) -> State:
    tag = {"Key": SCHEDULE_TAG, "Value": str(step.parameters["schedule"])}
    client.create_tags(Resources=[step.resource_id], Tags=[tag])
    return {}


def _is_scheduled(client: Any, step: Step, results: Results) -> State | None:
    state = read_instance(client, step.resource_id)
    value = state and state["tags"].get(SCHEDULE_TAG)
    return {} if value == step.parameters["schedule"] else None


def _schedule_back(client: Any, step: Step, results: Results) -> State:
    before = step.before_state["tags"].get(SCHEDULE_TAG)
    if before is None:
        client.delete_tags(Resources=[step.resource_id], Tags=[{"Key": SCHEDULE_TAG}])
    else:
        tag = {"Key": SCHEDULE_TAG, "Value": before}
        client.create_tags(Resources=[step.resource_id], Tags=[tag])
    return {}


EXECUTORS = {
    "terminate_instance": Executor(
        "ec2", read_instance,
        (Call("describe", _describe, _never), Call("create_image", _create_image, _find_image),
         Call("terminate", _terminate, _terminated)),
        _launch_again,
    ),
    "stop_instance": Executor(
        "ec2", read_instance, (Call("stop", _stop, _is_stopped),), _start,
    ),
    "resize_instance": Executor(
        "ec2", read_instance,
        (Call("stop", _stop, _is_stopped), Call("resize", _resize, _has_type),
         Call("start", _start, _is_as_before)),
        _resize_back, rolls_back=True, needs=("instance_type",),
    ),
    "schedule_instance": Executor(
        "ec2", read_instance, (Call("schedule", _schedule, _is_scheduled),), _schedule_back,
        needs=("schedule",),
    ),
}  # fmt: skip
