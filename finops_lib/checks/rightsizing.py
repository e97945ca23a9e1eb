"""Machines that are larger than their load: instances, databases, inference endpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.rightsizing import Rule, family_prices, targets
from finops_lib.checks.ec2 import INSTANCE_HOURS, limit_by_size
from finops_lib.checks.measures import is_complete, looked_up, measured, rounded, windowed
from finops_lib.checks.pricing import list_prices, machine_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import FINDINGS, KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "price_basis",
]  # fmt: skip

MIB = 2**20
GIGABIT = 1e9


def _percentile(
    metrics: pd.DataFrame, namespace: str, metric: str, percentile: float, by: tuple[str, ...]
) -> pd.Series:
    """The percentile of the intervals' maxima."""
    found = metrics[
        (metrics["namespace"] == namespace)
        & (metrics["metric"] == metric)
        & (metrics["stat"] == "Maximum")
    ]
    return found.groupby(list(by))["value"].quantile(percentile / 100)


def _network_gbps(metrics: pd.DataFrame) -> pd.Series:
    """The busiest interval's mean of the busier direction, by resource."""
    traffic = metrics[
        (metrics["namespace"] == "AWS/EC2") & metrics["metric"].isin(["NetworkIn", "NetworkOut"])
    ]
    gbps = traffic["value"] * 8 / traffic["period_s"] / GIGABIT
    return gbps.groupby(traffic["resource_id"]).max()


def _with_targets(
    found: pd.DataFrame, types: pd.DataFrame, price: pd.Series, rule: Rule
) -> pd.DataFrame:
    """`found` with `targets`, a list of up to three per machine, and the first one's share and risk."""
    fitted = targets(found, types, price, rule)
    listed = {
        resource: group.drop(columns="resource_id").to_dict("records")
        for resource, group in fitted.groupby("resource_id")
    }
    first = fitted[fitted["rank"] == 1].set_index("resource_id")
    ids = found["resource_id"]
    return found.assign(
        targets=[listed.get(resource, []) for resource in ids],
        target=looked_up(ids, first["instance_type"]),
        price_share=looked_up(ids, first["price_share"]),
        projected_cpu_pct=looked_up(ids, first["projected_cpu_pct"]),
        risk=looked_up(ids, first["risk"]),
        is_comparable=found["instance_type"].isin(types["instance_type"])
        & found["instance_type"].isin(price.dropna().index),
    )


def _judged(
    found: pd.DataFrame,
    complete: pd.Series,
    idle: pd.Series,
    window_days: int,
    rule: Rule,
    key: str,
) -> pd.DataFrame:
    """The findings; `idle` ones are ok here, because to remove a machine saves more than to shrink it."""
    oversized = found["target"].notna()
    full = found["cpu_pct"] > 100 * (1 - rule.headroom)
    status = np.select(
        [idle | full, ~complete, oversized, ~found["is_comparable"]],
        ["ok", "unknown", "waste", "unknown"],
        default="ok",
    )
    found = found.assign(status=status, idle=idle)
    wasted = found["status"] == "waste"
    saving = found["monthly_cost"] * (1 - found["price_share"])
    return found.assign(
        monthly_saving=saving.where(wasted),
        risk=found["risk"].where(wasted, None),
        confidence=np.where(found["memory_pct"].notna(), "high", "medium"),
        parameters=[
            _parameters(row, key) if row.status == "waste" else None for row in found.itertuples()
        ],
        reason=[_reason(row, window_days, rule) for row in found.itertuples()],
        evidence=[_evidence(row, window_days, rule) for row in found.itertuples()],
    )[[*COLUMNS, *(["part", "claim_key"] if "part" in found else [])]]


def _parameters(row: Any, key: str) -> dict[str, str]:
    part = {"variant_name": row.part} if hasattr(row, "part") else {}
    return {key: row.target, **part}


