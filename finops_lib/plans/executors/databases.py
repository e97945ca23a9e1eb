"""RDS databases: delete after a final snapshot, change class."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import (
    Call,
    Executor,
    Results,
    State,
    Step,
    or_none,
    tag_list,
    tag_map,
)


@or_none
def read_database(client: Any, resource_id: str) -> State | None:
    """state, class, engine and tags; None once it is being deleted."""
    name = resource_id.rpartition(":")[2]
    found = client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    if found["DBInstanceStatus"] == "deleting":
        return None
    return {
        "state": found["DBInstanceStatus"],
        "instance_class": found["DBInstanceClass"],
        "engine": found["Engine"],
        "tags": tag_map(found.get("TagList")),
    }


def _name(step: Step) -> str:
    return step.resource_id.rpartition(":")[2]


def _snapshot_name(step: Step) -> str:
    return f"finops-{_name(step)}-{step.id}"


def _snapshot(client: Any, step: Step, results: Results) -> State:
    name = _snapshot_name(step)
    client.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=_name(step))
    client.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=name)
    return {"snapshot_id": name}


@or_none
def _read_snapshot(client: Any, name: str) -> State | None:
    found = client.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
    if not found:
        return None
    client.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier=name)
    return {"snapshot_id": name}


def _find_snapshot(client: Any, step: Step, results: Results) -> State | None:
    return _read_snapshot(client, _snapshot_name(step))


def _delete(client: Any, step: Step, results: Results) -> State:
    client.delete_db_instance(DBInstanceIdentifier=_name(step), SkipFinalSnapshot=True)
    return {}


def _is_deleted(client: Any, step: Step, results: Results) -> State | None:
    return {} if read_database(client, step.resource_id) is None else None


def _restore(client: Any, step: Step, results: Results) -> State:
    client.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=_name(step),
        DBSnapshotIdentifier=results["final_snapshot"]["snapshot_id"],
        DBInstanceClass=step.before_state["instance_class"],
        Tags=tag_list(step.before_state["tags"]),
    )
    return {"database": _name(step)}


def _set_class(client: Any, step: Step, instance_class: str) -> State:
    client.modify_db_instance(
        DBInstanceIdentifier=_name(step), DBInstanceClass=instance_class, ApplyImmediately=True
    )
    return {}


def _resize(client: Any, step: Step, results: Results) -> State:
    return _set_class(client, step, step.parameters["instance_class"])


def _has_class(client: Any, step: Step, results: Results) -> State | None:
    state = read_database(client, step.resource_id) or {}
    return {} if state.get("instance_class") == step.parameters["instance_class"] else None


def _resize_back(client: Any, step: Step, results: Results) -> State:
    return _set_class(client, step, step.before_state["instance_class"])


EXECUTORS = {
    "delete_database": Executor(
        "rds", read_database,
        (Call("final_snapshot", _snapshot, _find_snapshot), Call("delete", _delete, _is_deleted)),
        _restore,
    ),
    "resize_database": Executor(
        "rds", read_database, (Call("resize", _resize, _has_class),), _resize_back,
        needs=("instance_class",),
    ),
}  # fmt: skip
