"""The exact mixed portfolio: every scoped commitment and the shared plan chosen together.

The cost of a portfolio over replayed hours is convex and piecewise linear in the commitments: in
each hour AWS's order of application is the cheapest there is, so the hour is a linear program whose
dual gives a supporting plane. Adding such planes to a small master program (Benders 1962, one plane
per block of hours) closes in on the optimum from below while the replay bounds it from above; the
search ends when both agree to `gap`, so the answer carries its own proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from finops_lib.analysis.commitments.replay import Array, Demand, Replay, replay
from finops_lib.errors import ReconciliationError

BLOCKS = 48
"""Blocks of hours with a plane each: more mean fewer rounds, each of them larger."""

MAX_ROUNDS = 400


@dataclass(frozen=True)
class Portfolio:
    """Commitments in dollars per hour, and the bounds between which their cost is the least possible.

    `cost` and `bound` are dollars over the replayed hours, commitments' price factors included.
    """

    scoped: Array
    shared: float
    cost: float
    bound: float
    rounds: int


def best_portfolio(
    demand: Demand,
    *,
    scoped_price: Array | None = None,
    shared_price: float = 1.0,
    gap: float = 1e-7,
) -> Portfolio:
    """The commitments that make the replayed hours cheapest.

    `scoped_price` and `shared_price` are what one committed dollar really costs (above 1 with the
    cost of capital of money paid upfront). Raises ReconciliationError if the bounds do not meet.
    """
    hours, groups = demand.usage.shape
    prices = np.append(
        np.ones(groups) if scoped_price is None else scoped_price, shared_price
    ) * hours
    limits = _limits(demand)
    blocks = np.array_split(_similar_hours(demand), min(BLOCKS, hours))
    planes = _Planes(groups + 1, len(blocks))
    best, best_cost = np.zeros(groups + 1), np.inf
    trial, bound = np.zeros(groups + 1), -np.inf
    for rounds in range(1, MAX_ROUNDS + 1):
        result = replay(demand, trial[:-1], float(trial[-1]))
        cost = float(prices @ trial) + result.on_demand_cost
        if cost < best_cost:
            best, best_cost = trial, cost
        planes.add(*_supporting_planes(demand, result, trial, blocks))
        trial, bound = planes.solve(prices, limits)
        if best_cost - bound <= gap * max(1.0, abs(best_cost)):
            return Portfolio(best[:-1], float(best[-1]), best_cost, bound, rounds)
    raise ReconciliationError(
        f"The commitment search did not close its bounds ({bound:.2f} to {best_cost:.2f}); "
        "replay fewer hours or groups."
    )


def _limits(demand: Demand) -> Array:
    """No commitment above what the busiest hour could use pays back."""
    scoped = (demand.usage * (1 - demand.scoped)).max(axis=0) * (demand.scoped > 0)
    shared = (demand.usage * (1 - demand.shared) * (demand.shared > 0)).sum(axis=1).max()
    return np.append(scoped, shared)


def _similar_hours(demand: Demand) -> Array:
    """The hours in order of their usage: blocks of alike hours make tighter planes."""
    return np.argsort(demand.usage.sum(axis=1), kind="stable")


def _supporting_planes(
    demand: Demand, result: Replay, trial: Array, blocks: list[Array]
) -> tuple[Array, Array]:
    """Slopes (blocks x commitments) and heights at zero of the on-demand cost's planes at `trial`."""
    value = result.value_shared[:, None]
    worth = np.minimum(1.0, np.where(demand.shared > 0, (1 - demand.shared) * value, 1.0))
    covers = 1.0 / (1.0 - demand.scoped)
    exhausted = demand.usage > (demand.held_scoped + trial[:-1]) * covers
    worth = np.where(exhausted, worth, 0.0)
    slope_scoped = worth * covers * (demand.scoped > 0)
    slopes = np.column_stack([slope_scoped, result.value_shared])
    held = np.column_stack([demand.held_scoped, demand.held_shared])
    free = worth * (demand.scoped == 0)
    at_zero = (worth * demand.usage).sum(axis=1) - (slopes * held).sum(axis=1)
    at_zero -= (free * demand.held_scoped).sum(axis=1)
    return (
        np.array([slopes[block].sum(axis=0) for block in blocks]),
        np.array([at_zero[block].sum() for block in blocks]),
    )


class _Planes:
    """The master program: one floor per block under every plane found so far."""

    def __init__(self, commitments: int, blocks: int) -> None:
        self._commitments = commitments
        self._blocks = blocks
        self._rows: list[Array] = []
        self._heights: list[Array] = []

    def add(self, slopes: Array, heights: Array) -> None:
        self._rows.append(np.hstack([-slopes, -np.eye(self._blocks)]))
        self._heights.append(-heights)

    def solve(self, prices: Array, limits: Array) -> tuple[Array, float]:
        """The cheapest commitments under the planes, and that cost: a lower bound of the true one."""
        answer = linprog(
            np.append(prices, np.ones(self._blocks)),
            A_ub=csr_array(np.vstack(self._rows)),
            b_ub=np.concatenate(self._heights),
            bounds=[*((0.0, limit) for limit in limits), *[(0.0, None)] * self._blocks],
            method="highs",
        )
        return np.maximum(answer.x[: self._commitments], 0.0), float(answer.fun)
