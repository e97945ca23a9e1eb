"""Cost Explorer's filter expressions: And, Or, Not, Dimensions, Tags and CostCategories."""

from __future__ import annotations

from typing import Any

import pandas as pd

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.daily_costs import TAG

DIMENSIONS = frozenset({
    "AZ", "INSTANCE_TYPE", "LINKED_ACCOUNT", "LINKED_ACCOUNT_NAME", "OPERATION", "PURCHASE_TYPE",
    "REGION", "SERVICE", "USAGE_TYPE", "RECORD_TYPE", "LEGAL_ENTITY_NAME", "BILLING_ENTITY",
})  # fmt: skip
OPERATORS = ("And", "Or", "Not", "Dimensions", "Tags", "CostCategories")


def matching(costs: pd.DataFrame, expression: dict[str, Any] | None) -> pd.Series:
    """Which rows the expression keeps; RefusedError where Cost Explorer refuses it.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Expression.html
    """
    if expression is None:
        return pd.Series(True, index=costs.index)
    if len(expression) != 1 or next(iter(expression)) not in OPERATORS:
        raise RefusedError(
            "ValidationException", f"Expression must have one of {', '.join(OPERATORS)}."
        )
    operator, content = next(iter(expression.items()))
    if operator == "Not":
        return ~matching(costs, content)
    if operator in ("And", "Or"):
        return _combined(costs, operator, content)
    if operator == "Dimensions" and content.get("Key") not in DIMENSIONS:
        raise RefusedError(
            "ValidationException", f"Dimension {content.get('Key')} is not supported."
        )
    return _selected(costs, operator, content)


def _combined(costs: pd.DataFrame, operator: str, parts: list[dict[str, Any]]) -> pd.Series:
    if len(parts) < 2:
        raise RefusedError("ValidationException", f"{operator} must have at least two expressions.")
    masks = pd.concat([matching(costs, part) for part in parts], axis=1)
    return masks.all(axis=1) if operator == "And" else masks.any(axis=1)


def _selected(costs: pd.DataFrame, operator: str, content: dict[str, Any]) -> pd.Series:
    name = TAG + content["Key"] if operator == "Tags" else content["Key"]
    values = costs[name] if name in costs else pd.Series("", index=costs.index)
    options = content.get("MatchOptions") or ["EQUALS"]
    found = _any_of(values.astype("str"), content.get("Values") or [], options)
    if "ABSENT" in options:
        found |= values == ""
    return found


def _any_of(values: pd.Series, wanted: list[str], options: list[str]) -> pd.Series:
    if "CASE_INSENSITIVE" in options:
        values, wanted = values.str.lower(), [w.lower() for w in wanted]
    found = (
        values.isin(wanted)
        if not wanted or "EQUALS" in options or len(options) == 1
        else values == "\0"
    )
    for option, test in (
        ("STARTS_WITH", "startswith"),
        ("ENDS_WITH", "endswith"),
        ("CONTAINS", "contains"),
    ):
        if option in options:
            found = found & False
            for word in wanted:
                extra = {"regex": False} if test == "contains" else {}
                found |= getattr(values.str, test)(word, **extra)
    return found
