"""What the notebooks open: an Estate with its parameters, and one call per question.

Every answer is a tidy frame of the rooms below; nothing here rounds, words or draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from finops_lib.analysis import drivers, ml_spend, spend, trends, workloads
from finops_lib.engine import queries
from finops_lib.engine.connect import daily_cube, frame
from finops_lib.errors import ParameterError
from finops_lib.estate import Estate
from finops_lib.examine import examine
from finops_lib.params import Params, load_params, nearest
from finops_lib.period import Period
from finops_lib.plans.plan import build_plan, naive_sum, waterfall
from finops_lib.present import use_currency
from finops_lib.schema import COST_COLUMN, COVERAGE, FINDINGS
from finops_lib.sources.store import newest_estate, read_estate, read_table

OUTPUTS = Path("outputs")
EXAMINED = {"findings.parquet": FINDINGS, "coverage.parquet": COVERAGE}
"""What a run writes of its checks, which are then not run again by each of its notebooks."""


def open_workbook(estate: str = "", params: str = "", basis: str = "effective") -> Workbook:
    """The workbook on the Estate in that folder (empty: the newest one), with its parameters.

    Without `params` the file beside the Estate is taken, then the defaults; with them, the newest
    Estate is one of the title, the bill and the month that they name.
    """
    folder = Path(estate) if estate else _newest(load_params(Path(params)) if params else None)
    beside = folder.parent / "params.yaml"
    chosen = Path(params) if params else beside if beside.exists() else None
    opened = read_estate(folder)
    use_currency(opened.currency)
    is_runs_own = chosen is not None and chosen.resolve() == beside.resolve()
    return Workbook(opened, load_params(chosen), basis, folder.parent if is_runs_own else None)


def _newest(wanted: Params | None) -> Path:
    """The newest Estate under outputs/, looked for here and above, as JupyterLab starts in notebooks/."""
    here = next(
        (p for p in (Path.cwd(), *Path.cwd().parents) if (p / OUTPUTS).is_dir()), Path.cwd()
    )
    return newest_estate(here / OUTPUTS, partial(_is_of, wanted) if wanted else None)


def _is_of(wanted: Params, folder: Path) -> bool:
    """Whether the run in whose folder the Estate lies is of what these parameters name."""
    beside = folder.parent / "params.yaml"
    if not beside.exists():
        return False
    own = load_params(beside)
    return (
        own.title == wanted.title
        and wanted.source.billing in ((), own.source.billing)
        and wanted.month in (None, read_estate(folder).period.label)
    )


@dataclass(frozen=True)
class Workbook:
    """An Estate, its parameters and the cost basis that the notebook shows.

    `run` is the folder of the run that these parameters are of: what it examined is read from there.
    """

    estate: Estate
    params: Params
    basis: str = "effective"
    run: Path | None = None

    @property
    def period(self) -> Period:
        """The month that the reports are about."""
        return self.estate.period

    @cached_property
    def cube(self) -> Any:
        """The daily cube as a table of the engine."""
        return daily_cube(self.estate.cube)

    @cached_property
    def complete_until(self) -> datetime:
        """The end of the last day that the bill has whole."""
        return trends.complete_until(self._daily(("ServiceName",)), self.estate.as_of)

    def _daily(self, columns: Sequence[str] = ()) -> pd.DataFrame:
        return frame(queries.spend_by_day(self.cube, columns))

    def column(self, dimension: str) -> str:
        """The column of a dimension; ParameterError names the nearest one that the bill has."""
        column = spend.DIMENSIONS.get(dimension)
        if column is None or column not in self.cube.columns:
            known = [name for name, c in spend.DIMENSIONS.items() if c in self.cube.columns]
            raise ParameterError(
                f"The bill has no dimension '{dimension}'. {nearest(dimension, known)}"
            )
        return column

    def has(self, dimension: str) -> bool:
        """Whether the bill can be told by this dimension."""
        return spend.DIMENSIONS.get(dimension) in self.cube.columns

    def total(self) -> pd.Series:
        """The sums of the period: BilledCost, EffectiveCost, ListCost and their like."""
        return frame(queries.total(queries.within(self.cube, self.period))).iloc[0]

    def cost(self) -> float:
        """The period's cost on the workbook's basis."""
        return float(self.total()[COST_COLUMN[self.basis]])

    def spend(self, dimension: str, top_n: int | None = None) -> pd.DataFrame:
        """The period by one dimension, dearest first, the tail in one row."""
        column = self.column(dimension)
        rows = frame(queries.spend_by(queries.within(self.cube, self.period), [column]))
        return spend.spend_by(rows, column, basis=self.basis, top_n=top_n)

    def workloads(self) -> pd.DataFrame:
        """The period by workload type: training, inference, notebooks, data, platform."""
        named = [
            c
            for c in ("x_ServiceCode", "x_UsageType", "x_tag_workload_type")
            if c in self.cube.columns
        ]
        rows = frame(queries.spend_by(queries.within(self.cube, self.period), named))
        return spend.spend_by(workloads.classify(rows), "workload_type", basis=self.basis)

    def months(self, dimension: str | None = None, top_n: int | None = None) -> pd.DataFrame:
        """Every whole month of the bill, in total or by one dimension."""
        column = self.column(dimension) if dimension else None
        whole = Period(datetime(1970, 1, 1), self.period.end)
        rows = frame(
            queries.spend_by_month(queries.within(self.cube, whole), [column] if column else [])
        )
        return spend.spend_over_time(rows, column, basis=self.basis, top_n=top_n)

    def days(self) -> pd.DataFrame:
        """Every day of the bill in total."""
        return spend.spend_over_time(self._daily(), time="ChargeDay", basis=self.basis)

    def growth(self) -> tuple[pd.Timestamp, float]:
        """The first whole month of the bill, and how many times its cost the period is."""
        months = self.months()
        costs = months[spend.COST[self.basis]]
        return months["month"].iloc[0], float(costs.iloc[-1] / costs.iloc[0])

    def dearest_day(self) -> pd.Timestamp:
        """The day with the highest cost."""
        days = self.days()
        return days.loc[days[spend.COST[self.basis]].idxmax(), "day"]

    def main_driver(self) -> str:
        """The effect that moved the cost most between the two periods."""
        steps = self.driver_waterfall().iloc[1:-1].set_index("step")["amount"]
        return str(steps.abs().idxmax()).capitalize()

    def compared(self, dimension: str | None = None) -> pd.DataFrame:
        """The period against the one before, per day, late days left out."""
        column = self.column(dimension) if dimension else None
        return trends.compare(
            self._daily([column] if column else ()), self.period,
            complete_until=self.complete_until, column=column, basis=self.basis,
        )  # fmt: skip

    def late_days(self) -> pd.DataFrame:
        """The newest days whose line items have not all arrived."""
        return trends.late_days(self._daily(("ServiceName",)), self.estate.as_of)

    @cached_property
    def explained(self) -> pd.DataFrame:
        """Why the period costs what it does and not what the one before did, by place and usage type."""
        before, after = trends.comparable(self.period, self.complete_until)
        keys = [key for key in queries.DRIVER_KEYS if key != "ResourceId"]
        both = frame(queries.usage_in_both(self.cube, before, after, keys))
        return drivers.explain(both.assign(ResourceId=None), before, after, basis=self.basis)

    def drivers_by(self, *keys: str) -> pd.DataFrame:
        """The explained change by these columns of the bill."""
        return drivers.drivers_by(self.explained, keys)

    def driver_waterfall(self) -> pd.DataFrame:
        """From the period before over each effect to this one."""
        return drivers.waterfall(self.explained)

    def savings_rate(self) -> pd.DataFrame:
        """The effective savings rate of the period, in one row."""
        keys = ["ChargeCategory", "CommitmentDiscountStatus"]
        rows = frame(queries.spend_by(queries.within(self.cube, self.period), keys))
        return spend.effective_savings_rate(rows)

    def gpu_costs(self) -> pd.DataFrame:
        """GPU-hours paid in the period by family and purchase option, with dollars per GPU-hour."""
        used = frame(queries.usage_by_instance_type(queries.within(self.cube, self.period)))
        return ml_spend.gpu_costs(ml_spend.gpu_usage(used, self.estate["instance_types"]))

    def tag_coverage(self) -> pd.DataFrame:
        """Month and policy key: the share of dollars that carries the key, on the workbook's basis."""
        keys = [key for key in self.params.tags if f"x_tag_{key}" in self.cube.columns]
        rows = frame(queries.tag_coverage(self.cube, keys)).sort_values("Month")
        shares = {key: rows[f"{self.basis}_{key}"] / rows[self.basis] for key in keys}
        return pd.DataFrame({"month": rows["Month"], **shares}).reset_index(drop=True)

    @cached_property
    def _examined(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        written = [(self.run / name, table) for name, table in EXAMINED.items()] if self.run else []
        if written and all(path.exists() for path, _ in written):
            findings, coverage = (read_table(path, table) for path, table in written)
            return findings, coverage
        return examine(self.estate, self.params)

    @property
    def findings(self) -> pd.DataFrame:
        """FINDINGS of every check."""
        return self._examined[0]

    @property
    def coverage(self) -> pd.DataFrame:
        """COVERAGE of every check."""
        return self._examined[1]

    @property
    def waste(self) -> pd.DataFrame:
        """The findings that are waste, largest saving first."""
        found = self.findings[self.findings["status"] == "waste"]
        return found.sort_values(
            ["monthly_saving", "finding_id"], ascending=[False, True], ignore_index=True
        )

    @cached_property
    def plan(self) -> pd.DataFrame:
        """The PLAN in which every dollar is saved once."""
        return build_plan(self.findings, self.params.plan)

    def waterfall(self) -> pd.DataFrame:
        """Naive, overlapping and net savings by category, down from the period's cost."""
        return waterfall(self.plan, self.cost())

    def naive_saving(self) -> float:
        """What adding up every finding would promise."""
        return naive_sum(self.findings)

    def gaps(self) -> pd.DataFrame:
        """What could not be read: table, where and why."""
        return self.estate["gaps"][["table", "account_id", "region", "error", "reason"]]
