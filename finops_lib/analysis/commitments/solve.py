"""The purchase for one pool: which product serves each group, and the exact amounts of all together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from finops_lib.analysis.commitments.pools import KINDS, Pool
from finops_lib.analysis.commitments.portfolio import best_portfolio
from finops_lib.analysis.commitments.rates import offers_for
from finops_lib.analysis.commitments.replay import Array, Demand, Replay, replay

PLAN_STEP = 0.001
"""Savings Plans are bought in tenths of a cent an hour (CreateSavingsPlan, `commitment`)."""

STEP_SLACK = 1e-6
"""Part of a step that rounding down forgives, because sums of steps are not exact."""

NEVER = 1e3
"""A price factor at which no commitment pays: what may be held, not bought."""


@dataclass(frozen=True)
class Market:
    """What may be bought for a pool: an offer (or None) per group, and one for the shared plan.

    `shared` has price_share by group (NaN: the plan has no known rate for it); `held_worth` is what a
    dollar of a held shared plan counts in the offered one.
    """

    scoped: tuple[dict[str, object] | None, ...]
    shared_key: dict[str, object] | None
    scoped_discount: Array
    scoped_price: Array
    shared_discount: Array
    shared_price: float
    held_worth: float

    def demand(self, pool: Pool) -> Demand:
        """The pool's months ahead under these discounts."""
        return pool.demand(self.scoped_discount, self.shared_discount, self.held_worth)


@dataclass(frozen=True)
class Purchase:
    """Dollars an hour to commit to, by group and shared, and the most that exactness left open.

    `gap` is the share of the cost by which another portfolio could be cheaper, before amounts are
    rounded to what is sold (whole reservations, tenths of a cent).
    """

    market: Market
    scoped: Array
    shared: float
    gap: float

    def cost(self, pool: Pool) -> float:
        """Dollars an hour on average: new commitments at their true price, and what stays on demand."""
        amounts = np.append(self.scoped, self.shared)
        return _cost(self.market.demand(pool), self.market, amounts)

    def replay(self, pool: Pool) -> Replay:
        """What the purchase and all that is held do in the months ahead."""
        return replay(self.market.demand(pool), self.scoped, self.shared)

    def nothing(self) -> Purchase:
        """The same market with nothing bought."""
        return Purchase(self.market, np.zeros_like(self.scoped), 0.0, 0.0)


def markets(pool: Pool, offered: pd.DataFrame, held_shares: pd.DataFrame) -> list[Market]:
    """One Market for each term and payment of the shared plan; the scoped offer is the cheapest.

    Scoped products of a group cover the same usage, so one that costs more of the on-demand price, with
    cost of capital, is in no optimum. `held_shares` are the shares of what is held.
    """
    kind = KINDS[pool.name]
    keys = list(pool.groups[["region", "family"]].itertuples(index=False, name=None))
    found = [offers_for(offered, kind.scoped, *key) for key in keys]
    best = tuple(None if f.empty else f.iloc[0].to_dict() for f in found)
    plans = [offers_for(offered, [kind.shared or ""], *key) for key in keys]
    ways = sorted(
        {(y, p) for f in plans for y, p in f[["years", "payment"]].itertuples(index=False)}
    )
    held = _shares(
        [held_shares[held_shares["product"] == kind.shared].pipe(_of, key) for key in keys]
    )
    return [_market(pool, best, plans, way, held) for way in [*ways, *([] if ways else [None])]]


def _of(shares: pd.DataFrame, key: tuple[str, str]) -> pd.DataFrame:
    return shares[(shares["region"] == key[0]) & (shares["family"] == key[1])]


def _shares(found: list[pd.DataFrame]) -> Array:
    return np.array([np.nan if f.empty else float(f["price_share"].iloc[0]) for f in found])


def _market(
    pool: Pool,
    best: tuple[dict[str, object] | None, ...],
    plans: list[pd.DataFrame],
    way: tuple[int, str] | None,
    held: Array,
) -> Market:
    chosen = [
        f[(f["years"] == way[0]) & (f["payment"] == way[1])] if way else f.iloc[:0] for f in plans
    ]
    offered = _shares(chosen)
    share = np.where(np.isnan(offered), held, offered)
    first = next((f.iloc[0].to_dict() for f in chosen if len(f)), None)
    weights = pool.usage.sum(axis=0) * ~np.isnan(share) * ~np.isnan(held)
    worth = (
        float(weights @ np.nan_to_num(share) / (weights @ np.nan_to_num(held)))
        if weights.sum()
        else 1.0
    )
    price = np.array([1.0 if b is None else float(str(b["price_share"])) for b in best])
    true = np.array([1.0 if b is None else float(str(b["true_share"])) for b in best])
    return Market(
        best, first, 1.0 - price, true / price, np.nan_to_num(1.0 - share),
        float(first["true_share"] / first["price_share"]) if first else NEVER, worth,
    )  # fmt: skip


def solve(pool: Pool, found: list[Market], gap: float = 1e-6) -> Purchase:
    """The cheapest purchase over all markets, in amounts that are sold."""
    return min((_solve(pool, market, gap) for market in found), key=lambda p: p.cost(pool))


def _solve(pool: Pool, market: Market, gap: float) -> Purchase:
    demand = market.demand(pool)
    best = best_portfolio(
        demand, scoped_price=market.scoped_price, shared_price=market.shared_price, gap=gap
    )
    exact = np.append(best.scoped, best.shared)
    sold = _as_sold(demand, market, exact, np.append(unit_steps(pool, market), PLAN_STEP))
    return Purchase(market, sold[:-1], float(sold[-1]), best.gap)


def _as_sold(demand: Demand, market: Market, exact: Array, steps: Array) -> Array:
    """The exact amounts in whole steps: rounded down, then a step more wherever that is cheaper.

    What several amounts lost by rounding down, the shared plan may take up, so it is tried too.
    """
    best = np.floor(exact / steps + STEP_SLACK) * steps
    cost = _cost(demand, market, best)
    tried = np.flatnonzero(exact - best > 1e-9)
    shared = len(exact) - 1
    for group in [*tried, *[shared] * (len(tried) if market.shared_key else 0)]:
        more = best.copy()
        more[group] += steps[group]
        if (reached := _cost(demand, market, more)) < cost:
            best, cost = more, reached
    return best


def _cost(demand: Demand, market: Market, amounts: Array) -> float:
    """Dollars an hour on average: commitments at their true price, and what stays on demand."""
    paid = float(np.append(market.scoped_price, market.shared_price) @ amounts)
    left = replay(demand, amounts[:-1], float(amounts[-1])).on_demand_cost
    return paid + left / len(demand.usage)


def unit_steps(pool: Pool, market: Market) -> Array:
    """The least amount of each group that is sold, in dollars an hour: one reservation, or a tenth of a cent."""
    units = pool.groups["unit_price"].to_numpy(float)
    return np.array(
        [
            float(str(offer["price_share"])) * unit
            if offer is not None and "plan" not in str(offer["product"]) and unit > 0
            else PLAN_STEP
            for offer, unit in zip(market.scoped, units, strict=True)
        ]
    )
