"""Machine images: deregister, and delete the snapshots that only they needed."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from finops_lib.plans.executors.executor import (
    Call,
    Executor,
    Results,
    State,
    Step,
    absent,
    gone,
    or_none,
    tag_map,
)


@or_none
def read_image(client: Any, resource_id: str) -> State | None:
    """state, snapshots and tags; None once it is deregistered."""
    found = client.describe_images(ImageIds=[resource_id])["Images"]
    if not found or found[0].get("State") == "deregistered":
        return None
    disks = (mapping.get("Ebs", {}) for mapping in found[0].get("BlockDeviceMappings", []))
    return {
        "state": found[0]["State"],
        "snapshots": sorted(disk["SnapshotId"] for disk in disks if "SnapshotId" in disk),
        "tags": tag_map(found[0].get("Tags")),
    }


def _deregister(client: Any, step: Step, results: Results) -> State:
    client.deregister_image(ImageId=step.resource_id)
    return {}


def _delete_snapshots(client: Any, step: Step, results: Results) -> State:
    """Those that the image had when it was planned; one that is gone already is as wanted."""
    for snapshot in step.before_state["snapshots"]:
        try:
            client.delete_snapshot(SnapshotId=snapshot)
        except ClientError as error:
            if not absent(error):
                raise
    return {}


def _ask_again(client: Any, step: Step, results: Results) -> None:
    """To delete a deleted snapshot changes nothing."""
    return


EXECUTORS = {
    "deregister_image": Executor(
        "ec2", read_image,
        (Call("deregister", _deregister, gone(read_image)),
         Call("delete_snapshots", _delete_snapshots, _ask_again)),
    ),
}  # fmt: skip
