"""Which findings of overlapping segments are one event, and at which of them it is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EXPLAINS = 0.8
"""A part that carries this share of its whole's move is the event; the whole is not told beside it."""
SAME_START_DAYS = 3
"""Moves of a whole and of its part that begin so close to each other are one event."""
SAME_LEAK_DAYS = 21
"""The same of a leak, whose beginning is less sharp."""
EVERYTHING = -1
"""A segment's code where it holds all values of the dimension."""

Flags = NDArray[np.bool_]


class Moves:
    """Findings as arrays: one row each, in the order of the frame."""

    def __init__(self, found: pd.DataFrame, dimensions: Sequence[str]) -> None:
        """`found` has `dimensions` (missing: all values), kind, start, end and impact."""
        codes = [pd.factorize(found[name], use_na_sentinel=True)[0] for name in dimensions]
        self.codes = np.stack(codes, axis=1)
        self.depth = (self.codes != EVERYTHING).sum(axis=1)
        self.impact = found["impact"].to_numpy(float)
        self.start, self.end = (
            found[name].to_numpy("datetime64[D]").astype(int) for name in ("start", "end")
        )
        self.leaks = found["kind"].eq("slow_leak").to_numpy()

    def inside(self, whole: int) -> Flags:
        """Whether each finding's segment is a part of this one's."""
        codes = self.codes[whole]
        within = ((self.codes == codes) | (codes == EVERYTHING)).all(axis=1)
        found: Flags = within & (self.depth > self.depth[whole])
        return found

    def same_event(self, whole: int) -> Flags:
        """The parts that move the same way from the same time on."""
        apart = np.abs(self.start - self.start[whole])
        leaks = self.leaks | self.leaks[whole]
        near = (apart <= SAME_START_DAYS) | (leaks & (apart <= SAME_LEAK_DAYS))
        alike = np.sign(self.impact) == np.sign(self.impact[whole])
        found: Flags = self.inside(whole) & alike & near
        return found

    def is_echo(self, whole: int) -> bool:
        """Whether a part moved by half as much, up or down, in the same days."""
        overlaps = self.start - SAME_START_DAYS < self.end[whole]
        overlaps &= self.end + SAME_START_DAYS > self.start[whole]
        large = np.abs(self.impact) >= abs(self.impact[whole]) / 2
        return bool((self.inside(whole) & overlaps & large).any())


def told_once(found: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """Each event at one place: at its part where that carries it, else at the whole without its parts.

    A move over all services (of an account) is told only where none of its parts shows it: it is there
    for what is spread over many services, and otherwise an echo. `dimensions` begin with the service.
    """
    moves = Moves(found, dimensions)
    general = moves.codes[:, 0] == EVERYTHING
    dropped = np.array([general[i] and moves.is_echo(i) for i in range(len(found))], dtype=bool)
    for whole in np.lexsort((moves.start, moves.depth)).tolist():
        parts = moves.same_event(whole) & ~dropped
        if dropped[whole] or not parts.any():
            continue
        largest = np.abs(moves.impact[parts]).max()
        if largest >= EXPLAINS * abs(moves.impact[whole]):
            dropped[whole] = True
        else:
            dropped |= parts
    return found[~dropped].reset_index(drop=True)
