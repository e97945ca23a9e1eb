"""What to buy after the plan: purchases, coverage before and after, regret, tranches and curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.commitments.pools import GROUP, Pool
from finops_lib.analysis.commitments.rates import UPFRONT
from finops_lib.analysis.commitments.replay import Array, coverage, replay, utilization
from finops_lib.analysis.commitments.solve import (
    PLAN_STEP,
    STEP_SLACK,
    Market,
    Purchase,
    markets,
    solve,
    unit_steps,
)
from finops_lib.units import CENT, HOURS_PER_MONTH, HOURS_PER_YEAR, MONTHS_PER_YEAR

SCENARIOS = ("low", "likely", "high")
TINY = 1e-9


@dataclass(frozen=True)
class Advice:
    """Pools, what may be bought for them, and the best purchase for each scenario of demand."""

    pools: Mapping[str, Pool]
    markets: Mapping[str, list[Market]]
    factors: Mapping[str, float]
    bought: Mapping[str, Mapping[str, Purchase]]
    """Scenario, then pool: the purchase that is best if that demand comes."""

    def likely(self, pool: str) -> Purchase:
        """The purchase that is recommended for the pool."""
        return self.bought["likely"][pool]


def recommend(
    pools: Mapping[str, Pool],
    offered: pd.DataFrame,
    held_shares: pd.DataFrame,
    factors: Mapping[str, float],
    *,
    gap: float = 1e-6,
) -> Advice:
    """The exact best purchase of every pool under low, likely and high demand.

    `pools` is `pools_of`, `offered` is `rates.offers`, `held_shares` is `rates.offers_of_bill`.
    """
    found = {name: markets(pool, offered, held_shares) for name, pool in pools.items()}
    bought = {
        scenario: {
            name: solve(pool.scaled(factor), found[name], gap) for name, pool in pools.items()
        }
        for scenario, factor in factors.items()
    }
    return Advice(pools, found, factors, bought)


def demand_factors(
    pools: Mapping[str, Pool], quantiles: tuple[float, float, float]
) -> dict[str, float]:
    """Low, likely and high demand: quantiles of the days of the window, as factors of the middle one.

    The likely one is exactly the window. Whole days only; a window below a day, or idle on most days, has no spread.
    """
    if not pools:
        return dict.fromkeys(SCENARIOS, 1.0)
    hourly = np.sum([pool.usage.sum(axis=1) for pool in pools.values()], axis=0)
    days = hourly[: len(hourly) // 24 * 24].reshape(-1, 24).sum(axis=1)
    if not len(days) or not days.sum():
        return dict.fromkeys(SCENARIOS, 1.0)
    low, middle, high = np.quantile(days, quantiles)
    if not middle:
        return dict.fromkeys(SCENARIOS, 1.0)
    return {"low": float(low / middle), "likely": 1.0, "high": float(high / middle)}


def purchases(advice: Advice) -> pd.DataFrame:
    """A row per commitment to buy: product, GROUP, amount, term, payment, cost, saving and break-even.

    `hourly_commitment` is in the commitment's own dollars; `units` whole reservations of `unit_type`.
    Costs and savings are per month of 730 hours, in cash; savings are each one's part of the saving of
    all, so that they add up to it. `break_even_utilisation` is the share of its hours in
    which a commitment must be used to be no dearer than on demand, cost of capital included, and
    `break_even_month` the month in which full use has paid for its whole term.
    """
    rows = [
        row for name, pool in advice.pools.items() for row in _bought(pool, advice.likely(name))
    ]
    return pd.DataFrame(rows, columns=PURCHASE_COLUMNS)


PURCHASE_COLUMNS = [
    "pool", "product", *GROUP, "years", "payment", "hourly_commitment", "units", "unit_type",
    "upfront_cost", "monthly_cost", "monthly_saving", "utilisation", "price_share",
    "break_even_utilisation", "break_even_month", "rate_source", "rate_date",
]  # fmt: skip

FIRST_MONTH_COLUMNS = [*PURCHASE_COLUMNS, "monthly_saving_low", "monthly_saving_high"]


def _bought(pool: Pool, purchase: Purchase) -> list[dict[str, object]]:
    demand, final = purchase.market.demand(pool), purchase.replay(pool)
    steps = unit_steps(pool, purchase.market)
    monthly = HOURS_PER_MONTH / len(demand.usage)
    rows, alone = [], []
    for group in np.flatnonzero(purchase.scoped > TINY):
        used = np.maximum(final.used_scoped[:, group] - demand.held_scoped[:, group], 0.0)
        amount = float(purchase.scoped[group])
        row = _terms(purchase.market.scoped[group] or {}, amount, float(used.mean()))
        row |= {"pool": pool.name, **pool.groups.loc[group, GROUP].to_dict()}
        if "plan" not in str(row["product"]):
            row["units"] = round(amount / steps[group])
            row["unit_type"] = pool.groups.loc[group, "unit_type"]
        rows.append(row)
        alone.append(float(used.sum() / (1.0 - demand.scoped[group])) * monthly)
    if purchase.shared > TINY:
        used = np.maximum(final.used_shared - demand.held_shared, 0.0)
        row = _terms(purchase.market.shared_key or {}, purchase.shared, float(used.mean()))
        rows.append({**row, "pool": pool.name, "region": "global", "family": None})
        left = replay(demand, purchase.scoped, 0.0).on_demand_cost - final.on_demand_cost
        alone.append(left * monthly)
    before = replay(demand, purchase.scoped * 0, 0.0).on_demand_cost - final.on_demand_cost
    return _with_savings(rows, np.array(alone), before * monthly)


def _with_savings(
    rows: list[dict[str, object]], alone: Array, saved: float
) -> list[dict[str, object]]:
    """The rows with each one's part of the saving of all, whatever their order.

    A purchase covers `alone` on-demand dollars a month; together they replace `saved`, less where a
    held plan moves to usage that it takes less off. That difference is borne in proportion.
    """
    costs = np.array([float(str(row["monthly_cost"])) for row in rows])
    own = alone - costs
    weights = np.maximum(own, TINY)
    parts = own + (saved - alone.sum()) * weights / max(weights.sum(), TINY)
    return [{**row, "monthly_saving": float(part)} for row, part in zip(rows, parts, strict=True)]


def _terms(offer: Mapping[str, object], hourly: float, used: float) -> dict[str, object]:
    share, true = float(str(offer["price_share"])), float(str(offer["true_share"]))
    years = int(str(offer["years"]))
    return {
        "product": offer["product"], "years": years, "payment": offer["payment"],
        "hourly_commitment": hourly,
        "upfront_cost": hourly * years * HOURS_PER_YEAR * UPFRONT[str(offer["payment"])],
        "monthly_cost": hourly * HOURS_PER_MONTH,
        "utilisation": used / hourly, "price_share": share,
        "break_even_utilisation": true, "break_even_month": break_even_month(share, years),
        "rate_source": offer["source"], "rate_date": offer["priced_at"],
    }  # fmt: skip


def break_even_month(price_share: float, years: int, utilisation: float = 1.0) -> int:
    """The month in which on-demand costs avoided reach the price of the whole term, counted from 1.

    From then on nothing that stops can turn the commitment into a loss.
    """
    months = years * MONTHS_PER_YEAR
    return int(np.ceil(months * price_share / utilisation - TINY))


def stages(
    today: Mapping[str, Pool], advice: Advice, offered: pd.DataFrame, held_shares: pd.DataFrame
) -> pd.DataFrame:
    """Pool and stage (today, after_plan, after_purchases): dollars a month, coverage and utilisation.

    `today` are the pools before the plan. `usage` is at on-demand prices, `on_demand` what stays so and
    `new_cost` what is bought for it; what is held is paid in every stage and left out. `coverage` is the
    covered share of usage, `utilisation` the used share of all commitments, held and new.
    """
    now = {
        name: Purchase(found, np.zeros(len(pool.groups)), 0.0, 0.0)
        for name, pool in today.items()
        for found in markets(pool, offered, held_shares)[:1]
    }
    rows = [_stage("today", pool, now[name]) for name, pool in today.items()]
    for name, pool in advice.pools.items():
        chosen = advice.likely(name)
        rows += [
            _stage("after_plan", pool, chosen.nothing()),
            _stage("after_purchases", pool, chosen),
        ]
    return pd.DataFrame(rows, columns=STAGE_COLUMNS)


STAGE_COLUMNS = [
    "pool", "stage", "usage", "on_demand", "new_cost", "coverage", "utilisation",
]  # fmt: skip


def _stage(stage: str, pool: Pool, purchase: Purchase) -> dict[str, Any]:
    demand, result = purchase.market.demand(pool), purchase.replay(pool)
    monthly = HOURS_PER_MONTH / len(demand.usage)
    return {
        "pool": pool.name,
        "stage": stage,
        "usage": demand.usage.sum() * monthly,
        "on_demand": result.on_demand_cost * monthly,
        "new_cost": (purchase.scoped.sum() + purchase.shared) * HOURS_PER_MONTH,
        "coverage": coverage(demand, result),
        "utilisation": utilization(demand, result, purchase.scoped, purchase.shared),
    }


def first_month(advice: Advice) -> pd.DataFrame:
    """`purchases` in the month ahead: `monthly_saving`, and `monthly_saving_low` and `_high` as demand goes.

    Only what is held at its start is counted, so that the savings may be taken off today's bill.
    """
    rows = []
    for name, pool in advice.pools.items():
        chosen, month = advice.likely(name), pool.first_month()
        scenarios = {s: _bought(month.scaled(f), chosen) for s, f in advice.factors.items()}
        for number, row in enumerate(scenarios["likely"]):
            savings = [float(str(found[number]["monthly_saving"])) for found in scenarios.values()]
            rows.append(
                {**row, "monthly_saving_low": min(savings), "monthly_saving_high": max(savings)}
            )
    return pd.DataFrame(rows, columns=FIRST_MONTH_COLUMNS)


def regret(advice: Advice) -> pd.DataFrame:
    """Bought for and demand that came: what a month costs more than the purchase best for that demand.

    `kind` says whether too much or too little was bought. No row is below zero but by the rounding to
    amounts that are sold.
    """
    rows = [
        {
            "bought_for": bought_for,
            "demand": came,
            "monthly_regret": sum(
                advice.bought[bought_for][name].cost(scaled)
                - advice.bought[came][name].cost(scaled)
                for name, pool in advice.pools.items()
                for scaled in [pool.scaled(advice.factors[came])]
            )
            * HOURS_PER_MONTH,
            "kind": _kind(bought_for, came),
        }
        for bought_for in SCENARIOS
        for came in SCENARIOS
    ]
    return pd.DataFrame(rows)


def _kind(bought_for: str, came: str) -> str:
    order = SCENARIOS.index(bought_for) - SCENARIOS.index(came)
    return ("too little", "right", "too much")[int(np.sign(order)) + 1]


def tranches(advice: Advice, start: datetime, count: int, every_months: int) -> pd.DataFrame:
    """The ladder: date, pool, GROUP and dollars an hour of each purchase, in amounts that are sold.

    The first buys what low demand would need too, so it is not regretted then; the others share the rest
    evenly, each to be computed anew when its date comes.
    """
    rows = []
    for name, pool in advice.pools.items():
        labels = [*pool.groups[GROUP].to_dict("records"), {"region": "global"}]
        for number, amounts in enumerate(_ladder(pool, advice, name, count)):
            date = pd.Timestamp(start).normalize() + pd.DateOffset(months=number * every_months)
            rows += [
                {"tranche": number + 1, "buy_on": date, "pool": name, **label, "hourly_commitment": amount}
                for label, amount in zip(labels, amounts, strict=True)
                if amount > TINY
            ]  # fmt: skip
    columns = ["tranche", "buy_on", "pool", *GROUP, "hourly_commitment"]
    return pd.DataFrame(rows, columns=columns).sort_values(["tranche", "pool"], ignore_index=True)


def _ladder(pool: Pool, advice: Advice, name: str, count: int) -> Array:
    """Tranches x (groups and the shared plan): whole steps whose sums are the recommended amounts."""
    likely, low = advice.likely(name), advice.bought["low"][name]
    steps = np.append(unit_steps(pool, likely.market), PLAN_STEP)
    whole = np.append(likely.scoped, likely.shared)
    sure = np.minimum(whole, np.append(low.scoped, low.shared)) if count > 1 else whole
    reached = sure + np.outer(np.linspace(0, 1, count), whole - sure)
    sold = np.floor(reached / steps + STEP_SLACK) * steps
    ladder: Array = np.diff(sold, axis=0, prepend=0.0)
    return ladder


def unpriced(advice: Advice) -> pd.DataFrame:
    """Groups with usage for which no rate is known: nothing is recommended there, and why."""
    rows = []
    for name, pool in advice.pools.items():
        market = advice.likely(name).market
        monthly = pool.usage.mean(axis=0) * HOURS_PER_MONTH
        for group, offer in enumerate(market.scoped):
            if offer is None and market.shared_discount[group] <= 0:
                reason = "No offering, rate card line or price book rate; add it to commitments.rate_card."
                rows.append({"pool": name, **pool.groups.loc[group, GROUP].to_dict(),
                             "monthly_usage": monthly[group], "reason": reason})  # fmt: skip
    columns = ["pool", *GROUP, "monthly_usage", "reason"]
    found = pd.DataFrame(rows, columns=columns)
    found = found[found["monthly_usage"] >= CENT]
    return found.sort_values("monthly_usage", ascending=False, ignore_index=True)
