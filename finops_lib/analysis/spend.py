"""Where the money goes: the bill by one dimension, both cost bases side by side.

Frames that come in are results of `engine.queries` (FOCUS names); what goes out is tidy and ties to
what came in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.analysis.reconcile import reconcile
from finops_lib.schema import TAG_PREFIX

DIMENSIONS = {
    "service": "ServiceName",
    "account": "SubAccountId",
    "region": "RegionId",
    "usage_type": "x_UsageType",
    "category": "ChargeCategory",
    "team": "x_tag_team",
    "project": "x_tag_project",
    "environment": "x_tag_environment",
    "cost_center": "x_tag_cost_center",
    "model": "x_tag_model",
}
"""What a reader calls a dimension, and its column; workload types come from `workloads.classify`."""

MEASURES = {
    "BilledCost": "billed_cost",
    "EffectiveCost": "effective_cost",
    "ListCost": "list_cost",
}
"""Columns of a query and what they are called in a tidy frame."""

COST = {"billed": "billed_cost", "effective": "effective_cost"}
"""The column of each basis in a tidy frame."""

REST = "other"
UNTAGGED = "untagged"
UNSTATED = "not stated"


def spend_by(
    frame: pd.DataFrame, column: str, *, basis: str = "effective", top_n: int | None = None
) -> pd.DataFrame:
    """The bill by one column, dearest first: name, kind, members, the costs, share of the basis.

    Beyond `top_n` names the long tail is one row ("other", kind rest, `members` names). What has no
    value is a row of kind missing, never in the tail and never dropped. Raises ReconciliationError.
    """
    cost = COST[basis]
    rows = _rows(frame, column, _top(frame, column, cost, top_n))
    keys = ["name", "kind"]
    members = rows.groupby(keys, as_index=False)["member"].nunique()
    spend = _added_up(rows, keys).merge(members.rename(columns={"member": "members"}), on=keys)
    spend["share"] = spend[cost] / spend[cost].sum() if spend[cost].sum() else np.nan
    _tie(spend, frame, f"spend by {column}")
    return _ranked(spend, cost)[
        ["name", "kind", "members", *MEASURES.values(), "share"]
    ].reset_index(drop=True)


def spend_over_time(
    frame: pd.DataFrame,
    column: str | None = None,
    *,
    time: str = "Month",
    basis: str = "effective",
    top_n: int | None = None,
) -> pd.DataFrame:
    """The bill per month or day (`time` is Month or ChargeDay) and name, in order of time and cost.

    The top names are the dearest of the whole span; the rest and what has no value as in `spend_by`.
    Without `column` there is one row per time, named "total".
    """
    given = frame if column else frame.assign(total="total")
    name = column or "total"
    cost = COST[basis]
    rows = _rows(given, name, _top(given, name, cost, top_n)).assign(time=given[time].to_numpy())
    spend = _added_up(rows, ["time", "name", "kind"])
    _tie(spend, frame, f"spend per {time} by {name}")
    order = _ranked(_added_up(rows, ["name", "kind"]), cost)["name"].tolist()
    rank = spend["name"].map({value: place for place, value in enumerate(order)})
    return (
        spend.assign(rank=rank)
        .sort_values(["time", "rank"], ignore_index=True)
        .drop(columns="rank")
        .rename(columns={"time": "month" if time == "Month" else "day"})
    )


def effective_savings_rate(frame: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """(list - effective) / list: one row per value of `by`, or one row.

    `frame` has ChargeCategory and CommitmentDiscountStatus beside the sums. Counted are usage whose list
    cost is known, the unused part of commitments and discounts that are lines of their own
    (adjustments), since they are what the discounts cost and give; taxes, purchases and credits are
    not. `unlisted_cost` is the effective cost of usage without a list cost, which no rate can judge.
    Formula: FinOps Foundation, Effective Savings Rate
    (https://www.finops.org/wg/how-to-calculate-effective-savings-rate-esr/).
    """
    unused = frame["CommitmentDiscountStatus"].eq("Unused").fillna(False).astype(bool)
    used = frame["ChargeCategory"].eq("Usage") & ~unused
    whole = unused | frame["ChargeCategory"].eq("Adjustment")
    cost = frame["EffectiveCost"]
    listed, public = (
        frame[name].astype("float64").fillna(0.0) for name in ("x_ListedEffectiveCost", "ListCost")
    )
    rows = pd.DataFrame({
        "name": frame[by].fillna(_missing(by)) if by else "total",
        "list_cost": public.where(used, 0.0),
        "effective_cost": listed.where(used, cost.where(whole, 0.0)),
        "unlisted_cost": (cost - listed).where(used, 0.0),
    })  # fmt: skip
    rates = rows.groupby("name", as_index=False).sum()
    rates["savings"] = rates["list_cost"] - rates["effective_cost"]
    rates["savings_rate"] = rates["savings"] / rates["list_cost"].where(rates["list_cost"] > 0)
    return rates.sort_values("list_cost", ascending=False, ignore_index=True)


def _missing(column: str | None) -> str:
    return UNTAGGED if column and column.startswith(TAG_PREFIX) else UNSTATED


def _top(frame: pd.DataFrame, column: str, cost: str, top_n: int | None) -> set[str]:
    source = next(name for name, tidy in MEASURES.items() if tidy == cost)
    totals = frame.groupby(column)[source].sum()
    ranked = totals.sort_values(ascending=False, kind="stable")
    return set(ranked.index if top_n is None else ranked.index[:top_n])


def _rows(frame: pd.DataFrame, column: str, top: set[str]) -> pd.DataFrame:
    """The frame's rows under the name that a reader sees."""
    value = frame[column].astype("object")
    missing = value.isna()
    kind = np.where(missing, "missing", np.where(value.isin(top), "named", "rest"))
    name = value.where(kind == "named", np.where(missing, _missing(column), REST))
    costs = {tidy: frame[source] for source, tidy in MEASURES.items()}
    return pd.DataFrame(
        {"name": name, "kind": kind, "member": value.fillna(_missing(column)), **costs}
    )


def _added_up(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The costs by these keys; a sum of nothing but unknown is unknown."""
    return rows.groupby(keys, as_index=False)[list(MEASURES.values())].sum(min_count=1)


def _ranked(spend: pd.DataFrame, cost: str) -> pd.DataFrame:
    last = spend["kind"].map({"named": 0, "missing": 1, "rest": 2})
    return (
        spend.assign(last=last)
        .sort_values(["last", cost, "name"], ascending=[True, False, True])
        .drop(columns="last")
    )


def _tie(spend: pd.DataFrame, frame: pd.DataFrame, what: str) -> None:
    for source, tidy in MEASURES.items():
        reconcile(spend[tidy], float(frame[source].sum()), what=f"{what} ({tidy})")
