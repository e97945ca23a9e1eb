"""Shared cost: which pool takes a charge, and what each team bears of the pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from finops_lib.analysis.allocation.charges import meant
from finops_lib.analysis.reconcile import share_out
from finops_lib.errors import ParameterError
from finops_lib.params.allocation import AllocationPolicy, Pool

UNALLOCATED = "Unallocated"
"""The statement of what no rule and no pool gives to a team."""


def assign_pools(owned: pd.DataFrame, policy: AllocationPolicy) -> pd.DataFrame:
    """The rows of `assign_owners` with `pool`: the first that fits, NA where a team bears the row alone.

    A pool leaves a row with its team unless it says `includes_owned`.
    """
    pool = pd.Series(None, index=owned.index, dtype="str")
    for one in policy.pools:
        free = pool.isna() & (owned["team"].isna() | one.includes_owned)
        pool = pool.mask(free & meant(owned, one), one.name)
    return owned.assign(pool=pool)


def split_pool(
    amount: float, pool: Pool, own: Mapping[str, float], metrics: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """What each team bears of `amount`, in whole cents that add up to it; the rest is UNALLOCATED.

    `own` is what each team spends by itself on the same basis, `metrics` is metric to team to value.
    A pool that nobody can bear (no team spends, the metric is zero) stays unallocated whole. Raises
    ParameterError where the pool's metric is not there.
    """
    weights = _weights(pool, own, metrics)
    if pool.method == "fixed":
        given = sum(weight for team, weight in weights.items() if team != UNALLOCATED)
        weights[UNALLOCATED] = max(1.0 - given, 0.0)
    borne = {team: weight for team, weight in weights.items() if weight > 0}
    return share_out(amount, borne) if borne else {UNALLOCATED: amount}


def _weights(
    pool: Pool, own: Mapping[str, float], metrics: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    if pool.method == "fixed":
        return dict(pool.shares)
    teams: Sequence[str] = pool.teams or list(own)
    if pool.method == "even":
        return dict.fromkeys(teams, 1.0)
    if pool.method == "metric":
        values = _metric(pool, metrics)
        return {team: values.get(team, 0.0) for team in teams}
    return {team: max(own.get(team, 0.0), 0.0) for team in teams}


def _metric(pool: Pool, metrics: Mapping[str, Mapping[str, float]]) -> Mapping[str, float]:
    if pool.metric not in metrics:
        raise ParameterError(
            f"Pool '{pool.name}' is split by the metric '{pool.metric}', which the business metrics "
            f"do not hold ({', '.join(sorted(metrics)) or 'there are none'}). "
            "Add it to allocation.business_metrics."
        )
    return metrics[str(pool.metric)]
