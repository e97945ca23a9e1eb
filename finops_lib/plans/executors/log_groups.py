"""CloudWatch Logs: how long a log group keeps its events."""

from __future__ import annotations

from typing import Any

from finops_lib.plans.executors.executor import Call, Executor, Results, State, Step


def _name(resource_id: str) -> str:
    return resource_id.rpartition(":log-group:")[2].removesuffix(":*")


def read_log_group(client: Any, resource_id: str) -> State | None:
    """Days of retention (None: for ever) and tags; deleted events do not come back."""
    name = _name(resource_id)
    pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    for group in (g for page in pages for g in page["logGroups"] if g["logGroupName"] == name):
        arn = group["arn"].removesuffix(":*")
        tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
        return {"retention_days": group.get("retentionInDays"), "tags": dict(tags)}
    return None


def _put(client: Any, step: Step, results: Results) -> State:
    days = int(step.parameters["retention_days"])
    client.put_retention_policy(logGroupName=_name(step.resource_id), retentionInDays=days)
    return {}


def _is_put(client: Any, step: Step, results: Results) -> State | None:
    state = read_log_group(client, step.resource_id) or {}
    return {} if state.get("retention_days") == int(step.parameters["retention_days"]) else None


def _put_back(client: Any, step: Step, results: Results) -> State:
    name, before = _name(step.resource_id), step.before_state["retention_days"]
    if before is None:
        client.delete_retention_policy(logGroupName=name)
    else:
        client.put_retention_policy(logGroupName=name, retentionInDays=int(before))
    return {}


EXECUTORS = {
    "put_log_retention": Executor(
        "logs",
        read_log_group,
        (Call("put_retention", _put, _is_put),),
        _put_back,
        needs=("retention_days",),
    ),
}
