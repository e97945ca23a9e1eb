"""What each team pays day by day: its own charges, and its part of every day of the pools."""

from __future__ import annotations

import pandas as pd

from finops_lib.analysis.allocation.pools import UNALLOCATED
from finops_lib.analysis.allocation.statements import COST
from finops_lib.schema import COST_COLUMN


def daily_costs(days: pd.DataFrame, parts: pd.DataFrame, *, basis: str) -> pd.DataFrame:
    """time, name (the team), value: every day of the bill by who bears it; a day adds up to its bill.

    Takes rows of `allocate` with ChargeDay, and `pool_parts` of one period: the pools of other days are
    borne in the same parts. What no part takes is Unallocated.
    """
    cost = COST_COLUMN[basis]
    alone = days[days["pool"].isna()]
    own = pd.DataFrame({
        "time": alone["ChargeDay"], "name": alone["team"].fillna(UNALLOCATED), "value": alone[cost],
    })  # fmt: skip
    pooled = days.groupby(["ChargeDay", "pool"], as_index=False)[cost].sum()
    borne = pooled.merge(parts, on="pool", how="left")
    shared = pd.DataFrame({
        "time": borne["ChargeDay"], "name": borne["team"].fillna(UNALLOCATED),
        "value": borne[cost] * borne["part"].fillna(1.0),
    })  # fmt: skip
    every = pd.concat([part for part in (own, shared) if len(part)] or [own])
    return every.groupby(["time", "name"], as_index=False)["value"].sum()


def pool_parts(allocated: pd.DataFrame, lines: pd.DataFrame, *, basis: str) -> pd.DataFrame:
    """pool, team, part: what each team bears of each pool; a pool's parts add up to one.

    Takes rows of `allocate` and their `statement_lines`. A pool that came to nothing has no parts.
    """
    rows = lines[lines["kind"].eq("shared")]
    whole = allocated.groupby("pool")[COST_COLUMN[basis]].sum()
    part = rows[COST[basis]] / rows["name"].map(whole[whole.ne(0)]).astype("float64")
    borne = pd.DataFrame({"pool": rows["name"], "team": rows["team"], "part": part}).dropna()
    rest = 1.0 - borne.groupby("pool")["part"].sum()
    left = rest.rename("part").reset_index().assign(team=UNALLOCATED)
    return pd.concat([borne, left], ignore_index=True)[["pool", "team", "part"]]
