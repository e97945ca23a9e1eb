"""Numbers as people read them: the only place that rounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

UNKNOWN = "unknown"
"""How a missing value is shown: it is neither zero nor blank."""

MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹", "CHF": "CHF "}
_STEPS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))

_currency = "USD"


def use_currency(code: str) -> None:
    """Show money in the billing currency of that ISO 4217 code from here on (one per run)."""
    global _currency
    _currency = code


def usd(
    amount: Any, *, cents: bool | None = None, compact: bool = False, signed: bool = False
) -> str:
    """Money in the billing currency: "$80,412", "$23.36" below a thousand, "$80.4K" when compact (for axes).

    `cents` forces or forbids them; `signed` puts a plus before a gain. Missing is "unknown".
    """
    if _missing(amount):
        return UNKNOWN
    size = abs(amount)
    if compact:
        return _money(amount, _compact(size), signed)
    places = 2 if (size < 1e3 if cents is None else cents) else 0
    return _money(amount, f"{size:,.{places}f}", signed)


def pct(share: Any, *, places: int = 1, signed: bool = False) -> str:
    """A share (0-1) as a percentage: "64.0%"; below the last place "<0.1%", missing "unknown"."""
    if _missing(share):
        return UNKNOWN
    size = abs(share) * 100
    least = 10.0**-places
    if 0 < size < least / 2:
        return f"{'' if share > 0 else MINUS}<{least:.{places}f}%"
    return _sign(share, signed, f"{size:,.{places}f}") + "%"


def number(value: Any, *, places: int | None = None, signed: bool = False) -> str:
    """A plain number: whole from a hundred up, one place below, two below ten; missing "unknown"."""
    if _missing(value):
        return UNKNOWN
    size = abs(steady(value))
    if places is None:
        places = 0 if size >= 100 or float(size).is_integer() else 1 if size >= 10 else 2
    return _sign(value, signed, f"{size:,.{places}f}")


def count(value: Any) -> str:
    """A whole number of things: "1,301"; missing is "unknown"."""
    return number(value, places=0)


def date(moment: Any) -> str:
    """A day: "2026-10-31"; missing is "unknown"."""
    return UNKNOWN if _missing(moment) else f"{pd.Timestamp(moment):%Y-%m-%d}"


def month(moment: Any) -> str:
    """A month in words: "October 2026"; missing is "unknown"."""
    return UNKNOWN if _missing(moment) else f"{pd.Timestamp(moment):%B %Y}"


def steady(value: Any) -> Any:
    """The number without its last bits, which a sum over several threads leaves to chance: 12 digits, 9 decimals.

    So the same Estate gives the same page, byte for byte.
    """
    return round(float(f"{value:.12g}"), 9) + 0.0 if isinstance(value, float) else value


def text(value: Any) -> str:
    """Anything else as it is; yes and no for flags, missing is "unknown"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return UNKNOWN if _missing(value) else str(value)


FORMATS: dict[str, Callable[[Any], str]] = {
    "usd": usd,
    "cents": lambda value: usd(value, cents=True),
    "compact": lambda value: usd(value, compact=True),
    "delta": lambda value: usd(value, signed=True),
    "pct": pct,
    "change": lambda value: pct(value, signed=True),
    "points": lambda value: UNKNOWN if _missing(value) else pct(value / 100),
    "number": number,
    "count": count,
    "days": lambda value: UNKNOWN if _missing(value) else f"{count(value)} d",
    "gib": lambda value: UNKNOWN if _missing(value) else f"{number(value)} GiB",
    "date": date,
    "month": month,
    "text": text,
}
"""The formats that `say`, `table` and `kpis` know by name; `change` and `delta` carry their sign."""


def hides(shown: str, value: Any) -> bool:
    """Whether a value that is not zero is shown as if it were."""
    return bool(value) and not any(c in "123456789<" for c in shown)


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value)) or (isinstance(value, float) and math.isinf(value))


def _compact(size: float) -> str:
    for step, letter in _STEPS:
        # 999,950 would round to "1,000.0K"; it is shown as "1M".
        if size >= step * 0.99995:
            return f"{size / step:,.1f}".removesuffix(".0") + letter
    return f"{size:,.2f}".removesuffix(".00")


def _money(amount: float, digits: str, signed: bool) -> str:
    symbol = SYMBOLS.get(_currency, f"{_currency} ")
    return _sign(amount, signed, symbol + digits)


def _sign(value: float, signed: bool, digits: str) -> str:
    if not any(c in "123456789" for c in digits):
        return digits
    return (MINUS if value < 0 else "+" if signed else "") + digits
