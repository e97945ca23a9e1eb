"""A connection to the engine, and the bill as a table of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from finops_lib.errors import BillingError, ParameterError
from finops_lib.params import Engine
from finops_lib.schema import COSTS, TAG_PREFIX

MONTH_FILES = "BillingPeriod=*/*.parquet"
"""Where the lake keeps its files."""

PARTITION = "billing_period"
"""The partition column of AWS Data Exports, YYYY-MM
(https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html)."""

SMALL_BILL_BYTES = 64 * 1024**2
"""Size of a lake below which more threads win less than a second a query: it is added in one order, so that the
same Estate gives the same report to the last bit. A larger bill may differ in the bits that rounding hides."""

IBIS_TYPES = {
    "text": "string",
    "number": "float64",
    "time": "timestamp",
    "map": "map<string, string>",
}


def connect(settings: Engine, spill: Path | None = None) -> Any:
    """The ibis connection that `settings` name; DuckDB gets its memory limit and a folder to spill to.

    Raises ParameterError where ibis has no such backend or it cannot be reached.
    """
    if settings.backend == "duckdb":
        return _duckdb(settings, spill)
    try:
        return getattr(ibis, settings.backend).connect(**settings.options)
    except (AttributeError, ImportError) as error:
        raise ParameterError(
            f"engine.backend '{settings.backend}' is not installed ({error}). "
            f"Install it with pip install 'ibis-framework[{settings.backend}]'."
        ) from None


def line_items(
    connection: Any,
    lake: Path,
    table: str | None = None,
    tag_keys: Mapping[str, Sequence[str]] | None = None,
    months: Sequence[str] | None = None,
) -> ir.Table:
    """The bill's line items in COSTS columns: the lake's files, or `table` where it already lies.

    Such a table is held to COSTS by `as_costs`, with `tag_keys` promoted; of `months` ("2026-10") alone
    where they are given, so that a warehouse reads no other partition. Raises BillingError where the
    lake is empty.
    """
    if table:
        return as_costs(invoiced_in(connection.table(table), months), tag_keys or {})
    if not any(lake.glob(MONTH_FILES)):
        raise BillingError(
            f"No bill was read into {lake}. Give one with source.billing or BILLING=…."
        )
    if connection.name == "duckdb" and _size(lake) < SMALL_BILL_BYTES:
        connection.raw_sql("SET threads = 1")
    # Months may differ in their x_ columns, and the folder's name is no column of the bill.
    flags = {"union_by_name": True, "hive_partitioning": False}
    return connection.read_parquet(
        str(lake / MONTH_FILES), **(flags if connection.name == "duckdb" else {})
    )


def invoiced_in(table: ir.Table, months: Sequence[str] | None) -> ir.Table:
    """The table's rows of these invoice months, by the partition column of AWS Data Exports if it has it."""
    partition = {name.lower(): name for name in table.columns}.get(PARTITION)
    if not months or not partition:
        return table
    return table.filter(table[partition].isin(list(months)))


def as_costs(table: ir.Table, tag_keys: Mapping[str, Sequence[str]]) -> ir.Table:
    """A FOCUS table as some warehouse spells it, in COSTS columns with promoted tags.

    Names are matched without case (Glue and Hive lower them), a column that is not there is null, and
    a tag key's value is the first that its map holds under the key or one of its spellings.
    """
    spelled = {name.lower(): name for name in table.columns}
    costs = {
        column.name: table[spelled[column.name.lower()]]
        if column.name.lower() in spelled
        else ibis.null(IBIS_TYPES[column.kind])
        for column in COSTS.columns
    }
    tags = costs["Tags"]
    promoted = {
        f"{TAG_PREFIX}{key}": ibis.coalesce(*(tags.get(name) for name in (key, *others)))
        for key, others in tag_keys.items()
    }
    return table.select(**costs, **promoted)


def daily_cube(cube: Path, connection: Any | None = None) -> ir.Table:
    """The daily cube that a run wrote, as a table; it is small, so an embedded DuckDB reads it by default.

    On one thread: it adds in one order, so that the same Estate gives the same report to the last bit.
    """
    return (connection or _one_thread()).read_parquet(str(cube))


def _size(lake: Path) -> int:
    return sum(path.stat().st_size for path in lake.glob(MONTH_FILES))


def _one_thread() -> Any:
    connection = _duckdb(Engine(), None)
    connection.raw_sql("SET threads = 1")
    return connection


def frame(expression: ir.Expr) -> pd.DataFrame:
    """Run the expression; its rows as a frame with naive UTC times and NA where nothing is known."""
    result: pd.DataFrame = expression.as_table().to_pyarrow().to_pandas()
    for name in result.select_dtypes(["datetime", "datetimetz"]):
        result[name] = pd.to_datetime(result[name], utc=True).dt.tz_localize(None).astype(
            "datetime64[us]"
        )  # fmt: skip
    return result


def _duckdb(settings: Engine, spill: Path | None) -> Any:
    connection = ibis.duckdb.connect(**settings.options)
    connection.raw_sql(f"SET memory_limit = '{settings.memory_limit}'")
    connection.raw_sql("SET TimeZone = 'UTC'")
    connection.raw_sql("SET preserve_insertion_order = false")
    # In a notebook DuckDB would print its progress into the report.
    connection.raw_sql("SET enable_progress_bar = false")
    if spill:
        connection.raw_sql(f"SET temp_directory = '{spill}'")
    return connection
