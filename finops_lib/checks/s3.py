"""S3 buckets."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.measures import age_days, looked_up, not_read
from finops_lib.checks.pricing import run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY


@check(
    title="Empty S3 buckets",
    why="An empty bucket costs next to nothing, but it is one more thing to own, audit and lose.",
    needs=("buckets", "gaps", "resource_costs"),
    permissions=("s3:ListAllMyBuckets", "s3:ListBucketVersions", "s3:GetBucketWebsite",
                 "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),
    action="delete_bucket",
    service="Amazon Simple Storage Service",
    guard="No object, no old version, no unfinished upload and no bytes on the bill; young buckets "
    "and those that redirect as a website are left alone.",
)  # fmt: skip
def empty_s3_buckets(
    buckets: pd.DataFrame,
    gaps: pd.DataFrame,
    resource_costs: pd.DataFrame,
    *,
    as_of: datetime,
    min_age_days: float = 14.0,
) -> pd.DataFrame:
    """Buckets older than `min_age_days` that hold nothing.

    A listing of its versions decides. Where that is denied, S3 sends no size of a bucket that is empty,
    which is of medium confidence. A bucket without a size whose storage is on the bill holds something,
    and where CloudWatch could not be read either no size means nothing: both are unknown.
    """
    storage = run_rate(resource_costs, "TimedStorage")
    ids = buckets["resource_id"]
    billed = looked_up(ids, storage).fillna(0.0)
    age = age_days(buckets["create_time"], as_of)
    listed = buckets["is_empty"].astype("object")
    holds = (
        listed.eq(False)
        | (buckets["object_count"].fillna(0) > 0)
        | (buckets["size_gib"].fillna(0) > 0)
        | (buckets["unfinished_upload_count"].fillna(0) > 0).astype(bool)
    )
    blind = listed.isna() & buckets["object_count"].isna() & not_read(buckets, gaps, "metrics")
    unsure = buckets["unfinished_upload_count"].isna() | (billed > 0) | age.isna() | blind
    site = buckets["is_website"].fillna(False).astype(bool)
    status = np.select(
        [holds | site | (age < min_age_days), unsure], ["ok", "unknown"], default="waste"
    )
    return buckets.assign(
        status=status,
        monthly_cost=looked_up(ids, run_rate(resource_costs)).fillna(0.0),
        monthly_saving=np.where(status == "waste", looked_up(ids, run_rate(resource_costs)).fillna(0.0), np.nan),
        price_basis="billed",
        reason=np.where(
            holds, "It holds objects, old versions or unfinished uploads.",
            np.where(site, "It answers as a website, for example by redirects.",
            np.where(status == "waste", "No object, no unfinished upload, no storage on the bill.",
                     np.where(status == "ok", "It is young.", "Whether it is empty is not known."))),
        ),
        evidence=[
            {
                "objects": None if pd.isna(n) else float(n), "size_gib": None if pd.isna(g) else float(g),
                "age_days": None if pd.isna(d) else round(d, 2), "listed_empty": None if pd.isna(e) else bool(e),
            }
            for n, g, d, e in zip(buckets["object_count"], buckets["size_gib"], age, listed, strict=True)
        ],
        confidence=np.where(listed.isna(), "medium", "high"),
    )[[*KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis"]]  # fmt: skip
