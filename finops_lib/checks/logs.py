"""CloudWatch log groups that keep their events for ever."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import age_days, looked_up, measured, rounded, windowed
from finops_lib.checks.pricing import list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import BYTES_PER_GIB

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "monthly_saving_low", "monthly_saving_high", "price_basis",
]  # fmt: skip

AUDIT = re.compile(r"cloudtrail|audit|compliance", re.IGNORECASE)
"""Names of groups that somebody may have to keep for years."""

RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip
"""Days that PutRetentionPolicy takes:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


@check(
    title="Log groups without retention",
    why="A log group keeps every event for ever unless it is told otherwise, and storage is billed monthly.",
    needs=("log_groups", "metrics", "resource_costs", "prices"),
    permissions=("logs:DescribeLogGroups", "logs:ListTagsForResource", "cloudwatch:GetMetricData"),
    action="put_log_retention",
    service="AmazonCloudWatch",
    guard="A retention that is set is a decision and stays, however long; groups named after an audit "
    "trail are unknown; nothing is older than the group itself; the saving is a band, since no service "
    "tells the age of the bytes.",
)
def unlimited_log_groups(
    log_groups: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    retention_days: int = 90,
    min_stored_gib: float = 1.0,
) -> pd.DataFrame:
    """Log groups without a retention that hold events older than `retention_days`.

    Likely: events came evenly since the group was made, so that (1 - retention / age) of the bytes
    are older. At least what the rate of the window (IncomingBytes) does not fill up again within
    the retention, since what is stored is never more than what came in; at most all of it.
    Undo: take the retention off; events that went do not come back.
    """
    keep = next((days for days in RETENTIONS if days >= retention_days), RETENTIONS[-1])
    recent = windowed(metrics, as_of, window_days)
    incoming = measured(recent, "AWS/Logs", "IncomingBytes", "Sum")["total"]
    ids = log_groups["resource_id"]
    found = log_groups.assign(
        age=age_days(log_groups["create_time"], as_of),
        incoming_gib=looked_up(ids, incoming) / BYTES_PER_GIB / window_days,
        retention=log_groups["retention_days"].astype("float64"),
        is_audit=[bool(AUDIT.search(name)) for name in log_groups["name"]],
    )
    found = _with_shares(found, keep)
    found = found.assign(status=_status(found, keep, min_stored_gib))
    price = list_prices(prices, "AmazonCloudWatch", as_of).get("log-storage", np.nan)
    found = priced(found, run_rate(resource_costs, "TimedStorage"), found["stored_gib"] * price)
    return _described(found, keep, min_stored_gib, window_days)


def _with_shares(found: pd.DataFrame, keep: int) -> pd.DataFrame:
    """Columns low, likely, high: the share of the bytes that are older than `keep` days."""
    refilled = found["incoming_gib"] * keep / found["stored_gib"]
    low = (1 - refilled).clip(lower=0.0).fillna(0.0)
    likely = (1 - keep / found["age"]).clip(lower=0.0)
    return found.assign(low=low, likely=likely.clip(lower=low), high=1.0)


def _status(found: pd.DataFrame, keep: int, min_stored_gib: float) -> Any:
    """What is set, small or young is ok; what must be asked or was not told is unknown."""
    fine = found["retention"].notna() | (found["stored_gib"] < min_stored_gib)
    fine |= found["age"] <= keep
    untold = found["stored_gib"].isna() | found["age"].isna() | found["is_audit"]
    return np.select([fine, untold], ["ok", "unknown"], default="waste")


def _described(
    found: pd.DataFrame, keep: int, min_stored_gib: float, window_days: int
) -> pd.DataFrame:
    wasted = found["status"] == "waste"
    saving = found["monthly_cost"].where(wasted)
    return found.assign(
        monthly_saving=saving * found["likely"],
        monthly_saving_low=saving * found["low"],
        monthly_saving_high=saving * found["high"],
        confidence=np.where(found["incoming_gib"].notna(), "medium", "low"),
        risk=pd.Series("medium", found.index, dtype="object").where(wasted, None),
        parameters=[{"retention_days": keep} if w else None for w in wasted],
        reason=[_reason(row, keep, min_stored_gib) for row in found.itertuples()],
        evidence=[_evidence(row, keep, window_days) for row in found.itertuples()],
    )[COLUMNS]


def _reason(row: Any, keep: int, min_stored_gib: float) -> str:
    if not pd.isna(row.retention):
        return f"Events go after {row.retention:g} days."
    if row.status == "unknown":
        return (
            "Its name says audit: somebody must say how long it is kept."
            if row.is_audit
            else "Its size or its age is not told."
        )
    if row.stored_gib < min_stored_gib:
        return f"No retention, but only {row.stored_gib:.2f} GiB (limit {min_stored_gib:g})."
    if row.status == "ok":
        return f"No retention, but {row.age:.0f} days old (limit {keep})."
    return (
        f"No retention: {row.stored_gib:.1f} GiB over {row.age:.0f} days, of which about "
        f"{100 * row.likely:.0f} % (at least {100 * row.low:.0f} %) is older than {keep} days."
    )


def _evidence(row: Any, keep: int, window_days: int) -> dict[str, Any]:
    return {
        "stored_gib": rounded(row.stored_gib), "age_days": rounded(row.age),
        "incoming_gib_per_day": rounded(row.incoming_gib), "window_days": window_days,
        "retention_limit_days": keep, "older_share": rounded(row.likely),
        "older_share_low": rounded(row.low), "retention_days": rounded(row.retention),
    }  # fmt: skip
