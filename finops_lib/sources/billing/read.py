"""The door for bills: any export in, a lake that ties to it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pandas as pd

from finops_lib.errors import BillingError
from finops_lib.sources.billing.columns import Spellings, text
from finops_lib.sources.billing.deliveries import newest
from finops_lib.sources.billing.export import open_export
from finops_lib.sources.billing.files import Delivery, Fetch, find_deliveries
from finops_lib.sources.billing.lake import (
    VERSION,
    MonthPart,
    convert,
    read_state,
    write_empty,
    write_state,
)

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Bill:
    """A bill that was read whole.

    `folder` is the lake (`BillingPeriod=YYYY-MM/*.parquet`, COSTS columns), `totals` has month, billed,
    effective, listed and line_items as they stand in the export, `repairs` has what, rows and delivery:
    the dirt that was found, counted and put right or left out. `unread` says why there is none at all.
    """

    folder: Path
    months: tuple[str, ...]
    currency: str
    accounts: tuple[str, ...]
    totals: pd.DataFrame
    repairs: pd.DataFrame
    unread: str = ""


def read_bill(
    paths: Sequence[str],
    lake: Path,
    *,
    tag_keys: Spellings | None = None,
    keep_created_by: bool = False,
    fetch: Fetch | None = None,
    progress: Progress | None = None,
    memory_limit: str = "2GB",
) -> Bill:
    """Read exports into the lake; what has not changed since the last time is not read again.

    Of two deliveries that tell the same charges the newer replaces the older, which is counted in
    `repairs`. Raises BillingError where an export is damaged, is no bill, or the currencies
    differ, and ReconciliationError where the lake does not tie to the export.
    """
    lake.mkdir(parents=True, exist_ok=True)
    spellings = tag_keys or {}
    deliveries = find_deliveries(paths, lake / ".unpacked", fetch)
    known = read_state(lake)
    parts: list[MonthPart] = []
    bare: list[str] = []
    with connect(lake, memory_limit) as connection:
        for number, delivery in enumerate(deliveries):
            if progress:
                progress(f"reading the bill: {Path(delivery.name).name}", number / len(deliveries))
            found = _parts(connection, delivery, lake, known, spellings, keep_created_by)
            parts += found
            bare += [] if found else [delivery.name]
        if not parts:
            raise BillingError(
                f"{bare[0]} has a header and no rows. Export it again, or leave it out."
            )
        kept, replaced = newest(connection, lake, parts)
    _refuse_mixed(kept)
    write_state(lake, kept)
    _remove_strangers(lake, kept)
    if progress:
        progress("reading the bill", 1.0)
    return _bill(lake, kept, replaced, bare)


def no_bill(lake: Path, accounts: Sequence[str], tag_keys: Spellings, why: str) -> Bill:
    """What stands for the bill where none could be read: a lake without a line item, in US dollars."""
    write_empty(lake, tag_keys)
    return Bill(
        folder=lake,
        months=(),
        currency="USD",
        accounts=tuple(accounts),
        totals=pd.DataFrame(columns=["month", "billed", "effective", "listed", "line_items"]),
        repairs=pd.DataFrame(columns=["delivery", "what", "rows"]),
        unread=why,
    )


def connect(lake: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that spills beside the lake instead of exceeding its memory limit."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = {text(memory_limit)}")
    connection.execute(f"SET temp_directory = {text(str(lake / '.spill'))}")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def _parts(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    lake: Path,
    known: Sequence[MonthPart],
    spellings: Spellings,
    keep_created_by: bool,
) -> list[MonthPart]:
    stable = sorted((key, tuple(values)) for key, values in spellings.items())
    fingerprint = delivery.fingerprint(stable, keep_created_by, VERSION)
    held = [
        part for part in known if part.fingerprint == fingerprint and part.delivery == delivery.name
    ]
    if held and all((lake / part.file).exists() for part in held):
        return held
    export = open_export(connection, delivery, keep_created_by=keep_created_by)
    return convert(connection, export, lake, spellings, fingerprint)


def _refuse_mixed(parts: Sequence[MonthPart]) -> None:
    currencies = sorted({currency for part in parts for currency in part.currencies})
    if len(currencies) > 1:
        raise BillingError(
            f"The bill is in {' and '.join(currencies)}. One run adds up one currency: give the files of "
            "each currency to a run of its own."
        )
    if not currencies:
        raise BillingError(
            "No row of the bill says its currency. Export it again with that column."
        )


def _remove_strangers(lake: Path, kept: Sequence[MonthPart]) -> None:
    """Delete what earlier states of the export left, so that the folder holds what the state says."""
    wanted = {lake / part.file for part in kept}
    for file in lake.glob("BillingPeriod=*/*.parquet"):
        if file not in wanted:
            file.unlink()


def _bill(
    lake: Path, parts: Sequence[MonthPart], replaced: Sequence[MonthPart], bare: Sequence[str]
) -> Bill:
    frame = pd.DataFrame([replace(part, repairs=()).__dict__ for part in parts])
    totals = frame.groupby("month", as_index=False)[
        ["billed", "effective", "listed", "line_items"]
    ].sum()
    repairs = [dict(repair) for part in parts for repair in part.repairs]
    repairs += [
        {
            "delivery": Path(part.delivery).name,
            "what": f"delivery of {part.month} left out: a newer one covers the same days",
            "rows": part.line_items,
        }
        for part in replaced
    ]
    repairs += [
        {"delivery": Path(name).name, "what": "delivery with a header and no rows", "rows": 0}
        for name in bare
    ]
    return Bill(
        folder=lake,
        months=tuple(sorted({part.month for part in parts})),
        currency=next(iter(parts[0].currencies)),
        accounts=tuple(sorted({account for part in parts for account in part.accounts})),
        totals=totals,
        repairs=pd.DataFrame(repairs, columns=["delivery", "what", "rows"]),
    )
