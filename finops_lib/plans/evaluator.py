"""Whether a service control policy denies a request: the operators that our guardrails use.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from finops_lib.errors import PlanError

Context = Mapping[str, str | Sequence[str]]


def denies(policy: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    """Whether a Deny statement matches; raises PlanError for an operator that is not known here."""
    return any(
        statement["Effect"] == "Deny"
        and _acts(statement, action)
        and any(fnmatchcase(resource, pattern) for pattern in _list(statement["Resource"]))
        and all(
            _holds(operator, context.get(key), _list(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
        for statement in policy["Statement"]
    )


def _acts(statement: Mapping[str, Any], action: str) -> bool:
    patterns = _list(statement.get("Action", statement.get("NotAction")))
    matched = any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
    return matched if "Action" in statement else not matched


def _holds(operator: str, given: str | Sequence[str] | None, values: list[str]) -> bool:
    """A negated operator holds where the key is missing, the others do not."""
    if operator == "Null":
        return (given is None) == (values == ["true"])
    found = _list(given) if given is not None else []
    match operator:
        case "StringLike" | "ForAnyValue:StringLike":
            return any(fnmatchcase(value, pattern) for value in found for pattern in values)
        case "StringEquals":
            return any(value in values for value in found)
        case "StringNotEquals":
            return not any(value in values for value in found)
    raise PlanError(f"The evaluator does not know the operator {operator}.")


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
