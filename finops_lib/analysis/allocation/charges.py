"""Which rows of a frame of costs a rule or a pool means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate

import pandas as pd

from finops_lib.params.allocation import Charges
from finops_lib.schema import TAG_PREFIX

COLUMNS: dict[str, tuple[str, ...]] = {
    "accounts": ("SubAccountId", "SubAccountName", "account_id"),
    "services": ("ServiceName", "x_ServiceCode", "service"),
    "usage_types": ("x_UsageType", "usage_type"),
    "operations": ("x_Operation",),
    "resources": ("ResourceId", "ResourceName", "resource_id"),
    "creators": (f"{TAG_PREFIX}created_by",),
    "categories": ("ChargeCategory",),
    "commitment_status": ("CommitmentDiscountStatus",),
}
"""Condition to the columns that it looks at, in FOCUS names and in those of RESOURCE_COSTS."""

IDLE = "x_idle"
"""Flag of the charges whose resource a check found idle."""


def meant(frame: pd.DataFrame, charges: Charges) -> pd.Series:
    """True for each row that every condition fits; a column that the frame lacks fits none."""
    fits = pd.Series(True, index=frame.index)
    for condition, names in COLUMNS.items():
        if patterns := getattr(charges, condition):
            fits &= _any_column(frame, names, patterns)
    for key, pattern in charges.tags.items():
        fits &= _any_column(frame, (f"{TAG_PREFIX}{key}",), (pattern,))
    if charges.idle:
        fits &= frame[IDLE] if IDLE in frame.columns else False
    return fits


def _any_column(frame: pd.DataFrame, names: Sequence[str], patterns: Sequence[str]) -> pd.Series:
    expression = re.compile("|".join(translate(p) for p in patterns), re.IGNORECASE)
    fits = pd.Series(False, index=frame.index)
    for name in names:
        if name in frame.columns:
            values = frame[name].dropna().unique()
            fits |= frame[name].isin([v for v in values if expression.match(str(v))])
    return fits
