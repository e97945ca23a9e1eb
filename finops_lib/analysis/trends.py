"""Month over month on equal terms: per day, over the same elapsed days, late days named and left out."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from finops_lib.period import Period
from finops_lib.schema import COST_COLUMN

LATE_WINDOW_DAYS = 5
"""Only the newest days can be late: AWS updates a report until its usage is at most some days old."""
USUAL_DAYS = 14
"""Days before those whose median number of line items is what a service usually has."""
STEADY_SHARE = 0.9
"""A service is judged only if it charged on at least this share of those days."""
LATE_BELOW = 0.5
"""A day with less than this share of the usual line items has not been delivered whole."""

LATE_COLUMNS = ["day", "service", "line_items", "usual_line_items"]


def comparable(month: Period, complete_until: datetime) -> tuple[Period, Period]:
    """The periods to compare: (before, after).

    A finished month with the whole one before it; an unfinished one, up to the last complete day, with
    the same days of the month before (all of them where that month is shorter).
    """
    before = month.previous()
    if complete_until >= month.end:
        return before, month
    after = month.elapsed(complete_until)
    return Period(before.start, min(before.start + (after.end - after.start), before.end)), after


def compare(
    daily: pd.DataFrame,
    month: Period,
    *,
    complete_until: datetime,
    column: str | None = None,
    basis: str = "effective",
) -> pd.DataFrame:
    """Name, costs, days and costs per day of both periods, the change per day and its share of before.

    `daily` is `queries.spend_by_day` (by `column`, else in total). The share is NA where there was
    nothing before. Largest change first.
    """
    before, after = comparable(month, complete_until)
    names = daily[column].fillna("").to_numpy() if column else np.full(len(daily), "total")
    rows = daily.assign(name=names).rename(columns={COST_COLUMN[basis]: "cost"})
    sums = {
        f"cost_{when}": rows[_in(rows["ChargeDay"], period)].groupby("name")["cost"].sum()
        for when, period in (("before", before), ("after", after))
    }
    found = pd.DataFrame(sums).fillna(0.0).rename_axis("name").reset_index()
    found["name"] = found["name"].mask(found["name"].eq(""))
    found = found.assign(days_before=before.days, days_after=after.days)
    found["per_day_before"] = found["cost_before"] / before.days
    found["per_day_after"] = found["cost_after"] / after.days
    change = found["per_day_after"] - found["per_day_before"]
    found["change_per_day"] = change
    found["change_share"] = (change / found["per_day_before"]).where(found["per_day_before"] > 0)
    order = change.abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)


def late_days(daily: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Day and service, of the newest days, whose line items have not all arrived: LATE_COLUMNS.

    `daily` is `queries.spend_by_day` by ServiceName. The day that `as_of` falls on is unfinished and is
    judged like the others. A service is late from the first of the newest days on which it has less than
    half of its usual line items until the end of the bill; one that came back is not.
    """
    if daily.empty:
        return pd.DataFrame(columns=LATE_COLUMNS)
    items = daily.pivot_table(
        index="ChargeDay", columns="ServiceName", values="x_LineItems", aggfunc="sum"
    )
    items = items[items.index < pd.Timestamp(as_of)]
    days = pd.date_range(items.index.min(), items.index.max(), freq="D")
    items = items.reindex(days).fillna(0.0)
    newest, usual = items.iloc[-LATE_WINDOW_DAYS:], items.iloc[:-LATE_WINDOW_DAYS].tail(USUAL_DAYS)
    steady = (usual > 0).mean() >= STEADY_SHARE
    short = newest.loc[:, steady].lt(LATE_BELOW * usual.median().loc[steady])
    until_the_end = short[::-1].cummin()[::-1].astype(bool)
    late = _long(until_the_end, "is_late").merge(_long(newest, "line_items"))
    late["usual_line_items"] = late["service"].map(usual.median()).astype("float64")
    return late.loc[late["is_late"], LATE_COLUMNS].reset_index(drop=True)


def _long(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """A table of days x services as rows of day, service and value."""
    return (
        table.rename_axis(index="day", columns="service")
        .reset_index()
        .melt("day", value_name=value)
    )


def complete_until(daily: pd.DataFrame, as_of: datetime) -> datetime:
    """The end of the last day that the bill has whole: before `as_of`, before its own end, none late."""
    midnight = datetime.combine(as_of.date(), datetime.min.time())
    last = daily["ChargeDay"].max() + timedelta(days=1)
    late = late_days(daily, as_of)["day"]
    first: datetime = min([pd.Timestamp(midnight), last, *late]).to_pydatetime()
    return first


def _in(days: pd.Series, period: Period) -> pd.Series:
    return (days >= period.start) & (days < period.end)
