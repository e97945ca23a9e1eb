"""Endpoints of one model each that would fit behind fewer machines as one multi-model endpoint."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    "account_id", "region", "instance_type", "endpoints", "machines", "needed", "cpu_pct", "memory_pct",
    "monthly_cost", "monthly_saving", "endpoint_names",
]  # fmt: skip


def consolidation(
    variants: pd.DataFrame, hourly: pd.Series, *, headroom: float = 0.2, min_machines: int = 1
) -> pd.DataFrame:
    """Groups of two or more endpoints of a place and type whose added-up peaks fit on fewer machines.

    `variants` has account_id, region, endpoint_name, instance_type, machines, cpu_pct and memory_pct (each
    one's highest, of one machine); one without both is left out, as what it needs is unknown. `hourly` is
    dollars by region and instance type. Peaks are added up as if they came at once, and `headroom` of the machines
    stays free, so the machines needed are an upper bound; loading a model that is not in memory takes time.
    """
    known = variants.dropna(subset=["cpu_pct", "memory_pct", "machines"])
    load = known.assign(
        cpu=known["cpu_pct"] * known["machines"], memory=known["memory_pct"] * known["machines"]
    )
    found = load.groupby(["account_id", "region", "instance_type"], as_index=False).agg(
        endpoints=("endpoint_name", "nunique"), machines=("machines", "sum"), cpu=("cpu", "sum"),
        memory=("memory", "sum"), endpoint_names=("endpoint_name", lambda n: ", ".join(sorted(set(n)))),
    )  # fmt: skip
    found = found[found["endpoints"] > 1]
    room = 100 * (1 - headroom)
    needed = np.ceil(np.maximum(found["cpu"], found["memory"]) / room).clip(lower=min_machines)
    place = pd.MultiIndex.from_frame(found[["region", "instance_type"]])
    rate = hourly.reindex(place).to_numpy(dtype="float64")
    cost = found["machines"] * rate * HOURS_PER_MONTH
    found = found.assign(
        needed=needed, cpu_pct=found["cpu"] / needed, memory_pct=found["memory"] / needed,
        monthly_cost=cost, monthly_saving=cost * (1 - needed / found["machines"]),
    )  # fmt: skip
    fewer = found[found["needed"] < found["machines"]][COLUMNS]
    return fewer.sort_values("monthly_saving", ascending=False, ignore_index=True)
