"""One delivery of an export, opened: its format, its rows as SQL, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from finops_lib.errors import BillingError
from finops_lib.sources.billing import cur, focus, tags
from finops_lib.sources.billing.columns import Columns, Spellings, snake, text
from finops_lib.sources.billing.files import Delivery

CUR_MAPS = ("product", "discount", "reservation", "savings_plan", "pricing")


@dataclass(frozen=True)
class Export:
    """A delivery that is known to be a bill: `relation` is SQL of its raw rows."""

    delivery: Delivery
    format: str
    columns: Columns
    relation: str
    tag_map: str
    tag_keys: tuple[str, ...]

    @property
    def module(self):  # type: ignore[no-untyped-def]
        """The room that knows the format: `cur` or `focus`."""
        return focus if self.format == "focus" else cur

    def select(self, spellings: Spellings) -> str:
        """SQL of the rows in COSTS columns, the policy's tags promoted."""
        columns = dict(self.module.costs(self.columns))
        columns["Tags"] = self.tag_map
        columns |= tags.promoted(self.tag_keys, spellings, "Tags")
        inner = {k: v for k, v in columns.items() if not k.startswith("x_tag_")}
        outer = {k: v for k, v in columns.items() if k.startswith("x_tag_")}
        listed = ", ".join(f'{sql} AS "{name}"' for name, sql in inner.items())
        more = "".join(f', {sql} AS "{name}"' for name, sql in outer.items())
        return f"SELECT *{more} FROM (SELECT {listed} FROM ({self.rows()}))"

    def rows(self) -> str:
        """SQL of the raw rows without those that were delivered twice."""
        if not self.identity:
            return f"SELECT * FROM {self.relation}"
        return (
            f"SELECT * FROM {self.relation} QUALIFY {self.identity_is_null} OR "
            f"row_number() OVER (PARTITION BY {', '.join(self.identity)}) = 1"
        )

    @property
    def identity(self) -> tuple[str, ...]:
        """Columns that tell line items apart; none where the format has no such columns."""
        if self.format == "focus" or not self.columns.has("identity_line_item_id"):
            return ()
        names = ("identity_line_item_id", "identity_time_interval", "line_item_usage_start_date")
        return tuple(self.columns.get(name) for name in names if self.columns.has(name))

    @property
    def identity_is_null(self) -> str:
        """SQL that is true of rows without an identity, which are never taken for duplicates."""
        return f"{self.columns.get('identity_line_item_id')} IS NULL"


def open_export(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, *, keep_created_by: bool
) -> Export:
    """The delivery as an Export; raises BillingError where it is damaged, or is no bill."""
    relation = _relation(delivery)
    types = _types(connection, relation, delivery)
    is_focus = "BilledCost" in types
    names = {name if is_focus else snake(name): name for name in types}
    maps = {} if is_focus else _maps(names, types)
    columns = Columns(names, types, maps)
    _refuse_stranger(columns, delivery, focus.REQUIRED if is_focus else cur.REQUIRED)
    raw_map = _raw_tag_map(columns, types)
    if raw_map:
        tag_map = tags.clean_map(raw_map, keep_created_by)
        keys = _map_keys(connection, relation, tag_map)
    else:
        by_key = tags.tag_columns(types, keep_created_by)
        tag_map, keys = tags.column_map(by_key), tuple(by_key)
    kind = "focus" if is_focus else "cur2" if maps or raw_map else "cur"
    return Export(delivery, kind, columns, relation, tag_map, keys)


def _relation(delivery: Delivery) -> str:
    files = ", ".join(text(str(file)) for file in delivery.files)
    if delivery.is_parquet:
        return f"read_parquet([{files}], union_by_name=true, hive_partitioning=false)"
    return f"read_csv([{files}], union_by_name=true, all_varchar=true, header=true, delim=',', quote='\"')"


def _types(
    connection: duckdb.DuckDBPyConnection, relation: str, delivery: Delivery
) -> dict[str, str]:
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except duckdb.Error as error:
        raise damaged(delivery, error) from None
    return {name: kind for name, kind, *_ in described}


def damaged(delivery: Delivery, error: Exception) -> BillingError:
    """The error for a delivery that cannot be read to its end."""
    first = str(error).splitlines()[0][:300]
    return BillingError(
        f"{delivery.name}: a file is cut off, damaged or not of its kind ({first}). "
        "Download the export again; nothing of it was used."
    )


def _refuse_stranger(columns: Columns, delivery: Delivery, required: tuple[str, ...]) -> None:
    missing = [name for name in required if not columns.has(name)]
    if len(missing) == len(required):
        seen = ", ".join(list(columns.names.values())[:6])
        raise BillingError(
            f"{delivery.name} is not a bill that is known here (its columns: {seen} …). "
            "Give a Cost and Usage Report (legacy or 2.0) or a FOCUS export."
        )
    if missing:
        raise BillingError(
            f"{delivery.name} lacks the column {', '.join(missing)}. Export it again with all columns."
        )


def _maps(names: dict[str, str], types: dict[str, str]) -> dict[str, str]:
    """Canonical prefix to MAP expression, of the columns of CUR 2.0 that hold maps."""
    found = {}
    for prefix in CUR_MAPS:
        if prefix in names:
            found[prefix] = as_map(f'"{names[prefix]}"', types[names[prefix]])
    return found


def _raw_tag_map(columns: Columns, types: dict[str, str]) -> str | None:
    for name in ("resource_tags", "Tags", "tags"):
        if columns.has(name):
            spelling = columns.names[name]
            return as_map(f'"{spelling}"', types[spelling])
    return None


def as_map(expression: str, kind: str) -> str:
    """SQL of a MAP(VARCHAR, VARCHAR) from a MAP, a STRUCT or JSON text; NULL where it is empty."""
    if kind.startswith("MAP"):
        return f"CAST({expression} AS MAP(VARCHAR, VARCHAR))"
    if kind.startswith("STRUCT"):
        expression, kind = f"CAST(to_json({expression}) AS VARCHAR)", "VARCHAR"
    cleaned = f"NULLIF(NULLIF(TRIM({expression}), ''), 'NULL')"
    return f"CAST(CAST({cleaned} AS JSON) AS MAP(VARCHAR, VARCHAR))"


def _map_keys(
    connection: duckdb.DuckDBPyConnection, relation: str, tag_map: str
) -> tuple[str, ...]:
    try:
        found = connection.execute(
            f"SELECT DISTINCT unnest(map_keys({tag_map})) AS key FROM {relation} ORDER BY key"
        ).fetchall()
    except duckdb.Error as error:
        raise BillingError(f"A Tags column holds no JSON ({str(error).splitlines()[0]}).") from None
    return tuple(key for (key,) in found)
