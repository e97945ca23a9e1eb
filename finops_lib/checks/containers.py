"""ECS services on Fargate that do nothing, EKS control planes without a node."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import (
    age_days,
    is_complete,
    looked_up,
    measured,
    not_read,
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

KIB = 1024.0
OWNER_TAG = "kubernetes.io/cluster/"
NAME_TAGS = ("eks:cluster-name", "aws:eks:cluster-name", "eks:eks-cluster-name")
"""How an instance says of which cluster it is a node: a key that ends in the name, or a value."""


@check(
    title="Idle Fargate services",
    why="A Fargate task bills its processors and memory for as long as it runs, at work or not.",
    needs=("clusters", "metrics", "resource_costs", "prices"),
    permissions=("ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices",
                 "ecs:DescribeTaskDefinition", "cloudwatch:GetMetricData"),
    action="stop_ecs_service",
    service="Amazon Elastic Container Service",
    guard="The busiest task of the busiest minute decides; where Container Insights measures the network, "
    "traffic is use too; services on instances are the EC2 checks'.",
)  # fmt: skip
def idle_ecs_services(
    clusters: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    cpu_limit_pct: float = 1.0,
    network_limit_kib_per_s: float = 1.0,
) -> pd.DataFrame:
    """Services on Fargate whose CPU stayed below the limit in every hour of the window.

    Medium confidence without Container Insights, for a task that waits looks like one that is not needed.
    Bills name tasks, not services, so the saving is mostly the tasks at list. Undo: set the count again.
    """
    on_fargate = clusters["engine"].fillna("").str.startswith("FARGATE")
    found = clusters[(clusters["kind"] == "ecs") & on_fargate & (clusters["node_count"] > 0)]
    recent = windowed(metrics, as_of, window_days)
    cpu = measured(recent, "AWS/ECS", "CPUUtilization", "Maximum")
    traffic = measured(recent, "ECS/ContainerInsights", "NetworkRxBytes", "Average")["maximum"]
    ids = found["resource_id"]
    changed = found["last_modified_at"].fillna(found["create_time"])
    found = found.assign(
        cpu=looked_up(ids, cpu["maximum"]),
        traffic=looked_up(ids, traffic) / KIB,
        age=age_days(changed, as_of),
    )
    busy = (found["cpu"] >= cpu_limit_pct) | (found["traffic"] >= network_limit_kib_per_s)
    complete = is_complete(looked_up(ids, cpu["hours"]), window_days)
    status = np.select([busy | (found["age"] < window_days), complete], ["ok", "waste"], "unknown")
    found = found.assign(status=status)
    found = all_saved(priced(found, run_rate(resource_costs), _tasks_at_list(found, prices, as_of)))
    return found.assign(
        reason=[_reason(row, window_days, cpu_limit_pct) for row in found.itertuples()],
        evidence=[
            {
                "cpu_max_pct": number(row.cpu), "received_kib_per_s_max": number(row.traffic),
                "window_days": window_days, "cpu_limit_pct": cpu_limit_pct,
                "tasks": number(row.node_count), "task_vcpu": number(row.task_vcpu),
                "task_memory_gib": number(row.task_memory_gib), "age_days": number(row.age),
            }
            for row in found.itertuples()
        ],
        confidence=np.where(found["traffic"].notna(), "high", "medium"),
    )[COLUMNS]  # fmt: skip


def _tasks_at_list(found: pd.DataFrame, prices: pd.DataFrame, as_of: datetime) -> pd.Series:
    """A month of the tasks' processors and memory; missing for Spot, whose price is not a list's."""
    book = list_prices(prices, "AmazonECS", as_of)
    suffix = np.where(found["architecture"] == "arm64", "-arm64", "")
    vcpu = looked_up("fargate-vcpu" + pd.Series(suffix, index=found.index), book)
    gib = looked_up("fargate-gib" + pd.Series(suffix, index=found.index), book)
    hourly = found["task_vcpu"] * vcpu + found["task_memory_gib"] * gib
    listed = hourly * found["node_count"] * HOURS_PER_MONTH
    return listed.where(found["engine"] != "FARGATE_SPOT")


def _reason(row: Any, window_days: int, cpu_limit_pct: float) -> str:
    if row.status == "unknown":
        return f"CPU is not measured over the whole window of {window_days} days."
    if row.age < window_days and not row.cpu >= cpu_limit_pct:
        return too_young("Deployed", row.age, window_days)
    if row.status == "ok" and row.cpu < cpu_limit_pct:
        return f"It received up to {row.traffic:.1f} KiB a second over {window_days} days."
    return (
        f"Highest CPU {row.cpu:.2f} % (limit {cpu_limit_pct:g} %) of {row.node_count:g} tasks "
        f"over {window_days} days."
    )


@check(
    title="EKS clusters without nodes",
    why="A control plane bills every hour, also where no pod can run because there is no node.",
    needs=("clusters", "instances", "metrics", "gaps", "resource_costs", "prices"),
    permissions=("eks:ListClusters", "eks:DescribeCluster", "eks:ListNodegroups", "eks:DescribeNodegroup",
                 "eks:ListFargateProfiles", "ec2:DescribeInstances", "cloudwatch:GetMetricData"),
    action="delete_eks_cluster",
    service="Amazon Elastic Container Service for Kubernetes",
    guard="Instances that carry the cluster's tag are nodes too; one that is scaled to nothing now counts "
    "only where the scheduler placed no pod over the whole window; instances that were not read prove nothing.",
)  # fmt: skip
def empty_eks_clusters(
    clusters: pd.DataFrame,
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    gaps: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
) -> pd.DataFrame:
    """Active clusters without a node group, Fargate profile, Auto Mode or instance, or without a pod placed.

    Where something could start nodes (a node group scaled to zero, Auto Mode) the scheduler's attempts
    decide, which clusters from version 1.28 on report. The saving is what the bill charges the cluster, else
    its hours at list. Undo: none; its manifests and add-ons must be at hand to make it again.
    """
    found = clusters[(clusters["kind"] == "eks") & (clusters["status"] == "ACTIVE")]
    recent = windowed(metrics, as_of, window_days)
    placed = measured(recent, "AWS/EKS", "scheduler_schedule_attempts_SCHEDULED", "Sum")
    ids = found["resource_id"]
    found = found.assign(
        placed=looked_up(ids, placed["total"]),
        age=age_days(found["create_time"], as_of),
        nodes=found["node_count"].fillna(0) + _own_instances(found, instances),
        pools=found["pool_count"].fillna(0),
    )
    silent = is_complete(looked_up(ids, placed["hours"]), window_days) & (found["placed"] == 0)
    busy = (found["nodes"] > 0) | (found["placed"] > 0) | (found["age"] < window_days)
    blind = not_read(found, gaps, "instances")
    bare = (found["pools"] == 0) & found["placed"].isna()
    status = np.select([busy, ~blind & (silent | bare)], ["ok", "waste"], "unknown")
    hourly = list_prices(prices, "AmazonEKS", as_of).get("eks-cluster", np.nan)
    found = found.assign(status=status, blind=blind)
    found = all_saved(priced(found, run_rate(resource_costs), hourly * HOURS_PER_MONTH))
    return found.assign(
        reason=[_empty_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "nodes": number(row.nodes), "pools": number(row.pools), "pods_placed": number(row.placed),
                "window_days": window_days, "age_days": number(row.age),
            }
            for row in found.itertuples()
        ],
        confidence=np.where(silent, "high", "medium"),
    )[COLUMNS]  # fmt: skip


def _own_instances(found: pd.DataFrame, instances: pd.DataFrame) -> pd.Series:
    """How many instances, stopped ones too, say by a tag that they are a node of each cluster."""
    owners = [
        (row.account_id, row.region, name)
        for row in instances.itertuples()
        for name in _clusters_of(row.tags or {})
    ]
    counted = pd.Series(owners, dtype="object").value_counts()
    keys = zip(found["account_id"], found["region"], found["name"], strict=True)
    return pd.Series([int(counted.get(key, 0)) for key in keys], index=found.index)


def _clusters_of(tags: dict[str, str]) -> set[str]:
    keyed = {key.removeprefix(OWNER_TAG) for key in tags if key.startswith(OWNER_TAG)}
    return keyed | {tags[name] for name in NAME_TAGS if name in tags}


def _empty_reason(row: Any, window_days: int) -> str:
    if row.nodes > 0 or row.placed > 0:
        return f"{row.nodes:.0f} nodes now."
    if row.age < window_days:
        return too_young("Made", row.age, window_days)
    if row.blind:
        return "The instances, which could be its nodes, were not read here."
    if row.status == "unknown":
        return f"No node now, but whether pods ran within {window_days} days is not measured."
    pods = "" if pd.isna(row.placed) else f" and no pod placed over {window_days} days"
    return f"No node{pods}; {row.pools:.0f} ways to get one; {row.age:.0f} days old."
