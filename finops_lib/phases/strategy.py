"""Longer views: carbon, Spot for training, and the prices of another provider."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pandas as pd

from finops_lib.analysis import carbon, providers, spot
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.errors import ParameterError
from finops_lib.phases.unit_costs import training_rates
from finops_lib.workbook import Workbook

DATA = files("finops_lib") / "data"
EMISSIONS_SOURCE = f"line items; {carbon.VINTAGE}"
SPOT_SOURCE = f"training jobs; {spot.VINTAGE}"
"""What each estimate is made of, with the age of its coefficients."""


def machine_hours(book: Workbook) -> pd.DataFrame:
    """instance_type, region, hours, list_cost, cpu_pct of the period; cpu_pct is the measured mean or NaN."""
    used = frame(queries.usage_by_instance_type(queries.within(book.cube, book.period)))
    rows = used.groupby(["x_InstanceType", "RegionId"], as_index=False)[
        ["ConsumedQuantity", "ListCost"]
    ].sum()
    rows.columns = pd.Index(["instance_type", "region", "hours", "list_cost"])
    return rows.assign(cpu_pct=rows["instance_type"].map(_mean_cpu(book)))


def emissions(book: Workbook, key: str = "region") -> pd.DataFrame:
    """Energy and CO2e of the period's machines by region or instance_type (`carbon.by`)."""
    machines, grid = _table("carbon_instances.csv"), _table("carbon_grid.csv")
    return carbon.by(carbon.emissions(machine_hours(book), machines, grid), key)


def spot_training(book: Workbook) -> pd.DataFrame:
    """instance_type, region, jobs, cost, saving, interruptions, saving_share of on-demand training jobs.

    Of all jobs that the Estate holds; `saving` is net of repeated work, NaN where the advisor or the
    bill does not know the type.
    """
    jobs = book.estate["training_jobs"]
    paid = jobs[~jobs["is_spot"].fillna(False).astype(bool) & jobs["billable_seconds"].gt(0)]
    hours = paid["billable_seconds"] / 3600.0
    machines = paid["instance_count"].astype("float64")
    found = spot.candidates(
        paid[["region", "instance_type", "instance_count"]].assign(
            hours=hours, has_checkpoint=paid["checkpoint_uri"].notna(),
            cost=hours * machines * paid["instance_type"].map(training_rates(book)).astype("float64"),
        ),
        _table("spot_advisor.csv"),
    )  # fmt: skip
    table = found.groupby(["instance_type", "region"], as_index=False).agg(
        jobs=("hours", "size"), cost=("cost", lambda c: c.sum(min_count=1)),
        saving=("saving", lambda s: s.sum(min_count=1)), interruptions=("interruptions", "sum"),
    )  # fmt: skip
    table["saving_share"] = table["saving"] / table["cost"]
    return table.sort_values("saving", ascending=False, ignore_index=True)


def elsewhere(book: Workbook) -> pd.DataFrame:
    """The period's machine hours at the prices of `plan.price_book`; empty where none is given."""
    path = book.params.plan.price_book
    if not path:
        return pd.DataFrame()
    if not Path(path).exists():
        raise ParameterError(f"plan.price_book names {path}, which is not there.")
    return providers.what_if(machine_hours(book), pd.read_csv(path))


def _mean_cpu(book: Workbook) -> pd.Series:
    """Instance type to the mean CPU of its measured instances, in percent."""
    metrics = book.estate["metrics"]
    cpu = metrics[metrics["metric"].eq("CPUUtilization") & metrics["stat"].eq("Average")]
    types = book.estate["instances"].set_index("resource_id")["instance_type"]
    return cpu["value"].groupby(cpu["resource_id"].map(types)).mean()


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(str(DATA / name))
