"""What `conftest.account` has of managed services: of each check a resource that it calls waste."""

from __future__ import annotations

from datetime import datetime
from typing import Any

OLD = datetime(2023, 1, 1)


def cluster(name: str, kind: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A row of `clusters`, called `name` in every way."""
    return "clusters", {"resource_id": name, "kind": kind, "name": name, "create_time": OLD, **more}


def table(name: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A provisioned table, called `name` in every way."""
    units = {"billing_mode": "PROVISIONED", "read_units": 100.0, "write_units": 100.0}
    row = {"resource_id": name, "name": name, "scope": "table", "table_class": "STANDARD",
           "replica_count": 0, "status": "ACTIVE", "create_time": OLD, **units, **more}  # fmt: skip
    return "dynamodb_tables", row


def function(name: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """A function of 1,024 MiB, called `name` in every way."""
    row = {"resource_id": name, "name": name, "scope": "function", "architecture": "x86_64",
           "memory_mib": 1024.0, "last_modified_at": OLD, **more}  # fmt: skip
    return "functions", row


REDIS = {"engine": "redis", "node_count": 1, "status": "available"}

ROWS = (
    cluster("cache-idle", "elasticache", node_type="cache.m5.large", **REDIS),
    cluster("cache-large", "elasticache", node_type="cache.m5.xlarge", **REDIS),
    cluster("domain-idle", "opensearch", node_type="m5.large.search", node_count=2, status="active",
            storage_gib=200.0, storage_type="gp3"),
    cluster("lake-idle", "redshift", node_type="ra3.xlplus", node_count=2, status="available"),
    cluster("emr-idle", "emr", status="WAITING"),
    cluster("service-idle", "ecs", group_name="web", engine="FARGATE", node_count=2, task_vcpu=0.5,
            task_memory_gib=1.0, architecture="x86_64", status="ACTIVE"),
    cluster("eks-empty", "eks", node_count=0, pool_count=0, status="ACTIVE"),
    cluster("glue-dev", "glue_endpoint", node_count=5, status="READY"),
    table("table-idle"),
    table("table-large"),
    function("function-large"),
    function("function-warm", scope="qualifier", qualifier="live", provisioned_concurrency=10.0,
             metric_dimension="function-warm:live"),
)  # fmt: skip

CACHE, LAMBDA, DYNAMODB = "AWS/ElastiCache", "AWS/Lambda", "AWS/DynamoDB"

LINES = (
    ("cache-idle", CACHE, "CurrConnections", "Maximum", None, 4.0),
    ("cache-idle", CACHE, "CacheHits", "Sum", None, 0.0),
    ("cache-idle", CACHE, "CacheMisses", "Sum", None, 0.0),
    ("cache-idle", CACHE, "SetTypeCmds", "Sum", None, 0.0),
    ("cache-idle", CACHE, "NetworkBytesIn", "Sum", None, 1e6),
    ("cache-idle", CACHE, "CPUUtilization", "Maximum", None, 1.0),
    ("cache-idle", CACHE, "DatabaseMemoryUsagePercentage", "Maximum", None, 1.0),
    ("cache-large", CACHE, "CurrConnections", "Maximum", None, 50.0),
    ("cache-large", CACHE, "CPUUtilization", "Maximum", None, 10.0),
    ("cache-large", CACHE, "DatabaseMemoryUsagePercentage", "Maximum", None, 20.0),
    ("domain-idle", "AWS/ES", "SearchRate", "Maximum", None, 0.0),
    ("domain-idle", "AWS/ES", "IndexingRate", "Maximum", None, 0.0),
    ("domain-idle", "AWS/ES", "2xx", "Sum", None, 12.0),
    ("lake-idle", "AWS/Redshift", "DatabaseConnections", "Maximum", None, 0.0),
    ("emr-idle", "AWS/ElasticMapReduce", "IsIdle", "Minimum", None, 1.0),
    ("service-idle", "AWS/ECS", "CPUUtilization", "Maximum", None, 0.2),
    ("service-idle", "ECS/ContainerInsights", "NetworkRxBytes", "Average", None, 10.0),
    ("table-idle", DYNAMODB, "ConsumedReadCapacityUnits", "Sum", None, 0.0),
    ("table-idle", DYNAMODB, "ConsumedWriteCapacityUnits", "Sum", None, 0.0),
    ("table-large", DYNAMODB, "ConsumedReadCapacityUnits", "Sum", None, 10.0 * 3600),
    ("table-large", DYNAMODB, "ConsumedWriteCapacityUnits", "Sum", None, 10.0 * 3600),
    ("function-large", LAMBDA, "Invocations", "Sum", None, 1_000.0),
    ("function-large", LAMBDA, "Duration", "Sum", None, 200_000.0),
    ("function-large", "LambdaInsights", "used_memory_max", "Maximum", None, 200.0),
    ("function-large", "LambdaInsights", "cpu_total_time", "Sum", None, 20_000.0),
    ("function-warm", LAMBDA, "ProvisionedConcurrencyUtilization", "Maximum", "live", 0.2),
)
"""Hourly metrics: id, namespace, metric, statistic, part, value."""

PRICES = {
    ("AmazonElastiCache", "cache.m5.large"): 0.156, ("AmazonElastiCache", "cache.m5.xlarge"): 0.311,
    ("AmazonES", "m5.large.search"): 0.142, ("AmazonES", "domain-gp3"): 0.122,
    ("AmazonRedshift", "ra3.xlplus"): 1.086, ("AmazonECS", "fargate-vcpu"): 0.04048,
    ("AmazonECS", "fargate-gib"): 0.004445, ("AmazonEKS", "eks-cluster"): 0.1,
    ("AWSGlue", "glue-dpu"): 0.44, ("AWSLambda", "lambda-gib-second"): 0.0000166667,
    ("AWSLambda", "lambda-provisioned-gib-second"): 0.0000041667,
    ("AmazonDynamoDB", "read-capacity-unit"): 0.00013, ("AmazonDynamoDB", "table-storage"): 0.25,
    ("AmazonDynamoDB", "write-capacity-unit"): 0.00065,
    ("AmazonDynamoDB", "read-request-unit"): 0.125e-6,
    ("AmazonDynamoDB", "write-request-unit"): 0.625e-6,
}  # fmt: skip
