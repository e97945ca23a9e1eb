"""ElastiCache clusters: nobody who asks them, or nodes larger than their data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.rightsizing import Rule, family_prices, targets
from finops_lib.checks.measures import (
    age_days,
    high_percentile,
    is_complete,
    looked_up,
    measured,
    number,
    too_young,
    windowed,
)
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip

NAMESPACE = "AWS/ElastiCache"
SERVICE = "Amazon ElastiCache"
PERMISSIONS = ("elasticache:DescribeCacheClusters", "elasticache:DescribeReplicationGroups",
               "cloudwatch:GetMetricData")  # fmt: skip
LOOKUPS = ("CacheHits", "CacheMisses", "GetHits", "GetMisses")
"""Reads of keys: hits and misses of Redis and Valkey, then those of Memcached."""

WRITES = ("SetTypeCmds", "CmdSet")
MIB = 2**20


def _summed(recent: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Per cluster the total of these sums, how many of them it has, and the hours that all of them cover."""
    found = recent[recent["metric"].isin(names) & (recent["stat"] == "Sum")]
    each = found.groupby(["resource_id", "metric"]).agg(
        total=("value", "sum"), seconds=("period_s", "sum")
    )
    both = each.groupby("resource_id").agg(
        total=("total", "sum"), seconds=("seconds", "min"), kinds=("total", "size")
    )
    return both.assign(hours=both.pop("seconds") / 3600)


def _used(
    clusters: pd.DataFrame, metrics: pd.DataFrame, window_days: int, limit: int
) -> pd.DataFrame:
    """Available clusters with what their clients did: `busy` and `silent` of the whole group."""
    found = clusters[(clusters["kind"] == "elasticache") & (clusters["status"] == "available")]
    recent = metrics[metrics["namespace"] == NAMESPACE]
    sessions = measured(recent, NAMESPACE, "CurrConnections", "Maximum")
    reads, writes = _summed(recent, LOOKUPS), _summed(recent, WRITES)
    received = measured(recent, NAMESPACE, "NetworkBytesIn", "Sum")["total"]
    ids = found["resource_id"]
    found = found.assign(
        sessions=looked_up(ids, sessions["maximum"]),
        reads=looked_up(ids, reads["total"]),
        writes=looked_up(ids, writes["total"]),
        received=looked_up(ids, received) / MIB / window_days,
    )
    asked = is_complete(looked_up(ids, reads["hours"]), window_days) & (
        looked_up(ids, reads["kinds"]) == 2
    )
    quiet = (found["sessions"] == 0) | ((found["sessions"] < limit) & asked & (found["reads"] == 0))
    complete = is_complete(looked_up(ids, sessions["hours"]), window_days)
    busy = (found["sessions"] >= limit) | (found["reads"] > 0) | (found["writes"] > 0)
    return found.assign(busy=busy, silent=complete & quiet & ~busy)


def _of_group(found: pd.DataFrame, values: pd.Series, how: str) -> pd.Series:
    """The values brought together over each replication group; a cluster without one is its own."""
    group = found["group_name"].fillna(found["name"])
    return values.groupby([found["account_id"], found["region"], group]).transform(how)


VALKEY_SHARE = 0.8
"""A Valkey node costs a fifth less than the same node of Redis or Memcached, whose prices the list here has:
https://aws.amazon.com/elasticache/pricing/"""


def _share(caches: pd.DataFrame) -> pd.Series:
    """What a node of each cache's engine costs, as a share of the listed price."""
    return caches["engine"].map({"valkey": VALKEY_SHARE}).astype("float64").fillna(1.0)


