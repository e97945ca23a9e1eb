"""Which deliveries of a month count: parts are added, and what is told anew replaces what was told before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import duckdb

from finops_lib.errors import BillingError
from finops_lib.sources.billing.columns import quoted, text
from finops_lib.sources.billing.lake import MonthPart

CHARGE = (
    "SubAccountId", "RegionId", "ResourceId", "ServiceName", "SkuId", "ChargeCategory", "ChargeDescription",
    "ChargePeriodStart", "ConsumedQuantity", "x_UsageType", "x_Operation", "x_LineItemType",
)  # fmt: skip
"""What tells charges apart; the amount does not, for a later delivery may correct it."""

APART, SAME = 0.05, 0.5
"""Shares of the charges that two deliveries have in common: up to APART they are parts, from SAME on the
newer tells the older anew. Charges without a resource may look alike, so that parts are not quite apart."""

Key = tuple[str, str, str]


@dataclass(frozen=True)
class _Reach:
    """What the parts of one delivery tell of one payer's month."""

    delivery: str
    payer: str
    month: str
    newest: float
    first_day: str
    last_day: str
    accounts: frozenset[str]
    files: tuple[str, ...]

    @property
    def key(self) -> Key:
        """What tells it from the others."""
        return self.delivery, self.payer, self.month

    def touches(self, other: _Reach) -> bool:
        """Whether both tell of the same payer, month, days and accounts."""
        same = (self.payer, self.month) == (other.payer, other.month)
        days = self.first_day <= other.last_day and other.first_day <= self.last_day
        shared = not (self.accounts and other.accounts) or self.accounts & other.accounts
        return bool(same and days and shared)

    def holds(self, other: _Reach) -> bool:
        """Whether its days and accounts hold all of the other's."""
        days = self.first_day <= other.first_day and other.last_day <= self.last_day
        return days and other.accounts <= self.accounts


def newest(
    connection: duckdb.DuckDBPyConnection, lake: Path, parts: Sequence[MonthPart]
) -> tuple[list[MonthPart], list[MonthPart]]:
    """Parts that count, and those whose charges a newer delivery tells anew.

    Raises BillingError where two deliveries have charges in common and the newer does not hold all of
    the older: to add both would count charges twice, to leave the older one out would lose some.
    """
    reaches = _reaches(parts)
    pairs = [pair for pair in combinations(range(len(reaches)), 2) if _touch(reaches, pair)]
    shares = _common(connection, lake, reaches, pairs)
    told = [(*_by_age(reaches[a], reaches[b]), shares.get((a, b), 0.0)) for a, b in pairs]
    gone = {old.key for old, new, share in told if share >= SAME and new.holds(old)}
    for old, new, share in told:
        if share > APART and not {old.key, new.key} & gone:
            raise BillingError(_words(old, new))
    kept = [part for part in parts if _key(part) not in gone]
    return kept, [part for part in parts if _key(part) in gone]


def _words(old: _Reach, new: _Reach) -> str:
    spans = [
        f"{one.delivery} ({one.first_day} to {one.last_day}, {len(one.accounts)} accounts)"
        for one in (old, new)
    ]
    return (
        f"{spans[0]} and {spans[1]} overlap: they have charges in common, and the newer one does not hold all of "
        f"the older. Give one whole export of {new.month}."
    )


def _touch(reaches: Sequence[_Reach], pair: tuple[int, int]) -> bool:
    return reaches[pair[0]].touches(reaches[pair[1]])


def _common(
    connection: duckdb.DuckDBPyConnection,
    lake: Path,
    reaches: Sequence[_Reach],
    pairs: Sequence[tuple[int, int]],
) -> dict[tuple[int, int], float]:
    """Of two places among the reaches, the share of the charges of the smaller that both have; none is left out."""
    if not pairs:
        return {}
    charge = f"hash({', '.join(map(quoted, CHARGE))}) AS charge"
    sides = [
        f"SELECT DISTINCT {place} AS place, {charge} FROM {_rows(lake, reaches[place])}"
        for place in sorted({place for pair in pairs for place in pair})
    ]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE charges AS {' UNION ALL '.join(sides)}")
    found = connection.execute(
        "WITH sizes AS (SELECT place, count(*) AS n FROM charges GROUP BY place), "
        "shared AS (SELECT a.place AS one, b.place AS other, count(*) AS n FROM charges a JOIN charges b "
        "ON a.charge = b.charge AND a.place < b.place GROUP BY ALL) "
        "SELECT one, other, shared.n / least(s.n, t.n) FROM shared "
        "JOIN sizes s ON s.place = one JOIN sizes t ON t.place = other"
    ).fetchall()
    connection.execute("DROP TABLE charges")
    return {(one, other): float(share) for one, other, share in found}


def _rows(lake: Path, reach: _Reach) -> str:
    files = ", ".join(text(str(lake / file)) for file in reach.files)
    return f"read_parquet([{files}], hive_partitioning=false, union_by_name=true)"


def _by_age(one: _Reach, other: _Reach) -> tuple[_Reach, _Reach]:
    old, new = sorted((one, other), key=lambda reach: (reach.newest, reach.delivery))
    return old, new


def _key(part: MonthPart) -> Key:
    return part.delivery, part.payer, part.month


def _reaches(parts: Sequence[MonthPart]) -> list[_Reach]:
    grouped: dict[Key, list[MonthPart]] = {}
    for part in parts:
        grouped.setdefault(_key(part), []).append(part)
    return [
        _Reach(
            *key,
            newest=max(part.newest for part in group),
            first_day=min(part.first_day for part in group),
            last_day=max(part.last_day for part in group),
            accounts=frozenset(account for part in group for account in part.accounts),
            files=tuple(part.file for part in group),
        )
        for key, group in grouped.items()
    ]
