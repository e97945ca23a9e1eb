"""What is different since the run before: restated days, new names, resources come and gone, gaps."""

from __future__ import annotations

import pandas as pd

from finops_lib.estate import Estate
from finops_lib.schema import ESTATE_TABLES
from finops_lib.units import CENT

COLUMNS = ["topic", "name", "before", "after", "change"]
RESOURCE = ["account_id", "region", "resource_id"]
GAP = ["service", "account_id", "region", "table"]
BILL_DIMENSIONS = ("SubAccountId", "ServiceName", "RegionId")
LEFT_OUT = ("resource_costs", "metrics", "prices", "instance_types", "gaps")
"""Tables that hold no resources of the account, or hold them once per reading."""


def what_changed(
    now: Estate, before: Estate, daily_now: pd.DataFrame, daily_before: pd.DataFrame
) -> pd.DataFrame:
    """Rows of COLUMNS by topic: read, restated, new days, appeared, vanished, resources, gaps.

    `daily_*` are `queries.spend_by_day` of each run's cube by BILL_DIMENSIONS. Dollars are effective.
    restated: days that both bills have and whose cost differs by a cent (late lines, corrections).
    appeared, vanished: accounts, services and regions with charges in one bill only, judged from the
    first day that both have on. resources: how many each table has, those that came and those that went.
    """
    rows = [
        _row("read", "as_of", before.as_of, now.as_of, now.as_of - before.as_of),
        *_days(daily_now, daily_before),
        *_names(daily_now, daily_before),
        *_resources(now, before),
        *_gaps(now, before),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(
    topic: str, name: str, before: object, after: object, change: object
) -> tuple[object, ...]:
    return (topic, name, before, after, change)


def _days(now: pd.DataFrame, before: pd.DataFrame) -> list[tuple[object, ...]]:
    totals = {
        when: frame.groupby("ChargeDay")["EffectiveCost"].sum()
        for when, frame in (("before", before), ("after", now))
    }
    both = pd.DataFrame(totals)
    common = both.dropna()
    differs = common[(common["after"] - common["before"]).abs() >= CENT]
    restated = [
        _row("restated", f"{day:%Y-%m-%d}", r.before, r.after, r.after - r.before)
        for day, r in differs.iterrows()
    ]
    added = both.loc[both["before"].isna(), "after"]
    if added.empty:
        return restated
    name = f"{added.index.min():%Y-%m-%d} to {added.index.max():%Y-%m-%d}"
    return [*restated, _row("new days", name, 0.0, added.sum(), added.sum())]


def _names(now: pd.DataFrame, before: pd.DataFrame) -> list[tuple[object, ...]]:
    since = max(now["ChargeDay"].min(), before["ChargeDay"].min())
    spends = [frame[frame["ChargeDay"] >= since] for frame in (before, now)]
    rows = []
    for dimension in BILL_DIMENSIONS:
        was, is_ = (frame.groupby(dimension)["EffectiveCost"].sum() for frame in spends)
        new, gone = is_.index.difference(was.index), was.index.difference(is_.index)
        rows += [_row("appeared", f"{dimension} {n}", 0.0, is_[n], is_[n]) for n in new]
        rows += [_row("vanished", f"{dimension} {n}", was[n], 0.0, -was[n]) for n in gone]
    return rows


def _resources(now: Estate, before: Estate) -> list[tuple[object, ...]]:
    """Counts of each table that both runs read; resources that came and went have rows of their own."""
    rows = []
    for table in ESTATE_TABLES:
        known = table not in LEFT_OUT and now.was_read(table) and before.was_read(table)
        if not known or "resource_id" not in ESTATE_TABLES[table].names:
            continue
        was, is_ = (
            set(e[table][RESOURCE].itertuples(index=False, name=None)) for e in (before, now)
        )
        counts = (
            ("all", len(was), len(is_)),
            ("came", 0, len(is_ - was)),
            ("went", len(was - is_), 0),
        )
        rows += [
            _row("resources", f"{table}: {word}", b, a, a - b) for word, b, a in counts if b != a
        ]
    return rows


def _gaps(now: Estate, before: Estate) -> list[tuple[object, ...]]:
    was, is_ = (
        set(e["gaps"][GAP].fillna("").itertuples(index=False, name=None)) for e in (before, now)
    )
    named = {gap: " ".join(part for part in gap if part) for gap in was | is_}
    opened = [_row("gap opened", named[gap], 0, 1, 1) for gap in sorted(is_ - was)]
    return [*opened, *(_row("gap closed", named[gap], 1, 0, -1) for gap in sorted(was - is_))]
