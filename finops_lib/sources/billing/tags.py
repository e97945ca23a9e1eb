"""Tags of a bill: one map, and the policy's keys promoted to plain columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from finops_lib.sources.billing.columns import Spellings, plain_key, quoted, text

PRINCIPAL_KEYS = {"awscreatedby", "createdby"}
"""Tags that hold names of people; dropped unless they are asked for."""


CATEGORY = "costCategory/"
"""What stands before the name of an AWS Cost Category among the tags, as the legacy report spells it."""

CATEGORY_MAPS = ("cost_category", "x_CostCategories")
"""Where CUR 2.0 and AWS's FOCUS exports hold the cost categories of a line."""


def category_columns(names: Iterable[str]) -> dict[str, str]:
    """Cost category, named as a tag, to raw column, of an export that has a column per category."""
    found = {}
    for name in names:
        for prefix in (CATEGORY, "cost_category_"):
            if name.startswith(prefix):
                found[CATEGORY + name.removeprefix(prefix)] = name
    return found


def categories_as_tags(expression: str) -> str:
    """SQL of a MAP of cost categories with the names that they have among the tags."""
    kept = "pair.value IS NOT NULL AND pair.value <> ''"
    entries = f"list_filter(map_entries({expression}), lambda pair: {kept})"
    named = f"list_transform({entries}, lambda pair: {{'k': {text(CATEGORY)} || pair.key, 'v': pair.value}})"
    return f"map_from_entries({named})"


def tag_columns(names: Collection[str], keep_created_by: bool) -> dict[str, str]:
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
    kept = {k: v for k, v in found.items() if keep_created_by or not is_principal(k)}
    return {**kept, **category_columns(names)}


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


def bare_key(key: str) -> str:
    """A key of a map of tags without the prefix that tells user-defined ones."""
    return re.sub(r"^user[:_]", "", key)


def clean_map(expression: str, keep_created_by: bool, *, unique: bool = False) -> str:
    """SQL of a raw MAP without empty values, user prefixes and, unless asked for, principals.

    With `unique`, of keys that differ in the prefix alone the first counts.
    """
    key = "regexp_replace(pair.key, '^user[:_]', '')"
    kept = "pair.value IS NOT NULL AND pair.value <> ''"
    if not keep_created_by:
        plain = f"lower(regexp_replace({key}, '[-_ :./]', '', 'g'))"
        kept += f" AND {plain} NOT IN ({', '.join(map(text, sorted(PRINCIPAL_KEYS)))})"
    entries = f"list_filter(map_entries({expression}), lambda pair: {kept})"
    named = f"list_transform({entries}, lambda pair: {{'k': {key}, 'v': pair.value}})"
    if unique:
        keys = f"list_transform({named}, lambda one: one.k)"
        named = f"list_filter({named}, lambda one, place: list_position({keys}, one.k) = place)"
    return f"map_from_entries({named})"


def promoted(keys: Iterable[str], spellings: Spellings, tags: str) -> dict[str, str]:
    """Column name to SQL: each policy key's value, found under any of its spellings in the bill."""
    known = list(keys)
    columns = {}
    for policy_key, others in spellings.items():
        wanted = [plain_key(policy_key), *map(plain_key, others)]
        told = {key: plain_key(_untwinned(key, known)) for key in known}
        hits = sorted((k for k in known if told[k] in wanted), key=lambda k: wanted.index(told[k]))
        values = [f"{tags}[{text(hit)}]" for hit in hits] or ["CAST(NULL AS VARCHAR)"]
        columns[f"x_tag_{policy_key}"] = (
            values[0] if len(values) == 1 else f"COALESCE({', '.join(values)})"
        )
    return columns


def _untwinned(key: str, known: list[str]) -> str:
    """The key without the number that it gets in a table where another differs in capitals alone."""
    twin = re.fullmatch(r"(.+)_\d+", key)
    return twin[1] if twin and twin[1].lower() in map(str.lower, known) else key
