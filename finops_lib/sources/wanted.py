"""Which CloudWatch metrics a table's rows have: how one is asked for, and those of managed services."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """Metrics of the rows of a table: the CloudWatch dimensions are columns of it.

    `part` is the column that names the row's part. `machines` is the column that counts machines which
    report each for itself: the dimension's value ends with the number of one, from 1 up.
    """

    table: str
    namespace: str
    dimensions: dict[str, str]
    metrics: tuple[tuple[str, str], ...]
    part: str | None = None
    kind: str | None = None
    kind_column: str = "kind"
    machines: str | None = None


def both(metric: str) -> tuple[tuple[str, str], ...]:
    """The metric's average and maximum."""
    return ((metric, "Average"), (metric, "Maximum"))


def sums(*metrics: str) -> tuple[tuple[str, str], ...]:
    """The sum of each metric."""
    return tuple((metric, "Sum") for metric in metrics)


def maxima(*metrics: str) -> tuple[tuple[str, str], ...]:
    """The maximum of each metric."""
    return tuple((metric, "Maximum") for metric in metrics)


def _cache(engine: str, *counted: str, memory: str) -> Wanted:
    return Wanted(
        "clusters", "AWS/ElastiCache", {"CacheClusterId": "name"},
        (*maxima("CurrConnections", "CPUUtilization", memory), *sums(*counted, "NetworkBytesIn")),
        kind=engine, kind_column="engine",
    )  # fmt: skip


_TABLE = {"TableName": "name"}
_CAPACITY = (
    *sums("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"),
    ("ProvisionedReadCapacityUnits", "Average"), ("ProvisionedWriteCapacityUnits", "Average"),
)  # fmt: skip

MANAGED = (
    *(
        _cache(engine, "CacheHits", "CacheMisses", "SetTypeCmds", memory="DatabaseMemoryUsagePercentage")
        for engine in ("redis", "valkey")
    ),
    _cache("memcached", "GetHits", "GetMisses", "CmdSet", memory="BytesUsedForCacheItems"),
    Wanted(
        "clusters", "AWS/ES", {"DomainName": "name", "ClientId": "account_id"},
        (*maxima("SearchRate", "IndexingRate"), *sums("2xx")), kind="opensearch",
    ),
    Wanted(
        "clusters", "AWS/Redshift", {"ClusterIdentifier": "name"},
        maxima("DatabaseConnections", "CPUUtilization"), kind="redshift",
    ),
    Wanted(
        "clusters", "AWS/ElasticMapReduce", {"JobFlowId": "name"}, (("IsIdle", "Minimum"),), kind="emr"
    ),
    Wanted(
        "clusters", "AWS/ECS", {"ClusterName": "group_name", "ServiceName": "name"},
        maxima("CPUUtilization"), kind="ecs",
    ),
    Wanted(
        "clusters", "ECS/ContainerInsights", {"ClusterName": "group_name", "ServiceName": "name"},
        (("NetworkRxBytes", "Average"),), kind="ecs",
    ),
    Wanted(
        "clusters", "AWS/EKS", {"ClusterName": "name"}, sums("scheduler_schedule_attempts_SCHEDULED"),
        kind="eks",
    ),
    Wanted("dynamodb_tables", "AWS/DynamoDB", _TABLE, _CAPACITY, kind="table", kind_column="scope"),
    Wanted(
        "dynamodb_tables", "AWS/DynamoDB", {**_TABLE, "GlobalSecondaryIndexName": "index_name"},
        _CAPACITY, part="index_name", kind="index", kind_column="scope",
    ),
    Wanted(
        "functions", "AWS/Lambda", {"FunctionName": "name"}, sums("Invocations", "Duration"),
        kind="function", kind_column="scope",
    ),
    Wanted(
        "functions", "LambdaInsights", {"function_name": "name"},
        (*maxima("used_memory_max"), *sums("cpu_total_time")), kind="function", kind_column="scope",
    ),
    Wanted(
        "functions", "AWS/Lambda", {"FunctionName": "name", "Resource": "metric_dimension"},
        (*maxima("ProvisionedConcurrencyUtilization"), *sums("ProvisionedConcurrencyInvocations")),
        part="qualifier", kind="qualifier", kind_column="scope",
    ),
)  # fmt: skip
"""What is asked of managed services."""
