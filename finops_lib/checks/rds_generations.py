"""Databases on classes of an older generation, and those on Intel and AMD that Graviton would run for less."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.generations import MOVES, graviton, successors
from finops_lib.checks.measures import looked_up
from finops_lib.checks.pricing import database_prices, list_prices, priced, run_rate
from finops_lib.checks.rds import database_use
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "price_basis",
]  # fmt: skip

USE = (14, 5.0, 15.0)
"""Window in days and CPU percent (alone, in a cluster) of idle_rds_instances, so that none is judged twice."""

Version = tuple[int, ...]

_GRAVITON_2 = {"mysql": ((8, 0, 17),), "mariadb": ((10, 4, 13),), "postgres": ((12, 3),)}
FIRST: dict[int, dict[str, tuple[Version, ...]]] = {
    4: {**_GRAVITON_2, "aurora-mysql": ((3, 1, 0),), "aurora-postgresql": ((12, 8), (13, 4))},
    6: {
        **_GRAVITON_2,
        "aurora-mysql": ((2, 9, 2),),
        "aurora-postgresql": ((11, 9), (12, 4), (13, 3)),
    },
    7: {
        "mysql": ((8, 0, 28),),
        "mariadb": ((10, 4, 26), (10, 5, 17), (10, 6, 10)),
        "postgres": ((13, 4), (14, 5), (15, 2)),
        "aurora-mysql": ((3, 3, 1),),
        "aurora-postgresql": ((13, 10), (14, 7), (15, 2)),
    },
}
"""By generation of the class (t4g, m6g and r6g, m7g and r7g): the first versions of each engine, one for each
release line, that run on Graviton; later lines do, earlier ones do not. What is not here is not advised.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html"""

ENGINES = frozenset(engine for first in FIRST.values() for engine in first)

Moves = Callable[[Sequence[str], pd.DataFrame, pd.Series], pd.DataFrame]


def version_of(text: str | None) -> Version:
    """The numbers of an engine's version, of Aurora MySQL those after its name; none where it is not told."""
    if text is None or pd.isna(text):
        return ()
    return tuple(int(number) for number in re.findall(r"\d+", text.split("aurora.")[-1]))


def runs_on_graviton(engine: str, version: Version, generation: int) -> bool:
    """Whether that version of the engine runs on Graviton of that generation, as FIRST says."""
    first = FIRST.get(generation, {}).get(engine, ())
    if not first or not version:
        return False
    line = next((known for known in first if version[: len(known) - 1] == known[:-1]), None)
    return version >= line if line else version > max(first)


