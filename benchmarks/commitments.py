"""How fast the exact portfolio is, and what rules of thumb cost beside it when the next year comes.

    python benchmarks/commitments.py [--days 365] [--families 50] [--seed 0]

Demand is drawn: machines that always run, office hours, nightly batches and growth or decline, two
periods of hourly dollars in a row. Every rule sees the first and is judged on the second, against the
portfolio that would have been best there (hindsight). Products: an EC2 Instance Savings Plan and a
standard reservation per family (the cheaper one is in the optimum), and a Compute Savings Plan for all.
"""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from finops_lib.analysis.commitments.portfolio import best_portfolio
from finops_lib.analysis.commitments.replay import Array, Demand, replay

PLAN, RESERVED, SHARED = (0.28, 0.45), (0.30, 0.42), (0.20, 0.34)
"""Ranges of discounts of one-year terms without upfront payment."""


def drawn(hours: int, families: int, random: np.random.Generator) -> Array:
    """Hours x families of on-demand dollars: base load, office hours, nights, trend and noise."""
    clock = np.arange(hours)
    hour, day = clock % 24, clock // 24 % 7
    office = ((hour >= 8) & (hour < 18) & (day < 5))[:, None]
    night = (hour < 5)[:, None]
    size = random.lognormal(1.0, 1.0, families)
    base, work, batch = random.dirichlet((2.0, 1.0, 0.5), families).T
    trend = 1 + random.normal(0.0, 0.15, families) * (clock / hours)[:, None]
    noise = random.gamma(20.0, 1 / 20.0, (hours, families))
    usage: Array = (
        size * (base + 2.5 * work * office + 3.0 * batch * night) * trend.clip(0.2) * noise
    )
    return usage


def cost(demand: Demand, scoped: Array, shared: float) -> float:
    """Dollars over all hours."""
    paid = (float(scoped.sum()) + shared) * len(demand.usage)
    return paid + replay(demand, scoped, shared).on_demand_cost


def rules(past: Demand) -> dict[str, tuple[Array, float, float]]:
    """Rule: scoped and shared dollars an hour, and the seconds that it took to find them."""
    start = perf_counter()
    best = best_portfolio(past, gap=1e-4)
    took = perf_counter() - start
    own = 1 - past.scoped
    return {
        "exact portfolio": (best.scoped, best.shared, took),
        "70 % of the average": (0.7 * past.usage.mean(axis=0) * own, 0.0, 0.0),
        "low-water mark": (past.usage.min(axis=0) * own, 0.0, 0.0),
        "on demand only": (np.zeros(len(own)), 0.0, 0.0),
    }


def compared(past: Demand, future: Demand) -> pd.DataFrame:
    """Rule: seconds, its cost of the future, and how much more that is than hindsight."""
    start = perf_counter()
    hindsight = best_portfolio(future, gap=1e-4)
    table = pd.DataFrame(
        [
            {"rule": name, "seconds": took, "cost": cost(future, scoped, shared)}
            for name, (scoped, shared, took) in rules(past).items()
        ]
        + [{"rule": "hindsight", "seconds": perf_counter() - start, "cost": hindsight.cost}]
    )
    table.loc[table["rule"] == "hindsight", "seconds"] = np.nan
    return table.assign(regret_pct=100 * (table["cost"] / hindsight.cost - 1))


def main(
    days: Annotated[int, typer.Option(min=7)] = 365,
    families: Annotated[int, typer.Option(min=1)] = 50,
    seed: int = 0,
) -> None:
    """Print the table of rules."""
    random = np.random.default_rng(seed)
    usage = drawn(2 * days * 24, families, random)
    scoped = np.maximum(random.uniform(*PLAN, families), random.uniform(*RESERVED, families))
    shared = np.minimum(random.uniform(*SHARED, families), scoped - 0.02)
    past, future = (Demand.without_commitments(part, scoped, shared) for part in np.split(usage, 2))
    print(f"{days * 24:,} hours x {families} families x 3 products, seed {seed}")
    print(compared(past, future).to_string(index=False, float_format=lambda v: f"{v:,.2f}"))


if __name__ == "__main__":
    typer.run(main)
