"""The tagging plan as a CSV file that a person reviews in any spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from finops_lib.errors import PlanError
from finops_lib.plans.review import decision
from finops_lib.plans.sheet import read_sheet
from finops_lib.plans.tagging import PLAN_COLUMNS

STATUSES = ("proposed", "approved", "dismissed")


def write_tag_plan(plan: pd.DataFrame, path: Path) -> None:
    """Write the plan of `tag_plan`, one row per resource and key."""
    plan[list(PLAN_COLUMNS)].to_csv(path, index=False)


def read_tag_plan(path: Path) -> pd.DataFrame:
    """The reviewed plan as any spreadsheet saves it; every column is text, blank cells are NA.

    `status` may be written as people do (yes, TRUE, x …). Raises PlanError for a missing file or column, a status
    that is none of STATUSES, an account that a spreadsheet took for a number, and an approved row without an
    approver or a value.
    """
    if not path.exists():
        raise PlanError(f"There is no tagging plan {path}. Write one with finops tags suggest.")
    plan = read_sheet(path, PLAN_COLUMNS)
    plan["status"] = plan["status"].map(decision)
    wrong = sorted(set(plan["status"]) - set(STATUSES))
    if wrong:
        raise PlanError(f"{path} has the status {', '.join(map(repr, wrong))}; use {', '.join(STATUSES)}.")  # fmt: skip
    accounts = plan["account_id"].fillna("").astype("str")
    if not accounts.str.fullmatch(r"\d{12}").all():
        raise PlanError(
            f"{path} has accounts that are not twelve digits: a spreadsheet took them for numbers. "
            "Open it with account_id as text, or write it again with finops tags suggest."
        )
    approved = plan[plan["status"].eq("approved")]
    if approved[["approver", "value"]].isna().any(axis=None):
        raise PlanError(f"{path} approves rows without an approver or a value. Fill both, or run finops tags approve.")  # fmt: skip
    return plan
