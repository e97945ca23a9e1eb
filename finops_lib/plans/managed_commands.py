"""AWS CLI commands of the steps on managed services that are left to a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Commands = list[list[str]]


def _name(step: Row) -> str:
    """The resource's name: the last part of its ARN."""
    return re.split("[/:]", str(step["resource_id"]))[-1]


def _named(service: str, operation: str, option: str, *more: str) -> Callable[[Row], Commands]:
    """A single command that takes the resource's name, and these words after it."""
    return lambda step: [[service, operation, option, _name(step), *more]]


def _is_grouped(step: Row) -> bool:
    """Whether a replication group owns the node: its own commands change all nodes at once."""
    return bool((step["parameters"] or {}).get("replication_group"))


def _delete_cache(step: Row) -> Commands:
    if _is_grouped(step):
        return []
    name = _name(step)
    keeps_none = (step["parameters"] or {}).get("engine") == "memcached"
    kept = [] if keeps_none else ["--final-snapshot-identifier", f"finops-{name}"]
    return [["elasticache", "delete-cache-cluster", "--cache-cluster-id", name, *kept]]


def _resize_cache(step: Row) -> Commands:
    return [] if _is_grouped(step) else [["elasticache", "modify-cache-cluster", "--cache-cluster-id", _name(step),
             "--cache-node-type", step["parameters"]["node_type"], "--apply-immediately"]]  # fmt: skip


def _delete_table(step: Row) -> Commands:
    name = _name(step)
    return [["dynamodb", "create-backup", "--table-name", name, "--backup-name", f"finops-{name}"],
            ["dynamodb", "delete-table", "--table-name", name]]  # fmt: skip


def _lower_capacity(step: Row) -> Commands:
    """One command for the table and all its indexes: AWS changes them together."""
    units: dict[str, dict[str, int]] = {}
    for part, needed in step["parameters"].items():
        index, _, way = part.rpartition(" ")
        units.setdefault(index, {})[f"{way.title()}CapacityUnits"] = int(needed)
    words = ["dynamodb", "update-table", "--table-name", _name(step)]
    table = units.pop("", None)
    words += ["--provisioned-throughput", _pairs(table)] if table else []
    changes = [
        f"Update={{IndexName={index},ProvisionedThroughput={{{_pairs(of_index)}}}}}"
        for index, of_index in units.items()
    ]
    return [[*words, *(["--global-secondary-index-updates", *changes] if changes else [])]]


def _pairs(units: Mapping[str, int]) -> str:
    return ",".join(f"{name}={value}" for name, value in units.items())


def _stop_service(step: Row) -> Commands:
    cluster = str(step["resource_id"]).split("/")[-2:][0]
    return [["ecs", "update-service", "--cluster", cluster, "--service", _name(step),
             "--desired-count", "0"]]  # fmt: skip


def _resize_function(step: Row) -> Commands:
    return [["lambda", "update-function-configuration", "--function-name", _name(step),
             "--memory-size", str(step["parameters"]["memory_mib"])]]  # fmt: skip


def _lower_concurrency(step: Row) -> Commands:
    given = step["parameters"]
    words = ["--function-name", _name(step), "--qualifier", given["qualifier"]]
    kept = int(given["provisioned_concurrency"])
    if kept == 0:
        return [["lambda", "delete-provisioned-concurrency-config", *words]]
    return [["lambda", "put-provisioned-concurrency-config", *words,
             "--provisioned-concurrent-executions", str(kept)]]  # fmt: skip


MANAGED_COMMANDS: dict[str, Callable[[Row], Commands]] = {
    "delete_cache_cluster": _delete_cache,
    "resize_cache_nodes": _resize_cache,
    "delete_search_domain": _named("opensearch", "delete-domain", "--domain-name"),
    "pause_warehouse": _named("redshift", "pause-cluster", "--cluster-identifier"),
    "delete_table": _delete_table,
    "lower_table_capacity": _lower_capacity,
    "switch_table_to_on_demand": _named(
        "dynamodb", "update-table", "--table-name", "--billing-mode", "PAY_PER_REQUEST"
    ),
    "stop_ecs_service": _stop_service,
    "delete_eks_cluster": _named("eks", "delete-cluster", "--name"),
    "delete_glue_endpoint": _named("glue", "delete-dev-endpoint", "--endpoint-name"),
    "stop_glue_session": _named("glue", "stop-session", "--id"),
    "resize_function": _resize_function,
    "lower_provisioned_concurrency": _lower_concurrency,
}
"""Action to its commands."""
