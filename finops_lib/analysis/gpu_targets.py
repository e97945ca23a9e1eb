"""Which machine does the work of one whose GPUs wait for its processors, and what more processors cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.rightsizing import comparable

MOST = 3


def gpu_targets(
    machines: pd.DataFrame, types: pd.DataFrame, price: pd.Series, *, headroom: float
) -> pd.DataFrame:
    """The target and price_share of each machine, and wider: types with more processors to each GPU.

    `machines` has instance_type, gpu_total_pct (all GPUs' highest use added up), held_gib (GPU memory, may
    be missing) and gpu_idle; `types` is INSTANCE_TYPES, `price` the hourly list price by type. A target costs
    less, has no fewer processors and no less memory, and either no GPU, where none is used, or fewer GPUs of
    the same make that hold the memory and the use with `headroom` to spare. Index as `machines`.
    """
    known = comparable(types).assign(price=types["instance_type"].map(price).astype("float64"))
    known = known[known["price"].notna()]
    found = [_target(machine, known, headroom) for machine in machines.itertuples()]
    columns = ["target", "price_share", "wider"]
    return pd.DataFrame(found, machines.index, columns, dtype="object").astype(
        {"price_share": "float64"}
    )


def _target(
    machine: Any, known: pd.DataFrame, headroom: float
) -> tuple[str | None, float, list[dict[str, Any]]]:
    own = known[known["instance_type"] == machine.instance_type]
    if own.empty:
        return None, np.nan, []
    now = own.iloc[0]
    room = known[_no_less(known, now)]
    same = room[(room["gpu_name"] == now["gpu_name"]) & (room["gpu_count"] > 0)]
    cheaper = _without_gpus(room) if machine.gpu_idle else _fewer(same, machine, headroom)
    cheaper = cheaper[cheaper["price"] < now["price"]].sort_values(["price", "instance_type"])
    target = None if cheaper.empty else cheaper.iloc[0]
    return (
        None if target is None else str(target["instance_type"]),
        np.nan if target is None else float(target["price"] / now["price"]),
        _wider(same, now),
    )


def _no_less(known: pd.DataFrame, now: pd.Series) -> pd.Series:
    """Types for the same software with as many processors, as much memory, and local disks if it has them."""
    return (
        (known["architecture"] == now["architecture"])
        & (known["vcpu"] >= now["vcpu"])
        & (known["memory_gib"] >= now["memory_gib"])
        & ((known["instance_store_gib"] > 0) | (now["instance_store_gib"] == 0))
        & known["is_current_generation"] & ~known["is_burstable"] & ~known["is_bare_metal"]
    )  # fmt: skip


def _without_gpus(room: pd.DataFrame) -> pd.DataFrame:
    return room[(room["gpu_count"] == 0) & (room["accelerator_count"] == 0)]


def _fewer(same: pd.DataFrame, machine: Any, headroom: float) -> pd.DataFrame:
    share = 1 - headroom
    return same[
        (100 * same["gpu_count"] * share >= machine.gpu_total_pct)
        & (same["gpu_memory_gib"].astype("float64") * share >= machine.held_gib)
    ]


def _wider(same: pd.DataFrame, now: pd.Series) -> list[dict[str, Any]]:
    """The cheapest types of the same GPU with more processors to each, as evidence tells them."""
    each = (same["vcpu"] / same["gpu_count"]).astype("float64")
    wider = same.assign(each=each)[each > now["vcpu"] / now["gpu_count"]]
    return [
        {
            "instance_type": row.instance_type, "vcpu_per_gpu": float(row.each),
            "price_share": round(float(row.price / now["price"]), 4),
        }
        for row in wider.sort_values(["price", "instance_type"]).head(MOST).itertuples()
    ]  # fmt: skip
