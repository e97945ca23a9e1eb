"""How far costs are kept: budgets against what was spent and will be, and the programme's scorecard.

Every function takes a tidy frame of `phases.governance` and an axes, and returns the axes.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from finops_lib.figures import style


def budget_bars(frame: pd.DataFrame, ax: Axes, *, title: str = "") -> Axes:
    """A bar per row of `budgets`, how much of it the month used; a diamond is the running month's forecast.

    What is over has the colour of waste; a budget whose use is not known has no bar and says so.
    """
    rows = frame.iloc[::-1]
    colors = [style.STATUS["waste" if share > 1 else "ok"] for share in rows["used_share"]]
    bars = ax.barh(rows["budget"], rows["used_share"].fillna(0.0), color=colors, height=0.6)
    texts = [f"{share:.0%}" if pd.notna(share) else "not known" for share in rows["used_share"]]
    ax.bar_label(bars, texts, label_type="center", color=style.PAPER, fontweight="bold")
    ax.plot(
        rows["forecast_share"], rows["budget"], "D", color=style.INK, markersize=6,
        markerfacecolor=style.PAPER, markeredgewidth=1.6, label="forecast of the running month",
    )  # fmt: skip
    ax.axvline(1.0, color=style.INK, linewidth=1.0, linestyle="--")
    ax.annotate("limit", (1.0, 1.0), (4, 3), xycoords=("data", "axes fraction"),
                textcoords="offset points", color=style.MUTED)  # fmt: skip
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12))
    return _shares(
        ax, title, max(1.1, float(rows[["used_share", "forecast_share"]].max().max()) * 1.05)
    )


def score_bars(frame: pd.DataFrame, ax: Axes, *, title: str = "") -> Axes:
    """A bar per measure of `scorecard` from none to all; an unknown one has no bar and says so."""
    rows = frame.iloc[::-1]
    ax.barh(rows["measure"], 1.0, color=style.GRID, height=0.5)
    bars = ax.barh(rows["measure"], rows["share"].fillna(0.0), color=style.ACCENT, height=0.5)
    texts = [
        f"{share:.0%} {of}" if pd.notna(share) else "not known"
        for share, of in zip(rows["share"], rows["of"], strict=True)
    ]
    for bar, text in zip(bars, texts, strict=True):
        ax.annotate(text, (1.0, bar.get_y() + bar.get_height() / 2), (6, 0), va="center",
                    textcoords="offset points", color=style.MUTED)  # fmt: skip
    return _shares(ax, title, 1.0)


def _shares(ax: Axes, title: str, right: float) -> Axes:
    ax.set_xlim(0, right)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_title(title)
    return ax
