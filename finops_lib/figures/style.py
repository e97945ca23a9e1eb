"""One look for every picture: colours that survive colour blindness and grey print, and its type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

INK = "#1f2933"
"""Text, and the one line that matters."""
MUTED = "#5b6773"
"""Axis labels and ticks (5.8 : 1 on white)."""
GRID = "#dde3e9"
PAPER = "#ffffff"

PALETTE = ("#10263f", "#0a5c9e", "#bf4d14", "#1e9470", "#c98bbd", "#6cc0ea", "#f5cc55")
"""Series colours, dark to light: Okabe and Ito's hues, set at least 7 L* apart so that grey print
keeps them distinct; any two stay 14 Lab units apart under each kind of colour blindness."""

ACCENT = PALETTE[1]
"""A single series."""
OTHER = "#aab4bf"
"""Everything that has no colour of its own: the rest, untagged, not allocated."""

STATUS = {"waste": PALETTE[2], "ok": PALETTE[3], "unknown": OTHER}
"""The three states of a finding; waste is dark and ok mid-grey in print, unknown the lightest."""
BETTER = PALETTE[3]
WORSE = PALETTE[2]

LINESTYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "---", "++")
SEQUENTIAL = "cividis"
"""Colour map of heat maps: even in lightness, the same to every reader (matplotlib's own)."""

SIZES: Mapping[str, tuple[float, float]] = {
    "wide": (8.4, 3.5),
    "tall": (8.4, 5.2),
    "half": (4.1, 3.2),
    "card": (5.2, 2.9),
    "strip": (8.4, 1.9),
}
"""Width and height in inches; a report's column is 8.4 inches wide, two cards stand side by side in it."""

FONTS = ["Inter", "Segoe UI", "Helvetica Neue", "Liberation Sans", "Arial", "DejaVu Sans"]

RC: dict[Any, Any] = {
    "text.parse_math": False,
    "svg.hashsalt": "finops",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "savefig.dpi": 192,
    "figure.dpi": 96,
    "figure.figsize": SIZES["wide"],
    "figure.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.sans-serif": FONTS,
    "font.size": 10,
    "text.color": INK,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9.5,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.unicode_minus": True,
    "axes.prop_cycle": cycler(color=PALETTE),
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": PAPER,
    "patch.linewidth": 0.8,
    "patch.force_edgecolor": True,
    "image.cmap": SEQUENTIAL,
    "hatch.linewidth": 0.6,
    "hatch.color": PAPER,
}
"""matplotlib's parameters of that look; `present.setup` puts them in force."""


def colors(names: Iterable[str], other: Iterable[str] = ()) -> dict[str, str]:
    """A colour for each name in its order; names in `other`, and all beyond the palette, are grey."""
    rest = set(other)
    named = [name for name in names if name not in rest]
    return {**dict.fromkeys(rest, OTHER), **dict.fromkeys(named, OTHER), **dict(zip(named, PALETTE, strict=False))}  # fmt: skip


def labelled(ax: Axes, title: str, unit: str) -> Axes:
    """The axes with their title, their unit and short numbers of money."""
    ax.set_title(title)
    ax.set_ylabel(unit)
    ax.yaxis.set_major_formatter(FuncFormatter(short))
    return ax


def short(value: float, place: int | None = None) -> str:
    """An axis number: 950, 1.2K, 80K, 1.5M."""
    for size, suffix in ((1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            return f"{value / size:.3g}{suffix}".replace("-", "\N{MINUS SIGN}")
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