def _reason(row: Any, window_days: int, rule: Rule) -> str:
    if row.status == "unknown" and not pd.isna(row.cpu_pct) and not row.is_comparable:
        return f"What {row.instance_type} has or costs at list is not known, so nothing compares to it."
    if row.status == "unknown":
        return f"CPU is not measured over the whole window of {window_days} days."
    if row.idle:
        return "Idle rather than oversized."
    memory = "not measured" if pd.isna(row.memory_pct) else f"{row.memory_pct:.1f} %"
    use = (
        f"P{rule.percentile:g} over {window_days} days: CPU {row.cpu_pct:.1f} %, memory {memory} "
        f"({100 * rule.headroom:g} % kept free)"
    )
    if row.status == "ok":
        return f"{use}: no smaller, cheaper type carries it."
    return f"{use}: {row.target} carries it at {row.projected_cpu_pct:.1f} % CPU."


def _evidence(row: Any, window_days: int, rule: Rule) -> dict[str, Any]:
    return {
        "cpu_pct": rounded(row.cpu_pct), "memory_pct": rounded(row.memory_pct),
        "percentile": rule.percentile, "headroom": rule.headroom, "window_days": window_days,
        "instance_type": row.instance_type, "price_share": rounded(row.price_share),
        "targets": row.targets if row.status == "waste" else [],
    }  # fmt: skip


