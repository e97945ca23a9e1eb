"""The hourly replay: what a set of commitments covers, and what stays on demand.

AWS applies reservations first, then EC2 Instance Savings Plans (each to its own family and
region), then Compute Savings Plans to what is left, the highest discount first
(https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html). Money is dollars per
hour at on-demand rates; a commitment of c dollars covers c / (1 - discount) of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Demand:
    """Eligible on-demand usage and what a commitment takes off it.

    `usage` is hours x groups in on-demand dollars; a group is what one scoped commitment covers (a
    family in a region). `scoped` and `shared` are the discounts (0 to 1) of the best scoped product
    and of the shared plan for each group; 0 where there is no such product. `held_scoped` (hours x
    groups) and `held_shared` (hours) are the commitments that exist already, in their own dollars.
    """

    usage: Array
    scoped: Array
    shared: Array
    held_scoped: Array
    held_shared: Array

    @classmethod
    def without_commitments(cls, usage: Array, scoped: Array, shared: Array) -> Demand:
        """Demand on which nothing is committed yet."""
        hours, groups = usage.shape
        return cls(usage, scoped, shared, np.zeros((hours, groups)), np.zeros(hours))

    def scaled(self, factor: float) -> Demand:
        """The same profile at `factor` times the usage."""
        return Demand(
            self.usage * factor, self.scoped, self.shared, self.held_scoped, self.held_shared
        )


@dataclass(frozen=True)
class Replay:
    """What happened in every hour: on-demand dollars that stayed, commitment dollars that were used."""

    on_demand: Array
    used_scoped: Array
    used_shared: Array
    value_shared: Array
    """Hours: on-demand dollars that one more shared dollar would have replaced."""

    @property
    def on_demand_cost(self) -> float:
        """Dollars that stayed on demand over all hours."""
        return float(self.on_demand.sum())


def replay(demand: Demand, scoped: Array, shared: float) -> Replay:
    """Apply `scoped` (dollars an hour, by group) and `shared` (dollars an hour) on top of what is held."""
    after_scoped, used_scoped = _apply_scoped(demand, scoped)
    committed = demand.held_shared + shared
    left, used, value = _apply_shared(demand.shared, after_scoped, committed)
    return Replay(left, used_scoped, used, value)


def _apply_scoped(demand: Demand, scoped: Array) -> tuple[Array, Array]:
    covers = 1.0 / (1.0 - demand.scoped)
    committed = demand.held_scoped + scoped
    covered = np.minimum(demand.usage, committed * covers)
    return demand.usage - covered, covered / covers


def _apply_shared(discounts: Array, usage: Array, committed: Array) -> tuple[Array, Array, Array]:
    """Highest discount first; the last group that a dollar reaches tells what one more is worth."""
    left = usage.copy()
    dollars = committed.copy()
    value = np.zeros(len(usage))
    for group in _by_discount(discounts):
        rate = 1.0 - discounts[group]
        wanted = left[:, group] * rate
        spent = np.minimum(wanted, dollars)
        runs_out = (wanted > dollars) & (value == 0)
        value[runs_out] = 1.0 / rate
        left[:, group] -= spent / rate
        dollars -= spent
    return np.maximum(left, 0.0), committed - dollars, value


def _by_discount(discounts: Array) -> list[int]:
    """The groups that the shared plan reaches, the highest discount first."""
    order = np.argsort(-discounts, kind="stable")
    return [int(group) for group in order if discounts[group] > 0]


def coverage(demand: Demand, result: Replay) -> float:
    """Share of the eligible on-demand dollars that commitments cover (NaN without usage)."""
    total = demand.usage.sum()
    return float(1.0 - result.on_demand_cost / total) if total else float("nan")


def utilization(demand: Demand, result: Replay, scoped: Array, shared: float) -> float:
    """Share of the committed dollars that were used (NaN where nothing is committed)."""
    hours = len(demand.usage)
    committed = (
        demand.held_scoped.sum() + demand.held_shared.sum() + hours * (scoped.sum() + shared)
    )
    used = result.used_scoped.sum() + result.used_shared.sum()
    return float(used / committed) if committed else float("nan")
