"""Endpoints that could share their machines."""

from __future__ import annotations

import pandas as pd

from finops_lib.analysis import multi_model
from finops_lib.checks.measures import measured
from finops_lib.checks.pricing import list_prices
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
    """Dollars an hour by region and instance type: hosting's rate on the bill, else the list price."""
    costs, prices = book.estate["resource_costs"], book.estate["prices"]
    lines = costs[costs["usage_type"].fillna("").str.contains("Host:") & costs["unit"].eq("Hrs")]
    place = ["region", "instance_type"]
    sums = lines.groupby(place)[["effective_cost", "consumed_quantity"]].sum()
    billed = sums["effective_cost"] / sums["consumed_quantity"].where(lambda hours: hours > 0)
    listed = [
        list_prices(there, "AmazonSageMaker", book.estate.as_of, "hosting").rename_axis(
            "instance_type"
        )
        for _, there in prices.groupby("region")
    ]
    by_region = pd.concat(listed, keys=sorted(prices["region"].unique()), names=["region"])
    return billed.combine_first(by_region)
