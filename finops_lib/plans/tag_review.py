"""The tagging plan as a CSV file that a person reviews in any spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from finops_lib.errors import PlanError
from finops_lib.plans.tagging import PLAN_COLUMNS

STATUSES = ("proposed", "approved", "dismissed")


def write_tag_plan(plan: pd.DataFrame, path: Path) -> None:
    """Write the plan of `tag_plan`, one row per resource and key."""
    plan[list(PLAN_COLUMNS)].to_csv(path, index=False)


def read_tag_plan(path: Path) -> pd.DataFrame:
    """The reviewed plan; every column is text, blank cells are NA.

    Raises PlanError for a missing file or column, a status that is none of STATUSES, and an approved
    row without an approver or a value.
    """
    try:
        plan = pd.read_csv(path, dtype="str", keep_default_na=False).replace("", None)
    except FileNotFoundError:
        raise PlanError(
            f"There is no tagging plan {path}. Write one with finops tags suggest."
        ) from None
    missing = [name for name in PLAN_COLUMNS if name not in plan]
    if missing:
        raise PlanError(f"{path} lacks the column {', '.join(missing)}. Write it again with finops tags suggest.")  # fmt: skip
    wrong = sorted(set(plan["status"].fillna("")) - set(STATUSES))
    if wrong:
        raise PlanError(f"{path} has the status {', '.join(map(repr, wrong))}; use {', '.join(STATUSES)}.")  # fmt: skip
    approved = plan[plan["status"].eq("approved")]
    if approved[["approver", "value"]].isna().any(axis=None):
        raise PlanError(f"{path} approves rows without an approver or a value. Fill both, or run finops tags approve.")  # fmt: skip
    return plan[list(PLAN_COLUMNS)]
