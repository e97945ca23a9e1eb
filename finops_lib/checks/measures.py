"""What metrics say of each resource over a window, and when they say enough."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

COMPLETE_SHARE = 0.9
"""Share of a window's intervals that must have data before the window counts as measured."""


def windowed(metrics: pd.DataFrame, as_of: datetime, window_days: float) -> pd.DataFrame:
    """The data points of the last `window_days`."""
    return metrics[
        (metrics["time"] >= as_of - timedelta(days=window_days)) & (metrics["time"] < as_of)
    ]


def measured(
    metrics: pd.DataFrame,
    namespace: str,
    metric: str,
    stat: str,
    by: tuple[str, ...] = ("resource_id",),
) -> pd.DataFrame:
    """Per resource: maximum, mean, total of the metric, and the hours that it has data for."""
    found = metrics[
        (metrics["namespace"] == namespace)
        & (metrics["metric"] == metric)
        & (metrics["stat"] == stat)
    ]
    summed = found.groupby(list(by)).agg(
        maximum=("value", "max"),
        mean=("value", "mean"),
        total=("value", "sum"),
        seconds=("period_s", "sum"),
    )
    return summed.assign(hours=summed.pop("seconds") / 3600)


def looked_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """The value of each key, missing where there is none; numbers stay numbers where no key is left."""
    return values.reindex(keys).set_axis(keys.index)


def is_complete(hours: pd.Series, window_days: float) -> pd.Series:
    """Whether data cover the window; a resource without any data is not covered."""
    return hours.fillna(0.0) >= COMPLETE_SHARE * 24 * window_days


def not_read(found: pd.DataFrame, gaps: pd.DataFrame, table: str) -> pd.Series:
    """Whether that table could not be read where each row's resource lives, so silence proves nothing."""
    missing = pd.Series(False, index=found.index)
    for gap in gaps[gaps["table"].isin([table, "every table"])].itertuples():
        account = True if pd.isna(gap.account_id) else found["account_id"] == gap.account_id
        region = True if pd.isna(gap.region) else found["region"] == gap.region
        missing |= account & region
    return missing


def age_days(times: pd.Series, as_of: datetime) -> pd.Series:
    """Days from each time to `as_of`; missing where the time is."""
    return (as_of - times) / pd.Timedelta(days=1)


def too_young(what: str, age: float, window_days: float) -> str:
    """The reason of what was made, started or changed (`what`) too lately to be judged by the window."""
    return f"{what} {age:.1f} days ago, within the window of {window_days:g} days."


def high_percentile(
    metrics: pd.DataFrame, namespace: str, metric: str, percent: float
) -> pd.Series:
    """Per resource the percentile of the intervals' maxima."""
    found = metrics[
        (metrics["namespace"] == namespace)
        & (metrics["metric"] == metric)
        & (metrics["stat"] == "Maximum")
    ]
    return found.groupby("resource_id")["value"].quantile(percent / 100)


def number(value: Any) -> Any:
    """A value as evidence tells it: numbers rounded to four places, None where it is not known."""
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else round(float(value), 4)


def rounded(value: float) -> float | None:
    """A measured value as the evidence of a finding keeps it: four places, None where it is missing."""
    return None if pd.isna(value) else round(float(value), 4)
