"""Tag compliance, counted in resources and in dollars, against the policy's target."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from finops_lib.params.tags import TagKey
from finops_lib.schema import COST_COLUMN, TAG_PREFIX

EVERY = "every required key"
"""The row about charges or resources that carry all required keys at once."""


def carries(frame: pd.DataFrame, tags: Mapping[str, TagKey]) -> pd.DataFrame:
    """Rows x required keys and EVERY: whether the row carries a value that the policy allows.

    Takes any frame with `x_tag_` columns: the daily cube, line items, RESOURCE_COSTS or
    `tagged_resources`. A key that the frame has no column for is carried by nothing.
    """
    required = {key: policy for key, policy in tags.items() if policy.required}
    held = pd.DataFrame(
        {key: _is_valid(frame, key, policy) for key, policy in required.items()}, index=frame.index
    )
    return held.assign(**{EVERY: held.all(axis=1)})


def compliance(
    resources: pd.DataFrame, tags: Mapping[str, TagKey], *, target: float, by: str | None = None
) -> pd.DataFrame:
    """`by`, key, resources, tagged, share, cost, tagged_cost, cost_share, gap, on_target.

    Takes `tagged_resources`. Costs are monthly and of the resources whose cost is known; `gap` is the
    dollars a month between cost_share and the target. `by` is kind, account_id, x_tag_team ….
    """
    held = carries(resources, tags)
    group = resources[by].fillna("untagged") if by else pd.Series("all", index=resources.index)
    long = held.melt(var_name="key", value_name="held", ignore_index=False)
    cost = resources["monthly_cost"].reindex(long.index).fillna(0.0)
    long = long.assign(
        group=group.reindex(long.index), cost=cost, tagged_cost=cost.where(long["held"], 0.0)
    )
    table = long.groupby(["group", "key"], sort=False, as_index=False).agg(
        resources=("held", "size"),
        tagged=("held", "sum"),
        cost=("cost", "sum"),
        tagged_cost=("tagged_cost", "sum"),
    )
    table.insert(4, "share", table["tagged"] / table["resources"])
    return _against(table, target).rename(columns={"group": by or "group"})


def compliance_in_dollars(
    frame: pd.DataFrame,
    tags: Mapping[str, TagKey],
    *,
    target: float,
    basis: str = "effective",
    by: str | None = None,
) -> pd.DataFrame:
    """`by`, key, cost, tagged_cost, cost_share, gap, on_target of a bill; all of the bill counts.

    Takes rows with FOCUS costs; `by` is Month, ServiceName, SubAccountId, team …; what it lacks is a
    group of its own.
    """
    held = carries(frame, tags)
    group = (
        frame[by].astype("object").fillna("not stated")
        if by
        else pd.Series("all", index=frame.index)
    )
    cost = frame[COST_COLUMN[basis]]
    whole = cost.groupby(group).sum()
    parts = [
        pd.DataFrame(
            {
                "key": key,
                "cost": whole,
                "tagged_cost": cost.where(held[key], 0.0).groupby(group).sum(),
            }
        )
        for key in held
    ]
    table = pd.concat(parts).rename_axis(by or "group").reset_index()
    return _against(table, target)


def tagged_with_any(
    frame: pd.DataFrame, tags: Mapping[str, TagKey], *, basis: str = "effective"
) -> float:
    """The share of cost whose rows carry any required key; NaN where nothing was spent."""
    cost = frame[COST_COLUMN[basis]]
    any_key = carries(frame, tags).drop(columns=EVERY).any(axis=1)
    return float(cost[any_key].sum() / cost.sum()) if cost.sum() else float("nan")


def _is_valid(frame: pd.DataFrame, key: str, policy: TagKey) -> pd.Series:
    column = f"{TAG_PREFIX}{key}"
    if column not in frame:
        return pd.Series(False, index=frame.index)
    values = frame[column]
    valid = values.notna() & values.ne("")
    if policy.allowed:
        valid &= values.isin(policy.allowed)
    if policy.pattern:
        right = [v for v in values.dropna().unique() if re.fullmatch(policy.pattern, v)]
        valid &= values.isin(right)
    return valid.astype(bool)


def _against(table: pd.DataFrame, target: float) -> pd.DataFrame:
    share = table["tagged_cost"] / table["cost"].where(table["cost"] != 0, np.nan)
    gap = (target * table["cost"] - table["tagged_cost"]).clip(lower=0.0)
    return table.assign(cost_share=share, gap=gap, on_target=share >= target)
