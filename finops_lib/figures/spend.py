"""Spend as pictures: trend, rankings, the calendar of days and the drivers' waterfall.

Every function takes a tidy frame of `analysis.spend`, `analysis.trends` or `analysis.drivers` and an axes,
and returns the axes. Amounts are in the billing currency, named by `unit`; a title is the finding itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from finops_lib.figures import style

EFFECT_NAMES = {
    "cost_before": "before",
    "days": "length of period",
    "price": "price",
    "usage": "usage",
    "mix": "mix",
    "new": "new resources",
    "vanished": "vanished",
    "other": "fees, taxes, credits",
    "rest": "the rest",
    "cost_after": "after",
}

_ENDS = ("cost_before", "cost_after")
SMALL = 0.005
"""Share of the larger end below which an effect is told with its like: nobody sees its step."""


def trend(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    title: str = "",
    unit: str = "USD",
    cost: str = "effective_cost",
    narrow: bool = False,
) -> Axes:
    """Stacked columns per month of `spend_over_time` by a dimension, the largest at the bottom.

    So the same name has the same colour wherever it has the same rank. A `narrow` picture has its names
    below, and names every other month.
    """
    months = list(dict.fromkeys(frame["month"]))
    newest_first = frame.sort_values("month", ascending=False, kind="stable")
    names = list(dict.fromkeys(newest_first["name"]))
    grey = frame.loc[frame["kind"].ne("named"), "name"].unique()
    colors = style.colors(names, other=grey)
    above, below = np.zeros(len(months)), np.zeros(len(months))
    for place, name in enumerate(names):
        values = frame[frame["name"].eq(name)].set_index("month")[cost].reindex(months).fillna(0.0)
        bottom = np.where(values >= 0, above, below)
        hatch = style.HATCHES[place % len(style.HATCHES)] if name not in grey else ""
        ax.bar(
            range(len(months)), values, bottom=bottom, color=colors[name], hatch=hatch, label=name
        )
        above, below = (
            above + values.clip(lower=0).to_numpy(),
            below + values.clip(upper=0).to_numpy(),
        )
    step = 2 if narrow and len(months) > 8 else 1
    ax.set_xticks(range(len(months))[::step], _month_labels(months[::step]))
    if narrow:
        handles, labels = ax.get_legend_handles_labels()
        wrapped = [fill(label, 22) for label in labels]
        ax.figure.legend(handles, wrapped, loc="outside lower left", ncols=3, columnspacing=1.0)
    else:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), reverse=True)
    return style.labelled(ax, title, f"{unit} per month")


def ranking(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    title: str = "",
    unit: str = "USD",
    cost: str = "effective_cost",
) -> Axes:
    """Bars of `spend_by`, dearest on top, each with its share; the tail and the untagged are grey.

    Bars and not a donut: lengths are compared more exactly than angles, and long names fit.
    """
    rows = frame.iloc[::-1]
    shades = [style.ACCENT if kind == "named" else style.OTHER for kind in rows["kind"]]
    bars = ax.barh(_tail_named(rows), rows[cost], color=shades)
    total = frame[cost].sum()
    shares = [_share(value / total) if total else "" for value in rows[cost]]
    ax.bar_label(bars, shares, padding=4, color=style.MUTED)
    ax.margins(x=0.12)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.set_title(title)
    ax.set_xlabel(unit)
    ax.xaxis.set_major_formatter(FuncFormatter(style.short))
    return ax


def _share(share: float) -> str:
    """A share in whole percent; what would round to nothing is below one."""
    return "<1%" if 0 < share < 0.005 else f"{share:.0%}"


def calendar(
    frame: pd.DataFrame,
    ax: Axes,
    *,
    title: str = "",
    unit: str = "USD",
    cost: str = "effective_cost",
) -> Axes:
    """A heat map of days: one column per week, Monday on top; a day that the bill has not is blank."""
    daily = frame.groupby("day")[cost].sum()
    days = pd.DatetimeIndex(daily.index)
    first = days.min() - pd.Timedelta(days=days.min().day_of_week)
    weeks = (days - first).days // 7
    grid = np.full((7, weeks.max() + 1), np.nan)
    grid[days.day_of_week, weeks] = daily.to_numpy()
    image = ax.imshow(grid, aspect="auto", cmap=style.SEQUENTIAL)
    ax.figure.colorbar(
        image, ax=ax, label=f"{unit} per day", format=FuncFormatter(style.short), pad=0.02
    )
    ax.set_yticks(range(7), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    starts = [day for day in days if day.day == 1]
    ax.set_xticks([(day - first).days // 7 for day in starts], _month_labels(starts))
    ax.grid(visible=False)
    ax.set_title(title)
    return ax


def waterfall(frame: pd.DataFrame, ax: Axes, *, title: str = "", unit: str = "USD") -> Axes:
    """From the cost before to the cost after, one step per effect; the small ones are one step together.

    A rise is hatched and says "+", so that it reads without colour.
    """
    steps = _seen(frame)
    ends = steps["step"].isin(_ENDS)
    level = steps["amount"].cumsum()
    bottom = (level - steps["amount"]).where(~ends, 0.0)
    for place, step in steps.iterrows():
        ax.bar(
            place, step["amount"], bottom=bottom[place], **_look(bool(ends[place]), step["amount"])
        )
        label = (
            style.short(step["amount"])
            if ends[place]
            else f"{'+' if step['amount'] > 0 else ''}{style.short(step['amount'])}"
        )
        ax.annotate(label, (place, max(bottom[place], bottom[place] + step["amount"])), xytext=(0, 3),
                    textcoords="offset points", ha="center", color=style.INK)  # fmt: skip
    ax.set_xticks(range(len(steps)), [fill(EFFECT_NAMES[s], 9) for s in steps["step"]])
    ax.margins(y=0.1)
    return style.labelled(ax, title, unit)


def _seen(frame: pd.DataFrame) -> pd.DataFrame:
    """The steps that can be seen; what two or more are too small for is one step, so that they still add up."""
    ends = frame["step"].isin(_ENDS)
    small = ~ends & frame["amount"].abs().lt(SMALL * frame.loc[ends, "amount"].abs().max())
    if small.sum() > 1:
        rest = pd.DataFrame({"step": ["rest"], "amount": [frame.loc[small, "amount"].sum()]})
        frame = pd.concat([frame[~small].iloc[:-1], rest, frame.tail(1)], ignore_index=True)
    nothing = ~frame["step"].isin(_ENDS) & frame["amount"].abs().le(0.005)
    return frame[~nothing].reset_index(drop=True)


def _look(is_end: bool, amount: float) -> dict[str, Any]:
    if is_end:
        return {"color": style.INK}
    return {"color": style.WORSE, "hatch": "///"} if amount > 0 else {"color": style.BETTER}


def _tail_named(frame: pd.DataFrame) -> list[str]:
    """Names as labels; the tail says how many it holds."""
    return [
        f"{name} ({members} more)" if kind == "rest" else name
        for name, kind, members in zip(frame["name"], frame["kind"], frame["members"], strict=True)
    ]


def _month_labels(months: Sequence[Any]) -> list[str]:
    """Short names that do not run into each other: the year stands only where it begins."""
    return [
        f"{month:%b\n%Y}" if place == 0 or month.year > months[place - 1].year else f"{month:%b}"
        for place, month in enumerate(months)
    ]
