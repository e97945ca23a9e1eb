"""The scorecard and the programme's course as pictures.

Every function takes a tidy frame of `analysis.kpis` or `analysis.ledger` and an axes, and returns the axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from finops_lib.figures import style

MARKS = {"met": style.STATUS["ok"], "missed": style.STATUS["waste"], "unknown": style.OTHER}


def scorecard(frame: pd.DataFrame, ax: Axes, *, title: str = "") -> Axes:
    """A line per key figure from its baseline (ring) to its present value (disc), against its target.

    Left is the baseline or worse, the dashed line the target, so that every row reads the same way
    whatever its unit; words at the right give status. Takes `kpis.scorecard`.
    """
    rows = frame.iloc[::-1].reset_index(drop=True)
    way = _progress(rows)
    for place, row in rows.iterrows():
        color = MARKS[row["status"]]
        if row["status"] != "unknown":
            ax.plot([0.0, way[place]], [place, place], color=color, linewidth=3, zorder=2)
            ax.plot(way[place], place, "o", color=color, markersize=9, zorder=3)
        ax.plot(0.0, place, "o", color=style.INK, markerfacecolor=style.PAPER, zorder=3)
        ax.annotate(row["status"], (1.0, place), xycoords=("axes fraction", "data"), xytext=(6, 0),
                    textcoords="offset points", va="center", color=style.INK)  # fmt: skip
    ax.axvline(1.0, color=style.INK, linewidth=1.0, linestyle="--")
    ax.set_yticks(range(len(rows)), rows["label"])
    ax.set_xticks([0.0, 1.0], ["baseline", "target"])
    ax.set_xlim(min(-0.1, way.min() - 0.1), max(1.25, way.max() + 0.1))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.grid(visible=False)
    ax.set_title(title)
    return ax


def _progress(rows: pd.DataFrame) -> Any:
    """The share of the way from baseline to target that was gone; 1 where the baseline met it."""
    distance = rows["target"] - rows["baseline"]
    gone = (rows["current"] - rows["baseline"]) / distance.where(distance != 0)
    met = rows["status"].eq("met")
    better = np.where(rows["better"].eq("lower"), distance < 0, distance > 0)
    way = gone.where(better, met.astype(float))
    return way.fillna(0.0).clip(-0.5, 1.5).to_numpy()


def course(frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD") -> Axes:
    """What the closed findings were to save a month, what the bill shows, and the sum of it.

    A run whose savings no bill has measured yet has no bar of them. Takes `ledger.curve`.
    """
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
