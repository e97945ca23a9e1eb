"""Tags of a bill: one map, and the policy's keys promoted to plain columns."""

from __future__ import annotations

from collections.abc import Iterable

from finops_lib.sources.billing.columns import Columns, Spellings, plain_key, quoted, text

PRINCIPAL_KEYS = {"awscreatedby", "createdby"}
"""Tags that hold names of people; dropped unless they are asked for."""


def tag_columns(names: Iterable[str], keep_created_by: bool) -> dict[str, str]:
    """Tag key to raw column, of an export that has a column per tag."""
    found = {}
    for name in names:
        for prefix in (
            "resourceTags/user:",
            "resourceTags/",
            "resource_tags_user_",
            "resource_tags_",
        ):
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = name
                break
    return {k: v for k, v in found.items() if keep_created_by or not is_principal(k)}


def is_principal(key: str) -> bool:
    """Whether the tag holds the name of who created a resource."""
    return plain_key(key) in PRINCIPAL_KEYS


def column_map(columns: dict[str, str]) -> str:
    """SQL of the MAP of all tags that are not empty, of an export that has a column per tag."""
    if not columns:
        return "CAST(MAP() AS MAP(VARCHAR, VARCHAR))"
    pairs = ", ".join(
        f"{{'k': {text(key)}, 'v': NULLIF(CAST({quoted(column)} AS VARCHAR), '')}}"
        for key, column in columns.items()
    )
    return f"map_from_entries(list_filter([{pairs}], lambda pair: pair.v IS NOT NULL))"


def clean_map(expression: str, keep_created_by: bool) -> str:
    """SQL of a raw MAP without empty values, user prefixes and, unless asked for, principals."""
    key = "regexp_replace(pair.key, '^user[:_]', '')"
    kept = "pair.value IS NOT NULL AND pair.value <> ''"
    if not keep_created_by:
        plain = f"lower(regexp_replace({key}, '[-_ :./]', '', 'g'))"
        kept += f" AND {plain} NOT IN ({', '.join(map(text, sorted(PRINCIPAL_KEYS)))})"
    entries = f"list_filter(map_entries({expression}), lambda pair: {kept})"
    return (
        f"map_from_entries(list_transform({entries}, lambda pair: {{'k': {key}, 'v': pair.value}}))"
    )


def promoted(keys: Iterable[str], spellings: Spellings, tags: str) -> dict[str, str]:
    """Column name to SQL: each policy key's value, found under any of its spellings in the bill."""
    known = list(keys)
    columns = {}
    for policy_key, others in spellings.items():
        wanted = [plain_key(policy_key), *map(plain_key, others)]
        hits = sorted(
            (k for k in known if plain_key(k) in wanted), key=lambda k: wanted.index(plain_key(k))
        )
        values = [f"{tags}[{text(hit)}]" for hit in hits] or ["CAST(NULL AS VARCHAR)"]
        columns[f"x_tag_{policy_key}"] = (
            values[0] if len(values) == 1 else f"COALESCE({', '.join(values)})"
        )
    return columns


def key_columns(columns: Columns) -> list[str]:
    """Spellings of the raw tag columns."""
    return [
        name
        for name in columns.names.values()
        if name.lower().startswith(("resourcetags/", "resource_tags_"))
    ]
