"""Buckets that nobody asks for anything, and uploads that were begun and never finished."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.lifecycle import has_rule, with_rule
from finops_lib.checks.measures import age_days, looked_up
from finops_lib.checks.pricing import list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "monthly_saving_low", "monthly_saving_high", "price_basis",
]  # fmt: skip

UPLOAD_RULE = "finops-unfinished-uploads"


def per_month(ids: pd.Series, resource_costs: pd.DataFrame, pattern: str) -> pd.Series:
    """Requests a month of each bucket from the bill, 0 where it is billed for none; missing where no bill names it."""
    lines = resource_costs[resource_costs["usage_type"].fillna("").str.contains(pattern)]
    days = (lines["last_charge_end"] - lines["first_charge_at"]) / pd.Timedelta(days=1)
    rate = lines["consumed_quantity"] / days.where(days > 0) * HOURS_PER_MONTH / HOURS_PER_DAY
    monthly = looked_up(ids, rate.groupby(lines["resource_id"]).sum()).astype("float64")
    return monthly.fillna(0.0).where(ids.isin(resource_costs["resource_id"]))


@check(
    title="Abandoned buckets",
    why="A bucket that nobody reads or writes is paid as long as nobody remembers it.",
    needs=("buckets", "bucket_storage", "resource_costs", "prices"),
    permissions=("s3:ListAllMyBuckets", "cloudwatch:GetMetricData"),
    action="review",
    service="Amazon Simple Storage Service",
    guard="The bill must name the bucket and no request, read or write. An archive is quiet on purpose: "
    "its classes are left alone, and a person decides whether it goes.",
)
def abandoned_s3_buckets(
    buckets: pd.DataFrame,
    bucket_storage: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_age_days: float = 90.0,
    max_requests: float = 100.0,
    min_gib: float = 1.0,
) -> pd.DataFrame:
    """Buckets with Standard data, `min_age_days` old, with up to `max_requests` requests billed a month.

    Low and likely: the same data in Glacier Deep Archive; high: all of the storage.
    """
    standard = bucket_storage[bucket_storage["storage_class"] == "StandardStorage"]
    size = standard.groupby("resource_id")["size_gib"].sum()
    found = buckets[buckets["resource_id"].isin(size[size >= min_gib].index)]
    ids = found["resource_id"]
    asked = per_month(ids, resource_costs, r"Requests-Tier[12]\b")
    found = found.assign(
        gib=looked_up(ids, size), asked=asked, age=age_days(found["create_time"], as_of)
    )
    status = np.select(
        [(asked > max_requests) | (found["age"] < min_age_days), asked.isna() | found["age"].isna()],
        ["ok", "unknown"], default="waste",
    )  # fmt: skip
    book = list_prices(prices, "AmazonS3", as_of)
    listed = found["gib"] * book.get("s3-standard", np.nan)
    found = priced(
        found.assign(status=status), run_rate(resource_costs, "TimedStorage-ByteHrs"), listed
    )
    archived = found["gib"] * book.get("s3-glacier-deep-archive", np.nan)
    wasted = found["status"] == "waste"
    likely = (found["monthly_cost"] - archived).clip(lower=0.0).where(wasted)
    return found.assign(
        monthly_saving=likely, monthly_saving_low=likely,
        monthly_saving_high=found["monthly_cost"].where(wasted & likely.notna()),
        confidence="low", parameters=None,
        risk=pd.Series("medium", index=found.index, dtype="object").where(wasted, None),
        reason=[_abandoned_reason(row, max_requests) for row in found.itertuples()],
        evidence=[
            {
                "requests_per_month": None if pd.isna(row.asked) else round(row.asked, 2),
                "gib": round(row.gib, 4), "age_days": None if pd.isna(row.age) else round(row.age, 2),
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _abandoned_reason(row: Any, limit: float) -> str:
    if row.status == "unknown":
        return "No bill tells whether anybody asks for it."
    if pd.isna(row.asked):
        return f"It is {row.age:.0f} days old."
    return (
        f"{row.asked:,.0f} requests a month (limit {limit:g}) for {row.gib:,.1f} GiB of Standard storage, "
        f"{row.age:.0f} days after its creation."
    )


@check(
    title="Uploads that were never finished",
    why="The parts of a broken multipart upload are billed and appear in no listing.",
    needs=("buckets", "prices"),
    permissions=("s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts",
                 "s3:GetLifecycleConfiguration"),
    action="put_lifecycle",
    service="Amazon Simple Storage Service",
    guard="Young uploads may still run, and buckets with a rule that aborts them are left alone.",
)  # fmt: skip
def unfinished_s3_uploads(
    buckets: pd.DataFrame, prices: pd.DataFrame, *, as_of: datetime, min_age_days: int = 7
) -> pd.DataFrame:
    """Buckets whose oldest unfinished upload began `min_age_days` ago or earlier, without a rule against it.

    The action adds a rule that aborts uploads after `min_age_days`. The parts are priced as Standard; where
    their size could not be read, the saving is unknown.
    """
    age = age_days(buckets["oldest_unfinished_upload_at"], as_of)
    count = buckets["unfinished_upload_count"].astype("float64")
    ruled = buckets["lifecycle"].map(lambda held: has_rule(held, "AbortIncompleteMultipartUpload"))
    status = np.select(
        [ruled | (count == 0) | (age < min_age_days),
         count.isna() | age.isna() | buckets["lifecycle"].isna()],
        ["ok", "unknown"], default="waste",
    )  # fmt: skip
    price = list_prices(prices, "AmazonS3", as_of).get("s3-standard", np.nan)
    cost = buckets["unfinished_upload_gib"].astype("float64") * price
    found = buckets.assign(status=status, age=age, count=count, ruled=ruled, monthly_cost=cost)
    wasted = found["status"] == "waste"
    rule = {
        "ID": UPLOAD_RULE, "Status": "Enabled", "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": min_age_days},
    }  # fmt: skip
    return found.assign(
        monthly_saving=cost.where(wasted), monthly_saving_low=np.nan, monthly_saving_high=np.nan,
        price_basis="list", confidence="high",
        risk=pd.Series("low", index=found.index, dtype="object").where(wasted, None),
        parameters=[
            {"lifecycle": with_rule(row.lifecycle, rule)} if row.status == "waste" else None
            for row in found.itertuples()
        ],
        reason=[_upload_reason(row, min_age_days) for row in found.itertuples()],
        evidence=[
            {
                "uploads": None if pd.isna(row.count) else row.count,
                "gib": None if pd.isna(row.unfinished_upload_gib) else round(row.unfinished_upload_gib, 4),
                "age_days": None if pd.isna(row.age) else round(row.age, 2), "min_age_days": min_age_days,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _upload_reason(row: Any, limit: int) -> str:
    if row.ruled:
        return "A rule aborts its unfinished uploads."
    if pd.isna(row.count) or (row.count > 0 and pd.isna(row.age)):
        return "Its unfinished uploads could not be listed."
    if row.count == 0:
        return "It has no unfinished upload."
    if row.lifecycle is None:
        return "Whether a rule aborts its unfinished uploads could not be read."
    size = (
        "of unknown size"
        if pd.isna(row.unfinished_upload_gib)
        else f"of {row.unfinished_upload_gib:,.2f} GiB"
    )
    return f"{row.count:.0f} unfinished uploads {size}, the oldest begun {row.age:.0f} days ago (limit {limit})."
