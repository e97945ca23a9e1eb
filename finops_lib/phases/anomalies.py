"""What was out of line, why, and what to ask next: anomalies of the bill and their causes.

`history` is found once; the other functions may take it, or what is left of it, beside the workbook.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis
import pandas as pd

from finops_lib.analysis.anomalies import (
    DIMENSIONS,
    find_anomalies,
    movers,
    next_query,
    windows,
)
from finops_lib.analysis.anomalies.causes import CAUSES
from finops_lib.analysis.anomalies.segments import NONE
from finops_lib.engine import queries
from finops_lib.engine.connect import frame
from finops_lib.phases.allocation import bill
from finops_lib.schema import TAG_PREFIX
from finops_lib.sources.shape.creators import pseudonym
from finops_lib.workbook import Workbook

TOLD = 10
"""Of how many anomalies causes are looked up, the largest first."""

SUMMARY = [
    "start", "kind", "service", "account_id", "region", "moved_type", "impact", "impact_share", "resource",
    "resource_share", "team", "lasts", "known_event", "anomaly_id",
]  # fmt: skip
"""What a reader of the report needs of an anomaly; `moved_type` is the usage type that moved most."""

CAUSE_COLUMNS = {
    "resource": "ResourceId",
    "usage type": "x_UsageType",
    "operation": "x_Operation",
    "service": "ServiceName",
    "account": "SubAccountId",
    "region": "RegionId",
}
"""What may have moved, besides the promoted tags."""

CREATED_BY = "created by"
CREATED_BY_KEYS = ("aws:createdBy", "aws_created_by", "aws:created_by", "createdBy", "created_by")


def history(
    book: Workbook, *, min_impact: float | None = None, min_share: float | None = None
) -> pd.DataFrame:
    """Every anomaly of the bill's whole days, largest dollars first, known events named.

    The floors are those of the parameters, where they are not given.
    """
    params = book.params.anomalies
    return find_anomalies(
        frame(queries.spend_by_day(book.cube, list(DIMENSIONS.values()))),
        min_impact=params.min_impact if min_impact is None else min_impact,
        min_share=params.min_share if min_share is None else min_share,
        known=params.known, until=book.complete_until, basis=book.basis,
    )  # fmt: skip


def anomalies(
    book: Workbook,
    found: pd.DataFrame | None = None,
    *,
    min_impact: float | None = None,
    min_share: float | None = None,
) -> pd.DataFrame:
    """The anomalies that began or were noticed in the workbook's period, largest dollars first."""
    every = history(book, min_impact=min_impact, min_share=min_share) if found is None else found
    start, end = pd.Timestamp(book.period.start), pd.Timestamp(book.period.end)
    began = every["start"].between(start, end, inclusive="left")
    noticed = every["alarmed_at"].between(start, end, inclusive="left")
    return every[began | noticed].reset_index(drop=True)


def whole_days(book: Workbook) -> pd.DataFrame:
    """The days of the bill that have arrived whole, as `figures.anomalies.timeline` draws them."""
    days = book.days()
    return days[days["day"] < pd.Timestamp(book.complete_until)]


def anomaly_causes(
    book: Workbook, found: pd.DataFrame | None = None, top_n: int = TOLD
) -> pd.DataFrame:
    """Per anomaly of the period (or of `found`) and dimension, the value that moved most.

    Who created it stands there where the parameters ask for it (`source.created_by`): under a pseudonym, or
    by name.
    """
    told = (anomalies(book) if found is None else found).head(top_n)
    if told.empty:
        return pd.DataFrame(columns=CAUSES)
    lines = bill(book)
    first_day = _first_day(book)
    tags = {f"tag {c.removeprefix(TAG_PREFIX)}": c for c in queries.tag_columns(lines)}
    columns = {**CAUSE_COLUMNS, **tags}
    if book.params.source.created_by != "drop":
        lines = lines.mutate(x_created_by=_creator(lines, book.estate["creators"]))
        columns[CREATED_BY] = "x_created_by"
    tables = [
        movers(
            _segment(lines, row, columns, first_day), row, columns,
            first_day=first_day, basis=book.basis,
        )
        for row in told.to_dict("records")
    ]  # fmt: skip
    found = pd.concat(tables, ignore_index=True)
    if book.params.source.created_by == "mask" or book.params.report.mask:
        hidden = found["dimension"].eq(CREATED_BY) & found["value"].notna()
        found.loc[hidden, "value"] = found.loc[hidden, "value"].map(pseudonym)
    return found


def _creator(lines: Any, creators: pd.DataFrame) -> Any:
    """Who created a resource: AWS's own tag in any spelling that exports have, else what CloudTrail said."""
    told = [lines["Tags"].get(key).nullif("") for key in CREATED_BY_KEYS]
    if len(creators):
        known = dict(zip(creators["resource_id"], creators["created_by"], strict=True))
        told.append(lines["ResourceId"].cases(*known.items()))
    return ibis.coalesce(*told)


def anomaly_summary(
    book: Workbook, found: pd.DataFrame | None = None, top_n: int = TOLD
) -> pd.DataFrame:
    """SUMMARY: one row per anomaly of the period (or of `found`) with the resource and team that moved most.

    `resource_share` is the resource's part of the move; a missing resource or team means charges that
    have none.
    """
    told = (anomalies(book) if found is None else found).head(top_n).set_index("anomaly_id")
    causes = anomaly_causes(book, told.reset_index(), top_n).set_index(["dimension", "anomaly_id"])
    nothing = pd.DataFrame(columns=["value", "share"], dtype="object")
    for name, dimension in (
        ("resource", "resource"),
        ("moved_type", "usage type"),
        ("team", "tag team"),
    ):
        top = causes.loc[dimension] if dimension in causes.index else nothing
        told[name] = top["value"].reindex(told.index)
        told[f"{name}_share"] = top["share"].reindex(told.index)
    return told.reset_index()[SUMMARY]


def anomaly_queries(
    book: Workbook, found: pd.DataFrame | None = None, top_n: int = TOLD
) -> pd.DataFrame:
    """Per anomaly of the period (or of `found`) the SQL over the lake that an analyst runs next."""
    told = (anomalies(book) if found is None else found).head(top_n)
    lake, first_day = str(book.estate.costs), _first_day(book)
    texts = [
        next_query(row, lake, first_day=first_day, basis=book.basis)
        for row in told.to_dict("records")
    ]
    return told[["anomaly_id"]].assign(query=pd.Series(texts, index=told.index, dtype="object"))


def _first_day(book: Workbook) -> datetime:
    day: datetime = book.days()["day"].min().to_pydatetime()
    return day


def _segment(
    lines: Any, anomaly: dict[Any, Any], columns: dict[str, str], first_day: datetime
) -> pd.DataFrame:
    """Daily costs of the anomaly's segment by what may have moved, before and in it."""
    before, after = windows(anomaly, first_day)
    inside = (lines.ChargePeriodStart >= before.start) & (lines.ChargePeriodStart < after.end)
    for name, column in DIMENSIONS.items():
        value = anomaly[name]
        if pd.notna(value):
            inside &= lines[column].fill_null(NONE) == value
    return frame(queries.spend_by_day(lines.filter(inside), list(columns.values())))
