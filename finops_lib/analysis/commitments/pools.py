"""Which usage competes for which commitments, and what is held already: the demand to be replayed.

A pool is usage that one shared plan covers (or none), so that pools are optimized apart and exactly.
Within it a group is what one scoped commitment covers: a family in a region under one operating system
or database engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd

import numpy as np
import pandas as pd

from finops_lib.analysis.commitments.rates import PLANS, family_of
from finops_lib.analysis.commitments.replay import Array, Demand
from finops_lib.period import Period


@dataclass(frozen=True)
class Kind:
    """A pool's services, the shared plan that covers it (if any) and the scoped products."""

    services: tuple[str, ...]
    shared: str | None
    scoped: tuple[str, ...]


KINDS = {
    "compute": Kind(
        ("AmazonEC2", "AWSLambda", "AmazonECS", "AmazonEKS"), "compute_plan",
        ("ec2_instance_plan", "ec2_standard", "ec2_convertible"),
    ),
    "sagemaker": Kind(("AmazonSageMaker",), "sagemaker_plan", ()),
    "rds": Kind(("AmazonRDS",), None, ("rds_reserved",)),
    "cache": Kind(("AmazonElastiCache",), None, ("cache_reserved",)),
}  # fmt: skip

OPERATIONS = {
    "Linux/UNIX": "RunInstances", "Windows": "RunInstances:0002",
    "Red Hat Enterprise Linux": "RunInstances:0010", "SUSE Linux": "RunInstances:000g",
    "mysql": "CreateDBInstance:0002", "postgresql": "CreateDBInstance:0014",
    "aurora-mysql": "CreateDBInstance:0016", "mariadb": "CreateDBInstance:0018",
    "aurora-postgresql": "CreateDBInstance:0021",
    "memcached": "CreateCacheCluster:0001", "redis": "CreateCacheCluster:0002",
}  # fmt: skip
"""The bill's operation code of a reservation's platform, or of its engine where that needs no license
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-info-fields.html)."""

MULTI_AZ = "Multi-AZ"
"""How a database's usage type, the scope of a reservation and its price here say: with a standby."""

GROUP = ["region", "family", "operation"]
CAPACITY_COLUMNS = [
    "commitment_id", "pool", *GROUP, "covers", "dollars", "start_time", "end_time",
]  # fmt: skip


def eligible(usage: pd.DataFrame) -> pd.DataFrame:
    """The usage that some commitment covers, with its `pool` and `family` (lambda, fargate or types).

    Of functions only the time they run counts, of containers only Fargate: no plan takes anything off
    requests or clusters.
    """
    service = usage["service_code"]
    containers = service.isin(["AmazonECS", "AmazonEKS"])
    name = usage["usage_type"].fillna("").astype("str")
    counts = ~containers | name.str.contains("Fargate")
    counts &= (service != "AWSLambda") | name.str.contains("GB-Second")
    pool = service.map({s: pool for pool, kind in KINDS.items() for s in kind.services})
    serverless = pd.Series(np.where(containers, "fargate", "lambda"), usage.index)
    family = family_of(usage["instance_type"]).fillna(serverless)
    found = usage.assign(pool=pool, family=family, operation=usage["operation"].fillna(""))
    return found[counts & pool.notna()]


