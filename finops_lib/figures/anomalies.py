"""When spend was out of line: the days of the bill with their anomalies.

`timeline` takes anomalies of `analysis.anomalies.find_anomalies`, the days of the bill and an axes, and
returns the axes. Amounts are in the billing currency, named by `unit`.
"""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from finops_lib.figures import style

KINDS = {
    "spike": "spike",
    "drop": "drop",
    "level_shift": "level shift",
    "slow_leak": "slow leak",
}
"""What the legend calls them."""


def timeline(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    days: pd.DataFrame,
    cost: str = "effective_cost",
    top_n: int = 6,
    title: str = "",
    unit: str = "USD",
) -> Axes:
    """The bill's days (`day` and `cost`) as a line, the `top_n` anomalies of `frame` numbered on it.

    Numbers go by dollars and stand at the day on which each began; a band covers the days that its dollars count. Rises point
    up, falls down, known events are grey; the legend names each with its dollars.
    """
    daily = days.groupby("day")[cost].sum().sort_index()
    ax.plot(daily.index, daily, color=style.ACCENT, linewidth=1.4)
    told = frame.head(top_n).reset_index(drop=True)
    top = float(daily.max()) if len(daily) else 1.0
    handles = [
        _mark(ax, row, daily, number, top) for number, row in enumerate(told.to_dict("records"), 1)
    ]
    if handles:
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.0, -0.12), ncols=1)
    ax.set_ylim(0, top * 1.18)
    formatter: Any = mdates.ConciseDateFormatter
    ax.xaxis.set_major_formatter(formatter(ax.xaxis.get_major_locator()))
    ax.yaxis.set_major_formatter(FuncFormatter(style.short))
    ax.set_ylabel(f"{unit} per day")
    ax.set_title(title)
    return ax


def _mark(ax: Axes, row: dict[Any, Any], daily: pd.Series, number: int, top: float) -> Line2D:
    """The band, marker and number of one anomaly; its handle for the legend."""
    color, marker = _look(row)
    ax.axvspan(row["start"], row["end"], color=color, alpha=0.12, linewidth=0)
    level = float(daily.get(row["start"], 0.0))
    ax.plot([row["start"]], [level], marker=marker, color=color, markersize=8, linestyle="")
    ax.annotate(str(number), (row["start"], level), (0, 8), textcoords="offset points", ha="center",
                color=style.INK, fontweight="bold")  # fmt: skip
    return Line2D(
        [], [], marker=marker, color=color, linestyle="", label=f"{number}  {_words(row)}"
    )


def _look(row: dict[Any, Any]) -> tuple[str, str]:
    """Colour and marker: what rises, what falls, and what is explained."""
    marker = "^" if row["impact"] > 0 else "v"
    if pd.notna(row["known_event"]):
        return style.OTHER, marker
    return (style.WORSE if row["impact"] > 0 else style.BETTER), marker


def _words(row: dict[Any, Any]) -> str:
    """Day, segment, kind and dollars of an anomaly, for example "14 Oct 2026  EC2 · Train:p3: spike, +2.31K"."""
    named = (row[name] for name in ("service", "account_id", "region", "usage_type"))
    parts = [str(value) for value in named if pd.notna(value) and value != ""]
    chosen = [parts[0], parts[-1]] if len(parts) > 1 else parts
    known = f" ({row['known_event']})" if pd.notna(row["known_event"]) else ""
    sign = "+" if row["impact"] > 0 else "−"
    amount = f"{sign}{style.short(abs(row['impact']))}"
    day = f"{row['start'].day} {row['start']:%b %Y}"
    return f"{day}  {' · '.join(chosen)}: {KINDS[row['kind']]}, {amount}{known}"
