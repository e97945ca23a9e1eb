"""The scale in which values are compared, and how far they usually stray from the expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from finops_lib.analysis.anomalies.expectation import Array

LINEAR_SHARE = 0.1
"""Below this share of a series' usual size the scale is linear, above it logarithmic (inverse sinh)."""
FINER_LINEAR_SHARE = 30.0
"""The same of series finer than a day: their quiet nights would set the noise of a logarithm, and over the weeks
that such series last they hardly grow, so they are compared in amounts."""
QUANTILES = {0.9: 1.6449, 0.95: 1.9600}
"""Quantiles of the absolute innovation and what they are in standard deviations of a normal one."""
PRIOR_NOISE = 0.1
"""Noise of daily spend before anything is known, as a share of it."""
PRIOR_WEIGHT = 5
"""How many values that belief is worth."""
LEAST_NOISE = 0.05
"""No series is believed to be steadier than this share: nobody acts on a few percent, however rare they are."""


def linear_below(values: Array, warm_up: int, share: float) -> Array:
    """Per series (column) the size below which its scale is linear.

    That `share` of the median of what is not zero among its first `warm_up` values, else of its first value
    that is not zero: what came later than the warm-up never decides how the past is seen.
    """
    sizes = np.abs(values)
    known = np.isfinite(sizes)
    first = known & (np.cumsum(known, axis=0) <= warm_up) & (sizes > 0)
    found = np.ones(values.shape[1])
    for series in range(values.shape[1]):
        early = sizes[first[:, series], series]
        later = sizes[known[:, series] & (sizes[:, series] > 0), series]
        found[series] = np.median(early) if early.size else later[0] if later.size else 1.0
    return share * found


def noise(strays: Array, share: float) -> Array:
    """Standard deviation of each series' innovations (time, series), missing ones left out.

    The largest of three quantiles, each scaled to the normal distribution: robust against single
    anomalies, and wider for series with heavy tails. Shrunk to the prior while values are few, and never
    below the least noise; both are shares of the usual size, `share` of which is the scale's linear part.
    """
    relative = 1.0 / np.sqrt(1.0 + share**2)
    ordered = np.sort(np.abs(strays), axis=0)
    count = np.isfinite(ordered).sum(axis=0)
    last = np.maximum(count - 1, 0)
    column = np.arange(strays.shape[1])
    spread = np.zeros(strays.shape[1])
    for quantile, normal in QUANTILES.items():
        at = ordered[np.floor(quantile * last).astype(int), column]
        spread = np.maximum(spread, np.where(count > 0, at, 0.0) / normal)
    learned = np.sqrt(
        (PRIOR_WEIGHT * (PRIOR_NOISE * relative) ** 2 + count * spread**2) / (PRIOR_WEIGHT + count)
    )
    found: Array = np.maximum(learned, LEAST_NOISE * relative)
    return found


def unsure(count: NDArray[np.int64], limit: float) -> Array:
    """By how much a limit in standard deviations is wider where the noise was told from `count` values.

    Student's t instead of the normal distribution, at the same rate of false alarms.
    """
    found: Array = t.isf(norm.sf(limit), count + PRIOR_WEIGHT) / limit
    return found
