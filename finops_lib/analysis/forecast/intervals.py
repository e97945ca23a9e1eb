"""How far the sums of a forecast stray: quantiles of its own past errors (split conformal prediction).

A sum of `n` days that begins `ahead` days from now strays as noise, which averages out, and as drift of
the level, which does not: `spread` is that shape. Past errors are divided by it, so that weeks teach
what a month may do, and the quantile of the result is put back on the shape. Method: Vovk, Gammerman and
Shafer, "Algorithmic Learning in a Random World"; with weights: Tibshirani et al. 2019,
https://arxiv.org/abs/1904.06019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analysis.forecast.series import WEEK

Array = NDArray[np.float64]

HORIZON = 30
"""Days that a past forecast is judged over; its total is what a month is."""
LENGTHS = (7, 14, 21, 30)
"""Sums of so many days teach the stray of sums."""
DRIFT = 0.07
"""Variance of a day's step of the level over that of a day's noise."""
PRIOR_OF_SUMS, PRIOR_OF_DAYS = 1.7, 1.5
"""Before any error was seen: the quantiles of strays, in units of the series' noise (a normal day's is 1.3,
the rest is what the level itself is not known by)."""
PRIOR_NOISE = 0.05
"""No series is believed to be calmer than this before any error was seen."""
PRIOR_MONTHS = 1.0
"""How many months of errors that belief is worth."""


@dataclass(frozen=True)
class Errors:
    """The errors of one past forecast: actual minus expected per day, and the level it expected."""

    daily: Array
    level: float


def spread(ahead: int, days: int) -> float:
    """Standard deviation of the mean of `days` days from `ahead` days on, over that of one day's noise."""
    steps = np.minimum(days, np.arange(ahead + days, 0, -1))
    return float(np.sqrt(days + DRIFT * (steps.astype("float64") ** 2).sum()) / days)


def scale_of_sums(errors: Sequence[Errors], noise: float, coverage: float) -> float:
    """How many `spread`s of the level a sum strays at most, in that share of cases."""
    pairs = [(e, n) for e in errors for n in LENGTHS if n <= len(e.daily)]
    strays = [abs(e.daily[:n].sum()) / (n * e.level) / spread(0, n) for e, n in pairs]
    # Longer sums are nearer to what is asked for.
    weights = [(n / HORIZON) ** 2 for _, n in pairs]
    # One more case than was seen: the conformal quantile's allowance for a small sample.
    wanted = coverage * (1 + 1 / sum(weights)) if weights else coverage
    return _blended(strays, weights, PRIOR_OF_SUMS * max(noise, PRIOR_NOISE), wanted)


def scale_of_days(errors: Sequence[Errors], noise: float, coverage: float) -> float:
    """The same of single days."""
    strays = [
        abs(stray) / e.level / spread(ahead, 1)
        for e in errors
        for ahead, stray in enumerate(e.daily)
    ]
    weights = [1 / HORIZON] * len(strays)
    return _blended(strays, weights, PRIOR_OF_DAYS * max(noise, PRIOR_NOISE), coverage)


def _blended(
    strays: Sequence[float], weights: Sequence[float], prior: float, wanted: float
) -> float:
    """The weighted quantile of the strays, drawn to the prior while they are few."""
    if not strays:
        return prior
    order = np.argsort(strays)
    reached = np.cumsum(np.asarray(weights)[order])
    place = min(int(np.searchsorted(reached, wanted * reached[-1])), len(order) - 1)
    # Weekly forecasts of a month overlap.
    months = reached[-1] * WEEK / HORIZON
    trusted = months / (months + PRIOR_MONTHS)
    return float(max(strays[order[place]], 1e-9) ** trusted * prior ** (1 - trusted))
