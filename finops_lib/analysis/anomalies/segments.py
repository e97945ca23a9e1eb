"""The daily bill cut into segments, each a series: by service and account, then region and usage type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.schema import COST_COLUMN

DIMENSIONS = {
    "service": "ServiceName",
    "account_id": "SubAccountId",
    "region": "RegionId",
    "usage_type": "x_UsageType",
}
"""Columns of a segment, and of the bill."""

LEVELS = (
    ("service",),
    ("account_id",),
    ("service", "account_id"),
    ("service", "account_id", "region"),
    ("service", "account_id", "region", "usage_type"),
)
"""What is watched, coarse to fine. Moves that cancel out in a total are seen below it."""

NONE = ""
"""How a charge without a value of a dimension is called; a missing value means all of them."""


def segment_series(
    daily: pd.DataFrame,
    level: Sequence[str],
    *,
    basis: str = "effective",
    until: datetime | None = None,
) -> pd.DataFrame:
    """Days x segments of one level: dollars a day; the columns are the segments' values (MultiIndex).

    `daily` is `queries.spend_by_day` by the columns of DIMENSIONS. A segment that charges nothing on a day
    of the bill is zero there; a day that the bill lacks altogether is unknown. Days from `until` on, whose
    line items have not all arrived, are left out.
    """
    rows = daily if until is None else daily[daily["ChargeDay"] < pd.Timestamp(until)]
    keys = {name: rows[DIMENSIONS[name]].astype("object").fillna(NONE) for name in level}
    frame = pd.DataFrame({"day": rows["ChargeDay"], **keys, "cost": rows[COST_COLUMN[basis]]})
    segments = frame.groupby(list(level), sort=True)
    table = frame.assign(segment=segments.ngroup()).pivot_table(
        index="day", columns="segment", values="cost", aggfunc="sum"
    )
    names = segments.size().index
    table = table.reindex(columns=range(len(names))).fillna(0.0)
    table.columns = pd.MultiIndex.from_tuples(
        [key if isinstance(key, tuple) else (key,) for key in names], names=list(level)
    )
    if table.empty:
        return table
    return table.reindex(pd.date_range(table.index.min(), table.index.max(), freq="D"))


def worth_watching(table: pd.DataFrame, min_impact: float) -> pd.DataFrame:
    """The segments that could move by `min_impact`: their dollars, without sign, add up to it."""
    return table.loc[:, np.nansum(np.abs(table.to_numpy()), axis=0) >= min_impact]
