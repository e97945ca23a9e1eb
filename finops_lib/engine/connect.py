"""A connection to the engine, and the bill as a table of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from finops_lib.errors import BillingError, ParameterError
from finops_lib.params import Engine


def connect(settings: Engine, spill: Path | None = None) -> Any:
    """The ibis connection that `settings` name; DuckDB gets its memory limit and a folder to spill to.

    Raises ParameterError where ibis has no such backend or it cannot be reached.
    """
    if settings.backend == "duckdb":
        connection = ibis.duckdb.connect(**settings.options)
        connection.raw_sql(f"SET memory_limit = '{settings.memory_limit}'")
        connection.raw_sql("SET TimeZone = 'UTC'")
        if spill:
            connection.raw_sql(f"SET temp_directory = '{spill}'")
        return connection
    try:
        return getattr(ibis, settings.backend).connect(**settings.options)
    except (AttributeError, ImportError) as error:
        raise ParameterError(
            f"engine.backend '{settings.backend}' is not installed ({error}). "
            f"Install it with pip install 'ibis-framework[{settings.backend}]'."
        ) from None


def line_items(connection: Any, lake: Path, table: str | None = None) -> ir.Table:
    """The bill's line items in COSTS columns: the lake's files, or `table` where it already lies.

    Raises BillingError where the lake is empty.
    """
    if table:
        return connection.table(table)
    files = sorted(str(file) for file in lake.glob("BillingPeriod=*/*.parquet"))
    if not files:
        raise BillingError(
            f"No bill was read into {lake}. Give one with source.billing or BILLING=…."
        )
    return connection.read_parquet(files)


def daily_cube(connection: Any, cube: Path) -> ir.Table:
    """The daily cube that a run wrote, as a table."""
    return connection.read_parquet(str(cube))


def frame(expression: ir.Expr) -> pd.DataFrame:
    """Run the expression; its rows as a frame with naive UTC times."""
    result: pd.DataFrame = expression.as_table().to_pyarrow().to_pandas()
    return result
