"""Endpoints that could share their machines."""

from __future__ import annotations

import pandas as pd

from finops_lib.analysis import multi_model
from finops_lib.checks.measures import measured
from finops_lib.workbook import Workbook

METRICS = "/aws/sagemaker/Endpoints"


def shared(book: Workbook) -> pd.DataFrame:
    """`multi_model.consolidation` of the real-time endpoints in service, at the bill's rate or the list's.

    What is called idle is left out: it goes, and has nothing to share. SageMaker adds CPU up over a
    machine's processors, so that the machines needed are overstated, never understated.
    """
    found = book.estate["endpoints"]
    apart = found["is_serverless"].fillna(False) | found["is_async"].fillna(False)
    idle = book.waste.loc[book.waste["check_id"].eq("idle_sagemaker_endpoints"), "resource_id"]
    kept = found[
        ~apart.astype(bool) & found["status"].eq("InService") & ~found["resource_id"].isin(idle)
    ]
    by = ("resource_id", "dimension")
    keys = pd.MultiIndex.from_frame(kept[["resource_id", "variant_name"]])
    cpu, memory = (
        measured(book.estate["metrics"], METRICS, name, "Maximum", by)["maximum"]
        for name in ("CPUUtilization", "MemoryUtilization")
    )
    variants = kept.assign(
        machines=kept["instance_count"].astype("float64"), cpu_pct=cpu.reindex(keys).to_numpy(),
        memory_pct=memory.reindex(keys).to_numpy(),
    )  # fmt: skip
    return multi_model.consolidation(variants, _hourly(book))


def _hourly(book: Workbook) -> pd.Series:
    """Dollars an hour by instance type: hosting's own rate on the bill, else the list price."""
    costs = book.estate["resource_costs"]
    lines = costs[costs["usage_type"].fillna("").str.contains("Host:") & costs["unit"].eq("Hrs")]
    sums = lines.groupby("instance_type")[["effective_cost", "consumed_quantity"]].sum()
    billed = sums["effective_cost"] / sums["consumed_quantity"].where(lambda hours: hours > 0)
    prices = book.estate["prices"]
    listed = prices[prices["service"].eq("AmazonSageMaker") & prices["term"].eq("on_demand")]
    return billed.combine_first(listed.groupby("item")["price"].last())
