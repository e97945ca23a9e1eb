"""The lake: Parquet per billing month, written whole or not at all, that remembers what it holds."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from finops_lib.errors import BillingError, ReconciliationError
from finops_lib.schema import COSTS
from finops_lib.sources.billing import cur
from finops_lib.sources.billing.columns import NUMBER, Spellings, text
from finops_lib.sources.billing.export import Export, damaged
from finops_lib.units import CENT

STATE = "lake.json"
NO_MONTH = "__HIVE_DEFAULT_PARTITION__"
VERSION = 3
"""Raised when a change of the reader makes lakes of before stale."""

TYPES = {
    "number": "DOUBLE",
    "time": "TIMESTAMP",
    "text": "VARCHAR",
    "map": "MAP(VARCHAR, VARCHAR)",
}
"""The type of each kind of column in the lake's files."""


@dataclass(frozen=True)
class MonthPart:
    """What one delivery brought for one payer's billing month, and where it lies."""

    delivery: str
    fingerprint: str
    newest: float
    payer: str
    month: str
    file: str
    first_day: str
    last_day: str
    billed: float
    effective: float
    listed: float | None
    line_items: int
    currencies: tuple[str, ...]
    accounts: tuple[str, ...]
    repairs: tuple[dict[str, Any], ...]


def read_state(lake: Path) -> list[MonthPart]:
    """What the lake holds; nothing where there is none, or it is of another version."""
    try:
        state = json.loads((lake / STATE).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    if state["version"] != VERSION:
        return []
    return [_part_from(stored) for stored in state["parts"]]


def _part_from(stored: dict[str, Any]) -> MonthPart:
    lists = {name: tuple(stored[name]) for name in ("currencies", "accounts", "repairs")}
    return MonthPart(**{**stored, **lists})


def write_state(lake: Path, parts: list[MonthPart]) -> None:
    """Write down what the lake holds, in one step."""
    partial = lake / f"{STATE}.partial"
    partial.write_text(
        json.dumps({"version": VERSION, "parts": [asdict(p) for p in parts]}, indent=1)
    )
    partial.rename(lake / STATE)


def write_empty(lake: Path, spellings: Spellings) -> None:
    """Write a lake without a line item, with every column that one with line items has."""
    folder = lake / "BillingPeriod=none"
    folder.mkdir(parents=True, exist_ok=True)
    listed = [f'NULL::{TYPES[column.kind]} AS "{column.name}"' for column in COSTS.columns]
    listed += [f'NULL::VARCHAR AS "x_tag_{key}"' for key in spellings]
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {', '.join(listed)} LIMIT 0) TO {text(str(folder / 'none.parquet'))} (FORMAT parquet)"
        )


def convert(
    connection: duckdb.DuckDBPyConnection,
    export: Export,
    lake: Path,
    spellings: Spellings,
    fingerprint: str,
) -> list[MonthPart]:
    """Write the delivery's rows to the lake, tied to their source; its parts by payer and month.

    Raises BillingError where the delivery is damaged or holds values that are no amounts or dates,
    ReconciliationError where the written totals differ from the source's by a cent.
    """
    partial = lake / f".{fingerprint}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        source = _source_totals(connection, export)
        if not all(map(math.isfinite, source)):
            raise BillingError(
                f"{export.delivery.name}: an amount is NaN or infinite, so the bill cannot be added up. Export it again."
            )
        repairs = _repairs(connection, export)
        connection.execute(
            f"COPY (SELECT *, strftime(BillingPeriodStart, '%Y-%m') AS BillingPeriod, "
            f"COALESCE(BillingAccountId, 'unknown') AS Payer FROM ({_select(export, spellings)})) "
            f"TO {text(str(partial))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (BillingPeriod, Payer), "
            "OVERWRITE_OR_IGNORE)"
        )
    except duckdb.ConversionException as error:
        raise BillingError(
            f"{export.delivery.name}: a value is not what its column must hold "
            f"({str(error).splitlines()[0][:200]}). Export it again."
        ) from None
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise damaged(export.delivery, error) from None
    parts = _take_over(connection, export, partial, lake, fingerprint, repairs)
    _tie(export, source, parts)
    shutil.rmtree(partial)
    return parts


def _select(export: Export, spellings: Spellings) -> str:
    """The export's rows with every column of COSTS, in its order, the others behind."""
    present = export.module.costs(export.columns)
    listed = []
    for column in COSTS.columns:
        there = column.name in present or column.name == "Tags"
        value = f'"{column.name}"' if there else "NULL"
        listed.append(f'CAST({value} AS {TYPES[column.kind]}) AS "{column.name}"')
    more = [f'"{name}"' for name in present if name not in COSTS.names and name != "x_LineItemId"]
    more += [f'"x_tag_{key}"' for key in spellings]
    return f"SELECT {', '.join([*listed, *more])} FROM ({export.select(spellings)})"


