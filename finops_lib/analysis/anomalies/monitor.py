"""Deciding, value by value and from the past alone, that a series has left its expectation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analysis.anomalies.calendars import Calendar
from finops_lib.analysis.anomalies.expectation import CLIP, Array, Expectation
from finops_lib.analysis.anomalies.scale import linear_below, noise, unsure

SURE = np.log(99.0)
"""Wald's sequential test between the two ends at 99 to 1."""
SUMS = ((1.0, 1.0, 2.7), (-1.0, 1.0, 3.5), (1.0, 0.5, 8.0))
"""Sign, allowance a value and decision, for daily values, of the cumulative sums (Page, 1954): shifts up and
down, leaks."""
LEAKS = 2
"""Row of the sum that waits for leaks."""
EDGE = 2.0
"""A day that strays by more just before a spike or a drop is the part of a day in which it began."""
CAPPED = 5.0
"""No single value adds more than this to a cumulative sum."""
RARE = 0.05
"""Spikes and drops count as noise where they are more than this share of the values."""


@dataclass(frozen=True)
class Change:
    """One finding of one series, by the positions of its values.

    `last` is the last value out of line (of a shift or leak: the one that decided it), `decided` the value
    at which it was known; `level` and `slope` are what was expected at `start`, in the series' scale.
    """

    series: int
    start: int
    last: int
    alarmed: int
    named: int
    kind: str
    score: float

    @property
    def lasts(self) -> bool:
        """Whether the series stays away."""
        return self.kind in ("level_shift", "slow_leak")


