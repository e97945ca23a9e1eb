"""The plan as pictures: the bill before and after it, and when the programme pays back.

Every function takes a tidy frame of `analysis.outcome` or `analysis.roi` and an axes, and returns the
axes. Amounts are in the billing currency, named by `unit`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from finops_lib.figures import style

GROUP_NAMES = {
    "compute": "compute", "storage": "storage", "network": "network",
    "managed": "managed services", "waste": "waste",
}  # fmt: skip


def result_waterfall(
    frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD a month"
) -> Axes:
    """From the bill over the saving of each kind of cost to the bill after the plan.

    A whisker spans the low and the high value where a saving is a band. Takes `result_table`.
    """
    table = frame.set_index("group")
    groups = [name for name in GROUP_NAMES if table.loc[name, "saving"] > 0]
    steps = table.loc[groups]
    top = table.loc["total", "before"] - steps["saving"].cumsum() + steps["saving"]
    last = len(groups) + 1
    ends = table.loc["total", ["before", "after"]].astype(float)
    ax.bar([0, last], ends, color=style.INK, width=0.65)
    places = range(1, last)
    ax.bar(places, -steps["saving"], bottom=top, color=style.BETTER, width=0.65)
    for place, value in zip([0, last], ends, strict=True):
        known = value == value
        _label(ax, place, value if known else 0.0, style.short(value) if known else "unknown")
    for place, (name, step) in zip(places, steps.iterrows(), strict=True):
        _label(ax, place, top[name], f"\N{MINUS SIGN}{style.short(step['saving'])}")
        if step["saving_low"] < step["saving_high"]:
            span = [[step["saving_high"] - step["saving"]], [step["saving"] - step["saving_low"]]]
            ax.errorbar(place, top[name] - step["saving"], span, color=style.INK, capsize=3, linewidth=1.2)  # fmt: skip
    names = ["today", *(GROUP_NAMES[name].replace(" ", "\n") for name in groups), "after\nthe plan"]
    ax.set_xticks(range(last + 1), names)
    ax.set_xlim(-0.6, last + 0.6)
    ax.margins(y=0.1)
    return style.labelled(ax, title, unit)


def category_savings(
    frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD a month"
) -> Axes:
    """Bars of the net saving by category of `bridge`, then what was left out and what was double.

    The whole bar is what a plain sum of the findings would promise.
    """
    rows = frame[frame["category"].ne("total") & frame["naive"].gt(0)].iloc[::-1]
    parts = {
        "net": ("in the plan", style.BETTER, ""),
        "left_out": ("left out by choice", style.OTHER, ""),
        "overlap": ("counted twice by a plain sum", style.OTHER, "////"),
    }
    left = np.zeros(len(rows))
    for column, (label, color, hatch) in parts.items():
        values = rows[column].clip(lower=0.0)
        ax.barh(rows["category"], values, left=left, color=color, hatch=hatch, label=label)
        left = left + values.to_numpy()
    for place, net in enumerate(rows["net"]):
        ax.annotate(style.short(net), (left[place], place), xytext=(5, 0), va="center",
                    textcoords="offset points", color=style.INK)  # fmt: skip
    ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower left", ncols=3)
    ax.margins(x=0.1)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_title(title)
    ax.set_xlabel(unit)
    ax.xaxis.set_major_formatter(FuncFormatter(style.short))
    return ax


def _label(ax: Axes, place: float, height: float, text: str) -> None:
    ax.annotate(text, (place, height), xytext=(0, 3), textcoords="offset points", ha="center",
                color=style.INK)  # fmt: skip
