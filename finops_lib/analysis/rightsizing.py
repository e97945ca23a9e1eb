"""Which smaller machine would do the same work: what is needed, what fits, at which share of the price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from finops_lib.schema.core import Table, columns, conform

TARGETS = Table("targets", "up to three smaller machines for each larger one", columns("""
    resource_id! text the machine
    rank! count 1 is the advice
    instance_type! text the smaller type
    price_share! number its list price as a share of the current one
    projected_cpu_pct! number the percentile of CPU on it
    projected_memory_pct number the percentile of memory on it; missing: not measured
    risk! text of the move: low, medium or high
    reasons! text why the risk, as sentences
"""))  # fmt: skip

AWS_MINIMUM_CPU_PCT = 1.0
AWS_MAXIMUM_CPU_PCT = 80.0


@dataclass(frozen=True)
class Rule:
    """How much room a machine keeps and which moves are thought of.

    `headroom` is the share of CPU and memory left free at the percentile. `move_cost` is what another
    family must be cheaper by, as a share of its price, to come before the machine's own family.
    """

    percentile: float = 99.5
    headroom: float = 0.2
    move_cost: float = 0.15
    cross_architecture: bool = False
    most: int = 3


def family(instance_type: pd.Series) -> pd.Series:
    """The family of each type: m5 of m5.xlarge, db.m5 of db.m5.xlarge."""
    return instance_type.str.replace(r"\.[^.]*$", "", regex=True)


def needed(machines: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Columns need_vcpu and need_memory_gib: the percentile's use with the rule's headroom free.

    `machines` has vcpu, memory_gib and the percentiles cpu_pct and memory_pct. Memory that nobody
    measured is needed whole: it never shrinks unseen.
    """
    room = 100 * (1 - rule.headroom)
    return pd.DataFrame(
        {
            "need_vcpu": machines["vcpu"] * machines["cpu_pct"] / room,
            "need_memory_gib": (machines["memory_gib"] * machines["memory_pct"] / room).fillna(
                machines["memory_gib"]
            ),
        }
    )


def targets(
    machines: pd.DataFrame, types: pd.DataFrame, price: pd.Series, rule: Rule | None = None
) -> pd.DataFrame:
    """TARGETS for each machine that has a smaller, cheaper type that fits; no rows for the others.

    `machines` has resource_id, instance_type, cpu_pct, memory_pct (percentiles) and network_gbps (the
    need; missing: not measured); `types` is INSTANCE_TYPES, `price` the hourly list price by type.
    A target has fewer processors or less memory, never more of what is paid for unasked, the same
    architecture, accelerators and local disks, no processor credits where there were none, and is of
    the current generation.
    """
    rule = rule or Rule()
    priced = comparable(types).assign(
        price=types["instance_type"].map(price).astype("float64"),
        family=family(types["instance_type"]),
    )
    load = ["resource_id", "instance_type", "cpu_pct", "memory_pct", "network_gbps"]
    known = machines[load].merge(priced.drop(columns=["network_gbps"]), on="instance_type")
    known = known[known["price"].notna() & known["cpu_pct"].notna()]
    known = known.assign(**needed(known, rule))
    found = [_of_one_type(alike, priced, rule) for _, alike in known.groupby("instance_type")]
    return conform(pd.concat(found, ignore_index=True), TARGETS) if found else TARGETS.empty()


def comparable(types: pd.DataFrame) -> pd.DataFrame:
    """INSTANCE_TYPES with plain values where nothing is said: no accelerators, no credits, current."""
    said = {"architecture": "", "gpu_name": "", "gpu_count": 0.0, "accelerator_count": 0.0,
            "instance_store_gib": 0.0, "is_burstable": False, "is_bare_metal": False,
            "is_current_generation": True}  # fmt: skip
    flags = {name: bool for name in said if name.startswith("is_")}
    return types.fillna(said).astype(flags)