@check(
    title="Idle ElastiCache clusters",
    why="A cache bills its nodes by the hour, whether or not anybody asks it for a key.",
    needs=("clusters", "metrics", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="delete_cache_cluster",
    service=SERVICE,
    guard="Connections above those of the service's own monitoring, one read, one write or much traffic "
    "is use; a replication group is judged whole, so that a standby is never idle by itself.",
)
def idle_elasticache_clusters(
    clusters: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    connection_limit: int = 7,
    network_limit_mib_per_day: float = 100.0,
) -> pd.DataFrame:
    """Available clusters that no client read from or wrote to over the window.

    ElastiCache itself holds up to six connections to watch a node, and its questions make some traffic;
    both limits leave room for them (https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html).
    Without any connection reads need not be measured; else hits and misses must be, over the whole window.
    The saving is what the bill charges the cluster, else its nodes at list. Undo: a final snapshot restores it.
    """
    found = _used(clusters, windowed(metrics, as_of, window_days), window_days, connection_limit)
    busy = _of_group(found, found["busy"] | (found["received"] > network_limit_mib_per_day), "any")
    age = _of_group(found, age_days(found["create_time"], as_of), "min")
    status = np.select(
        [busy | (age < window_days), _of_group(found, found["silent"], "all")],
        ["ok", "waste"], default="unknown",
    )  # fmt: skip
    found = found.assign(status=status, age=age, group_busy=busy & ~found["busy"])
    hourly = looked_up(found["node_type"], list_prices(prices, "AmazonElastiCache", as_of))
    listed = hourly * _share(found) * found["node_count"].fillna(1) * HOURS_PER_MONTH
    found = all_saved(priced(found, run_rate(resource_costs), listed))
    return found.assign(
        reason=[_reason(row, window_days, connection_limit) for row in found.itertuples()],
        evidence=[
            {
                "connections_max": number(row.sessions), "reads": number(row.reads),
                "writes": number(row.writes), "received_mib_per_day": number(row.received),
                "window_days": window_days, "connection_limit": connection_limit,
                "node_type": number(row.node_type), "age_days": number(row.age),
            }
            for row in found.itertuples()
        ],
        parameters=[_kin_of(row) or None for row in found.itertuples()],
        confidence=np.where(found["reads"].notna() & found["writes"].notna(), "high", "medium"),
    )[[*COLUMNS, "parameters"]]  # fmt: skip


def _kin_of(row: Any) -> dict[str, str]:
    """What an action must know: the replication group that owns the node; Memcached keeps no snapshot."""
    if isinstance(row.group_name, str):
        return {"replication_group": row.group_name}
    return {"engine": "memcached"} if row.engine == "memcached" else {}


def _reason(row: Any, window_days: int, limit: int) -> str:
    if row.status == "unknown":
        return f"Connections, hits and misses are not measured over the whole window of {window_days} days."
    if row.group_busy:
        return "Its replication group is in use, or its traffic is more than the service's own."
    if row.age < window_days and not row.busy:
        return too_young("Made", row.age, window_days)
    reads = "reads not measured" if pd.isna(row.reads) else f"{row.reads:.0f} reads"
    return (
        f"At most {row.sessions:g} connections (limit {limit}) and {reads} over {window_days} days."
    )


@check(
    title="Oversized ElastiCache nodes",
    why="A node of twice the size costs twice the money, however little data lies in it.",
    needs=("clusters", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="resize_cache_nodes",
    service=SERVICE,
    guard="The busiest node of the replication group decides for all; memory that is not measured never "
    "shrinks, and Memcached fills what it has, so it never does; idle clusters are left to their own check.",
)
def oversized_elasticache_nodes(
    clusters: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    percentile: float = 99.5,
    headroom: float = 0.2,
    connection_limit: int = 7,
) -> pd.DataFrame:
    """Available clusters whose CPU and memory percentiles fit a smaller node with headroom.

    The saving is the billed run rate times (1 - the target's list price / the current one's).
    Undo: change the node type back; both ways are online.
    """
    recent = windowed(metrics, as_of, window_days)
    found = _used(clusters, recent, window_days, connection_limit)
    ids = found["resource_id"]
    for column, metric in (
        ("cpu_pct", "CPUUtilization"),
        ("memory_pct", "DatabaseMemoryUsagePercentage"),
    ):
        use = looked_up(ids, high_percentile(recent, NAMESPACE, metric, percentile))
        found[column] = _of_group(found, use, "max")
    told = [
        is_complete(
            looked_up(ids, measured(recent, NAMESPACE, name, "Maximum")["hours"]), window_days
        )
        for name in ("CPUUtilization", "DatabaseMemoryUsagePercentage")
    ]
    complete = _of_group(found, told[0] & told[1], "all")
    types = instance_types.assign(instance_type="cache." + instance_types["instance_type"])
    price = family_prices(list_prices(prices, "AmazonElastiCache", as_of), types)
    found = _with_target(found, types, price, Rule(percentile, headroom))
    hourly = looked_up(found["node_type"], price) * _share(found)
    listed = hourly * found["node_count"].fillna(1) * HOURS_PER_MONTH
    found = priced(found, run_rate(resource_costs), listed)
    idle = _of_group(found, found["silent"], "all")
    room = found["cpu_pct"] > 100 * (1 - headroom)
    status = np.select(
        [idle | room, ~complete, found["target"].notna()], ["ok", "unknown", "waste"], "ok"
    )
    saving = found["monthly_cost"] * (1 - found["price_share"])
    found = found.assign(status=status, idle=idle, monthly_saving=saving.where(status == "waste"))
    return found.assign(
        reason=[_size_reason(row, window_days, headroom) for row in found.itertuples()],
        evidence=[
            {
                "cpu_pct": number(row.cpu_pct), "memory_pct": number(row.memory_pct),
                "window_days": window_days, "percentile": percentile, "headroom": headroom,
                "instance_type": row.node_type, "price_share": number(row.price_share),
                "targets": row.targets if row.status == "waste" else [],
            }
            for row in found.itertuples()
        ],
        parameters=[
            {"node_type": row.target, **_kin_of(row)} if row.status == "waste" else None
            for row in found.itertuples()
        ],
        risk=found["risk"].where(found["status"] == "waste", None),
        confidence="high",
    )[[*COLUMNS, "parameters", "risk"]]  # fmt: skip


def _with_target(
    found: pd.DataFrame, types: pd.DataFrame, price: pd.Series, rule: Rule
) -> pd.DataFrame:
    """`found` with `targets`, the best smaller node of the same family, and what it says."""
    machines = found.assign(instance_type=found["node_type"], network_gbps=np.nan)
    best = targets(machines[machines["memory_pct"].notna()], types, price, rule)
    best = best[best["risk"] == "low"].drop_duplicates("resource_id")
    listed = {
        row["resource_id"]: [{name: row[name] for name in row if name != "resource_id"}]
        for row in best.to_dict("records")
    }
    best = best.set_index("resource_id")
    ids = found["resource_id"]
    return found.assign(
        targets=[listed.get(name, []) for name in ids],
        target=looked_up(ids, best["instance_type"]),
        price_share=looked_up(ids, best["price_share"]),
        projected_memory_pct=looked_up(ids, best["projected_memory_pct"]),
        risk=looked_up(ids, best["risk"]),
    )


def _size_reason(row: Any, window_days: int, headroom: float) -> str:
    if row.status == "unknown":
        return f"CPU and memory are not measured over the whole window of {window_days} days."
    if row.idle:
        return "Idle rather than oversized."
    use = (
        f"CPU {row.cpu_pct:.1f} % and memory {row.memory_pct:.1f} % over {window_days} days "
        f"({100 * headroom:g} % kept free)"
    )
    if row.status == "ok":
        return f"{use}: no smaller node of its family carries it."
    return f"{use}: {row.target} carries it at {row.projected_memory_pct:.1f} % memory."
