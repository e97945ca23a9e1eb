"""What moved inside an anomaly: the resource, usage type, account and tags, and the query that asks on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from finops_lib.analysis.anomalies.segments import DIMENSIONS, NONE
from finops_lib.period import Period
from finops_lib.schema import COST_COLUMN

BEFORE_DAYS = 28
"""The days before an anomaly that it is compared with: four of each weekday."""
CAUSES = [
    "anomaly_id", "dimension", "value", "before_per_day", "after_per_day", "change_per_day", "share",
]  # fmt: skip
LAKE_FILES = "BillingPeriod=*/*.parquet"


def windows(anomaly: Mapping[str, Any], first_day: datetime) -> tuple[Period, Period]:
    """The 28 days before the anomaly (as many as the bill has) and the anomaly's own."""
    start, end = pd.Timestamp(anomaly["start"]), pd.Timestamp(anomaly["end"])
    begin = max(start - timedelta(days=BEFORE_DAYS), pd.Timestamp(first_day))
    if begin >= start:
        begin = start - timedelta(days=1)
    return (
        Period(begin.to_pydatetime(), start.to_pydatetime()),
        Period(start.to_pydatetime(), end.to_pydatetime()),
    )


def movers(
    rows: pd.DataFrame,
    anomaly: Mapping[str, Any],
    columns: Mapping[str, str],
    *,
    first_day: datetime,
    basis: str = "effective",
) -> pd.DataFrame:
    """CAUSES: per dimension the value whose dollars a day moved most in the anomaly's direction.

    `rows` are the anomaly's segment by ChargeDay and `columns` (dimension to column of the bill) over both
    `windows`. `share` is the value's part of the segment's whole change; it may exceed 1 where others moved
    the other way. A missing value means charges that have none: no resource, no tag.
    """
    before, after = windows(anomaly, first_day)
    cost = rows[COST_COLUMN[basis]]
    later = rows["ChargeDay"] >= pd.Timestamp(after.start)
    costs = pd.DataFrame(
        {"before_per_day": cost.where(~later, 0.0) / before.days,
         "after_per_day": cost.where(later, 0.0) / after.days}
    )  # fmt: skip
    whole = float(costs["after_per_day"].sum() - costs["before_per_day"].sum())
    sign = 1.0 if anomaly["impact"] >= 0 else -1.0
    tops = [
        _top(rows[column], costs, sign).assign(dimension=name) for name, column in columns.items()
    ]
    found = pd.concat(tops, ignore_index=True)
    found["share"] = found["change_per_day"] / whole if whole else float("nan")
    found["anomaly_id"] = anomaly["anomaly_id"]
    return found[CAUSES]


def _top(values: pd.Series, costs: pd.DataFrame, sign: float) -> pd.DataFrame:
    """The value with the largest change in that direction; the first by name where two are equal."""
    sums = costs.groupby(values.astype("object").fillna(NONE)).sum().sort_index()
    sums["change_per_day"] = sums["after_per_day"] - sums["before_per_day"]
    top = (sums["change_per_day"] * sign).round(9).sort_values(ascending=False, kind="stable").index
    found = sums.loc[top[:1]].rename_axis("value").reset_index()
    found["value"] = found["value"].astype("object").where(found["value"] != NONE, None)
    return found


def next_query(
    anomaly: Mapping[str, Any], lake: str, *, first_day: datetime, basis: str = "effective"
) -> str:
    """DuckDB SQL that shows the anomaly's segment by day, resource and operation, largest first.

    It reads the lake in the folder `lake`, from 28 days before the anomaly to its end.
    """
    before, after = windows(anomaly, first_day)
    part = [
        _equals(column, anomaly[name])
        for name, column in DIMENSIONS.items()
        if pd.notna(anomaly[name])
    ]
    wanted = [
        f"ChargePeriodStart >= TIMESTAMP '{before.start:%Y-%m-%d}'",
        f"ChargePeriodStart < TIMESTAMP '{after.end:%Y-%m-%d}'",
        *part,
    ]
    files = _text(f"{lake.rstrip('/')}/{LAKE_FILES}")
    return "\n".join(
        [
            "SELECT CAST(ChargePeriodStart AS DATE) AS day, ResourceId, x_UsageType, x_Operation,",
            f"       SUM({COST_COLUMN[basis]}) AS cost, SUM(ConsumedQuantity) AS quantity",
            f"FROM read_parquet({files}, union_by_name = true, hive_partitioning = false)",
            "WHERE " + "\n  AND ".join(wanted),
            "GROUP BY ALL",
            "ORDER BY day, cost DESC",
        ]
    )


def _equals(column: str, value: str) -> str:
    return f"{column} IS NULL" if value == NONE else f"{column} = {_text(value)}"


def _text(value: str) -> str:
    """A string as a SQL literal."""
    return "'" + value.replace("'", "''") + "'"
