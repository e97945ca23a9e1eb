"""Databases that stop and start: an Aurora cluster as a whole, an instance that is in none.

RDS starts what was stopped again after seven days:
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-cluster-stop-start.html.
"""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.databases import read_database
from finops_lib.plans.executors.executor import (
    Call,
    Executor,
    Results,
    State,
    Step,
    or_none,
    tag_map,
)

STOPPED = ("stopping", "stopped")


def _cluster_name(client: Any, resource_id: str) -> str | None:
    """The cluster's name: of its own ARN, or of a member's, which RDS is asked for."""
    name = resource_id.rpartition(":")[2]
    if ":cluster:" in resource_id:
        return name
    member = client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    found: str | None = member.get("DBClusterIdentifier")
    return found


@or_none
def read_cluster(client: Any, resource_id: str) -> State | None:
    """state, cluster, engine and tags of the cluster with this ARN or this member; None where it is gone."""
    name = _cluster_name(client, resource_id)
    if name is None:
        return None
    found = client.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    if found["Status"] == "deleting":
        return None
    return {
        "state": found["Status"],
        "cluster": name,
        "engine": found["Engine"],
        "tags": tag_map(found.get("TagList")),
    }


def _stop_cluster(client: Any, step: Step, results: Results) -> State:
    client.stop_db_cluster(DBClusterIdentifier=step.before_state["cluster"])
    return {}


def _cluster_stopped(client: Any, step: Step, results: Results) -> State | None:
    state = read_cluster(client, step.resource_id)
    return {} if state and state["state"] in STOPPED else None


def _start_cluster(client: Any, step: Step, results: Results) -> State:
    """Runs again, if it ran before the step and nobody has started it since."""
    stopped = _cluster_stopped(client, step, results) is not None
    if stopped and step.before_state["state"] == "available":
        client.start_db_cluster(DBClusterIdentifier=step.before_state["cluster"])
    return {}


def _name(step: Step) -> str:
    return step.resource_id.rpartition(":")[2]


def _stop_database(client: Any, step: Step, results: Results) -> State:
    client.stop_db_instance(DBInstanceIdentifier=_name(step))
    return {}


def _database_stopped(client: Any, step: Step, results: Results) -> State | None:
    state = read_database(client, step.resource_id)
    return {} if state and state["state"] in STOPPED else None


def _start_database(client: Any, step: Step, results: Results) -> State:
    """Runs again, if it ran before the step and nobody has started it since."""
    stopped = _database_stopped(client, step, results) is not None
    if stopped and step.before_state["state"] == "available":
        client.start_db_instance(DBInstanceIdentifier=_name(step))
    return {}


EXECUTORS = {
    "stop_database_cluster": Executor(
        "rds", read_cluster, (Call("stop", _stop_cluster, _cluster_stopped),), _start_cluster
    ),
    "stop_database": Executor(
        "rds", read_database, (Call("stop", _stop_database, _database_stopped),), _start_database
    ),
}  # fmt: skip