class Monitor:
    """All series (columns) of one calendar, watched in step."""

    def __init__(self, calendar: Calendar, values: Array) -> None:
        """Nothing is seen yet; `run` goes through all values."""
        count, series = values.shape
        self.calendar, self.amounts = calendar, values
        self.linear = linear_below(values, calendar.warm_up, calendar.linear_share)
        self.still_out = calendar.alarm / 2
        """A value beyond it is nearer to "stays out" than to "is back"."""
        self.scaled = np.arcsinh(values / self.linear)
        self.state = Expectation.blank(series, calendar.effects)
        self.means = np.zeros((count, *self.state.mean.shape))
        self.expected = np.full(values.shape, np.nan)
        self.strays = np.full(values.shape, np.nan)
        self.scores = np.full(values.shape, np.nan)
        self.unlike = np.zeros(values.shape, dtype=bool)
        self.held = np.zeros(values.shape, dtype=bool)
        """Values of which is not decided yet what they are; they do not teach the noise."""
        self.opened = np.full(series, -1)
        self.odds = np.zeros(series)
        self.sums = np.zeros((len(SUMS), series))
        self.began = np.zeros((len(SUMS), series), dtype=int)
        self.changes: list[Change] = []

    def run(self) -> list[Change]:
        """Every change, in the order in which they are decided."""
        for at in range(len(self.amounts)):
            self._see(at)
        for series in np.flatnonzero(self.opened >= 0).tolist():
            self._close(series, len(self.amounts))
        return self.changes

    def frozen(self, series: int, start: int, until: int) -> Array:
        """What was expected just before `start` of the values start … until (exclusive), in scale."""
        level, slope = self.means[start, series, :2]
        effects = [
            self.means[start, series, slots].sum() for slots in self.calendar.slots[start:until]
        ]
        found: Array = level + slope * np.arange(until - start) + np.array(effects)
        return found

    def _see(self, at: int) -> None:
        self.state.step()
        slots = self.calendar.slots[at]
        self.means[at] = self.state.mean
        expected, variance = self.state.predict(slots)
        lately = slice(max(0, at - self.calendar.memory), at + 1)
        taught = np.where(self.held[lately], np.nan, self.strays[lately])
        spread = noise(taught, self.calendar.linear_share) * np.sqrt(variance)
        spread = spread * unsure(np.isfinite(taught).sum(axis=0), self.calendar.alarm)
        stray = self.scaled[at] - expected
        stray = self._explained(at, expected, stray)
        self.expected[at] = np.sinh(self.scaled[at] - stray) * self.linear
        self.expected[at] = np.where(
            np.isfinite(stray), self.expected[at], np.sinh(expected) * self.linear
        )
        score = stray / spread
        known = np.isfinite(score)
        self.scores[at] = score
        judged = known & (np.isfinite(self.scaled[:at]).sum(axis=0) >= self.calendar.warm_up)
        outlying = judged & ((score > self.calendar.alarm) | (score < -self.calendar.alarm_down))
        monthly = self.calendar.is_month_start[at]
        self.state.learn(
            np.clip(stray, -CLIP * spread, CLIP * spread), variance, slots,
            known & ~outlying & (self.opened < 0) & (not monthly),
        )  # fmt: skip
        if not monthly:
            self.strays[at] = stray / np.sqrt(variance)
        self._accumulate(at, np.where(judged, score, 0.0))
        self._decide(at, outlying, known)
        self.held[at] = self.opened >= 0

    def _explained(self, at: int, expected: Array, stray: Array) -> Array:
        """The stray without what recurs at this day of the month, whichever is nearer to the value."""
        before = [b for b in self.calendar.months_before[:, at] if b >= 0]
        if self.calendar.is_month_start[at]:
            if not before:
                return np.minimum(stray, 0.0)
            bumps = [self._bump(b) for b in before]
        elif len(before) == 2:
            recurs = np.sign(self.scores[before[0]]) == np.sign(self.scores[before[1]])
            recurs &= (np.abs(self.scores[before]) > self.still_out).all(axis=0)
            bumps = [np.where(recurs, np.mean([self._bump(b) for b in before], axis=0), 0.0)]
        else:
            return stray
        for bump in bumps:
            shifted = np.arcsinh(np.sinh(expected) + np.nan_to_num(bump) / self.linear)
            other = self.scaled[at] - shifted
            stray = np.where(np.abs(other) < np.abs(stray), other, stray)
        return stray

    def _bump(self, at: int) -> Array:
        """By how much the value exceeded what its neighbours say, seen a week later."""
        later = min(at + self.calendar.warm_up, len(self.means) - 1)
        mean = self.means[later]
        usual = (
            mean[:, 0] - (later - at) * mean[:, 1] + mean[:, self.calendar.slots[at]].sum(axis=1)
        )
        found: Array = self.amounts[at] - np.sinh(usual) * self.linear
        return found

    def _accumulate(self, at: int, score: Array) -> None:
        for row, (sign, allowance, _) in enumerate(SUMS):
            self.began[row] = np.where(self.sums[row] == 0, at, self.began[row])
            step = np.minimum(sign * score, CAPPED) - allowance
            self.sums[row] = np.maximum(0.0, self.sums[row] + step)

    def _decide(self, at: int, outlying: NDArray[np.bool_], known: NDArray[np.bool_]) -> None:
        moved = np.zeros(len(known), dtype=bool)
        for series in np.flatnonzero((self.opened >= 0) & known).tolist():
            start = self.opened[series]
            sign = np.sign(self.scores[start, series])
            now = sign * self.scores[at, series]
            alarm = self.calendar.alarm
            self.odds[series] += alarm * (min(now, alarm) - self.still_out)
            self.odds[series] = min(SURE, self.odds[series])
            if self.odds[series] <= -SURE:
                self._close(series, at)
            elif (
                self.odds[series] >= SURE
                and at - start + 1 >= self.calendar.confirm
                and now > self.still_out
            ):
                self._move(series, start, at)
                moved[series] = True
        fresh = outlying & (self.opened < 0) & ~moved
        self.odds[fresh] = 0.0
        self.opened[fresh] = at
        for row, (_, allowance, decision) in enumerate(SUMS):
            limit = decision + self.calendar.rarer / (2 * allowance)
            ripe = (self.sums[row] > limit) & (self.opened < 0)
            ripe &= at - self.began[row] + 1 >= self.calendar.confirm
            for series in np.flatnonzero(ripe).tolist():
                self._move(series, self.began[row, series], at)

    def _close(self, series: int, at: int) -> None:
        """The values since the opening were a spike or a drop; the series is back."""
        start = self.opened[series]
        sign = np.sign(self.scores[start, series])
        out = np.flatnonzero(sign * self.scores[start:at, series] > self.still_out)
        at = start + int(out.max()) + 1
        scores = self.scores[start:at, series]
        kind = "spike" if scores[0] > 0 else "drop"
        first = self._edge(series, start)
        self.changes.append(
            Change(series, first, at - 1, start, start, kind, float(np.nanmax(np.abs(scores))))
        )
        lately = slice(max(0, at - self.calendar.memory), at)
        if self.unlike[lately, series].mean() < RARE:
            self.strays[start:at, series] = np.nan
        self.unlike[start:at, series] = True
        self.held[start:, series] = False
        self.opened[series] = -1
        self.sums[:, series] = 0.0

    def _edge(self, series: int, start: int) -> int:
        """The day before, where the change began in its course: it strays the same way, by less."""
        sign = np.sign(self.scores[start, series])
        begins = start > 0 and sign * self.scores[start - 1, series] > EDGE
        return start - 1 if begins and self.calendar.per_day == 1 else start

    def _move(self, series: int, began: int, at: int) -> None:
        """The series has left its expectation for good: name how, and expect the new level from now on."""
        alarmed = self.opened[series] if self.opened[series] >= 0 else at
        earlier = self._earlier(series, at, rises=self._away(series, began, at)[-1] > 0)
        if earlier is not None:
            before = self.changes[earlier].start
            shape = _shape(self._away(series, before, at))
            if shape.start <= self.calendar.confirm:
                began, alarmed = before, self.changes.pop(earlier).alarmed
        elif self.sums[LEAKS, series] > 0:
            began = min(began, self.began[LEAKS, series])
        away = self._away(series, began, at)
        shape = _shape(away)
        leaks = shape.ramps and len(away) - shape.start >= self.calendar.leak
        level, slope = self.means[began, series, :2]
        steps = len(away) - shape.start
        self.state.restart(
            series,
            level + slope * (len(away) - 1) + (shape.slope * steps if leaks else shape.step),
            slope + (shape.slope if leaks else 0.0),
            steps,
        )
        self.strays[began : at + 1, series] = np.nan
        self.held[began:, series] = False
        self.sums[:, series] = 0.0
        self.opened[series] = -1
        if leaks and shape.slope < 0:
            return
        start = began + shape.start
        score = abs(np.nanmean(self.scores[start : at + 1, series])) * np.sqrt(steps)
        kind = "slow_leak" if leaks else "level_shift"
        self.changes.append(Change(series, start, at, max(alarmed, start), at, kind, float(score)))

    def _earlier(self, series: int, at: int, *, rises: bool) -> int | None:
        """Place of the change of which this one is the continuation, if any."""
        for place in range(len(self.changes) - 1, -1, -1):
            change = self.changes[place]
            if change.series == series:
                goes_on = at - change.last <= 2 * self.calendar.leak and change.lasts
                goes_on = (
                    goes_on and (self._away(series, change.start, change.last)[-1] > 0) == rises
                )
                return place if goes_on else None
        return None

    def _away(self, series: int, began: int, at: int) -> Array:
        """How far the values began … at are from what was expected before; month starts repeat their neighbour."""
        frozen = self.frozen(series, began, at + 1)
        away = self.scaled[began : at + 1, series] - frozen
        unusable = ~np.isfinite(away) | self.calendar.is_month_start[began : at + 1]
        for place in np.flatnonzero(unusable):
            away[place] = away[place - 1] if place else 0.0
        return away


@dataclass(frozen=True)
class Shape:
    """The best step or ramp from `start` on; `ramps` says which of the two fits better."""

    start: int
    step: float
    slope: float
    ramps: bool


def _shape(away: Array) -> Shape:
    step, ramp = (
        min(_fits(away, shape)) for shape in (np.ones(len(away)), np.arange(1.0, len(away) + 1))
    )
    ramps = ramp[0] < step[0]
    return Shape(ramp[1] if ramps else step[1], step[2], ramp[2], ramps)


def _fits(away: Array, shape: Array) -> Iterator[tuple[float, int, float]]:
    """Squared error, start and size of the shape fitted from each value on (nothing before it)."""
    for start in range(len(away)):
        tail, form = away[start:], shape[: len(away) - start]
        size = float(form @ tail / (form @ form))
        error = float((away[:start] ** 2).sum() + ((tail - size * form) ** 2).sum())
        yield error, start, size
