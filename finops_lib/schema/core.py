"""What a table is: named, typed columns with units; `conform` holds a frame to one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from finops_lib.errors import SchemaError

Kind = Literal["text", "number", "count", "flag", "time", "map"]

DTYPES: dict[Kind, str] = {
    "text": "str",
    "number": "float64",
    "count": "Int64",
    "flag": "boolean",
    "time": "datetime64[us]",
    "map": "object",
}
"""The pandas dtype of each kind; missing is NA in every one of them, never zero or an empty text."""


@dataclass(frozen=True)
class Column:
    """One column: its kind, what it means (with its unit) and whether it may be unknown."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A named, ordered set of columns; `extra` columns are allowed only under that prefix."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    extra_prefix: str | None = None

    @property
    def names(self) -> list[str]:
        """The column names in their order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        return {column.name: column for column in self.columns}[name]

    def empty(self) -> pd.DataFrame:
        """The table without rows, with the dtypes that a full one has."""
        return pd.DataFrame({c.name: pd.Series(dtype=DTYPES[c.kind]) for c in self.columns})


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """`frame` with exactly the table's columns, order and dtypes; optional ones that lack become NA.

    Raises SchemaError for a column that must be there and is missing or null, for one that the
    table does not know, and for a value that its kind cannot hold.
    """
    _refuse_unknown(frame, table)
    columns = {c.name: _cast(frame, c, table) for c in table.columns}
    extras = {name: frame[name] for name in frame.columns if name not in columns}
    return pd.DataFrame({**columns, **extras}, index=frame.index).reset_index(drop=True)


def columns(lines: str) -> tuple[Column, ...]:
    """Columns from lines of `name kind meaning`; a name that ends in `!` must be known in every row."""
    parts = [line.split(maxsplit=2) for line in lines.splitlines() if line.strip()]
    return tuple(
        Column(name.rstrip("!"), cast(Kind, kind), meaning, name.endswith("!"))
        for name, kind, meaning in parts
    )


def rows(table: Table, records: list[dict[str, Any]]) -> pd.DataFrame:
    """The records as a conformed frame (an empty list gives the empty table)."""
    return conform(pd.DataFrame.from_records(records), table) if records else table.empty()


def _refuse_unknown(frame: pd.DataFrame, table: Table) -> None:
    prefix = table.extra_prefix
    unknown = [
        str(name)
        for name in frame.columns
        if name not in table.names and not (prefix and str(name).startswith(prefix))
    ]
    if unknown:
        raise SchemaError(f"Table {table.name} has no column {', '.join(sorted(unknown))}.")


def _cast(frame: pd.DataFrame, column: Column, table: Table) -> pd.Series:
    if column.name not in frame.columns:
        if column.required and len(frame):
            raise SchemaError(f"Table {table.name} needs the column {column.name}.")
        return pd.Series([None] * len(frame), index=frame.index, dtype=DTYPES[column.kind])
    try:
        values = _CASTS.get(column.kind, _cast_plain)(frame[column.name], DTYPES[column.kind])
    except (ValueError, TypeError) as error:
        raise SchemaError(
            f"Column {column.name} of table {table.name} must hold a {column.kind}: {error}"
        ) from error
    if column.required and values.isna().any():
        raise SchemaError(
            f"Column {column.name} of table {table.name} is empty in {int(values.isna().sum())} rows."
        )
    return values


def _cast_plain(values: pd.Series, dtype: str) -> pd.Series:
    return values.astype("object").where(values.notna(), None).astype(dtype)


def _cast_number(values: pd.Series, dtype: str) -> pd.Series:
    return pd.to_numeric(_cast_plain(values, "object")).astype(dtype)


def _cast_time(values: pd.Series, dtype: str) -> pd.Series:
    return pd.to_datetime(values, utc=True).dt.tz_localize(None).astype(dtype)


def _cast_map(values: pd.Series, dtype: str) -> pd.Series:
    return pd.Series([_as_mapping(v) for v in values], index=values.index, dtype=dtype)


_CASTS = {"number": _cast_number, "time": _cast_time, "map": _cast_map}


def _as_mapping(value: Any) -> dict[str, Any] | None:
    """A map from any of its stored forms: a mapping, JSON text, or Parquet's list of pairs."""
    if isinstance(value, str):
        value = json.loads(value)
    if isinstance(value, (Mapping, list, tuple, np.ndarray)):
        return dict(value)
    if pd.isna(value):
        return None
    raise TypeError(f"{value!r} is not a map")
