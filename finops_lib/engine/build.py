"""What a run builds once from the line items, so that nothing else has to read them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from finops_lib.analysis.reconcile import reconcile
from finops_lib.engine import queries
from finops_lib.engine.connect import daily_cube, frame
from finops_lib.period import Period
from finops_lib.schema import RESOURCE_COSTS, conform


def build_cube(connection: Any, lines: ir.Table, path: Path) -> ir.Table:
    """Write the daily cube of the line items to `path`; raises ReconciliationError if it does not tie."""
    partial = path.with_name(path.name + ".partial")
    queries.cube(lines).to_parquet(str(partial))
    partial.rename(path)
    built = daily_cube(connection, path)
    whole, parts = frame(queries.total(lines)), frame(queries.total(built))
    for column in ("BilledCost", "EffectiveCost", "x_LineItems"):
        reconcile(parts[column], float(whole[column].iloc[0]), what=f"{column} of the daily cube")
    return built


def resource_costs(lines: ir.Table, window: Period) -> pd.DataFrame:
    """RESOURCE_COSTS of the window: what each resource cost in it, by usage type."""
    found = frame(queries.spend_by_resource(queries.within(lines, window)))
    return conform(found.assign(window_hours=window.hours), RESOURCE_COSTS)