def _of_one_type(machines: pd.DataFrame, types: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """TARGETS of machines that are all of one type, so that the types to compare are found once."""
    options = _compatible(machines.iloc[0], types, rule).add_prefix("to_")
    pairs = machines.merge(options, how="cross")
    fits = pairs[
        (pairs["to_vcpu"] >= pairs["need_vcpu"])
        & (pairs["to_memory_gib"] >= pairs["need_memory_gib"])
        & ~(pairs["to_network_gbps"] < pairs["network_gbps"])
    ]
    best = fits.sort_values(["resource_id", "to_weighed", "to_price", "to_instance_type"])
    best = best.drop_duplicates(["resource_id", "to_family"]).groupby("resource_id").head(rule.most)
    return _described(best)


def _compatible(current: pd.Series, types: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Types that a machine of the current one could become, whatever its load; with `weighed` price."""
    smaller = (types["vcpu"] < current["vcpu"]) | (types["memory_gib"] < current["memory_gib"])
    no_larger = (types["vcpu"] <= current["vcpu"]) & (types["memory_gib"] <= current["memory_gib"])
    own = types["family"] == current["family"]
    possible = (
        (types["price"] < current["price"])
        & smaller & no_larger
        & (types["gpu_name"] == current["gpu_name"])
        & (types["gpu_count"] == current["gpu_count"])
        & (types["accelerator_count"] == current["accelerator_count"])
        & ((types["architecture"] == current["architecture"]) | rule.cross_architecture)
        & (~types["is_burstable"] | current["is_burstable"])
        & (types["is_bare_metal"] == current["is_bare_metal"])
        & ((types["instance_store_gib"] > 0) == (current["instance_store_gib"] > 0))
        & (types["is_current_generation"] | own)
    )  # fmt: skip
    found = types[possible].assign(own=own[possible])
    return found.assign(
        weighed=found["price"] * np.where(found["own"], 1.0, 1 + rule.move_cost),
        same_architecture=found["architecture"] == current["architecture"],
        price_share=found["price"] / current["price"],
    )


def _described(best: pd.DataFrame) -> pd.DataFrame:
    """TARGETS of pairs of a machine and its best types (`to_` columns), in their order."""
    memory = best["memory_pct"] * best["memory_gib"] / best["to_memory_gib"]
    return pd.DataFrame(
        {
            "resource_id": best["resource_id"],
            "rank": best.groupby("resource_id").cumcount() + 1,
            "instance_type": best["to_instance_type"],
            "price_share": best["to_price_share"],
            "projected_cpu_pct": best["cpu_pct"] * best["vcpu"] / best["to_vcpu"],
            "projected_memory_pct": memory.astype("float64"),
            "risk": np.select(
                [~best["to_same_architecture"], ~best["to_own"]], ["high", "medium"], "low"
            ),
            "reasons": [_reasons(row) for row in best.itertuples()],
        }
    )


def _reasons(pair: object) -> str:
    said = ["Same family, smaller size." if pair.to_own else "Another family: test it first."]  # type: ignore[attr-defined]
    if not pair.to_same_architecture:  # type: ignore[attr-defined]
        said.append("Another architecture: software must be built for it.")
    if pd.isna(pair.memory_pct):  # type: ignore[attr-defined]
        said.append("Memory is not measured, so it stays.")
    if pd.isna(pair.to_network_gbps):  # type: ignore[attr-defined]
        said.append("Its network baseline is not published here.")
    return " ".join(said)


def aws_advice(machines: pd.DataFrame, types: pd.DataFrame) -> pd.DataFrame:
    """Columns action and target that Cost Explorer's right-sizing gives, by `machines`' index.

    `machines` has instance_type and cpu_pct, the maximum of 14 days (missing: no data). Idle (no data,
    below 1 %, or at most 1 % with nothing smaller in the family): Terminate. Else Modify to the next
    smaller size of the family, if CPU, times the ratio of processors, stays within 80 %; else Keep.
    https://docs.aws.amazon.com/cost-management/latest/userguide/ce-rightsizing.html
    """
    smaller = _next_smaller(types)
    vcpu = types.set_index("instance_type")["vcpu"]
    target = machines["instance_type"].map(smaller)
    ratio = machines["instance_type"].map(vcpu) / target.map(vcpu)
    cpu = machines["cpu_pct"]
    idle = cpu.isna() | (cpu < AWS_MINIMUM_CPU_PCT)
    idle |= (cpu <= AWS_MINIMUM_CPU_PCT) & target.isna()
    modify = ~idle & target.notna() & ~(cpu * ratio > AWS_MAXIMUM_CPU_PCT)
    return pd.DataFrame(
        {
            "action": np.select([idle, modify], ["Terminate", "Modify"], "Keep"),
            "target": target.where(modify),
            "projected_cpu_pct": (cpu * ratio).where(modify),
        },
        index=machines.index,
    )


def aws_saving(
    on_demand_hours: pd.Series, hourly_difference: pd.Series, window_days: float = 14.0
) -> pd.Series:
    """Dollars a month (730 hours) that Cost Explorer states: only hours without a reservation save."""
    return on_demand_hours / (window_days * 24) * 730 * hourly_difference


def _next_smaller(types: pd.DataFrame) -> dict[str, str]:
    """Type to the next smaller size of its family: by processors, then memory; bare metal left out."""
    sizes = types[~types["is_bare_metal"].fillna(False).astype(bool)]
    sizes = sizes.assign(family=family(sizes["instance_type"]))
    sizes = sizes.sort_values(["family", "vcpu", "memory_gib"])
    before = sizes.groupby("family")["instance_type"].shift()
    return dict(zip(sizes["instance_type"][before.notna()], before.dropna(), strict=True))


def family_prices(price: pd.Series, types: pd.DataFrame) -> pd.Series:
    """`price` by type, with the other sizes of its families in proportion to their processors.

    Managed services price the sizes of one family so, and no bill names the sizes that nobody runs.
    """
    sizes = types.assign(
        price=types["instance_type"].map(price).astype("float64"),
        family=family(types["instance_type"]),
    )
    per_vcpu = (sizes["price"] / sizes["vcpu"]).groupby(sizes["family"]).transform("median")
    filled = sizes["price"].fillna(per_vcpu * sizes["vcpu"])
    return filled.set_axis(sizes["instance_type"]).dropna()
