"""The scorecard: six key figures with baseline, target, present value and course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from finops_lib.params.plan import Targets

SCHEDULE_TAG = "finops:schedule"
"""Tag by which a resource follows a schedule (plans/shutdown)."""


@dataclass(frozen=True)
class Measure:
    """One key figure: its format, which way is good, and the target that it is held to.

    A target whose name ends in "reduction" is a share below the baseline, any other a value.
    """

    label: str
    form: str
    better: Literal["lower", "higher"]
    target: str


MEASURES: dict[str, Measure] = {
    "monthly_cost": Measure("Monthly cost", "usd", "lower", "cost_reduction"),
    "unit_cost": Measure("Cost per 1,000 predictions", "usd", "lower", "unit_cost_reduction"),
    "tag_compliance": Measure("Tag compliance", "pct", "higher", "tag_compliance"),
    "waste_share": Measure("Waste share", "pct", "lower", "waste_share"),
    "reserved_coverage": Measure("Reserved coverage", "pct", "higher", "reserved_coverage"),
    "shutdown_adoption": Measure("Shutdown adoption", "pct", "higher", "shutdown_adoption"),
}
"""The key figures in the order in which they are shown."""


def scorecard(
    current: Mapping[str, float], earlier: Sequence[Mapping[str, float]], targets: Targets
) -> pd.DataFrame:
    """kpi, label, form, better, baseline, target, current, change, status, trend: a row a measure.

    `earlier` holds the values of the runs before, oldest first, one per period; the first known
    value of all is the baseline. `status` is met, missed or unknown; `change` is a share against
    the baseline. What is not measured stays NaN and its status unknown.
    """
    return pd.DataFrame([_row(name, current, earlier, targets) for name in MEASURES])


def reserved_coverage(usage: pd.DataFrame) -> pd.Series:
    """Month to the share of eligible instance usage that commitments cover, both at list prices.

    Takes `queries.usage_by_instance_type`; Spot is not eligible. A month without eligible usage, or
    with usage that has no list price, is NaN.
    """
    eligible = usage[usage["PricingCategory"].isin(["Committed", "Standard"])]
    listed = eligible["ListCost"]
    covered = listed.where(eligible["PricingCategory"].eq("Committed"), 0.0)
    sums = pd.DataFrame({"covered": covered, "all": listed}).groupby(eligible["Month"])
    month = sums.agg(lambda cost: cost.sum(skipna=False))
    return month["covered"] / month["all"].where(month["all"] > 0)


def shutdown_adoption(findings: pd.DataFrame, instances: pd.DataFrame) -> float:
    """The share of instances with free hours that follow a schedule; NaN where none was judged.

    Free hours have those that carry the schedule's tag, and those found to run through them.
    """
    judged = findings["action"].eq("schedule_instance") & findings["status"].eq("waste")
    adopted = instances["tags"].map(lambda tags: bool((tags or {}).get(SCHEDULE_TAG)))
    tagged = set(instances.loc[adopted.astype(bool), "resource_id"])
    could = tagged | set(findings.loc[judged, "resource_id"])
    return len(tagged) / len(could) if could else float("nan")


def _row(
    name: str,
    current: Mapping[str, float],
    earlier: Sequence[Mapping[str, float]],
    targets: Targets,
) -> dict[str, object]:
    measure = MEASURES[name]
    trend = [run.get(name, np.nan) for run in (*earlier, current)]
    known = [value for value in trend if not np.isnan(value)]
    baseline = known[0] if known else np.nan
    goal = getattr(targets, measure.target)
    target = baseline * (1.0 - goal) if measure.target.endswith("reduction") else goal
    value = trend[-1]
    return {
        "kpi": name, "label": measure.label, "form": measure.form, "better": measure.better,
        "baseline": baseline, "target": target, "current": value,
        "change": value / baseline - 1.0 if baseline else np.nan,
        "status": _status(value, target, measure.better), "trend": trend,
    }  # fmt: skip


def _status(value: float, target: float, better: str) -> str:
    if np.isnan(value) or np.isnan(target):
        return "unknown"
    return "met" if (value <= target if better == "lower" else value >= target) else "missed"
