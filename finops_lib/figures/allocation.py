"""Who bears the bill, and how far tags reach: statements, compliance and unit costs as pictures.

Every function takes a tidy frame of `analysis.allocation`, `analysis.tags` or `analysis.unit_costs` and
an axes, and returns the axes. Amounts are in the billing currency, named by `unit`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from finops_lib.figures import style

PARTS = {"own": "own", "shared": "shared", "unallocated": "unallocated", "credit": "credits"}
"""Columns of `statements` that a bar is made of, and what the legend calls them."""


def statement_bars(frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD") -> Axes:
    """A bar per team of `statements`: its own cost, its shares of the pools and its credits."""
    rows = frame.iloc[::-1]
    colors = style.colors(list(PARTS), other=["unallocated"])
    right, left = np.zeros(len(rows)), np.zeros(len(rows))
    for place, (part, label) in enumerate(PARTS.items()):
        values = rows[part].to_numpy(float)
        start = np.where(values >= 0, right, left)
        ax.barh(
            rows["team"], values, left=start, color=colors[part], label=label,
            hatch=style.HATCHES[place % len(style.HATCHES)],
        )  # fmt: skip
        right, left = right + values.clip(min=0), left + values.clip(max=0)
    ax.legend(loc="lower right")
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_xlabel(unit)
    return _horizontal(ax, title)


def compliance_bars(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    target: float,
    by: str = "key",
    share: str = "cost_share",
    title: str = "",
) -> Axes:
    """A bar per row of `compliance`, named by its column `by`, with the target as a line.

    `share` is cost_share or share (of resources); what is on target has the colour of ok.
    """
    rows = frame.iloc[::-1]
    colors = [style.STATUS["ok" if value >= target else "waste"] for value in rows[share]]
    bars = ax.barh(rows[by].astype("str"), rows[share].fillna(0.0), color=colors)
    texts = [f"{value:.0%}" if pd.notna(value) else "not known" for value in rows[share]]
    ax.bar_label(bars, texts, padding=4, color=style.MUTED)
    ax.axvline(target, color=style.INK, linewidth=1.0, linestyle="--")
    ax.annotate(f"target {target:.0%}", (target, 1.0), (-4, 2), xycoords=("data", "axes fraction"), textcoords="offset points", ha="right", color=style.MUTED)  # fmt: skip
    ax.set_xlim(0, 1.12)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    return _horizontal(ax, title)


def compliance_trend(frame: pd.DataFrame, ax: Axes, *, target: float, title: str = "") -> Axes:
    """A line per key of `compliance_in_dollars` by Month, against the target."""
    keys = list(dict.fromkeys(frame["key"]))
    colors = style.colors(keys)
    for place, key in enumerate(keys):
        rows = frame[frame["key"].eq(key)].sort_values("Month")
        ax.plot(
            rows["Month"], rows["cost_share"], color=colors[key], label=key, marker="o",
            linestyle=style.LINESTYLES[place % len(style.LINESTYLES)],
        )  # fmt: skip
    ax.axhline(target, color=style.INK, linewidth=1.0, linestyle="--")
    _month_ticks(ax, frame["Month"])
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.set_title(title)
    return ax


def unit_cost_trend(
    frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD", most: int = 8
) -> Axes:
    """The unit cost of one metric of `cost_per_unit` per month; months without units leave a gap."""
    rows = frame.sort_values("month")
    ax.plot(rows["month"], rows["unit_cost"], color=style.ACCENT, marker="o")
    _month_ticks(ax, rows["month"], most)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(f"{unit} per unit")
    ax.set_title(title)
    return ax


def unit_cost_panels(frame: pd.DataFrame, ax: Any, *, title: str = "", unit: str = "USD") -> Any:
    """A panel of `unit_cost_trend` per metric of `cost_per_unit`; `ax` is one axes or an array of them."""
    panels = np.atleast_1d(ax).ravel()
    for panel, (metric, rows) in zip(panels, frame.groupby("metric"), strict=False):
        unit_cost_trend(rows, panel, title=str(metric), unit=unit, most=4)
    if frame.empty:
        panels[0].text(0.5, 0.5, "no business metrics", ha="center", color=style.MUTED)
        panels[0].set_axis_off()
    if title:
        panels[0].figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return ax


def _month_ticks(ax: Axes, values: pd.Series, most: int = 8) -> None:
    """At most so many months named on the axis, the newest one always."""
    months = sorted(pd.to_datetime(values).unique())
    shown = months[:: -max(-(-len(months) // most), 1)][::-1]
    ax.set_xticks(shown, [f"{month:%b %Y}" for month in shown])


def _horizontal(ax: Axes, title: str) -> Axes:
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_title(title)
    return ax
