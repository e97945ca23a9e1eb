"""The team and the project of each row of a bill, with the rule that decided."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from finops_lib.analysis.allocation.charges import meant
from finops_lib.analysis.tags.values import canonical
from finops_lib.params.allocation import AllocationPolicy, TaxonomyRule
from finops_lib.params.tags import TagKey
from finops_lib.schema import TAG_PREFIX

DECIDED = {"team": "rule", "project": "project_rule"}
"""What a rule decides, and the column that keeps which rule it was."""


def assign_owners(
    frame: pd.DataFrame, policy: AllocationPolicy, tags: Mapping[str, TagKey]
) -> pd.DataFrame:
    """The rows with `team`, `rule`, `project`, `project_rule`; NA where no rule decides.

    Takes rows of DAILY_CUBE, of line items or of RESOURCE_COSTS, and adds no row and drops none. The
    rules are tried in order on today's policy, so a new rule holds for past months too.
    """
    known = normalised(frame, tags)
    columns = {}
    for what, evidence in DECIDED.items():
        decided, rule = _first(known, policy.rules, what)
        aliases = getattr(policy, f"{what}_aliases")
        key = tags.get(what, TagKey())
        columns[what] = canonical(decided, allowed=key.allowed, aliases={**key.aliases, **aliases})
        columns[evidence] = rule
    return frame.assign(**columns)


def normalised(frame: pd.DataFrame, tags: Mapping[str, TagKey]) -> pd.DataFrame:
    """The rows with each tag of the policy in its one right spelling."""
    present = {f"{TAG_PREFIX}{key}": policy for key, policy in tags.items()}
    return frame.assign(
        **{
            name: canonical(frame[name], allowed=key.allowed, aliases=key.aliases)
            for name, key in present.items()
            if name in frame.columns
        }
    )


def _first(
    frame: pd.DataFrame, rules: tuple[TaxonomyRule, ...], what: str
) -> tuple[pd.Series, pd.Series]:
    """The first value that a rule gives each row, and that rule's name."""
    value = pd.Series(None, index=frame.index, dtype="str")
    name = value.copy()
    for rule in rules:
        if wanted := getattr(rule, what):
            given = _given(frame, wanted)
            takes = value.isna() & given.notna() & meant(frame, rule)
            value, name = value.mask(takes, given), name.mask(takes, rule.name)
    return value, name


def _given(frame: pd.DataFrame, wanted: str) -> pd.Series:
    """The text itself, or each row's own tag where the text is "{key}"."""
    if not (wanted.startswith("{") and wanted.endswith("}")):
        return pd.Series(wanted, index=frame.index, dtype="str")
    column = f"{TAG_PREFIX}{wanted[1:-1]}"
    if column not in frame.columns:
        return pd.Series(None, index=frame.index, dtype="str")
    return frame[column]