def _source_totals(
    connection: duckdb.DuckDBPyConnection, export: Export
) -> tuple[float, float, int]:
    """Billed, effective and rows as the source has them, by as short a path as there is."""
    columns = export.columns
    if export.format == "focus":
        billed, effective = (columns.get(n, kind=NUMBER) for n in ("BilledCost", "EffectiveCost"))
    else:
        billed = columns.get("line_item_unblended_cost", kind=NUMBER)
        effective = cur.effective_cost(columns)
    row = connection.execute(
        f"SELECT COALESCE(sum({billed}), 0), COALESCE(sum({effective}), 0), count(*) FROM ({export.rows()})"
    ).fetchone()
    assert row is not None
    return row


def _repairs(connection: duckdb.DuckDBPyConnection, export: Export) -> tuple[dict[str, Any], ...]:
    conditions: dict[str, str] = export.module.dirt(export.columns)
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions.values())
    row = connection.execute(f"SELECT {counts}, count(*) FROM {export.relation}").fetchone()
    kept = connection.execute(f"SELECT count(*) FROM ({export.rows()})").fetchone()
    assert row is not None
    assert kept is not None
    found = [{"what": what, "rows": n} for what, n in zip(conditions, row, strict=False) if n]
    if row[-1] > kept[0]:
        found.append(
            {"what": "line items delivered twice, one of each kept", "rows": row[-1] - kept[0]}
        )
    if export.format == "focus":
        found += [
            {"what": f"stray column {name} left out", "rows": row[-1]}
            for name in export.module.strays(export.columns)
        ]
    return tuple({"delivery": Path(export.delivery.name).name, **repair} for repair in found)


def _take_over(
    connection: duckdb.DuckDBPyConnection,
    export: Export,
    partial: Path,
    lake: Path,
    fingerprint: str,
    repairs: tuple[dict[str, Any], ...],
) -> list[MonthPart]:
    parts: list[MonthPart] = []
    if (partial / f"BillingPeriod={NO_MONTH}").exists():
        raise BillingError(
            f"{export.delivery.name}: some rows have neither a charge nor a billing period. Export it again."
        )
    for folder in sorted(partial.glob("BillingPeriod=*/Payer=*")):
        month, payer = folder.parent.name.split("=")[1], folder.name.split("=")[1]
        for number, written in enumerate(sorted(folder.glob("*.parquet"))):
            name = f"BillingPeriod={month}/{fingerprint}-{payer}-{number}.parquet"
            target = lake / name
            target.parent.mkdir(parents=True, exist_ok=True)
            written.rename(target)
            parts.append(
                MonthPart(
                    delivery=export.delivery.name,
                    fingerprint=fingerprint,
                    newest=export.delivery.newest,
                    payer=payer,
                    month=month,
                    file=name,
                    repairs=() if parts else repairs,
                    **_facts(connection, target),
                )
            )
    return parts


def _facts(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, Any]:
    """Days, sums, currencies and accounts of a written file, by the names of MonthPart."""
    row = connection.execute(
        "SELECT CAST(min(ChargePeriodStart)::DATE AS VARCHAR), CAST(max(ChargePeriodStart)::DATE AS VARCHAR), "
        "sum(BilledCost), sum(EffectiveCost), sum(ListCost), count(*), "
        "list_sort(list(DISTINCT BillingCurrency)), "
        "list_sort(list(DISTINCT COALESCE(SubAccountId, BillingAccountId))) "
        f"FROM read_parquet({text(str(file))}, hive_partitioning=false)"
    ).fetchone()
    assert row is not None
    plain = ("first_day", "last_day", "billed", "effective", "listed", "line_items")
    lists = ("currencies", "accounts")
    return {
        **dict(zip(plain, row[:6], strict=True)),
        **{
            name: tuple(v for v in values if v) for name, values in zip(lists, row[6:], strict=True)
        },
    }


def _tie(export: Export, source: tuple[float, float, int], parts: list[MonthPart]) -> None:
    written = (
        sum(part.billed for part in parts),
        sum(part.effective for part in parts),
        sum(part.line_items for part in parts),
    )
    names = ("billed cost", "effective cost", "line items")
    for name, there, here in zip(names, source, written, strict=True):
        if abs(there - here) >= CENT / 2:
            raise ReconciliationError(
                f"{export.delivery.name}: {name} is {there} in the export and {here} after reading. "
                "Report this with the export's header line; no figure of it is shown."
            )
