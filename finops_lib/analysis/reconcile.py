"""Parts tie to their whole, or no figure of them is shown."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from finops_lib.errors import ReconciliationError
from finops_lib.units import CENT


def reconcile(parts: pd.Series, whole: float, *, what: str, tolerance: float = CENT / 2) -> None:
    """Raise ReconciliationError unless the parts add up to the whole within `tolerance` (half a cent)."""
    total = float(parts.sum())
    if not abs(total - whole) <= tolerance:
        raise ReconciliationError(
            f"{what}: the parts add up to {total:.4f}, the whole is {whole:.4f} "
            f"({total - whole:+.4f}). The report is not shown; read the bill again with `finops collect`."
        )


def share_out(total: float, weights: Mapping[str, float]) -> dict[str, float]:
    """`total` split by the weights in whole cents that add up to it exactly (largest remainder).

    The last fraction of a cent that `total` itself has stays with the largest share. Raises
    ReconciliationError where no weight is positive, for then nobody can bear it.
    """
    base = sum(weights.values())
    if base <= 0 or any(weight < 0 for weight in weights.values()):
        raise ReconciliationError(f"{total:.2f} cannot be split: the weights are {dict(weights)}.")
    cents = round(abs(total) / CENT)
    exact = {name: cents * weight / base for name, weight in weights.items()}
    whole = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (whole[name] - exact[name], name))
    for name in by_remainder[: cents - sum(whole.values())]:
        whole[name] += 1
    sign = 1.0 if total >= 0 else -1.0
    shares = {name: sign * value * CENT for name, value in whole.items()}
    largest = max(shares, key=lambda name: (abs(shares[name]), name))
    shares[largest] += total - sum(shares.values())
    return shares