@check(
    title="Oversized EC2 instances",
    why="Twice the size costs twice the money, whether or not the load needs it.",
    needs=("instances", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("ec2:DescribeInstances", "cloudwatch:GetMetricData"),
    action="resize_instance",
    service="Amazon Elastic Compute Cloud",
    guard="The 99.5th percentile of the maxima with headroom, for CPU and memory; memory that nobody "
    "measured never shrinks; architecture, GPUs and local disks stay; a partial window is unknown.",
)
def oversized_ec2_instances(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    percentile: float = 99.5,
    headroom: float = 0.2,
    move_cost: float = 0.15,
    idle_cpu_pct: float = 5.0,
    idle_network_mib_per_day: float = 5.0,
) -> pd.DataFrame:
    """Running instances whose CPU and memory percentiles fit a smaller, cheaper type with headroom.

    The saving is the billed run rate times (1 - the target's list price / the current one's). Of moves
    to another family only those come first that are `move_cost` cheaper than the own family's.
    """
    rule = Rule(percentile, headroom, move_cost)
    found = instances[instances["state"] == "running"]
    ids = found["resource_id"]
    recent = windowed(metrics, as_of, window_days)
    by = ("resource_id",)
    cpu = measured(recent, "AWS/EC2", "CPUUtilization", "Maximum")
    total = sum(
        measured(recent, "AWS/EC2", f"Network{way}", "Sum")["total"] for way in ("In", "Out")
    )
    network = looked_up(ids, pd.Series(total, dtype="float64")) / MIB / window_days
    found = found.assign(
        cpu_pct=looked_up(ids, _percentile(recent, "AWS/EC2", "CPUUtilization", percentile, by)),
        memory_pct=looked_up(ids, _memory(recent, percentile, window_days)),
        network_gbps=looked_up(ids, _network_gbps(recent)),
    )
    price = list_prices(prices, "AmazonEC2", as_of)
    found = _with_targets(found, instance_types, price, rule)
    listed = machine_prices(found, prices, as_of) * HOURS_PER_MONTH
    found = priced(found, run_rate(resource_costs, INSTANCE_HOURS), listed)
    complete = is_complete(looked_up(ids, cpu["hours"]), window_days)
    vcpu = looked_up(found["instance_type"], instance_types.set_index("instance_type")["vcpu"])
    # The limit of idle_ec2_instances itself, so that no machine falls between the two checks.
    limit = limit_by_size(vcpu.astype("float64"), idle_cpu_pct)
    idle = (looked_up(ids, cpu["maximum"]) < limit) & (network < idle_network_mib_per_day)
    return _judged(found, complete, idle & complete, window_days, rule, "instance_type")


def _memory(recent: pd.DataFrame, percentile: float, window_days: int) -> pd.Series:
    """The agent's memory percentile of machines that it watched over the whole window."""
    hours = measured(recent, "CWAgent", "mem_used_percent", "Maximum")["hours"]
    found = _percentile(recent, "CWAgent", "mem_used_percent", percentile, ("resource_id",))
    return found[is_complete(hours.reindex(found.index), window_days)]


def _managed_prices(
    resource_costs: pd.DataFrame, prices: pd.DataFrame, service: str, types: pd.DataFrame,
    pattern: str, as_of: datetime, detail: str,
) -> pd.Series:  # fmt: skip
    """Hourly list prices by type of what `detail` names: the list's, else the bill's list rates."""
    hours = resource_costs[
        resource_costs["usage_type"].fillna("").str.contains(pattern)
        & (resource_costs["consumed_quantity"] > 0)
    ]
    named = hours["usage_type"].str.extract(rf"(?:{pattern}):(\S+)")[0]
    named = named.str.replace(r"xl$", "xlarge", regex=True)  # as RDS bills spell it
    sums = hours.groupby(named)[["list_cost", "consumed_quantity"]].sum()
    billed = sums["list_cost"] / sums["consumed_quantity"]
    listed = list_prices(prices, service, as_of, detail)
    return family_prices(listed.combine_first(billed[billed > 0]), types)


def _database_prices(
    resource_costs: pd.DataFrame, prices: pd.DataFrame, types: pd.DataFrame, as_of: datetime,
    engine: str,
) -> pd.Series:  # fmt: skip
    """Hourly list prices of one machine of the engine by class; half of two where only those are known."""
    one, two = (
        _managed_prices(resource_costs, prices, "AmazonRDS", types, usage, as_of, detail)
        for usage, detail in (("InstanceUsage", engine), ("Multi-AZUsage", f"{engine} Multi-AZ"))
    )
    return one.combine_first(two / 2)


def _compared(
    found: pd.DataFrame, types: pd.DataFrame, price: pd.Series, rule: Rule
) -> pd.DataFrame:
    """`found` with its targets, and hourly: what one machine of its type costs."""
    hourly = looked_up(found["instance_type"], price)
    return _with_targets(found, types, price, rule).assign(hourly=hourly)


def _prefixed(instance_types: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return instance_types.assign(instance_type=prefix + instance_types["instance_type"])


@check(
    title="Oversized RDS instances",
    why="Databases are sized for a peak that often never came.",
    needs=("databases", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("rds:DescribeDBInstances", "cloudwatch:GetMetricData"),
    action="resize_database",
    service="Amazon Relational Database Service",
    guard="CPU and freeable memory over a full window with headroom; memory that is not measured never "
    "shrinks; cluster members and replicas are left alone.",
)
def oversized_rds_instances(
    databases: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    percentile: float = 99.5,
    headroom: float = 0.2,
) -> pd.DataFrame:
    """Available databases whose CPU and memory percentiles fit a smaller, cheaper class with headroom.

    Memory in use is the class's memory less the lowest FreeableMemory.
    """
    rule = Rule(percentile, headroom)
    alone = databases["cluster_id"].isna() & databases["replica_of"].isna()
    found = databases[(databases["status"] == "available") & alone]
    found = found.assign(instance_type=found["instance_class"], network_gbps=np.nan)
    ids = found["resource_id"]
    recent = windowed(metrics, as_of, window_days)
    types = _prefixed(instance_types, "db.")
    cpu = measured(recent, "AWS/RDS", "CPUUtilization", "Maximum")
    sessions = measured(recent, "AWS/RDS", "DatabaseConnections", "Maximum")
    free = recent[(recent["namespace"] == "AWS/RDS") & (recent["metric"] == "FreeableMemory")]
    least = free[free["stat"] == "Minimum"].groupby("resource_id")["value"].min() / 2**30
    memory = looked_up(found["instance_type"], types.set_index("instance_type")["memory_gib"])
    found = found.assign(
        cpu_pct=looked_up(
            ids, _percentile(recent, "AWS/RDS", "CPUUtilization", percentile, ("resource_id",))
        ),
        memory_pct=100 * (1 - looked_up(ids, least) / memory.astype("float64")),
    )
    parts = [
        _compared(
            group, types, _database_prices(resource_costs, prices, types, as_of, engine), rule
        )
        for engine, group in found.groupby("engine")
    ]
    if not parts:
        return FINDINGS.empty()
    found = pd.concat(parts).loc[ids.index]
    machines = found["multi_az"].fillna(False).astype(float) + 1
    listed = found["hourly"] * machines * HOURS_PER_MONTH
    found = priced(found, run_rate(resource_costs, "InstanceUsage|Multi-AZUsage"), listed)
    complete = is_complete(looked_up(ids, cpu["hours"]), window_days)
    idle = looked_up(ids, sessions["maximum"]).eq(0)
    return _judged(found, complete, idle & complete, window_days, rule, "instance_class")


@check(
    title="Oversized SageMaker endpoints",
    why="An inference endpoint bills its machines by size, whatever the models on them use.",
    needs=("endpoints", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("sagemaker:ListEndpoints", "sagemaker:DescribeEndpoint",
                 "sagemaker:DescribeEndpointConfig", "cloudwatch:GetMetricData"),
    action="resize_endpoint",
    service="Amazon SageMaker",
    guard="CPU and memory of every variant over a full window; GPU machines keep their GPUs; serverless "
    "and asynchronous endpoints are left alone.",
)  # fmt: skip
def oversized_sagemaker_endpoints(
    endpoints: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    percentile: float = 99.5,
    headroom: float = 0.2,
) -> pd.DataFrame:
    """Variants in service whose CPU and memory percentiles fit a smaller, cheaper type with headroom."""
    rule = Rule(percentile, headroom)
    apart = endpoints["is_serverless"].fillna(False) | endpoints["is_async"].fillna(False)
    found = endpoints[~apart.astype(bool) & (endpoints["status"] == "InService")]
    recent = windowed(metrics, as_of, window_days)
    by = ("resource_id", "dimension")
    keys = pd.MultiIndex.from_frame(found[["resource_id", "variant_name"]])
    namespace = "/aws/sagemaker/Endpoints"

    def of(values: pd.Series) -> pd.Series:
        return pd.Series(values.reindex(keys).to_numpy(dtype="float64"), index=found.index)

    cpu = of(measured(recent, namespace, "CPUUtilization", "Maximum", by)["hours"])
    calls = of(measured(recent, "AWS/SageMaker", "Invocations", "Sum", by)["total"])
    found = found.assign(
        variant=found["resource_id"] + "/" + found["variant_name"],
        part=found["variant_name"],
        network_gbps=np.nan,
        cpu_pct=of(_percentile(recent, namespace, "CPUUtilization", percentile, by)),
        memory_pct=of(_percentile(recent, namespace, "MemoryUtilization", percentile, by)),
    )
    types = _prefixed(instance_types, "ml.")
    price = _managed_prices(
        resource_costs, prices, "AmazonSageMaker", types, "Host", as_of, "hosting"
    )
    by_variant = found.assign(resource_id=found["variant"])
    found = _with_targets(by_variant, types, price, rule).assign(
        resource_id=found["resource_id"],
        claim_key=found["account_id"] + "/" + found["variant"],
    )
    hourly = looked_up(found["instance_type"], price) * found["instance_count"].astype("float64")
    share = hourly / hourly.groupby(found["resource_id"]).transform("sum")
    found = priced(found, run_rate(resource_costs), hourly * HOURS_PER_MONTH)
    found["monthly_cost"] *= share.where(found["price_basis"] == "billed", 1.0)
    complete = is_complete(cpu, window_days)
    silent = calls.fillna(0.0).eq(0) & complete
    return _judged(found, complete, silent, window_days, rule, "instance_type")
