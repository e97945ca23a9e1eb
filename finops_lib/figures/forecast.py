"""What is to come, as a picture: the months of the bill with the fan of their forecast.

`monthly` takes months of `analysis.forecast.fan` and an axes, and returns the axes. Amounts are in the
billing currency, named by `unit`; a title is the finding itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from finops_lib.figures import style


def _nothing(ax: Axes) -> Axes:
    """A picture of no month says so."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, "No month is whole yet, and too few days are known to forecast one.",
            ha="center", va="center", transform=ax.transAxes)  # fmt: skip
    return ax


def monthly(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    limits: Mapping[str, float] | None = None,
    title: str = "",
    unit: str = "USD",
) -> Axes:
    """Cost per month: known months as a line, those ahead dashed with the fan of their interval.

    `limits` are budgets of the whole (name: a month's limit), drawn across.
    """
    if frame.empty:
        return _nothing(ax)
    known, ahead = frame[~frame["is_forecast"]], frame[frame["is_forecast"]]
    joined = pd.concat([known.tail(1), ahead])
    ax.plot(known["month"], known["cost"], color=style.INK, marker="o", markersize=4, label="billed months")  # fmt: skip
    ax.fill_between(joined["month"], joined["low"], joined["high"], color=style.ACCENT, alpha=0.22, linewidth=0, label="80 % interval")  # fmt: skip
    ax.plot(joined["month"], joined["cost"], color=style.ACCENT, linestyle="--", label="forecast")
    ax.plot(ahead["month"], ahead["cost"], color=style.ACCENT, linestyle="", marker="o", markersize=5, markerfacecolor=style.PAPER)  # fmt: skip
    for name, limit in (limits or {}).items():
        ax.axhline(limit, color=style.WORSE, linestyle=":", linewidth=1.5)
        ax.annotate(f"budget: {name}", (frame["month"].iloc[0], limit), xytext=(0, 3), textcoords="offset points", color=style.WORSE)  # fmt: skip
    months = list(frame["month"])
    labels = [f"{m:%b\n%Y}" if m.month == 1 or m == months[0] else f"{m:%b}" for m in months]
    ax.set_xticks(months, labels)
    ax.set_ylim(bottom=min(0.0, float(frame["low"].min())))
    ax.set_ylabel(f"{unit} per month")
    ax.yaxis.set_major_formatter(FuncFormatter(style.short))
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.set_title(title)
    return ax
