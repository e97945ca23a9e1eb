"""Glue development endpoints and interactive sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import age_days, number
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip

KINDS = {"glue_endpoint": "development endpoint", "glue_session": "interactive session"}
ACTIONS = {"glue_endpoint": "delete_glue_endpoint", "glue_session": "stop_glue_session"}


@check(
    title="Glue development endpoints left running",
    why="An endpoint or session for a developer bills its DPUs day and night until somebody ends it.",
    needs=("clusters", "resource_costs", "prices"),
    permissions=("glue:GetDevEndpoints", "glue:ListSessions", "glue:GetTags"),
    action="delete_glue_endpoint",
    service="AWS Glue",
    guard="Glue tells no use of them, so only days without a change count, at medium confidence; one that "
    "must stay is excluded by its tag; what is not ready is unknown.",
)
def lasting_glue_endpoints(
    clusters: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    max_age_days: float = 7.0,
) -> pd.DataFrame:
    """Endpoints and sessions that have been ready for more than `max_age_days` since their last change.

    The saving is what the bill charges it, else its DPUs at list. Undo: make it again with the same
    settings, which the plan keeps as its state before.
    """
    found = clusters[clusters["kind"].isin(list(KINDS))]
    age = age_days(found["last_modified_at"].fillna(found["create_time"]), as_of)
    ready = found["status"] == "READY"
    status = np.select(
        [age <= max_age_days, ready & (age > max_age_days)], ["ok", "waste"], default="unknown"
    )
    found = found.assign(status=status, age=age)
    hourly = list_prices(prices, "AWSGlue", as_of).get("glue-dpu", np.nan)
    listed = found["node_count"] * hourly * HOURS_PER_MONTH
    found = all_saved(priced(found, run_rate(resource_costs), listed))
    return found.assign(
        reason=[_reason(row, max_age_days) for row in found.itertuples()],
        evidence=[
            {
                "age_days": number(row.age), "max_age_days": max_age_days, "status": row.status,
                "dpus": number(row.node_count), "kind": KINDS[row.kind],
            }
            for row in found.itertuples()
        ],
        action=found["kind"].map(ACTIONS),
        confidence="medium",
    )[[*COLUMNS, "action"]]  # fmt: skip


def _reason(row: Any, max_age_days: float) -> str:
    if row.status == "unknown":
        return "It is not ready, or when it was made is not told."
    return (
        f"A {KINDS[row.kind]} unchanged for {row.age:.1f} days (limit {max_age_days:g}), "
        "ready around the clock."
    )
