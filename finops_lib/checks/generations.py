"""Machines of an older generation, and Intel and AMD machines that could run on Graviton."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.generations import graviton, successors
from finops_lib.checks.ec2 import cpu_use, priced_instances
from finops_lib.checks.measures import looked_up
from finops_lib.checks.pricing import list_prices
from finops_lib.checks.registry import check
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "action",
    "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip

LINUX = "Linux/UNIX"
PARAVIRTUAL = ("c1.", "c3.", "hs1.", "m1.", "m2.", "m3.", "t1.")
"""The types that a paravirtual image starts on; what runs on another has one that starts anywhere:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/virtualization_types.html"""

WORKLOAD_KEYS = ("project", "application", "app", "service")
"""Tags that say which machines run the same software."""

IDLE = (14, 5.0, 5.0)
"""Window in days, CPU percent and MiB a day of idle_ec2_instances, so that none is judged by both."""


@check(
    title="EC2 instances of an old generation",
    why="A later generation of the same line is faster and costs less for the same processors and memory.",
    needs=("instances", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("ec2:DescribeInstances", "cloudwatch:GetMetricData"),
    action="resize_instance",
    service="Amazon Elastic Compute Cloud",
    guard="Only types that AWS lists as previous generation, or that cost much more than exactly their own "
    "kind of a later one; never fewer processors, less memory, disk or network, never another "
    "architecture or an accelerator; Spot, dedicated, licensed and paravirtual machines are unknown; idle "
    "ones are left to idle_ec2_instances.",
)
def old_generation_ec2_instances(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_saving_pct: float = 3.0,
    current_min_saving_pct: float = 10.0,
) -> pd.DataFrame:
    """Running instances for which a later generation of the line does the same at a lower list price.

    The saving is the billed run rate times (1 - the successor's list price / the current one's). The
    same dollars as oversized_ec2_instances: the plan takes one of the two.
    Undo: change the type back.
    """
    price = list_prices(prices, "AmazonEC2", as_of)
    moves = successors(
        instances["instance_type"].unique(), instance_types, price,
        min_saving=min_saving_pct / 100, current_min_saving=current_min_saving_pct / 100,
    )  # fmt: skip
    found = _running(instances, metrics, instance_types, moves, price, as_of)
    hindered = found["hindrance"].notna()
    unpriced = ~found["priced"] & ~found["is_current"]
    found["status"] = np.select(
        [found["idle"], found["target"].notna() & ~hindered, hindered & found["target"].notna(),
         found["described"] & ~unpriced],
        ["ok", "waste", "unknown", "ok"],
        default="unknown",
    )  # fmt: skip
    found = priced_instances(found, resource_costs, prices, as_of)
    return _described(
        found.assign(reason=[_old_reason(row) for row in found.itertuples()]), "medium", "medium"
    )


@check(
    title="EC2 instances that Graviton would run for less",
    why="Graviton costs about a fifth less than the same size of Intel or AMD, for software that is built for it.",
    needs=("instances", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("ec2:DescribeInstances", "cloudwatch:GetMetricData"),
    action="review",
    service="Amazon Elastic Compute Cloud",
    guard="Linux only, no licence, no accelerator, nothing less than now; wasted only where a machine of "
    "the same project, application or service already runs on Graviton here, which is a sign that its "
    "software is built for it. Confidence is low and risk high in any case.",
)
def graviton_ec2_instances(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_saving_pct: float = 5.0,
) -> pd.DataFrame:
    """Running Linux instances on x86_64 for which arm64 of the line does the same at a lower list price.

    The saving is the billed run rate times (1 - the Graviton type's list price / the current one's). The
    same dollars as oversized_ec2_instances: the plan takes one of the two.
    Undo: start the machine of before, kept until the port has proven itself.
    """
    price = list_prices(prices, "AmazonEC2", as_of)
    in_use = instances["instance_type"].unique()
    moves = graviton(in_use, instance_types, price, min_saving=min_saving_pct / 100)
    found = _running(instances, metrics, instance_types, moves, price, as_of)
    found = found.assign(proof=_on_graviton_already(found, instance_types))
    licensed = found["platform"].notna() & (found["platform"] != LINUX)
    open_question = found["platform"].isna() | found["hindrance"].notna()
    candidate = found["target"].notna() & found["proof"].notna() & ~licensed & ~found["idle"]
    found["status"] = np.select(
        [candidate & ~open_question, candidate | ~found["described"]],
        ["waste", "unknown"],
        default="ok",
    )
    found = priced_instances(found, resource_costs, prices, as_of)
    reasons = [_graviton_reason(row) for row in found.itertuples()]
    return _described(found.assign(reason=reasons), "low", "high")


def _running(
    instances: pd.DataFrame, metrics: pd.DataFrame, types: pd.DataFrame, moves: pd.DataFrame,
    price: pd.Series, as_of: datetime,
) -> pd.DataFrame:  # fmt: skip
    """Running instances with target, price_share, targets, hindrance, idle, described, priced, is_current."""
    found = instances[instances["state"] == "running"]
    first = moves[moves["rank"] == 1].set_index("instance_type")
    every = {name: group.drop(columns="instance_type").to_dict("records")
             for name, group in moves.groupby("instance_type")}  # fmt: skip
    kind = found["instance_type"]
    use = cpu_use(found, metrics, types, as_of, *IDLE).set_index("resource_id")["idle"]
    current = types.set_index("instance_type")["is_current_generation"]
    return found.assign(
        target=looked_up(kind, first["target"]),
        price_share=looked_up(kind, first["price_share"]),
        targets=[every.get(name, []) for name in kind],
        hindrance=[_hindrance(row) for row in found.itertuples()],
        idle=looked_up(found["resource_id"], use).fillna(False).astype(bool),
        described=kind.isin(types["instance_type"]),
        priced=kind.isin(price.index),
        is_current=looked_up(kind, current).fillna(True).astype(bool),
    )


def _hindrance(row: Any) -> str | None:
    """Why nobody can tell here what another type would cost or whether it would start."""
    if row.lifecycle == "spot":
        return "Spot prices of other types are not known."
    if not pd.isna(row.tenancy) and row.tenancy != "default":
        return f"Its tenancy is {row.tenancy}: the list here is of shared machines."
    if not pd.isna(row.platform) and row.platform != LINUX:
        return f"{row.platform}: part of its price is a licence, which stays."
    if row.virtualization == "paravirtual" and row.instance_type.startswith(PARAVIRTUAL):
        return "Its image is paravirtual, which later generations do not start."
    return None


def _on_graviton_already(found: pd.DataFrame, types: pd.DataFrame) -> pd.Series:
    """An arm64 instance of the same account and workload, by each row; missing where there is none."""
    architecture = looked_up(
        found["instance_type"], types.set_index("instance_type")["architecture"]
    )
    workloads = pd.Series(
        [_workload(account, tags) for account, tags in zip(found["account_id"], found["tags"], strict=True)],
        index=found.index, dtype="object",
    )  # fmt: skip
    arm = found[architecture.eq("arm64")].sort_values("resource_id")
    proofs = arm["resource_id"].groupby(workloads[arm.index]).first()
    return workloads.map(proofs.to_dict())


def _workload(account: str, tags: dict[str, str] | None) -> str | None:
    lowered = {key.lower(): value for key, value in (tags or {}).items()}
    stated = [f"{key}={lowered[key]}" for key in WORKLOAD_KEYS if lowered.get(key)]
    return "/".join([account, stated[0]]) if stated else None


def _described(found: pd.DataFrame, confidence: str, risk: str) -> pd.DataFrame:
    wasted = found["status"] == "waste"
    grouped = found["asg_name"].notna()
    saving = found["monthly_cost"] * (1 - found["price_share"])
    by_person = grouped | (risk == "high")
    return found.assign(
        monthly_saving=saving.where(wasted),
        confidence=confidence,
        risk=pd.Series(risk, found.index, dtype="object").where(wasted, None),
        action=np.where(by_person, "review", "resize_instance"),
        parameters=[
            {"instance_type": row.target} if row.status == "waste" else None
            for row in found.itertuples()
        ],
        evidence=[
            {
                "instance_type": row.instance_type, "target": None if pd.isna(row.target) else row.target,
                "price_share": None if pd.isna(row.price_share) else round(float(row.price_share), 4),
                "targets": row.targets, "platform": None if pd.isna(row.platform) else row.platform,
                "asg_name": None if pd.isna(row.asg_name) else row.asg_name,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _old_reason(row: Any) -> str:
    if row.idle:
        return "Idle rather than old."
    if pd.isna(row.target):
        none = "its own kind of a later generation is not much cheaper"
        return _no_target(
            row, none if row.is_current else "no later generation does the same for less"
        )
    less = f"{row.target} does the same for {100 * (1 - row.price_share):.1f} % less at list"
    if row.status == "unknown":
        return f"{row.instance_type}: {less}, but: {row.hindrance}"
    which = "Still offered" if row.is_current else "A previous generation"
    group = "" if pd.isna(row.asg_name) else f" Change the launch template of {row.asg_name}."
    return f"{which}: {row.instance_type}; {less}.{group}"


def _graviton_reason(row: Any) -> str:
    if row.idle:
        return "Idle: to remove it saves more."
    if pd.isna(row.target):
        return _no_target(row, "no Graviton type does the same for less")
    less = f"{row.target} costs {100 * (1 - row.price_share):.1f} % less at list"
    if pd.isna(row.proof):
        return f"{less}, if its software is built for arm64: nothing here shows that it is."
    if row.status != "waste":
        return f"{less}, but: {row.hindrance if not pd.isna(row.hindrance) else 'its platform is not told.'}"
    return (
        f"{less}; {row.proof} of the same workload runs on Graviton already. "
        "Architecture: every part of the software must be built for arm64."
    )


def _no_target(row: Any, otherwise: str) -> str:
    if not row.described:
        return f"{row.instance_type} is not described here."
    if row.status == "unknown":
        return f"{row.instance_type} is a previous generation without a list price here."
    return f"{row.instance_type}: {otherwise}."
