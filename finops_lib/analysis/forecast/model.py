"""The expected path: the median of statsmodels' damped Holt-Winters and Theta and of two plain means."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from finops_lib.analysis.forecast.series import MIN_DAYS, WEEK, Lesson, lesson, week_shape

Array = NDArray[np.float64]

MEMORY_DAYS = 180
"""Older days say nothing of a cloud bill's next month."""
TRUSTED_DAYS = 91
"""From a quarter on the median of the methods stands alone; below, the means of a short history weigh in."""
SHAPE_WEEKS = 8
"""The week's shape of a mean is told from so many weeks."""
SHORT_WEEKS = (4, 8)
"""A short history is its last weeks: the mean of these two means, the longer one of what is there of it."""
STILL = 1e-9
"""A series that moves by no more than this share of its size is a constant, which Theta cannot fit."""
APART = (0.7, 1.4)
"""Theta's line is held within these multiples of the damped one, so that no outbreak runs away."""
RISE = 1.0
"""No logarithm is carried further than this above the highest one seen."""


def expected(values: pd.Series, horizon: int) -> pd.Series:
    """The expected value of each of the `horizon` days after a regular daily series.

    Day by day the median of four: damped Holt-Winters and Theta with a week's season, taught by
    `series.lesson`, the mean of four weeks as it was, and that of the last week without its spikes (both
    with the week's shape). Both models have won forecasting competitions (Gardner and McKenzie 1985;
    Assimakopoulos and Nikolopoulos 2000), combining simple methods beats choosing one (the M4 competition,
    Makridakis et al. 2020), and of combinations the median is the robust one. The fee of a month's start
    is added on its day. A series that never was negative stays so.
    """
    recent = values.tail(MEMORY_DAYS)
    days = pd.date_range(values.index[-1] + pd.Timedelta(days=1), periods=horizon)
    taught = lesson(recent)
    trust = float(np.clip((len(values) - MIN_DAYS) / (TRUSTED_DAYS - MIN_DAYS), 0.0, 1.0))
    level = np.mean([taught.plain.tail(weeks * WEEK).mean() for weeks in SHORT_WEEKS])
    path = level + _week(taught, days)
    if trust > 0:
        path = trust * _combined(taught, days) + (1 - trust) * path
    path = path + np.where(days.day == 1, taught.fee, 0.0)
    return pd.Series(np.maximum(path, 0.0) if recent.min() >= 0 else path, days, name="value")


def _week(taught: Lesson, days: pd.DatetimeIndex) -> Array:
    """What each of the days is above its week, in the series' own unit."""
    shape = week_shape(_cleaned(taught).tail(SHAPE_WEEKS * WEEK))
    return np.asarray((shape - shape.mean()).reindex(days.day_of_week), dtype=np.float64)


def _cleaned(taught: Lesson) -> pd.Series:
    """What the models are taught, in the series' own unit."""
    return np.exp(taught.scaled) if taught.is_log else taught.scaled


def _combined(taught: Lesson, days: pd.DatetimeIndex) -> Array:
    if np.ptp(taught.scaled) <= STILL * taught.scaled.abs().max():
        return np.full(len(days), taught.plain.median())
    damped, theta = (_fitted(fit, taught, len(days)) for fit in (_damped, _theta))
    if taught.plain.min() >= 0:
        theta = np.clip(theta, APART[0] * damped, APART[1] * damped)
    means = (taught.plain.tail(4 * WEEK).mean(), _cleaned(taught).tail(WEEK).mean())
    flat = [mean + _week(taught, days) for mean in means]
    return np.asarray(np.median([damped, theta, *flat], axis=0))


def _fitted(fit: Callable[[Array, int], Array], taught: Lesson, horizon: int) -> Array:
    """The fit in the series' own unit."""
    values = taught.scaled.to_numpy()
    with warnings.catch_warnings():
        # A fit that has not converged is still judged, by the backtest beside every forecast.
        warnings.simplefilter("ignore")
        path = np.asarray(fit(values, horizon), dtype=np.float64)
    return np.exp(np.minimum(path, values.max() + RISE)) if taught.is_log else path


def _damped(values: Array, horizon: int) -> Array:
    model = ExponentialSmoothing(
        values, trend="add", damped_trend=True, seasonal="add", seasonal_periods=WEEK,
        initialization_method="heuristic",
    )  # fmt: skip
    return np.asarray(model.fit(use_brute=False).forecast(horizon))


def _theta(values: Array, horizon: int) -> Array:
    model = ThetaModel(values, period=WEEK, use_test=False, method="additive")
    return np.asarray(model.fit(disp=False).forecast(horizon))
