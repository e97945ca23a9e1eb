"""Columns that hold a map, in every form that exports and query engines write one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from finops_lib.errors import BillingError
from finops_lib.sources.billing import tags
from finops_lib.sources.billing.columns import TEXT, quoted, text

TUPLES = r"""\(\s*['"](.*?)['"]\s*,\s*['"](.*?)['"]\s*\)"""
"""[('team', 'ads'), …], as pandas writes a map that it read."""

EQUATIONS = r"([^=,{}]+)=([^,{}]*)"
"""{team=ads, project=ranking}, as Athena and Trino print a map."""

EMPTY = "NULLIF(NULLIF(NULLIF(NULLIF(TRIM({}), ''), 'NULL'), '[]'), '{{}}')"


@dataclass(frozen=True)
class MapReader:
    """Reads the map columns of one export; `types` are the SQL types of its columns."""

    delivery: str
    connection: duckdb.DuckDBPyConnection
    relation: str
    types: Mapping[str, str]

    def map_of(self, name: str) -> str:
        """SQL of a MAP(VARCHAR, VARCHAR) from the column of that name; NULL where it is empty."""
        column, kind = quoted(name), self.types[name]
        if kind.startswith("MAP"):
            return f"CAST({column} AS MAP(VARCHAR, VARCHAR))"
        if not kind.startswith(TEXT):
            column = f"CAST(to_json({column}) AS VARCHAR)"
        cleaned = EMPTY.format(column)
        return _from_text(cleaned, self._example(cleaned))

    def tags(self, name: str, keep_created_by: bool) -> tuple[str, tuple[str, ...]]:
        """SQL of the cleaned map of tags of that column, and the keys that it has."""
        raw = self.map_of(name)
        found = self._keys(raw)
        keys = {tags.bare_key(key): tags.is_principal(key) for key in found}
        twice = max(Counter(map(tags.bare_key, found)).values(), default=0) > 1
        kept = tuple(key for key, principal in keys.items() if keep_created_by or not principal)
        return tags.clean_map(raw, keep_created_by, unique=twice), kept

    def categories(self, name: str) -> tuple[str, tuple[str, ...]]:
        """SQL of the map of cost categories of that column, named as tags, and the names."""
        named = tags.categories_as_tags(self.map_of(name))
        return named, tuple(self._keys(named))

    def _keys(self, expression: str) -> list[str]:
        return self._all(
            f"SELECT DISTINCT unnest(map_keys({expression})) AS key FROM {self.relation} ORDER BY key"
        )

    def _example(self, cleaned: str) -> str:
        """A first value of the column, which tells in what form all of it is."""
        found = self._all(f"SELECT {cleaned} AS t FROM {self.relation} WHERE t IS NOT NULL LIMIT 1")
        return found[0] if found else "{}"

    def _all(self, query: str) -> list[str]:
        try:
            return [value for (value,) in self.connection.execute(query).fetchall()]
        except duckdb.Error as error:
            raise BillingError(
                f"{self.delivery}: a column of tags or details holds no JSON ({str(error).splitlines()[0]}). "
                "Export it again as Parquet, or with the map as JSON."
            ) from None


def _from_text(cleaned: str, example: str) -> str:
    """SQL of the map in a text of the form that the example has."""
    if example.startswith(("[(", "[ (")):
        return _pairs(cleaned, TUPLES)
    if example.startswith("["):
        return _listed(cleaned)
    if example.startswith('"'):
        cleaned = f"'{{' || {cleaned} || '}}'"
    elif "=" in example and ":" not in example.split("=")[0]:
        return _pairs(cleaned, EQUATIONS)
    return f"CAST(CAST({cleaned} AS JSON) AS MAP(VARCHAR, VARCHAR))"


def _pairs(cleaned: str, pattern: str) -> str:
    keys, values = (f"regexp_extract_all({cleaned}, {text(pattern)}, {n})" for n in (1, 2))
    return f"map(list_transform({keys}, lambda key: TRIM(key)), {values})"


def _listed(cleaned: str) -> str:
    """SQL of the map in a JSON list of objects with a key and a value."""
    key = "COALESCE(pair->>'key', pair->>'Key', pair->>'name')"
    value = "COALESCE(pair->>'value', pair->>'Value')"
    pairs = f"CAST(CAST({cleaned} AS JSON) AS JSON[])"
    return f"map(list_transform({pairs}, lambda pair: {key}), list_transform({pairs}, lambda pair: {value}))"