@dataclass(frozen=True)
class Pool:
    """Usage of one pool and the commitments that it meets.

    `groups` has GROUP and unit_type, unit_price (the smallest type used, on demand an hour); `usage` is
    hours x groups in on-demand dollars. `held` are states of the months ahead: how many months, the
    on-demand dollars an hour that held reservations and instance plans cover by group, and the dollars
    an hour of held shared plans.
    """

    name: str
    groups: pd.DataFrame
    usage: Array
    held: tuple[tuple[int, Array, float], ...]

    def scaled(self, factor: float) -> Pool:
        """The same profile at `factor` times the usage; what is held stays."""
        return replace(self, usage=self.usage * factor)

    def first_month(self) -> Pool:
        """The pool with what is held in the first month ahead, and no later state."""
        return replace(self, held=self.held[:1])

    def demand(self, scoped: Array, shared: Array, held_worth: float = 1.0) -> Demand:
        """The months ahead as one demand, each state as often as it has months.

        `scoped` and `shared` are discounts by group; a held plan's dollar counts `held_worth` of the
        shared plan that is replayed, where the two have other rates.
        """
        months = [months for months, _, _ in self.held]
        copies = [count // gcd(*months) for count in months]
        hours = len(self.usage)
        pairs = list(zip(copies, self.held, strict=True))
        return Demand(
            np.tile(self.usage, (sum(copies), 1)),
            scoped,
            shared,
            np.vstack([np.tile(held * (1 - scoped), (n * hours, 1)) for n, (_, held, _) in pairs]),
            np.concatenate([np.full(n * hours, plan * held_worth) for n, (_, _, plan) in pairs]),
        )


def pools_of(
    usage: pd.DataFrame, window: Period, held: pd.DataFrame, months: Sequence[Period]
) -> dict[str, Pool]:
    """A Pool of each kind that has usage; `usage` is `eligible`, `months` the ones looked ahead.

    `held` is what `capacities` returns. Hours of the window without a charge had no usage.
    """
    hours = pd.date_range(window.start, window.end, freq="h", inclusive="left")
    found = {}
    for name in KINDS:
        own = usage[usage["pool"] == name]
        if own["on_demand_cost"].sum() > 0:
            table = own.pivot_table(
                index="hour", columns=GROUP, values="on_demand_cost", aggfunc="sum", fill_value=0.0
            ).reindex(hours, fill_value=0.0)
            table = _with_unused(table, held[(held["pool"] == name) & (held["covers"] > 0)])
            groups = table.columns.to_frame(index=False).merge(_units(own), on=GROUP, how="left")
            found[name] = Pool(
                name, groups, table.to_numpy(float), _states(held, groups, name, months)
            )
    return found


def _with_unused(table: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """A column of no usage for each held group in which nothing runs, so that its waste is seen."""
    own = pd.MultiIndex.from_frame(held[GROUP])
    return table.reindex(columns=table.columns.append(own).unique(), fill_value=0.0)


def _units(usage: pd.DataFrame) -> pd.DataFrame:
    """Of each group the smallest type that runs and its on-demand price: whole reservations of it are bought."""
    types = usage[usage["instance_type"].notna()].groupby([*GROUP, "instance_type"], as_index=False)[
        ["on_demand_cost", "consumed_quantity"]
    ].sum()  # fmt: skip
    types = types[types["consumed_quantity"] > 0]
    types["unit_price"] = types["on_demand_cost"] / types["consumed_quantity"]
    smallest = types.sort_values(["unit_price", "instance_type"]).drop_duplicates(GROUP)
    return smallest.rename(columns={"instance_type": "unit_type"})[
        [*GROUP, "unit_type", "unit_price"]
    ]


def capacities(
    commitments: pd.DataFrame, list_prices: pd.Series, shares: pd.DataFrame
) -> pd.DataFrame:
    """What each held commitment can cover: pool, GROUP, `covers` (on-demand dollars an hour) or `dollars`.

    `commitments` is COMMITMENTS; `list_prices` on-demand dollars an hour by (region, instance type, with
    MULTI_AZ behind it where that is what is priced);
    `shares` has product, region, family and price_share of what is held. A reservation without a known
    price, system or engine, or a plan of one family without a known share, has NaN in `covers`: it is
    not replayed.
    """
    rows = [_capacity(row, list_prices, shares) for row in commitments.to_dict("records")]
    return pd.DataFrame(rows, columns=CAPACITY_COLUMNS).dropna(subset=["pool"])


def _capacity(
    row: dict[str, object], list_prices: pd.Series, shares: pd.DataFrame
) -> dict[str, object]:
    known = {key: row[key] for key in ("commitment_id", "region", "start_time", "end_time")}
    platform = str(row["platform"]).removesuffix(" (Amazon VPC)")
    if row["kind"] == "savings_plan":
        product = PLANS.get(str(row["product"]))
        scoped = product == "ec2_instance_plan"
        own = shares[(shares["product"] == product) & (shares["region"] == row["region"])
                     & (shares["family"] == row["family"])]["price_share"]  # fmt: skip
        dollars = float(str(row["hourly_commitment"]))
        return {
            **known, "pool": "sagemaker" if product == "sagemaker_plan" else "compute",
            "family": row["family"], "operation": "RunInstances",
            "covers": dollars / own.iloc[0] if scoped and len(own) else np.nan if scoped else 0.0,
            "dollars": 0.0 if scoped else dollars,
        }  # fmt: skip
    standby = f" {MULTI_AZ}" if row["scope"] == MULTI_AZ else ""
    price = list_prices.get((row["region"], f"{row['instance_type']}{standby}"), np.nan)
    pool = {"EC2": "compute", "RDS": "rds", "ElastiCache": "cache"}.get(str(row["product"]))
    operation = OPERATIONS.get(platform)
    return {
        **known, "pool": pool, "family": str(row["instance_type"]).rpartition(".")[0],
        "operation": operation, "dollars": 0.0,
        "covers": float(str(row["count"])) * float(price) if operation else np.nan,
    }  # fmt: skip


def _states(
    held: pd.DataFrame, groups: pd.DataFrame, pool: str, months: Sequence[Period]
) -> tuple[tuple[int, Array, float], ...]:
    """The distinct states of what is held over the months: active from its start until its end."""
    own = held[held["pool"] == pool]
    counted: dict[tuple[float, ...], int] = {}
    for month in months:
        active = own[(own["start_time"] <= month.start) & (own["end_time"] > month.start)]
        sums = active.groupby(GROUP)["covers"].sum()
        keys = groups[GROUP].itertuples(index=False, name=None)
        state = (*(float(sums.get(key, 0.0)) for key in keys), float(active["dollars"].sum()))
        counted[state] = counted.get(state, 0) + 1
    return tuple((count, np.array(state[:-1]), state[-1]) for state, count in counted.items())
