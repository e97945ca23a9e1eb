"""The exact mixed portfolio: every scoped commitment and the shared plan chosen together.

The cost of a portfolio over replayed hours is convex and piecewise linear in the commitments: in
each hour AWS's order of application is the cheapest there is, so the hour is a linear program whose
dual gives a supporting plane. A quasi-Newton descent (L-BFGS-B) comes close to the optimum; then such
planes, added to a small master program inside a trust region (Benders 1962, one plane per block of
alike hours), close in on it from below while the replay bounds it from above. Both bounds are
returned, so the answer carries its own proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog, minimize

from finops_lib.analysis.commitments.replay import Array, Demand, Replay, replay

BLOCKS = 16
"""Blocks of hours with a plane each: more mean fewer rounds, each of them larger."""

MAX_ROUNDS = 120
FIRST_RADIUS = 0.02
"""Half-width of the trust region at first, as a share of each commitment's largest useful value."""


@dataclass(frozen=True)
class Portfolio:
    """Commitments in dollars per hour, and the bounds between which the least possible cost lies.

    `cost` (of this portfolio) and `bound` (no portfolio is cheaper) are dollars over the replayed
    hours, commitments' price factors included.
    """

    scoped: Array
    shared: float
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How much cheaper another portfolio could be at the most, as a share of the cost."""
        return max(0.0, self.cost - self.bound) / self.cost if self.cost else 0.0


def best_portfolio(
    demand: Demand,
    *,
    scoped_price: Array | None = None,
    shared_price: float = 1.0,
    gap: float = 1e-6,
) -> Portfolio:
    """The commitments that make the replayed hours cheapest, within `gap` of the least possible.

    `scoped_price` and `shared_price` are what one committed dollar really costs (above 1 with the
    cost of capital of money paid upfront). The search ends after MAX_ROUNDS at the latest; the gap
    that it reached is in the answer.
    """
    problem = _Problem.of(demand, scoped_price, shared_price)
    best = problem.descend()
    cost = problem.cost(best)
    planes = _Planes(problem)
    planes.add_at(best)
    radius, bound = FIRST_RADIUS, planes.solve(None, 0.0)[1]
    for _ in range(MAX_ROUNDS):
        if cost - bound <= gap * max(1.0, cost):
            break
        trial, promised = planes.solve(best, radius)
        planes.add_at(trial)
        reached = problem.cost(trial)
        if reached < cost:
            best, cost, radius = trial, reached, radius * 1.5
        elif cost - promised <= gap * max(1.0, cost) / 2:
            radius *= 3.0
        else:
            radius *= 0.7
        bound = max(bound, planes.solve(None, 0.0)[1])
    return Portfolio(best[:-1], float(best[-1]), cost, bound)


@dataclass(frozen=True)
class _Problem:
    demand: Demand
    prices: Array
    limits: Array
    blocks: tuple[Array, ...]

    @classmethod
    def of(cls, demand: Demand, scoped_price: Array | None, shared_price: float) -> _Problem:
        hours, groups = demand.usage.shape
        scoped = np.ones(groups) if scoped_price is None else scoped_price
        alike = np.argsort(demand.usage.sum(axis=1), kind="stable")
        return cls(
            demand,
            np.append(scoped, shared_price) * hours,
            _limits(demand),
            tuple(np.array_split(alike, min(BLOCKS, hours))),
        )

    def replay(self, commitments: Array) -> Replay:
        return replay(self.demand, commitments[:-1], float(commitments[-1]))

    def cost(self, commitments: Array) -> float:
        return float(self.prices @ commitments) + self.replay(commitments).on_demand_cost

    def descend(self) -> Array:
        """A point near the optimum, in coordinates in which every commitment ranges from 0 to 1."""

        def cost_and_slope(point: Array) -> tuple[float, Array]:
            commitments = point * self.limits
            result = self.replay(commitments)
            slopes, _ = _supporting_planes(self.demand, result, commitments)
            cost = float(self.prices @ commitments) + result.on_demand_cost
            return cost / size, (self.prices - slopes.sum(axis=0)) * self.limits / size

        size = max(1e-9, float(self.demand.usage.sum()))
        found = minimize(
            cost_and_slope,
            np.full(len(self.limits), 0.25),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * len(self.limits),
            options={"maxiter": 300, "maxcor": 40, "ftol": 1e-10},
        )
        return np.asarray(found.x * self.limits, dtype=np.float64)


def _limits(demand: Demand) -> Array:
    """No commitment above what the busiest hour could use pays back."""
    scoped = (demand.usage * (1 - demand.scoped)).max(axis=0) * (demand.scoped > 0)
    shared = (demand.usage * (1 - demand.shared) * (demand.shared > 0)).sum(axis=1).max()
    return np.append(scoped, shared)


def _supporting_planes(demand: Demand, result: Replay, trial: Array) -> tuple[Array, Array]:
    """Slopes (hours x commitments) and heights at zero of planes under each hour's on-demand cost.

    They are the hour's dual solution: what a dollar of usage, of each scoped commitment and of the
    shared plan is worth at `trial`.
    """
    value = result.value_shared[:, None]
    worth = np.minimum(1.0, np.where(demand.shared > 0, (1 - demand.shared) * value, 1.0))
    covers = 1.0 / (1.0 - demand.scoped)
    worth = np.where(demand.usage > (demand.held_scoped + trial[:-1]) * covers, worth, 0.0)
    slopes = np.column_stack([worth * covers, result.value_shared])
    held = np.column_stack([demand.held_scoped, demand.held_shared])
    return slopes, (worth * demand.usage).sum(axis=1) - (slopes * held).sum(axis=1)


class _Planes:
    """The master program: one floor per block of hours under every plane found so far."""

    def __init__(self, problem: _Problem) -> None:
        self._problem = problem
        self._rows: list[Array] = []
        self._heights: list[Array] = []

    def add_at(self, trial: Array) -> None:
        problem = self._problem
        slopes, heights = _supporting_planes(problem.demand, problem.replay(trial), trial)
        by_block = np.array([slopes[block].sum(axis=0) for block in problem.blocks])
        self._rows.append(np.hstack([-by_block, -np.eye(len(problem.blocks))]))
        self._heights.append(np.array([-heights[block].sum() for block in problem.blocks]))

    def solve(self, centre: Array | None, radius: float) -> tuple[Array, float]:
        """The cheapest commitments under the planes, and that cost: never above the true one.

        With a `centre` only those within `radius` of it (a share of the limits) are looked at.
        """
        problem = self._problem
        reach = problem.limits * radius
        low = np.zeros_like(reach) if centre is None else np.maximum(0.0, centre - reach)
        high = problem.limits if centre is None else np.minimum(problem.limits, centre + reach)
        blocks = len(problem.blocks)
        answer = linprog(
            np.append(problem.prices, np.ones(blocks)),
            A_ub=np.vstack(self._rows),
            b_ub=np.concatenate(self._heights),
            bounds=[*zip(low, high, strict=True), *[(0.0, None)] * blocks],
            method="highs",
        )
        return np.maximum(answer.x[:-blocks], 0.0), float(answer.fun)
