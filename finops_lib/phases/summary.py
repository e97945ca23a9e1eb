"""One page for those who answer for the bill: the scorecard and what is not known."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from finops_lib.analysis import kpis
from finops_lib.analysis.tags.compliance import EVERY, compliance_in_dollars
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.params.plan import Targets
from finops_lib.phases import ledger, plan, unit_costs
from finops_lib.present import FORMATS, Kpi
from finops_lib.workbook import Workbook

UNKNOWN = float("nan")


def scorecard(book: Workbook) -> pd.DataFrame:
    """The six key figures with baseline, target, current value, status and course over the runs."""
    names = {measure.label: name for name, measure in kpis.MEASURES.items()}
    earlier = [
        {names[label]: value for label, value in run.items() if label in names}
        for run in ledger.earlier_kpis(book)
    ]
    return kpis.scorecard(current(book), earlier, _targets(book))


def current(book: Workbook) -> dict[str, float]:
    """Each key figure of the period; NaN where this run could not measure it."""
    return {
        "monthly_cost": book.cost(),
        "unit_cost": unit_cost(book),
        "tag_compliance": tag_compliance(book),
        "waste_share": waste_share(book),
        "reserved_coverage": reserved_coverage(book),
        "shutdown_adoption": kpis.shutdown_adoption(book.findings, book.estate["instances"]),
    }


def tiles(card: pd.DataFrame) -> tuple[Kpi, ...]:
    """The rows of `scorecard` as tiles, each with its target and its course."""
    return tuple(_tile(row) for row in card.itertuples())


def _tile(row: Any) -> Kpi:
    known = not math.isnan(row.current)
    goal = FORMATS[row.form](row.target)
    return Kpi(
        row.label, row.current if known else None, row.form,
        row.change if len(row.trend) > 1 and not math.isnan(row.change) else None, "first run",
        row.better, f"target {goal}: {row.status}", tuple(value for value in row.trend if not math.isnan(value)),
    )  # fmt: skip


def unit_cost(book: Workbook) -> float:
    """Dollars per 1,000 predictions over the whole days that both bill and metrics have."""
    weeks = unit_costs.prediction_trend(book)
    asked = float(weeks["predictions"].sum())
    return float(weeks["cost"].sum()) / asked * 1000.0 if asked > 0 else UNKNOWN


def tag_compliance(book: Workbook) -> float:
    """The share of the period's dollars that carry every required tag with a value that is allowed."""
    keys = [f"x_tag_{key}" for key in book.params.tags if f"x_tag_{key}" in book.cube.columns]
    rows = frame(queries.spend_by(queries.within(book.cube, book.period), keys))
    table = compliance_in_dollars(
        rows, book.params.tags, target=book.params.roi.targets.tag_compliance, basis=book.basis
    )
    shares = table.set_index("key")["cost_share"]
    return float(shares.get(EVERY, UNKNOWN))


def waste_share(book: Workbook) -> float:
    """The share of the bill that could be ended without anyone's missing it; NaN: nothing was examined."""
    if book.findings.empty or book.cost() <= 0:
        return UNKNOWN
    table = plan.result(book).set_index("group")
    return float(table.loc["waste", "before"]) / book.cost()


def reserved_coverage(book: Workbook) -> float:
    """The share of the period's eligible instance usage that commitments cover."""
    usage = frame(queries.usage_by_instance_type(queries.within(book.cube, book.period)))
    share = kpis.reserved_coverage(usage)
    return float(share.iloc[-1]) if len(share) else UNKNOWN


def unknowns(book: Workbook) -> pd.DataFrame:
    """what, count, meaning: what weakens the figures of this report."""
    findings, coverage, steps = book.findings, book.coverage, book.plan
    banded = steps["monthly_saving_low"] < steps["monthly_saving_high"]
    rows = [
        ("resources not judged", int(findings["status"].eq("unknown").sum()),
         "no metric, or too few of them: neither waste nor healthy"),
        ("findings without a price", int(coverage["unpriced"].sum()),
         "their savings are in no sum"),
        ("tables or places not read", len(book.estate["gaps"]),
         "nothing is known of what lies there"),
        ("savings that are a band", int(banded.sum()),
         "low and high are shown beside the likely value"),
        ("steps without an undo", int(steps["undo"].isna().sum()),
         "they wait for their grace period and need approval"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "count", "meaning"])


def _targets(book: Workbook) -> Targets:
    return book.params.roi.targets
