"""Which newer machine of the same line does the same work for less: what fits, at which share of the price.

The name of a type says its line (m, c, r …), its generation and its kind: m5dn is line m, generation 5,
with local disks (d) and more network (n); a, g and i name only who made the processor.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from finops_lib.analysis.rightsizing import comparable
from finops_lib.schema.core import Table, columns, conform

MOVES = Table("moves", "up to three cheaper machines of each type's line", columns("""
    instance_type! text the type now
    rank! count 1 is the advice
    target! text the type that does the same for less
    price_share! number its list price as a share of the current one
    is_retired! flag whether the provider calls the current type a previous generation
"""))  # fmt: skip

PARTS = r"^(?:db\.|ml\.)?(?P<line>[a-z]+)(?P<generation>\d+)(?P<kind>[a-z]*)(?P<rest>-[a-z]+)?\."
PROCESSORS = frozenset("agi")


def successors(
    in_use: Iterable[str], types: pd.DataFrame, price: pd.Series, *, min_saving: float,
    current_min_saving: float,
) -> pd.DataFrame:  # fmt: skip
    """MOVES to a later generation of the line, on the same architecture.

    `types` is INSTANCE_TYPES, `price` the hourly list price by type. A type that the provider still
    calls current moves only to exactly its own kind (t2 to t3), and only for `current_min_saving`, a
    share of its price; others for `min_saving`.
    """
    known = _read(types, price)
    found = []
    for current in known[known["instance_type"].isin(list(in_use))].itertuples():
        later = known[(known["generation"] > current.generation) & _fits(known, current)]
        later = later[later["architecture"] == current.architecture]
        least = min_saving
        if current.is_current_generation:
            later, least = later[later["kind"] == current.kind], current_min_saving
        found.append(_ranked(current, later, least))
    return _together(found)


def graviton(
    in_use: Iterable[str], types: pd.DataFrame, price: pd.Series, *, min_saving: float
) -> pd.DataFrame:
    """MOVES of x86_64 types to arm64 of the line, the same generation or a later one."""
    known = _read(types, price)
    arm = known[known["architecture"] == "arm64"]
    intel = known[known["instance_type"].isin(list(in_use)) & (known["architecture"] == "x86_64")]
    return _together(
        [
            _ranked(
                current,
                arm[(arm["generation"] >= current.generation) & _fits(arm, current)],
                min_saving,
            )
            for current in intel.itertuples()
        ]
    )


def _read(types: pd.DataFrame, price: pd.Series) -> pd.DataFrame:
    """INSTANCE_TYPES with line, generation, kind and price; those whose name or price is not known left out."""
    parts = types["instance_type"].str.extract(PARTS)
    known = comparable(types).assign(
        line=parts["line"],
        generation=pd.to_numeric(parts["generation"]),
        kind=parts["kind"].fillna(""),
        is_flex=parts["rest"].notna(),
        price=types["instance_type"].map(price).astype("float64"),
    )
    return known[known["price"].notna() & known["generation"].notna()]


def _fits(types: pd.DataFrame, current: object) -> pd.Series:
    """Types that give at least what the current one has: none with an accelerator, whose makes differ."""
    kept = frozenset(current.kind) - PROCESSORS  # type: ignore[attr-defined]
    plain = (types["gpu_count"] == 0) & (types["accelerator_count"] == 0) & ~types["is_flex"]
    plain &= current.gpu_count == 0 and current.accelerator_count == 0  # type: ignore[attr-defined]
    return (
        plain
        & (types["line"] == current.line)  # type: ignore[attr-defined]
        & types["is_current_generation"]
        & (types["vcpu"] >= current.vcpu)  # type: ignore[attr-defined]
        & (types["memory_gib"] >= current.memory_gib)  # type: ignore[attr-defined]
        & (types["instance_store_gib"] >= current.instance_store_gib)  # type: ignore[attr-defined]
        & (types["is_burstable"] == current.is_burstable)  # type: ignore[attr-defined]
        & (types["is_bare_metal"] == current.is_bare_metal)  # type: ignore[attr-defined]
        & ~(types["network_gbps"] < current.network_gbps)  # type: ignore[attr-defined]
        & types["kind"].map(lambda kind: kept <= frozenset(kind)).astype(bool)
    )


def _ranked(current: object, options: pd.DataFrame, min_saving: float) -> pd.DataFrame:
    """The cheapest of each family, of equal price the newest, three at most."""
    share = options["price"] / current.price  # type: ignore[attr-defined]
    options = options.assign(price_share=share)[share <= 1 - min_saving]
    order = options.sort_values(
        ["price", "generation", "instance_type"], ascending=[True, False, True]
    )
    best = order.drop_duplicates(["generation", "kind"]).head(3)
    return pd.DataFrame(
        {
            "instance_type": current.instance_type,  # type: ignore[attr-defined]
            "rank": range(1, len(best) + 1),
            "target": best["instance_type"],
            "price_share": best["price_share"],
            "is_retired": not current.is_current_generation,  # type: ignore[attr-defined]
        }
    )


def _together(found: list[pd.DataFrame]) -> pd.DataFrame:
    some = [frame for frame in found if len(frame)]
    return conform(pd.concat(some, ignore_index=True), MOVES) if some else MOVES.empty()
