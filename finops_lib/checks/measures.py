"""What metrics say of each resource over a window, and when they say enough."""

from __future__ import annotations

from datetime import datetime, timedelta

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
    return found.groupby(list(by)).agg(
        maximum=("value", "max"),
        mean=("value", "mean"),
        total=("value", "sum"),
        hours=("period_s", lambda seconds: seconds.sum() / 3600),
    )


def is_complete(hours: pd.Series, window_days: float) -> pd.Series:
    """Whether data cover the window; a resource without any data is not covered."""
    return hours.fillna(0.0) >= COMPLETE_SHARE * 24 * window_days


def age_days(times: pd.Series, as_of: datetime) -> pd.Series:
    """Days from each time to `as_of`; missing where the time is."""
    return (as_of - times) / pd.Timedelta(days=1)
