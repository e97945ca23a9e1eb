"""One statement per team; all of them add up to the bill to the cent, on either cost basis.

A statement has lines of four kinds: what the team spends by itself (`own`, a line per service), its
`credit`, what it bears of each pool (`shared`), and for the statement named Unallocated what no rule
and no pool gives to anybody (`unallocated`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from finops_lib.analysis.allocation.pools import UNALLOCATED, assign_pools, split_pool
from finops_lib.analysis.allocation.taxonomy import assign_owners
from finops_lib.analysis.reconcile import reconcile
from finops_lib.params.allocation import AllocationPolicy
from finops_lib.params.tags import TagKey
from finops_lib.schema import COST_COLUMN, TAG_PREFIX

KINDS = ("own", "credit", "shared", "unallocated")

COST = {"billed": "billed_cost", "effective": "effective_cost"}
"""The column of each basis in a statement."""


def allocate(
    frame: pd.DataFrame, policy: AllocationPolicy, tags: Mapping[str, TagKey]
) -> pd.DataFrame:
    """The rows of a bill with `team`, `project`, the rules that decided and `pool`; no row is lost."""
    return assign_pools(assign_owners(frame, policy, tags), policy)


def statement_lines(
    allocated: pd.DataFrame,
    policy: AllocationPolicy,
    metrics: Mapping[str, Mapping[str, float]] | None = None,
) -> pd.DataFrame:
    """team, kind, name, billed_cost, effective_cost: the lines of every statement.

    Takes rows of `allocate`. `name` is the service, the credit's service or the pool. `metrics` is
    business metric to team to value. Raises ReconciliationError where the lines miss the bill.
    """
    direct = _direct(allocated)
    lines = pd.concat([direct, _shared(allocated, direct, policy, metrics or {})])
    order = lines["kind"].map(KINDS.index)
    lines = lines.assign(_order=order).sort_values(
        ["team", "_order", "effective_cost", "name"], ascending=[True, True, False, True]
    )
    for basis, column in COST.items():
        whole = float(allocated[COST_COLUMN[basis]].sum())
        reconcile(lines[column], whole, what=f"statements, {basis} cost")
    return lines.drop(columns="_order").reset_index(drop=True)


def statements(
    lines: pd.DataFrame, allocated: pd.DataFrame, *, basis: str = "effective"
) -> pd.DataFrame:
    """team, own, credit, shared, unallocated, total, share; one row per team, Unallocated last.

    Besides: `commitment_benefit`, list price less effective cost of the team's own charges that
    commitments cover (not part of the total), and `untagged_share` of its own cost that no team tag
    names. Amounts are on `basis`.
    """
    table = lines.pivot_table(index="team", columns="kind", values=COST[basis], aggfunc="sum")
    table = table.reindex(columns=list(KINDS)).fillna(0.0)
    table["total"] = table.sum(axis=1)
    whole = float(table["total"].sum())
    table["share"] = table["total"] / whole if whole else np.nan
    own = allocated[allocated["pool"].isna() & allocated["team"].notna()]
    table["commitment_benefit"] = commitment_benefit(own)
    table["untagged_share"] = untagged_share(own, basis)
    reconcile(
        table["total"], float(allocated[COST_COLUMN[basis]].sum()), what="statements of all teams"
    )
    ranked = table.rename_axis(columns=None).reset_index()
    last = ranked["team"].eq(UNALLOCATED)
    return (
        ranked.assign(_last=last)
        .sort_values(["_last", "total", "team"], ascending=[True, False, True], ignore_index=True)
        .drop(columns="_last")
    )


def deciding_rules(allocated: pd.DataFrame) -> pd.DataFrame:
    """team, rule, pool, billed_cost, effective_cost: which rule or pool took how much of the bill.

    NA in `rule` and `pool` alike is what is unallocated; the rows add up to the bill.
    """
    costs = {column: allocated[COST_COLUMN[basis]] for basis, column in COST.items()}
    keys = ["team", "rule", "pool"]
    return (
        allocated[keys]
        .assign(**costs)
        .groupby(keys, dropna=False, as_index=False)[list(COST.values())]
        .sum()
        .sort_values("effective_cost", ascending=False, ignore_index=True)
    )


def commitment_benefit(own: pd.DataFrame) -> pd.Series:
    """Per team, list price less effective cost of what commitments cover; NA where no such list price is known."""
    listed = (
        own["x_ListedEffectiveCost"]
        if "x_ListedEffectiveCost" in own
        else (own["EffectiveCost"].where(own["ListCost"].notna()))
    )
    covered = own["CommitmentDiscountStatus"].eq("Used")
    benefit = (own["ListCost"] - listed).where(covered)
    return benefit.groupby(own["team"]).sum(min_count=1)


def untagged_share(own: pd.DataFrame, basis: str) -> pd.Series:
    """Per team, the share of its own cost whose charges carry no team tag; NA where it spends nothing."""
    cost = own[COST_COLUMN[basis]]
    tag = f"{TAG_PREFIX}team"
    untagged = own[tag].isna() if tag in own else pd.Series(True, index=own.index)
    sums = cost.groupby(own["team"]).sum()
    return cost.where(untagged, 0.0).groupby(own["team"]).sum() / sums.where(sums != 0)


def _direct(allocated: pd.DataFrame) -> pd.DataFrame:
    """Lines of the charges that are in no pool: a team's own, and the unallocated ones."""
    rows = allocated[allocated["pool"].isna()]
    kind = np.where(rows["ChargeCategory"].eq("Credit"), "credit", "own")
    keys = {
        "team": rows["team"].fillna(UNALLOCATED),
        "kind": pd.Series(kind, index=rows.index, dtype="str").mask(
            rows["team"].isna(), "unallocated"
        ),
        "name": rows["ServiceName"].fillna("not stated"),
    }
    costs = {column: rows[COST_COLUMN[basis]] for basis, column in COST.items()}
    return _summed(pd.DataFrame({**keys, **costs}))


def _shared(
    allocated: pd.DataFrame,
    direct: pd.DataFrame,
    policy: AllocationPolicy,
    metrics: Mapping[str, Mapping[str, float]],
) -> pd.DataFrame:
    """Lines of the pools: per basis what each team bears, and what of a pool nobody does."""
    parts = []
    for pool in policy.pools:
        rows = allocated[allocated["pool"].eq(pool.name)]
        if rows.empty:
            continue
        for basis, column in COST.items():
            own = direct[direct["kind"].eq("own")].groupby("team")[column].sum().to_dict()
            amount = float(rows[COST_COLUMN[basis]].sum())
            split = split_pool(amount, pool, own, metrics)
            parts.append(
                pd.DataFrame({"team": split.keys(), "name": pool.name, column: split.values()})
            )
    if not parts:
        return direct.iloc[:0]
    lines = pd.concat(parts).fillna(dict.fromkeys(COST.values(), 0.0))
    kind = np.where(lines["team"].eq(UNALLOCATED), "unallocated", "shared")
    return _summed(lines.assign(kind=pd.Series(kind, index=lines.index, dtype="str")))


def _summed(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.groupby(["team", "kind", "name"], as_index=False)[list(COST.values())].sum()
