"""One delivery of an export, opened: its format, its rows as SQL, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from finops_lib.errors import BillingError
from finops_lib.sources.billing import cur, focus, tags
from finops_lib.sources.billing.columns import Columns, Spellings, snake, text
from finops_lib.sources.billing.files import Delivery
from finops_lib.sources.billing.maps import MapReader

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
    is_focus = "billedcost" in map(str.lower, types)
    names = {focus.spelled(name) if is_focus else snake(name): name for name in types}
    reader = MapReader(delivery.name, connection, relation, types)
    maps = {} if is_focus else _maps(names, reader)
    columns = Columns(names, types, maps)
    _refuse_stranger(columns, delivery, focus.REQUIRED if is_focus else cur.REQUIRED)
    mapped = next((name for name in ("resource_tags", "Tags", "tags") if name in names), None)
    if mapped:
        tag_map, keys = reader.tags(names[mapped], keep_created_by)
        for name in filter(names.__contains__, tags.CATEGORY_MAPS):
            categories, more = reader.categories(names[name])
            tag_map = f"map_concat({tag_map}, {categories})" if more else tag_map
            keys += more
    else:
        by_key = tags.tag_columns(types, keep_created_by)
        tag_map, keys = tags.column_map(by_key), tuple(by_key)
    kind = "focus" if is_focus else "cur2" if maps or mapped else "cur"
    return Export(delivery, kind, columns, relation, tag_map, keys)


def _relation(delivery: Delivery) -> str:
    files = ", ".join(text(str(file)) for file in delivery.files)
    if delivery.is_parquet:
        return f"read_parquet([{files}], union_by_name=true, hive_partitioning=false)"
    return (
        f"read_csv([{files}], union_by_name=true, all_varchar=true, header=true, "
        f"delim={text(delivery.delimiter)}, quote='\"')"
    )


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
            "Give a Cost and Usage Report (legacy or 2.0) or a FOCUS export, and no other files beside it."
        )
    if missing:
        raise BillingError(
            f"{delivery.name} lacks the column {', '.join(missing)}. Export it again with all columns."
        )


def _maps(names: dict[str, str], reader: MapReader) -> dict[str, str]:
    """Canonical prefix to MAP expression, of the columns of CUR 2.0 that hold maps."""
    return {prefix: reader.map_of(names[prefix]) for prefix in CUR_MAPS if prefix in names}
