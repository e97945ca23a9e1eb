"""EBS volumes, snapshots and images: delete after a snapshot, change type."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import (
    STEP_TAG,
    Call,
    Executor,
    Results,
    State,
    Step,
    gone,
    or_none,
    tag_list,
    tag_map,
)

SETS_IOPS, SETS_THROUGHPUT = ("gp3", "io1", "io2"), ("gp3",)
"""Volume types of which IOPS and throughput are set; those of the others follow from their size."""


@or_none
def read_volume(client: Any, resource_id: str) -> State | None:
    """state, type, iops, throughput, size, zone, attached and tags."""
    found = client.describe_volumes(VolumeIds=[resource_id])["Volumes"][0]
    return {
        "state": found["State"],
        "type": found["VolumeType"],
        "iops": found.get("Iops") if found["VolumeType"] in SETS_IOPS else None,
        "throughput": found.get("Throughput") if found["VolumeType"] in SETS_THROUGHPUT else None,
        "size_gib": found["Size"],
        "zone": found["AvailabilityZone"],
        "attached_to": sorted(a["InstanceId"] for a in found.get("Attachments", [])),
        "tags": tag_map(found.get("Tags")),
    }


def _find_snapshot(client: Any, step: Step, results: Results) -> State | None:
    wanted = [{"Name": f"tag:{STEP_TAG}", "Values": [step.id]}]
    found = client.describe_snapshots(OwnerIds=["self"], Filters=wanted)["Snapshots"]
    if not found:
        return None
    return _when_complete(client, found[0]["SnapshotId"])


def _snapshot(client: Any, step: Step, results: Results) -> State:
    made = client.create_snapshot(
        VolumeId=step.resource_id,
        Description=f"Before {step.resource_id} was deleted",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": tag_list({STEP_TAG: step.id})}],
    )
    return _when_complete(client, made["SnapshotId"])


def _when_complete(client: Any, snapshot_id: str) -> State:
    """A volume is deleted only once its copy is whole."""
    client.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot_id])
    return {"snapshot_id": snapshot_id}


def _delete_volume(client: Any, step: Step, results: Results) -> State:
    client.delete_volume(VolumeId=step.resource_id)
    return {}


def _performance(state: Any) -> dict[str, int]:
    """IOPS and throughput where the type lets them be set."""
    kept = {}
    if state["type"] in SETS_IOPS and state.get("iops"):
        kept["Iops"] = int(state["iops"])
    if state["type"] in SETS_THROUGHPUT and state.get("throughput"):
        kept["Throughput"] = int(state["throughput"])
    return kept


def _create_volume(client: Any, step: Step, results: Results) -> State:
    before = step.before_state
    made = client.create_volume(
        SnapshotId=results["create_snapshot"]["snapshot_id"],
        AvailabilityZone=before["zone"], VolumeType=before["type"], Size=before["size_gib"],
        ClientToken=f"undo-{step.id}",
        TagSpecifications=[{"ResourceType": "volume", "Tags": tag_list(before["tags"])}]
        if before["tags"] else [],
        **_performance(before),
    )  # fmt: skip
    return {"volume_id": made["VolumeId"]}


def _modify_volume(client: Any, step: Step, results: Results) -> State:
    target = step.parameters
    client.modify_volume(
        VolumeId=step.resource_id, VolumeType=target["type"], **_performance(target)
    )
    return {}


def _is_modified(client: Any, step: Step, results: Results) -> State | None:
    state = read_volume(client, step.resource_id) or {}
    target = step.parameters
    same = state.get("type") == target["type"] and _performance(target).items() <= (
        _performance(state).items()
    )
    return {} if same else None


def _modify_back(client: Any, step: Step, results: Results) -> State:
    before = step.before_state
    client.modify_volume(
        VolumeId=step.resource_id, VolumeType=before["type"], **_performance(before)
    )
    return {}


@or_none
def read_snapshot(client: Any, resource_id: str) -> State | None:
    """state, volume and tags."""
    found = client.describe_snapshots(SnapshotIds=[resource_id])["Snapshots"][0]
    return {
        "state": found["State"],
        "volume_id": found.get("VolumeId"),
        "tags": tag_map(found.get("Tags")),
    }


def _delete_snapshot(client: Any, step: Step, results: Results) -> State:
    client.delete_snapshot(SnapshotId=step.resource_id)
    return {}


EXECUTORS = {
    "delete_volume": Executor(
        "ec2", read_volume,
        (Call("create_snapshot", _snapshot, _find_snapshot),
         Call("delete", _delete_volume, gone(read_volume))),
        _create_volume,
    ),
    "modify_volume": Executor(
        "ec2", read_volume, (Call("modify", _modify_volume, _is_modified),), _modify_back,
        needs=("type",),
    ),
    "delete_snapshot": Executor(
        "ec2", read_snapshot, (Call("delete", _delete_snapshot, gone(read_snapshot)),),
    ),
}  # fmt: skip
