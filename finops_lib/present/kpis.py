"""Tiles of key figures with their change and their trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

from finops_lib.present.numbers import FORMATS, UNKNOWN, steady

KPIS_MIME = "application/vnd.finops.kpis+json"
"""The tiles as data beside their HTML, so that the index page can follow them over the runs."""

_WIDTH, _HEIGHT = 96, 24


@dataclass(frozen=True)
class Kpi:
    """One key figure.

    `value` is unrounded in the unit of `form` (a name in `numbers.FORMATS`); `change` is a share
    against what `versus` names; `better` says which way is good; `trend` ends with the present.
    """

    label: str
    value: float | None
    form: str = "usd"
    change: float | None = None
    versus: str = ""
    better: Literal["lower", "higher", ""] = ""
    note: str = ""
    trend: Sequence[float] = ()

    @property
    def verdict(self) -> str:
        """good, bad or flat: the direction of the change as the reader should feel it."""
        if not self.change or not self.better:
            return "flat"
        return "good" if (self.change > 0) == (self.better == "higher") else "bad"


@dataclass(frozen=True)
class Kpis:
    """A row of tiles as Jupyter, the report and the index show them."""

    tiles: tuple[Kpi, ...]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/html": f'<dl class="fo-kpis mathjax_ignore">{"".join(map(tile, self.tiles))}</dl>',
            "text/markdown": "\n".join(_line(k).replace("$", r"\$") for k in self.tiles),
            "text/plain": "\n".join(_line(k) for k in self.tiles),
            KPIS_MIME: [_data(k) for k in self.tiles],
        }


def _data(kpi: Kpi) -> dict[str, Any]:
    """The tile as JSON, which has no word for a number that is not known but null."""
    numbers = {"value": _known(kpi.value), "change": _known(kpi.change)}
    return asdict(kpi) | numbers | {"trend": [_known(v) for v in kpi.trend]}


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else float(steady(float(value)))


def kpis(*tiles: Kpi) -> Kpis:
    """A row of tiles, in the order given."""
    return Kpis(tiles)


def tile(kpi: Kpi) -> str:
    """The HTML of one tile."""
    value = FORMATS[kpi.form](kpi.value)
    unknown = " fo-unknown" if value == UNKNOWN else ""
    note = f'<dd class="fo-note">{escape(kpi.note)}</dd>' if kpi.note else ""
    return (
        f'<div class="fo-kpi"><dt>{escape(kpi.label)}</dt>'
        f'<dd class="fo-value{unknown}">{escape(value)}</dd>'
        f"{_change(kpi)}{sparkline(kpi.trend)}{note}</div>"
    )


def sparkline(values: Sequence[float]) -> str:
    """A line of the values without axes, its last point marked; empty below two known values."""
    known = [float(v) for v in values if v is not None and v == v]
    if len(known) < 2:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = (_WIDTH - 6) / (len(known) - 1)
    points = [
        (3 + i * step, _HEIGHT - 3 - (v - low) / span * (_HEIGHT - 6)) for i, v in enumerate(known)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<dd class="fo-spark" aria-hidden="true"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="currentColor" stroke-width="1.5" '
        f'stroke-linejoin="round"><polyline points="{line}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="currentColor"/></svg></dd>'
    )


def _change(kpi: Kpi) -> str:
    if kpi.change is None or kpi.change != kpi.change:
        return ""
    arrow = "▲" if kpi.change > 0 else "▼" if kpi.change < 0 else "="
    versus = f' <span class="fo-versus">{escape(kpi.versus)}</span>' if kpi.versus else ""
    return (
        f'<dd class="fo-change fo-{kpi.verdict}"><span aria-hidden="true">{arrow}</span> '
        f"{escape(FORMATS['change'](kpi.change))}{versus}</dd>"
    )


def _line(kpi: Kpi) -> str:
    change = "" if kpi.change is None else f" ({FORMATS['change'](kpi.change)} {kpi.versus})"
    note = f": {kpi.note}" if kpi.note else ""
    return f"- {kpi.label}: {FORMATS[kpi.form](kpi.value)}{change.replace(' )', ')')}{note}"
