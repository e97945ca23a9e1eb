"""The scorecard and the programme's course as pictures.

Every function takes a tidy frame of `analysis.kpis` or `analysis.ledger` and an axes, and returns the axes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter
from numpy.typing import NDArray

from finops_lib.figures import style

MOST = 1.5
"""Where the scale ends: what is better than that is drawn there."""
MARKS = {"met": style.STATUS["ok"], "missed": style.STATUS["waste"], "unknown": style.OTHER}


def scorecard(frame: pd.DataFrame, ax: Axes, *, title: str = "") -> Axes:
    """How far each key figure has come to its target: a ring for the baseline, a disc for now.

    The scale is the share of the target that is reached, so that every row reads the same way
    whatever its unit; right of the dashed line it is met. Takes `kpis.scorecard`.
    """
    rows = frame.iloc[::-1].reset_index(drop=True)
    start, now = (_reached(rows, rows[name]) for name in ("baseline", "current"))
    for place, row in rows.iterrows():
        color = MARKS[row["status"]]
        ax.plot([start[place], now[place]], [place, place], color=color, linewidth=3)
        ax.plot(now[place], place, "o", color=color, markersize=9)
        ax.plot(start[place], place, "o", color=style.INK, fillstyle="none", markersize=12)
        ax.annotate(row["status"], (1.0, place), xycoords=("axes fraction", "data"), xytext=(6, 0),
                    textcoords="offset points", va="center", color=style.INK)  # fmt: skip
    ax.axvline(1.0, color=style.INK, linewidth=1.0, linestyle="--")
    ax.set_yticks(range(len(rows)), rows["label"])
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlim(-0.05, MOST + 0.05)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlabel("share of the target that is reached (ring: first run, disc: now)")
    ax.set_title(title)
    return ax


def _reached(rows: pd.DataFrame, value: pd.Series) -> NDArray[np.float64]:
    """Value over target where more is better, target over value where less is; NaN stays NaN."""
    lower = rows["better"].eq("lower")
    over, under = value.where(~lower, rows["target"]), rows["target"].where(~lower, value)
    share = (over / under.where(under > 0)).mask(under.eq(0), MOST)
    reached: NDArray[np.float64] = share.clip(0.0, MOST).to_numpy(float)
    return reached


def course(frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD") -> Axes:
    """What the closed findings were to save a month, what the bill shows, and the sum of it.

    A run whose savings no bill has measured yet has no bar of them. Takes `ledger.curve`.
    """
    if len(frame) < 2:
        ax.text(0.5, 0.5, "The course begins with the second run.", transform=ax.transAxes,
                ha="center", va="center", color=style.MUTED)  # fmt: skip
        ax.set_axis_off()
        return ax
    places = np.arange(len(frame))
    ax.bar(places - 0.2, frame["predicted"], 0.4, color=style.OTHER, hatch="///",
           label="predicted a month")  # fmt: skip
    ax.bar(places + 0.2, frame["realised"], 0.4, color=style.BETTER, label="realised a month")
    ax.plot(places, frame["cumulative"], color=style.INK, marker="o", label="realised so far")
    ax.set_xticks(places, [f"{moment:%b %Y}" for moment in frame["as_of"]])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_ylabel(unit)
    ax.legend(loc="upper left")
    ax.set_title(title)
    return ax
