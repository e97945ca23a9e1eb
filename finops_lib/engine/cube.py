"""What a run builds once from the line items, so that nothing else has to read them all."""

from __future__ import annotations

from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow.parquet as pq

from finops_lib.engine import queries
from finops_lib.engine.connect import daily_cube, frame
from finops_lib.errors import ReconciliationError
from finops_lib.period import Period
from finops_lib.schema import RESOURCE_COSTS, conform
from finops_lib.units import CENT

TYING = ("BilledCost", "EffectiveCost", "x_LineItems")
"""Sums that the cube must share with its line items."""


def build_cube(lines: ir.Table, path: Path, period: Period | None = None) -> Path:
    """Write the daily cube of the line items (of the period, or of all of them) to the Parquet file `path`.

    Raises ReconciliationError where the
    cube differs from the line items by half a cent or a line.
    """
    chosen = queries.within(lines, period) if period else lines
    partial = path.with_name(path.name + ".partial")
    _write(queries.cube(chosen), partial)
    _tie(frame(queries.total(chosen)), frame(queries.total(daily_cube(partial))))
    return partial.rename(path)


def resource_costs(lines: ir.Table, window: Period) -> pd.DataFrame:
    """RESOURCE_COSTS of the window: what each resource cost in it, by usage type."""
    found = frame(queries.spend_by_resource(queries.within(lines, window)))
    return conform(found.assign(window_hours=window.hours), RESOURCE_COSTS)


def hourly_usage(lines: ir.Table, window: Period) -> pd.DataFrame:
    """`queries.hourly_usage` of the window with the instance family, for replaying commitments."""
    found = frame(queries.hourly_usage(queries.within(lines, window)))
    family = found["instance_type"].str.rpartition(".")[0]
    found.insert(4, "family", family)
    return found.sort_values(["hour", "account_id", "region", "instance_type"], ignore_index=True)


def _write(cube: ir.Table, file: Path) -> None:
    """DuckDB writes the file itself; another engine's rows come over as Arrow batches."""
    if ibis.get_backend(cube).name == "duckdb":
        cube.to_parquet(str(file), compression="zstd")
        return
    batches = cube.to_pyarrow_batches()
    with pq.ParquetWriter(file, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _tie(whole: pd.DataFrame, built: pd.DataFrame) -> None:
    for column in TYING:
        sums = [float(total[column].fillna(0.0).iloc[0]) for total in (built, whole)]
        difference = sums[0] - sums[1]
        if not abs(difference) < CENT / 2:
            raise ReconciliationError(
                f"The daily cube differs from the bill by {difference:+.4f} in {column}. "
                "Read the bill again with `finops collect`."
            )
