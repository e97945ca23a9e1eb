"""Hours in order of size with what commitments cover of them, and what more or less would save."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from finops_lib.figures import style

BINS = 100
"""Steps of the areas of a duration curve."""

DEMANDS = {"low": "low demand", "likely": "likely demand", "high": "high demand"}


def duration_curve(frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD") -> Axes:
    """Usage of `curves.duration`, the busiest hours first, over what is held and what is bought.

    The areas are averages of the hours around, because what a plan covers differs between hours that
    are equally busy.
    """
    if frame.empty:
        return _nothing(ax, title)
    rows = frame.assign(_bin=(frame["share"] * BINS).clip(upper=BINS - 1e-9).astype("int64"))
    levels = rows.groupby("_bin")[["share", "held", "committed"]].mean()
    colors = style.colors(["held", "bought"])
    ax.fill_between(
        levels["share"], 0, levels["held"], color=colors["held"], label="held already", linewidth=0
    )
    ax.fill_between(
        levels["share"], levels["held"], levels["committed"],
        color=colors["bought"], label="to buy", linewidth=0, hatch=style.HATCHES[1],
    )  # fmt: skip
    ax.plot(frame["share"], frame["usage"], color=style.INK, label="usage after the plan")
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel("hours that are at least as busy")
    ax.set_ylabel(f"{unit} an hour, on demand")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.set_title(title)
    return ax


def saving_curve(frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD") -> Axes:
    """`curves.saving_curve`: a line per demand over the dollars an hour that are committed.

    The dashed upright line is the recommendation; below zero a commitment costs more than it saves.
    """
    if frame.empty:
        return _nothing(ax, title)
    colors = style.colors(list(DEMANDS))
    for place, (demand, label) in enumerate(DEMANDS.items()):
        ax.plot(
            frame["hourly_commitment"], frame[demand], color=colors[demand], label=label,
            linestyle=style.LINESTYLES[place],
        )  # fmt: skip
    bought = frame.loc[(frame["scale"] - 1.0).abs().idxmin(), "hourly_commitment"]
    ax.axvline(bought, color=style.MUTED, linewidth=1.0, linestyle="--")
    ax.annotate(
        "recommended", (bought, 0.0), (4, 6), xycoords=("data", "axes fraction"),
        textcoords="offset points", color=style.MUTED,
    )  # fmt: skip
    ax.axhline(0, color=style.INK, linewidth=0.8)
    ax.set_xlim(left=0)
    ax.set_xlabel(f"committed, {unit} an hour")
    ax.set_ylabel(f"saved, {unit} a month")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.set_title(title)
    return ax


def _nothing(ax: Axes, title: str) -> Axes:
    """An empty picture that says why."""
    ax.text(0.5, 0.5, "No usage that a commitment covers", ha="center", transform=ax.transAxes)
    ax.set_axis_off()
    ax.set_title(title)
    return ax
