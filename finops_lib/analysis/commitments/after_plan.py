"""The usage that remains after a plan: stopped, scheduled and resized resources taken out of each hour."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.schedule import SLOTS, Slots, slot
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

WHOLE = 0.05
"""A part that is left of less than this share is taken for a difference of rates: all of it goes."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN = re.compile(
    r"(?:(?P<first>[A-Z][a-z]{2})(?:-(?P<last>[A-Z][a-z]{2}))? )?(?P<from>\d\d):00-(?P<to>\d\d):00"
)


def slots_of(schedule: str) -> Slots:
    """The 168 hours of the week that a schedule in the words of `schedule.as_ranges` is on.

    Raises ValueError for words that it cannot read, so that no schedule is taken for "always off".
    """
    needed = np.zeros(SLOTS, dtype=np.bool_)
    if schedule == "never":
        return needed
    first = last = 0
    for part in schedule.removesuffix(" UTC").split("; "):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise ValueError(f"'{schedule}' is no schedule like 'Mon-Fri 08:00-18:00 UTC'.")
        if found["first"]:
            first = DAYS.index(found["first"])
            last = DAYS.index(found["last"] or found["first"])
        for day in range(first, last + 1):
            start = day * HOURS_PER_DAY
            needed[start + int(found["from"]) : start + int(found["to"])] = True
    return needed


def spread(usage: pd.DataFrame) -> pd.DataFrame:
    """Charges longer than an hour as one row an hour, evenly: a daily export knows no better.

    `usage` is `queries.commitment_usage`; costs and quantities keep their sums.
    """
    hours = usage["charge_hours"].round().clip(lower=1).astype("int64")
    rows = usage.loc[usage.index.repeat(hours)].reset_index(drop=True)
    lengths = np.repeat(hours.to_numpy(), hours)
    first = np.repeat((hours.cumsum() - hours).to_numpy(), hours)
    offset = np.arange(len(rows)) - first
    return rows.assign(
        hour=rows["hour"] + pd.to_timedelta(offset, unit="h"),
        consumed_quantity=rows["consumed_quantity"] / lengths,
        on_demand_cost=rows["on_demand_cost"] / lengths,
        charge_hours=1.0,
    )


def usage_after(usage: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """The hourly usage that the plan's steps leave, in the order of the plan.

    `usage` is hourly (`spread`) and names the plan's resources; `plan` is a PLAN. A terminated resource
    runs no hour, a scheduled one those of its schedule, a resized one all of them at the target's share
    of the price. Steps that act on no hourly usage (disks, addresses) change nothing.
    """
    acts = plan[plan["category"].isin(list(_ACTS))]
    touched = usage["resource_id"].isin(acts["resource_id"])
    left = [usage[~touched]]
    for name, rows in usage[touched].groupby("resource_id", sort=False):
        for step in acts[acts["resource_id"] == name].to_dict("records"):
            rows = rows if rows.empty else _ACTS[step["category"]](rows, step)
        left.append(rows)
    return pd.concat(left).sort_index()


def traced(usage: pd.DataFrame, left: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Resource that the plan acts on: hourly usage before and after, and what its steps claim to save.

    Dollars per month of 730 hours at on-demand prices; resources without hourly usage are not there.
    `claimed` is net of earlier steps, on what was billed, so that it is less where a commitment covers.
    """
    hours = max(1.0, (usage["hour"].max() - usage["hour"].min()) / pd.Timedelta(hours=1) + 1)
    monthly = HOURS_PER_MONTH / hours
    before = usage.groupby("resource_id")["on_demand_cost"].sum() * monthly
    after = left.groupby("resource_id")["on_demand_cost"].sum() * monthly
    steps = plan[plan["category"].isin(list(_ACTS))].groupby("resource_id")
    table = pd.DataFrame({"before": before, "after": after.reindex(before.index, fill_value=0.0)})
    table["removed"] = table["before"] - table["after"]
    table["claimed"] = steps["monthly_saving"].sum()
    table["categories"] = steps["category"].agg(", ".join)
    return (
        table.rename_axis("resource_id")
        .reset_index()
        .sort_values(["removed", "resource_id"], ascending=[False, True], ignore_index=True)
    )


def _terminated(rows: pd.DataFrame, step: Mapping[str, Any]) -> pd.DataFrame:
    """Nothing is left; of an endpoint of which one variant goes, what the variant does not cost."""
    if _said(step, "before_state", "variant") is None:
        return rows.iloc[:0]
    monthly = rows["on_demand_cost"].sum() / rows["hour"].nunique() * HOURS_PER_MONTH
    kept = 1.0 - float(step["monthly_saving"]) / monthly if monthly else 0.0
    if kept < WHOLE:
        return rows.iloc[:0]
    return rows.assign(on_demand_cost=rows["on_demand_cost"] * kept)


def _scheduled(rows: pd.DataFrame, step: Mapping[str, Any]) -> pd.DataFrame:
    schedule = _said(step, "parameters", "schedule")
    return rows if schedule is None else rows[slots_of(schedule)[slot(rows["hour"]).to_numpy()]]


def _resized(rows: pd.DataFrame, step: Mapping[str, Any]) -> pd.DataFrame:
    """At the target's price: the share in the finding's evidence; a step without one changes nothing."""
    share = _said(step, "before_state", "price_share")
    target = _said(step, "parameters", "instance_type")
    if share is None or target is None:
        return rows
    now = _said(step, "before_state", "instance_type")
    moved = rows["instance_type"].eq(now) if now else rows["instance_type"].notna()
    return rows.assign(
        on_demand_cost=rows["on_demand_cost"].where(~moved, rows["on_demand_cost"] * float(share)),
        instance_type=rows["instance_type"].where(~moved, target),
    )


def _said(step: Mapping[str, Any], column: str, key: str) -> Any:
    values = step[column]
    return values.get(key) if isinstance(values, dict) else None


_ACTS: dict[str, Callable[[pd.DataFrame, Mapping[str, Any]], pd.DataFrame]] = {
    "terminate": _terminated, "schedule": _scheduled, "resize": _resized,
}  # fmt: skip
