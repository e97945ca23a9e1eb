"""DynamoDB tables and Lambda functions."""

from __future__ import annotations

from typing import Any

from finops_lib.sources.shape import Record
from finops_lib.units import BYTES_PER_GIB


def dynamodb_table(raw: dict[str, Any], tags: dict[str, str]) -> list[Record]:
    """DescribeTable: the table, and a record for each global secondary index."""
    mode = raw.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    shared = {
        "resource_id": raw["TableArn"],
        "name": raw["TableName"],
        "billing_mode": mode,
        "table_class": raw.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "replica_count": len(raw.get("Replicas", [])),
        "create_time": raw.get("CreationDateTime"),
        "tags": tags,
    }
    table = {**shared, "scope": "table", "status": raw.get("TableStatus"),
             **_size(raw, "TableSizeBytes")}  # fmt: skip
    indexes = [
        {**shared, "scope": "index", "index_name": index["IndexName"],
         "status": index.get("IndexStatus"), **_size(index, "IndexSizeBytes")}
        for index in raw.get("GlobalSecondaryIndexes", [])
    ]  # fmt: skip
    return [table, *indexes]


def _size(raw: dict[str, Any], name: str) -> Record:
    units = raw.get("ProvisionedThroughput", {})
    size = raw.get(name)
    return {
        "read_units": units.get("ReadCapacityUnits"),
        "write_units": units.get("WriteCapacityUnits"),
        "size_gib": None if size is None else size / BYTES_PER_GIB,
        "item_count": raw.get("ItemCount"),
    }


def function(raw: dict[str, Any], tags: dict[str, str]) -> Record:
    """One Lambda function."""
    return {
        "resource_id": raw["FunctionArn"].removesuffix(":$LATEST"),
        "name": raw["FunctionName"],
        "scope": "function",
        "runtime": raw.get("Runtime"),
        "architecture": next(iter(raw.get("Architectures", [])), "x86_64"),
        "memory_mib": raw.get("MemorySize"),
        "last_modified_at": raw.get("LastModified"),
        "tags": tags,
    }


def warm(raw: dict[str, Any], config: dict[str, Any], tags: dict[str, str]) -> Record:
    """A qualifier of a Lambda function that has provisioned concurrency."""
    qualifier = config["FunctionArn"].split(":")[-1]
    return {
        **function(raw, tags),
        "scope": "qualifier",
        "qualifier": qualifier,
        "metric_dimension": f"{raw['FunctionName']}:{qualifier}",
        "provisioned_concurrency": config.get("RequestedProvisionedConcurrentExecutions"),
        "last_modified_at": config.get("LastModified"),
    }
