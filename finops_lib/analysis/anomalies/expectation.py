"""What the next value should be: a robust dynamic linear model of many series at once.

Level, slope and additive effects of the weekday (and of the hour, for series finer than a day), in a
logarithmic scale, so that growth is a line and a weekend is a constant factor. The recursions are the
Kalman filter's (West and Harrison, "Bayesian Forecasting and Dynamic Models", chapters 4 and 8; robust by
clipped innovations: Masreliez and Martin, 1977). All variances are ratios to each series' own noise, which
is learned from its innovations.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL_DRIFT = 0.1
"""Standard deviation of a step of the level, in units of the noise; it forgets over about ten values."""
SLOPE_DRIFT = 0.005
"""The same of the slope."""
SEASON_DRIFT = 0.02
"""The same of a weekday's or an hour's effect."""
SLOPE_PRIOR = 0.1
SEASON_PRIOR = 5.0
"""How far slope and effects may lie from zero before anything is seen, in units of the noise."""
DIFFUSE = 1e4
CLIP = 2.0
"""Innovations teach as if they were at most this many standard deviations."""


@dataclass
class Expectation:
    """The state of the model for `n` series: means (n, k) and covariances (n, k, k) over the noise's.

    Component 0 is the level, 1 the slope, the rest are seasonal effects of which each moment has
    `slots` active.
    """

    mean: Array
    cov: Array
    drift: Array = field(repr=False)

    @classmethod
    def blank(cls, series: int, effects: int) -> Expectation:
        """A state that knows nothing: the level diffuse, slope and effects near zero."""
        variances = np.array([DIFFUSE, SLOPE_PRIOR**2, *[SEASON_PRIOR**2] * effects])
        drift = np.array([LEVEL_DRIFT**2, SLOPE_DRIFT**2, *[SEASON_DRIFT**2] * effects])
        size = len(variances)
        cov = np.broadcast_to(np.diag(variances), (series, size, size)).copy()
        return cls(np.zeros((series, size)), cov, drift)

    def step(self) -> None:
        """Move one step ahead in time: the level by its slope, every component a little less certain."""
        self.mean[:, 0] += self.mean[:, 1]
        self.cov[:, 0, :] += self.cov[:, 1, :]
        self.cov[:, :, 0] += self.cov[:, :, 1]
        diagonal = np.arange(len(self.drift))
        self.cov[:, diagonal, diagonal] += self.drift

    def predict(self, slots: list[int]) -> tuple[Array, Array]:
        """Expected values and their variances over the noise's (1 is the noise alone)."""
        active = [0, *slots]
        variance = self.cov[:, active][:, :, active].sum(axis=(1, 2)) + 1.0
        return self.mean[:, active].sum(axis=1), variance

    def learn(
        self, innovation: Array, variance: Array, slots: list[int], taught: NDArray[np.bool_]
    ) -> None:
        """Correct the state by the (clipped) innovations of the series that are `taught`."""
        shared = self.cov[:, :, [0, *slots]].sum(axis=2) * taught[:, None]
        gain = shared / variance[:, None]
        self.mean += gain * np.where(taught, innovation, 0.0)[:, None]
        self.cov -= gain[:, :, None] * shared[:, None, :]

    def restart(self, series: int, level: float, slope: float, steps: int) -> None:
        """Put one series on a new level (and slope) that was seen for `steps` values."""
        self.mean[series, :2] = level, slope
        self.cov[series, :2, :] = 0.0
        self.cov[series, :, :2] = 0.0
        self.cov[series, 0, 0] = 1.0 / steps + LEVEL_DRIFT
        self.cov[series, 1, 1] = SLOPE_PRIOR**2
