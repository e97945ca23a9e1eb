"""SageMaker Studio applications."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.measures import age_days, looked_up
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip

FREE_INSTANCE = "system"
"""The instance type of the JupyterServer application, which is not billed."""


@check(
    title="Idle Studio applications",
    why="A Studio application bills its machine until somebody shuts it down, browser open or not.",
    needs=("studio_apps", "resource_costs", "prices"),
    permissions=("sagemaker:ListApps", "sagemaker:DescribeApp"),
    action="delete_studio_app",
    service="Amazon SageMaker",
    guard="An activity at the very moment of a health check is the service's own, not a person's, "
    "and never counts as a known last use.",
)
def idle_studio_apps(
    studio_apps: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    max_idle_days: float = 2.0,
) -> pd.DataFrame:
    """Applications in service that nobody used for more than `max_idle_days`.

    LastUserActivityTimestamp is set to the health check's where nobody has acted, so an activity equal to
    the last health check tells nothing of a person; such an application is unknown once it is old enough.
    """
    activity = studio_apps["last_user_activity_at"]
    artefact = activity.notna() & (activity == studio_apps["last_health_check_at"])
    idle = age_days(activity.mask(artefact), as_of)
    age = age_days(studio_apps["create_time"], as_of)
    off = (studio_apps["status"] != "InService") | (studio_apps["instance_type"] == FREE_INSTANCE)
    status = np.select(
        [off | (idle <= max_idle_days) | (age <= max_idle_days), idle.notna()], ["ok", "waste"],
        default="unknown",
    )  # fmt: skip
    found = studio_apps.assign(status=status, idle=idle, off=off, age=age)
    hourly = looked_up(
        found["instance_type"], list_prices(prices, "AmazonSageMaker", as_of, "studio")
    )
    found = all_saved(priced(found, run_rate(resource_costs), hourly * HOURS_PER_MONTH))
    return found.assign(
        reason=[
            "It is off, or runs on the machine that is not billed."
            if row.off
            else "When a person last used it is not known."
            if row.status == "unknown"
            else f"Last used {row.idle:.1f} days ago (limit {max_idle_days:g})."
            if not pd.isna(row.idle)
            else f"Made {row.age:.1f} days ago (limit {max_idle_days:g})."
            for row in found.itertuples()
        ],
        evidence=[
            {
                "idle_days": None if pd.isna(row.idle) else round(row.idle, 2),
                "age_days": None if pd.isna(row.age) else round(row.age, 2),
                "max_idle_days": max_idle_days,
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip
