"""A pool's hours in order of size, and what more or less of the recommended mix would save."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.analysis.commitments.recommend import Advice
from finops_lib.analysis.commitments.solve import Purchase
from finops_lib.units import HOURS_PER_MONTH


def duration(advice: Advice, pool: str) -> pd.DataFrame:
    """Hours of the pool, the busiest first: usage, what is held covers of it, and with the purchase.

    As in the month ahead, while all that is held today still is. `share` is the part of hours that are at least as busy; dollars an hour at on-demand prices.
    """
    if pool not in advice.pools:
        return pd.DataFrame(columns=["share", "usage", "held", "committed"], dtype=float)
    chosen, month = advice.likely(pool), advice.pools[pool].first_month()
    usage = month.usage.sum(axis=1)
    held = usage - chosen.nothing().replay(month).on_demand.sum(axis=1)
    both = usage - chosen.replay(month).on_demand.sum(axis=1)
    order = np.argsort(-usage, kind="stable")
    share = (np.arange(len(usage)) + 1) / max(1, len(usage))
    return pd.DataFrame(
        {"share": share, "usage": usage[order], "held": held[order], "committed": both[order]}
    )


def saving_curve(advice: Advice, pool: str, points: int = 31) -> pd.DataFrame:
    """The recommended mix from none of it to twice as much: saving per month under each demand.

    Rows: `scale`, `hourly_commitment`, then a column per scenario.
    """
    if pool not in advice.pools:
        columns = ["scale", "hourly_commitment", *advice.factors]
        return pd.DataFrame(columns=columns, dtype=float)
    chosen, own = advice.likely(pool), advice.pools[pool]
    rows = []
    for scale in np.linspace(0.0, 2.0, points):
        mix = Purchase(chosen.market, chosen.scoped * scale, chosen.shared * scale, chosen.gap)
        row = {"scale": scale, "hourly_commitment": float(mix.scoped.sum() + mix.shared)}
        for scenario, factor in advice.factors.items():
            scaled = own.scaled(factor)
            saved = chosen.nothing().cost(scaled) - mix.cost(scaled)
            row[scenario] = saved * HOURS_PER_MONTH
        rows.append(row)
    return pd.DataFrame(rows)
