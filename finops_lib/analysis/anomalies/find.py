"""Anomalies of a bill: found in every segment, each told once, largest dollars first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase

import pandas as pd

from finops_lib.analysis.anomalies.detect import detect_many
from finops_lib.analysis.anomalies.events import told_once
from finops_lib.analysis.anomalies.segments import (
    DIMENSIONS,
    LEVELS,
    segment_series,
    worth_watching,
)
from finops_lib.params.anomalies import KnownEvent
from finops_lib.units import CENT

SEGMENT = list(DIMENSIONS)
COLUMNS = [
    "anomaly_id", *SEGMENT, "kind", "start", "end", "expected", "actual", "impact", "impact_share",
    "score", "alarmed_at", "lasts", "known_event",
]  # fmt: skip


def find_anomalies(
    daily: pd.DataFrame,
    *,
    min_impact: float = 25.0,
    min_share: float = 0.2,
    known: Iterable[KnownEvent] = (),
    until: datetime | None = None,
    basis: str = "effective",
) -> pd.DataFrame:
    """COLUMNS, one row per event, largest impact first.

    `daily` is `queries.spend_by_day` by SubAccountId, RegionId, ServiceName and x_UsageType. A segment's
    missing value means all of them, an empty one the charges that have none. Dollars are in the billing
    currency: `impact` is actual less expected over [start, end), of a change that lasts over at most 30
    days; its share is missing where nothing was expected. `known_event` names the event of `known` that
    explains the row. Rows below either floor are left out. The order of the rows does not matter.
    """
    floors = {"min_impact": min_impact, "min_share": min_share}
    levels = []
    for level in LEVELS:
        table = worth_watching(segment_series(daily, level, basis=basis, until=until), min_impact)
        if not table.empty:
            levels.append(_changes(table, floors))
    found = told_once(pd.concat(levels, ignore_index=True), SEGMENT) if levels else pd.DataFrame()
    if found.empty:
        return _empty()
    found["impact_share"] = found["impact_share"].where(found["expected"].abs() >= CENT)
    found["known_event"] = _explained(found, tuple(known))
    found["anomaly_id"] = [_identity(row) for row in found.to_dict("records")]
    found["size"] = -found["impact"].abs()
    return found.sort_values(["size", "anomaly_id"], ignore_index=True)[COLUMNS]


def _changes(table: pd.DataFrame, floors: dict[str, float]) -> pd.DataFrame:
    """Changes of the segments of one level, with the columns of the segment."""
    names = list(table.columns.names)
    values = table.columns
    found = detect_many(table.set_axis(range(table.shape[1]), axis=1), **floors)
    at = found.pop("series").astype(int).to_numpy()
    for name in SEGMENT:
        chosen = values.get_level_values(name).to_numpy(object)[at] if name in names else None
        found[name] = pd.Series(chosen, index=found.index, dtype="object")
    return found


def _explained(found: pd.DataFrame, known: tuple[KnownEvent, ...]) -> list[str | None]:
    """The name of the first known event that covers each row's start and segment."""
    return [
        next((event.name for event in known if _covers(event, row)), None)
        for row in found.to_dict("records")
    ]


def _covers(event: KnownEvent, row: dict[str, object]) -> bool:
    """Whether the row began in the event's days, in its part of the bill."""
    day = pd.Timestamp(str(row["start"])).date()
    patterns = (event.service, event.account, event.region, event.usage_type)
    here = all(
        pattern == "*" or (pd.notna(row[name]) and fnmatchcase(str(row[name]), pattern))
        for name, pattern in zip(SEGMENT, patterns, strict=True)
    )
    return here and event.start <= day <= (event.end or event.start)


def _identity(row: dict[str, object]) -> str:
    """A stable name of the event: a hash of segment, kind and first day."""
    parts = [str(row[name]) if pd.notna(row[name]) else "*" for name in SEGMENT]
    text = "|".join([*parts, str(row["kind"]), f"{row['start']:%Y-%m-%d}"])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=COLUMNS).astype(
        {"start": "datetime64[us]", "end": "datetime64[us]", "alarmed_at": "datetime64[us]",
         "expected": float, "actual": float, "impact": float, "impact_share": float, "score": float,
         "lasts": bool}
    )  # fmt: skip
