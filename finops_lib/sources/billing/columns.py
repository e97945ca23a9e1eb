"""Names and SQL expressions of an export's columns, whatever its spelling and whichever are there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Spellings = Mapping[str, Sequence[str]]
"""Policy key to the spellings that the key may have in a bill."""

TIME = "TIMESTAMP"
NUMBER = "DOUBLE"
TEXT = "VARCHAR"


NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")
DIGITS = 12
"""An AWS account id has twelve digits, of which the first may be zeros."""


def snake(name: str) -> str:
    """`lineItem/UnblendedCost` and `line_item_unblended_cost` alike as the latter."""
    head, slash, tail = name.partition("/")
    if not slash:
        return name.lower() if name == name.upper() else name
    return f"{_snake(head)}_{_snake(tail)}"


def _snake(text: str) -> str:
    words = re.sub(r"([A-Z])", r"_\1", re.sub(r"[^0-9A-Za-z]+", "_", text))
    return re.sub(r"_+", "_", words).strip("_").lower()


def plain_key(key: str) -> str:
    """A tag key without what never tells keys apart: case, separators and the `user` prefix."""
    key = re.sub(r"^(?:resourceTags/|resource_tags_|tags/)", "", key)
    key = re.sub(r"^user[:_]", "", key)
    return re.sub(r"[-_\s:./]+", "", key).lower()


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """The value as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def instance_type(usage_type: str) -> str:
    """SQL of the instance type that a usage type names, as in USE1-BoxUsage:m5.xlarge; else NULL."""
    pattern = r":((?:[a-z]+\.)?[a-z][a-z0-9-]*\.[0-9a-z-]+)"
    return f"NULLIF(regexp_extract({usage_type}, {text(pattern)}, 1), '')"


@dataclass(frozen=True)
class Columns:
    """The columns that an export really has: canonical name to its spelling in the file.

    `types` are the SQL types of the spellings; `maps` are MAP columns whose keys stand in for columns
    (`product` in CUR 2.0), canonical prefix to SQL expression.
    """

    names: Mapping[str, str]
    types: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether there is a plain column of that canonical name."""
        return name in self.names

    def get(self, *names: str, kind: str = TEXT) -> str:
        """SQL for the first of these columns that is there and not empty; NULL where none is.

        Empty texts and the literal NULL are missing values. Times become naive UTC.
        """
        found = [expression for name in names for expression in self._expressions(name, kind)]
        if not found:
            return f"CAST(NULL AS {kind})"
        return found[0] if len(found) == 1 else f"COALESCE({', '.join(found)})"

    def account(self, name: str) -> str:
        """SQL of a column of account ids; in a column of numbers AWS's twelve digits are put right."""
        kind = self.types.get(self.names.get(name, ""), TEXT)
        if kind not in NUMBERS:
            return self.get(name)
        return f"lpad(CAST(CAST({quoted(self.names[name])} AS BIGINT) AS VARCHAR), {DIGITS}, '0')"

    def _expressions(self, name: str, kind: str) -> list[str]:
        found = []
        if name in self.names:
            column = quoted(self.names[name])
            found.append(_converted(column, self.types.get(self.names[name], TEXT), kind))
        for prefix, expression in self.maps.items():
            if name.startswith(prefix + "_"):
                key = text(name.removeprefix(prefix + "_"))
                found.append(_converted(f"{expression}[{key}]", TEXT, kind))
        return found


def _with_seconds(expression: str) -> str:
    """Azure writes 2024-09-01T00:00Z, which is no time without its seconds."""
    minutes = f"length({expression}) = 17 AND {expression} LIKE '____-__-__T__:__Z'"
    return f"CASE WHEN {minutes} THEN left({expression}, 16) || ':00Z' ELSE {expression} END"


def _converted(expression: str, raw: str, kind: str) -> str:
    if raw.startswith(TEXT):
        expression = f"NULLIF(NULLIF(TRIM({expression}), ''), 'NULL')"
        if kind == TIME:
            expression = f"CAST({_with_seconds(expression)} AS TIMESTAMPTZ)"
    return expression if raw == kind else f"CAST({expression} AS {kind})"
