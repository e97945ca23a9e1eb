"""Findings as pictures: the metric that decides, with the limit that it is held to."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from finops_lib.figures import style


def metric_traces(frame: pd.DataFrame, ax: Iterable[Axes]) -> Iterable[Axes]:
    """A panel per finding of `traces` in its order; axes beyond the last finding stay empty.

    `frame` has finding_id, label, time, value, limit and unit. Missing hours leave a gap.
    """
    panels = np.ravel(np.asarray(ax, dtype="object"))
    found = list(frame.groupby("finding_id", sort=False))
    for panel in panels[len(found) :]:
        panel.set_axis_off()
    for panel, (_, rows) in zip(panels, found, strict=False):
        metric_trace(rows, panel)
    return ax


def metric_trace(rows: pd.DataFrame, ax: Axes) -> Axes:
    """One finding: its metric over time in the colour of waste, and the limit as a dashed line."""
    first = rows.iloc[0]
    hourly = rows.set_index("time")["value"]
    step = hourly.index.to_series().diff().min()
    if pd.notna(step):
        hourly = hourly.asfreq(step)
    ax.plot(hourly.index, hourly, color=style.STATUS["waste"], linewidth=1.3)
    ax.axhline(first["limit"], color=style.INK, linewidth=1.0, linestyle="--")
    top = max(1.6 * first["limit"], 1.15 * rows["value"].max())
    ax.set_ylim(-0.05 * top, top)  # so that a line of zeros is seen
    ax.annotate(
        f"limit {first['limit']:.3g}", (1.0, first["limit"]), (0, 2), ha="right",
        xycoords=("axes fraction", "data"), textcoords="offset points", color=style.INK, fontsize=8,
    )  # fmt: skip
    ax.set_title(first["label"], fontsize=8.5, pad=4)
    ax.set_ylabel(first["unit"], fontsize=8.5)
    locator = AutoDateLocator(minticks=2, maxticks=4)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    dates = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(dates)
    return ax
