"""Managed services of the labelled accounts: caches, search, warehouses, tables, containers, functions.

Each entry of KINDS and KEPT is what `labelled_account.Kind` takes by name. KEPT are always there: what
others are judged by.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

AS_OF = datetime(2024, 11, 1)
OLD = datetime(2023, 3, 1)
YOUNG = AS_OF - timedelta(days=5)
MONTH_HOURS = 730.0
MEAN = 0.95
"""The mean of a level with a tenth of noise below it."""

Spec = dict[str, Any]

CACHE, LAMBDA, DYNAMODB, INSIGHTS = (
    "AWS/ElastiCache",
    "AWS/Lambda",
    "AWS/DynamoDB",
    "LambdaInsights",
)


def _spec(name: str, table: str, row: Spec, cost: float, status: tuple[str, str] | None, lines: Any,
          usage: str, **more: Any) -> Spec:  # fmt: skip
    """One kind; `status` is the check that must say so, and what."""
    labels = dict([status]) if status else {}
    return {"name": name, "table": table, "row": {"name": name, **row}, "list_cost": cost,
            "labels": labels, "lines": tuple(lines), "usage": usage, **more}  # fmt: skip


def _cache(
    name: str, status: str | None, sessions: Any = 4.0, reads: float = 0.0, **more: Any
) -> Spec:
    row = {"kind": "elasticache", "engine": "redis", "node_type": "cache.m5.large", "node_count": 1,
           "status": "available", "create_time": OLD} | more.pop("row", {})  # fmt: skip
    lines = more.pop("lines", (
        (CACHE, "CurrConnections", "Maximum", None, sessions),
        (CACHE, "CacheHits", "Sum", None, reads), (CACHE, "CacheMisses", "Sum", None, reads),
        (CACHE, "SetTypeCmds", "Sum", None, more.pop("writes", 0.0)),
        (CACHE, "NetworkBytesIn", "Sum", None, more.pop("received", 1e6)),
    ))  # fmt: skip
    label = ("idle_elasticache_clusters", status) if status else None
    return _spec(name, "clusters", row, 0.156 * MONTH_HOURS, label, lines, "NodeUsage:cache.m5.large",
                 **more)  # fmt: skip


def _sized_cache(name: str, status: str, memory: float | None, engine: str = "redis") -> Spec:
    row = {"kind": "elasticache", "engine": engine, "node_type": "cache.m5.2xlarge", "node_count": 1,
           "status": "available", "create_time": OLD}  # fmt: skip
    lines = [
        (CACHE, "CurrConnections", "Maximum", None, 80.0),
        (CACHE, "CPUUtilization", "Maximum", None, 20.0),
    ]
    if memory is not None:
        lines.append((CACHE, "DatabaseMemoryUsagePercentage", "Maximum", None, memory))
    return _spec(name, "clusters", row, 0.623 * MONTH_HOURS, ("oversized_elasticache_nodes", status), lines,
                 "NodeUsage:cache.m5.2xlarge", saves=1 - 0.156 / 0.623)  # fmt: skip


def _domain(name: str, status: str, searches: Any, answered: float = 10.0, **more: Any) -> Spec:
    row = {"kind": "opensearch", "node_type": "m5.large.search", "node_count": 2, "status": "active",
           "storage_gib": 200.0, "storage_type": "gp3"}  # fmt: skip
    lines = [
        ("AWS/ES", "SearchRate", "Maximum", None, searches), ("AWS/ES", "IndexingRate", "Maximum", None, 0.0),
        ("AWS/ES", "2xx", "Sum", None, answered),
    ]  # fmt: skip
    cost = 2 * 0.142 * MONTH_HOURS + 200 * 0.122
    return _spec(name, "clusters", row, cost, ("idle_opensearch_domains", status), lines,
                 "ESInstance:m5.large", **more)  # fmt: skip


def _warehouse(name: str, status: str | None, sessions: Any = 0.0, **more: Any) -> Spec:
    row = {"kind": "redshift", "node_type": "ra3.xlplus", "node_count": 2, "status": "available",
           "create_time": OLD} | more.pop("row", {})  # fmt: skip
    lines = [("AWS/Redshift", "DatabaseConnections", "Maximum", None, sessions),
             ("AWS/Redshift", "CPUUtilization", "Maximum", None, 30.0)]  # fmt: skip
    label = ("idle_redshift_clusters", status) if status else None
    return _spec(
        name, "clusters", row, 2 * 1.086 * MONTH_HOURS, label, lines, "Node:ra3.xlplus", **more
    )


def _hadoop(name: str, status: str, idle: Any, **more: Any) -> Spec:
    row = {"kind": "emr", "status": "WAITING", "create_time": OLD} | more.pop("row", {})
    lines = [("AWS/ElasticMapReduce", "IsIdle", "Minimum", None, idle)]
    return _spec(
        name, "clusters", row, 0.0, ("idle_emr_clusters", status), lines, "BoxUsage", **more
    )


def _service(
    name: str, status: str | None, cpu: Any, received: float | None = 10.0, **more: Any
) -> Spec:
    row = {"kind": "ecs", "group_name": "web", "engine": "FARGATE", "node_count": 2, "task_vcpu": 0.5,
           "task_memory_gib": 1.0, "architecture": "x86_64", "status": "ACTIVE", "create_time": OLD}  # fmt: skip
    lines = [("AWS/ECS", "CPUUtilization", "Maximum", None, cpu)]
    if received is not None:
        lines.append(("ECS/ContainerInsights", "NetworkRxBytes", "Average", None, received))
    cost = 2 * (0.5 * 0.04048 + 0.004445) * MONTH_HOURS
    label = ("idle_ecs_services", status) if status else None
    return _spec(name, "clusters", row | more.pop("row", {}), cost, label, lines, "Fargate-vCPU-Hours",
                 **more)  # fmt: skip


def _kubernetes(name: str, expected: str, pools: int, placed: Any = None, **row: Any) -> Spec:
    base = {
        "kind": "eks",
        "status": "ACTIVE",
        "node_count": 0,
        "pool_count": pools,
        "create_time": OLD,
    }
    lines = [] if placed is None else [
        ("AWS/EKS", "scheduler_schedule_attempts_SCHEDULED", "Sum", None, placed)
    ]  # fmt: skip
    return _spec(name, "clusters", base | row, 0.1 * MONTH_HOURS, ("empty_eks_clusters", expected), lines,
                 "AmazonEKS-Hours:perCluster")  # fmt: skip


def _glue(name: str, expected: str, **row: Any) -> Spec:
    base = {"kind": "glue_endpoint", "node_count": 5, "status": "READY", "create_time": OLD}
    return _spec(name, "clusters", base | row, 5 * 0.44 * MONTH_HOURS, ("lasting_glue_endpoints", expected),
                 (), "DEVED-DPU-Hour")  # fmt: skip


UNITS_COST = 100 * (0.00013 + 0.00065) * MONTH_HOURS


def _table(name: str, status: tuple[str, str] | None, read: Any, write: Any, paid: float | None = None,
           **more: Any) -> Spec:  # fmt: skip
    row = {"scope": "table", "billing_mode": "PROVISIONED", "read_units": 100.0, "write_units": 100.0,
           "table_class": "STANDARD", "replica_count": 0, "status": "ACTIVE", "create_time": OLD}  # fmt: skip
    lines = [
        (DYNAMODB, f"Consumed{way}CapacityUnits", "Sum", None, level)
        for way, level in (("Read", read), ("Write", write)) if level is not None
    ]  # fmt: skip
    if paid is not None:
        lines += [
            (DYNAMODB, f"Provisioned{way}CapacityUnits", "Average", None, "constant")
            for way in ("Read", "Write")
        ]
    return _spec(name, "dynamodb_tables", row | more.pop("row", {}), UNITS_COST, status, lines,
                 "ReadCapacityUnit-Hrs", **more)  # fmt: skip


def _on_demand_share(read: float, write: float) -> float:
    """What is saved where so many units an hour are paid for by request (prices from 2024-11-01)."""
    return 1 - MEAN * (read * 0.125e-6 + write * 0.625e-6) * MONTH_HOURS / UNITS_COST


DURATION_MS = 5e7
FUNCTION_COST = DURATION_MS * MEAN / 1000 * MONTH_HOURS * 0.0000166667


def _function(
    name: str, status: str, memory: float | None, cores: float | None = 0.01, **more: Any
) -> Spec:
    row = {
        "scope": "function",
        "architecture": "x86_64",
        "memory_mib": 1024.0,
        "last_modified_at": OLD,
    }
    lines = [
        (LAMBDA, "Invocations", "Sum", None, 1e5),
        (LAMBDA, "Duration", "Sum", None, DURATION_MS),
    ]
    if memory is not None:
        lines.append((INSIGHTS, "used_memory_max", "Maximum", None, memory))
    if cores is not None:
        lines.append((INSIGHTS, "cpu_total_time", "Sum", None, DURATION_MS * cores))
    return _spec(name, "functions", row | more.pop("row", {}), FUNCTION_COST,
                 ("unused_lambda_memory", status), lines, "Lambda-GB-Second", **more)  # fmt: skip


def _smaller(memory: float, cores: float) -> float:
    """The share that a function of 1,024 MiB saves: its waits last as long, its work longer."""
    speed, slower = 1024 / 1769, memory / 1769
    return 1 - memory / 1024 * (1 - cores / speed + cores / slower)


def _warm(name: str, status: str, use: Any, **more: Any) -> Spec:
    row = {"scope": "qualifier", "qualifier": "live", "architecture": "x86_64", "memory_mib": 1024.0,
           "provisioned_concurrency": 10.0, "last_modified_at": OLD} | more.pop("row", {})  # fmt: skip
    lines = [] if use is None else [
        (LAMBDA, "ProvisionedConcurrencyUtilization", "Maximum", "live", use)
    ]  # fmt: skip
    cost = 10 * 3600 * 0.0000041667 * MONTH_HOURS
    return _spec(name, "functions", row, cost, ("unused_lambda_concurrency", status), lines,
                 "Lambda-Provisioned-Concurrency", **more)  # fmt: skip


IDLE_TABLE, CAPACITY = "idle_dynamodb_tables", "unused_dynamodb_capacity"

KINDS: tuple[Spec, ...] = (
    _cache("idle cache", "waste"),
    _cache("cache without any client, reads not counted", "waste",
           lines=((CACHE, "CurrConnections", "Maximum", None, 0.0),)),
    _cache("busy cache", "ok", 60.0, 9e4),
    _cache("cache of one nightly job", "ok", "nightly"),
    _cache("cache that is only written to", "ok", writes=400.0),
    _cache("cache that passes messages on", "ok", received=2e8),
    _cache("new cache", "ok", hours=120, row={"create_time": YOUNG}),
    _cache("standby replica of a busy cache", "ok", row={"group_name": "busy-group"}),
    _cache("protected cache", "ok", row={"tags": {"finops:protected": "true"}}),
    _cache("unmeasured cache", "unknown", hours=0),
    _cache("half-measured cache", "unknown", hours=168),
    _cache("cache whose reads are not counted", "unknown",
           lines=((CACHE, "CurrConnections", "Maximum", None, 4.0),)),
    _sized_cache("oversized cache", "waste", 15.0),
    _sized_cache("cache full of data", "ok", 78.0),
    _sized_cache("cache whose memory is unseen", "unknown", None),
    _sized_cache("Memcached, which fills what it has", "unknown", None, "memcached"),
    _domain("idle domain", "waste", 0.0),
    _domain("searched domain", "ok", 40.0),
    _domain("domain searched in one nightly hour", "ok", "nightly"),
    _domain("domain whose documents are read by id", "ok", 0.0, 5_000.0),
    _domain("unmeasured domain", "unknown", 0.0, hours=0),
    _domain("domain made last week", "unknown", 0.0, hours=120),
    _warehouse("idle warehouse", "waste"),
    _warehouse("queried warehouse", "ok", 12.0),
    _warehouse("warehouse of one weekly report", "ok", "weekly"),
    _warehouse("new warehouse", "ok", hours=120, row={"create_time": YOUNG}),
    _warehouse("paused warehouse", None, row={"status": "paused"}),
    _warehouse("unmeasured warehouse", "unknown", hours=0),
    _hadoop("EMR cluster at work", "ok", 0.0),
    _hadoop("new EMR cluster", "ok", "constant", hours=48, row={"create_time": AS_OF - timedelta(days=2)}),
    _hadoop("unmeasured EMR cluster", "unknown", 0.0, hours=0),
    _service("idle service", "waste", 0.3),
    _service("idle service without Container Insights", "waste", 0.3, None),
    _service("working service", "ok", 45.0),
    _service("service of one nightly job", "ok", "nightly"),
    _service("service that waits on an open stream", "ok", 0.3, 90_000.0),
    _service("service deployed last week", "ok", 0.3, row={"last_modified_at": YOUNG}),
    _service("service on instances", None, 0.3, row={"engine": "EC2"}),
    _service("service scaled to nothing", None, 0.0, row={"node_count": 0}),
    _service("unmeasured service", "unknown", 0.3, hours=0),
    _kubernetes("EKS cluster of nothing", "waste", 0),
    _kubernetes("EKS cluster that places no pod", "waste", 1, 0.0),
    _kubernetes("EKS cluster with a node group", "ok", 1, node_count=3),
    _kubernetes("EKS cluster of its own instances", "ok", 0),
    _kubernetes("EKS cluster that starts nodes at night", "ok", 1, "nightly"),
    _kubernetes("new EKS cluster", "ok", 0, create_time=YOUNG),
    _kubernetes("EKS cluster scaled to nothing, unmeasured", "unknown", 1),
    _glue("Glue endpoint left running", "waste"),
    _glue("Glue endpoint of this week", "ok", create_time=YOUNG),
    _glue("Glue endpoint changed this week", "ok", last_modified_at=YOUNG),
    _glue("protected Glue endpoint", "ok", tags={"finops:protected": "true"}),
    _glue("Glue endpoint that is not ready", "unknown", status="PROVISIONING"),
    _table("idle table", (IDLE_TABLE, "waste"), 0.0, 0.0),
    _table("idle table, consumption silent", (IDLE_TABLE, "waste"), None, None, 100.0),
    _table("replica of a global table", (IDLE_TABLE, "ok"), 0.0, 0.0, row={"replica_count": 2}),
    _table("new table", (IDLE_TABLE, "ok"), 0.0, 0.0, hours=120, row={"create_time": YOUNG}),
    _table("table of one nightly job", (IDLE_TABLE, "ok"), "nightly", "nightly",
           row={"billing_mode": "PAY_PER_REQUEST"}),
    _table("unmeasured table", (IDLE_TABLE, "unknown"), 0.0, 0.0, hours=0),
    _table("unmeasured table on demand", (IDLE_TABLE, "unknown"), None, None,
           row={"billing_mode": "PAY_PER_REQUEST"}),
    _table("table with too many units", (CAPACITY, "waste"), 9.96 * 3600, 9.96 * 3600, saves=0.8),
    _table("table for which requests are cheaper", (CAPACITY, "waste"), 360.0, 360.0,
           saves=_on_demand_share(360.0, 360.0)),
    _table("table with units that it needs", (CAPACITY, "ok"), 80.0 * 3600, 80.0 * 3600),
    _table("table half measured", (CAPACITY, "unknown"), 3600.0, 3600.0, hours=168),
    _function("oversized function", "waste", 240.0, saves=_smaller(320.0, 0.01)),
    _function("function that fills its memory", "ok", 900.0),
    _function("function that computes all the time", "ok", 240.0, 0.57),
    _function("function without Insights", "unknown", None, None),
    _function("function whose processor is unseen", "unknown", 240.0, None),
    _function("function changed last week", "ok", 240.0, row={"last_modified_at": YOUNG}),
    _warm("too many warm environments", "waste", 0.25, saves=0.6),
    _warm("warm environments in use", "ok", 0.9),
    _warm("unmeasured warm environments", "unknown", None),
)  # fmt: skip
"""What must be found, and what only looks like waste or cannot be judged."""

KEPT: tuple[Spec, ...] = (
    _cache("primary of a busy cache", None, 60.0, 9e4, row={"group_name": "busy-group"}),
    _spec("node of a cluster", "instances", {
        "instance_type": "m5.xlarge", "state": "running", "launch_time": YOUNG,
        "tags": {"kubernetes.io/cluster/EKS cluster of its own instances": "owned"}}, 0.0, None, (), ""),
)  # fmt: skip
"""Resources that others are judged by."""
