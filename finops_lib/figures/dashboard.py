"""The panels of the dashboard as pictures: a number, days, bars, rows.

Every function takes the rows of a panel's query and an axes, and returns the axes. Numbers come worded.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter

from finops_lib.figures import style

SERIES = 6
"""Series that have a colour of their own; the rest is one grey area."""
BARS = 10


def stat(shown: str, ax: Axes, *, title: str = "") -> Axes:
    """One number, in words already."""
    ax.set_axis_off()
    ax.text(0.0, 0.25, shown, fontsize=22, fontweight="bold", color=style.INK, transform=ax.transAxes)  # fmt: skip
    ax.set_title(title)
    return ax


def days(frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD") -> Axes:
    """Areas of `cost` by `time` (days) on each other, one per `metric`; the dearest at the bottom.

    A day without a row of a series adds nothing to it; credits may make a part of a day negative and
    are taken off the rest.
    """
    wide = frame.assign(metric=frame["metric"].fillna("not stated")).pivot_table(
        index="time", columns="metric", values="cost", aggfunc="sum", fill_value=0.0
    )
    ranked = wide.sum().sort_values(ascending=False).index.tolist()
    named, rest = ranked[:SERIES], ranked[SERIES:]
    parts = [wide[name] for name in named] + ([wide[rest].sum(axis=1)] if rest else [])
    labels = named + ([f"{len(rest)} more"] if rest else [])
    colors = style.colors(labels, other=labels[len(named) :])
    ax.stackplot(wide.index, parts, labels=labels, colors=[colors[name] for name in labels], linewidth=0)  # fmt: skip
    locator = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), reverse=True)
    ax.margins(x=0)
    return style.labelled(ax, title, f"{unit} a day")


def bars(frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD") -> Axes:
    """A bar per row of a name and a number, as the query ranks them; beyond the first few they are one bar."""
    name, value = frame.columns
    first, rest = frame.head(BARS), frame.iloc[BARS:]
    labels = [str(label) for label in first[name]] + ([f"{len(rest)} more"] if len(rest) else [])
    values = first[value].tolist() + ([rest[value].sum()] if len(rest) else [])
    colors = [style.ACCENT] * len(first) + [style.OTHER] * bool(len(rest))
    ax.barh(labels[::-1], values[::-1], color=colors[::-1])
    for place, amount in enumerate(values[::-1]):
        ax.annotate(style.short(amount), (max(amount, 0), place), xytext=(4, 0), va="center",
                    textcoords="offset points", color=style.INK, fontsize=8)  # fmt: skip
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter(FuncFormatter(style.short))
    ax.set_xlabel(unit)
    ax.set_title(title)
    return ax


def rows(
    heads: Sequence[str], texts: Sequence[Sequence[str]], fits: Sequence[int], ax: Axes, *, title: str = ""
) -> Axes:  # fmt: skip
    """A table of worded cells; a column is as wide as the characters that `fits` gives it, the rest is cut."""
    ax.set_axis_off()
    ax.set_title(title)
    ax.set_ylim(len(texts) + 1, 0)
    ax.set_xlim(0, 1)
    starts = [sum(fits[:place]) / sum(fits) for place in range(len(fits))]
    for line, cells in enumerate([heads, *texts]):
        color, weight = (style.MUTED, "bold") if line == 0 else (style.INK, "normal")
        for start, most, cell in zip(starts, fits, cells, strict=True):
            ax.text(start, line + 0.5, _cut(cell, most - 2), fontsize=7.5, va="center", color=color, fontweight=weight)  # fmt: skip
        ax.axhline(line + 1, color=style.GRID, linewidth=0.6)
    return ax


def _cut(text: str, most: int) -> str:
    """The beginning of a sentence that is too long, and the end of a long name: there it differs."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1]}…" if " " in text else f"…{text[1 - most :]}"