@check(
    title="RDS instances of an old generation",
    why="A later class of the same line is faster and costs less for the same processors and memory.",
    needs=("databases", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("rds:DescribeDBInstances", "cloudwatch:GetMetricData"),
    action="resize_database",
    service="Amazon Relational Database Service",
    guard="Only classes whose machine AWS lists as previous generation, or that cost much more than exactly "
    "their own kind of a later one; Graviton only for versions that run on it; a class without a known "
    "price is never a target, and an old one without one is unknown; idle ones are left to idle_rds_instances.",
)
def old_generation_rds_instances(
    databases: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_saving_pct: float = 3.0,
    current_min_saving_pct: float = 10.0,
) -> pd.DataFrame:
    """Available databases for whose class a later one of the line does the same at a lower list price.

    Intel, AMD or Graviton, as the engine's version allows. The saving is the billed run rate times (1 - the
    successor's list price / the current one's), of the same engine and number of zones.
    Undo: change the class back.
    """
    least, current_least = min_saving_pct / 100, current_min_saving_pct / 100

    def moves(used: Sequence[str], types: pd.DataFrame, price: pd.Series) -> pd.DataFrame:
        later = successors(used, types, price, min_saving=least, current_min_saving=current_least)
        arm = graviton(used, types, price, min_saving=least)
        return _cheapest(pd.concat([later, arm[arm["is_retired"]]], ignore_index=True))

    found = _with_moves(databases, metrics, instance_types, prices, as_of, moves)
    known = found["is_current"] | found["is_priced"]
    return _described(found, known, resource_costs, prices, as_of)


@check(
    title="RDS instances that Graviton would run for less",
    why="A class on Graviton costs about a tenth less than the same size of Intel, and the engine is the same.",
    needs=("databases", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("rds:DescribeDBInstances", "cloudwatch:GetMetricData"),
    action="resize_database",
    service="Amazon Relational Database Service",
    guard="Only engines and versions that AWS runs on Graviton, nothing less than now, and only at a known "
    "price; where the price or the version is not told it is unknown; idle ones are left to idle_rds_instances, old classes to "
    "old_generation_rds_instances.",
)
def graviton_rds_instances(
    databases: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_saving_pct: float = 5.0,
) -> pd.DataFrame:
    """Available databases on current Intel or AMD classes for which Graviton does the same for less at list.

    The saving is the billed run rate times (1 - the Graviton class's list price / the current one's), of
    the same engine and number of zones.
    Undo: change the class back.
    """

    def moves(used: Sequence[str], types: pd.DataFrame, price: pd.Series) -> pd.DataFrame:
        arm = graviton(used, types, price, min_saving=min_saving_pct / 100)
        return arm[~arm["is_retired"]]

    found = _with_moves(databases, metrics, instance_types, prices, as_of, moves)
    concerned = found["is_current"] & ~found["is_graviton"] & found["engine"].isin(ENGINES)
    told = found["engine_version"].notna() & found["is_priced"]
    return _described(found, told | ~concerned, resource_costs, prices, as_of)


def _cheapest(moves: pd.DataFrame) -> pd.DataFrame:
    """Ranked anew by price, three at most of each class."""
    order = moves.sort_values(["instance_type", "price_share", "target"])
    rank = order.groupby("instance_type").cumcount() + 1
    return order.assign(rank=rank)[rank <= 3]


def _with_moves(
    databases: pd.DataFrame, metrics: pd.DataFrame, instance_types: pd.DataFrame,
    prices: pd.DataFrame, as_of: datetime, moves: Moves,
) -> pd.DataFrame:  # fmt: skip
    """Available databases with target, price_share, targets, idle, and what is known of their class."""
    found = database_use(databases, metrics, as_of, *USE)
    types = instance_types.assign(instance_type="db." + instance_types["instance_type"])
    hardware = types.set_index("instance_type")
    kind = found["instance_class"]
    zones = found["multi_az"].fillna(False).astype(bool)
    found = found.assign(
        zones=np.where(zones, " Multi-AZ", ""), version=found["engine_version"].fillna(""),
        is_described=kind.isin(types["instance_type"]),
        is_current=looked_up(kind, hardware["is_current_generation"]).fillna(True).astype(bool),
        is_graviton=looked_up(kind, hardware["architecture"]).eq("arm64").fillna(False),
        idle=found["idle"] & ~found["young"] & found["replica_of"].isna(),
    )  # fmt: skip
    parts = [
        _moved(group, _runs(types, str(engine), str(version)),
               list_prices(prices, "AmazonRDS", as_of, f"{engine}{zone}"), moves)
        for (engine, version, zone), group in found.groupby(["engine", "version", "zones"])
    ]  # fmt: skip
    none = found.assign(target=None, price_share=np.nan, targets=None, is_priced=False)
    return pd.concat(parts).loc[found.index] if parts else none


def _runs(types: pd.DataFrame, engine: str, version: str) -> pd.DataFrame:
    """The classes that this version of the engine runs on."""
    generation = types["instance_type"].str.extract(r"^db\.[a-z]+(\d+)", expand=False)
    arm = types["architecture"].eq("arm64").fillna(False).astype(bool)
    able = [g for g in FIRST if runs_on_graviton(engine, version_of(version), g)]
    return types[~arm | pd.to_numeric(generation).isin(able)]


def _moved(
    group: pd.DataFrame, types: pd.DataFrame, price: pd.Series, moves: Moves
) -> pd.DataFrame:
    kind = group["instance_class"]
    options = moves(kind.unique().tolist(), types, price) if len(price) else MOVES.empty()
    first = options[options["rank"] == 1].set_index("instance_type")
    every = {name: part.drop(columns="instance_type").to_dict("records")
             for name, part in options.groupby("instance_type")}  # fmt: skip
    return group.assign(
        target=looked_up(kind, first["target"]),
        price_share=looked_up(kind, first["price_share"]).astype("float64"),
        targets=[every.get(name, []) for name in kind],
        is_priced=kind.isin(price.index),
    )


def _described(
    found: pd.DataFrame, known: pd.Series, resource_costs: pd.DataFrame, prices: pd.DataFrame,
    as_of: datetime,
) -> pd.DataFrame:  # fmt: skip
    listed = database_prices(found, prices, as_of) * HOURS_PER_MONTH
    found = priced(found, run_rate(resource_costs, "InstanceUsage|Multi-AZUsage"), listed)
    status = np.select(
        [found["idle"], found["target"].notna(), known & found["is_described"]],
        ["ok", "waste", "ok"],
        default="unknown",
    )
    found = found.assign(status=status)
    wasted = found["status"] == "waste"
    return found.assign(
        monthly_saving=(found["monthly_cost"] * (1 - found["price_share"])).where(wasted),
        confidence="medium",
        risk=pd.Series("medium", index=found.index, dtype="object").where(wasted, None),
        parameters=[
            {"instance_class": row.target} if row.status == "waste" else None
            for row in found.itertuples()
        ],
        reason=[_reason(row) for row in found.itertuples()],
        evidence=[
            {
                "instance_class": row.instance_class, "engine": row.engine,
                "engine_version": row.version or None, "multi_az": bool(row.zones),
                "target": None if pd.isna(row.target) else row.target,
                "price_share": None if pd.isna(row.price_share) else round(row.price_share, 4),
                "targets": row.targets,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _reason(row: Any) -> str:
    what = f"{row.instance_class}, {row.engine} {row.version}".strip()
    if row.idle:
        return "Idle: to remove it saves more."
    if row.status == "waste":
        which = "a current class" if row.is_current else "a previous generation"
        less = f"{100 * (1 - row.price_share):.1f} % less at list"
        return f"{what}: {which}; {row.target} does the same for {less}."
    if not row.is_described:
        return f"{what}: what the class has is not known here."
    if row.status == "unknown" and not row.is_priced:
        return f"{what}: {'' if row.is_current else 'a previous generation, '}without a list price here."
    if row.status == "unknown":
        return f"{what}: without its version nobody can tell whether Graviton runs it."
    return f"{what}: no class that runs this version does the same for less."
