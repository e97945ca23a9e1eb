"""EBS volumes and snapshots."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.measures import age_days, measured, windowed
from finops_lib.checks.pricing import all_saved, list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving",
    "monthly_saving_low", "monthly_saving_high", "price_basis",
]  # fmt: skip

GP3_FREE_IOPS = 3000.0
GP3_FREE_MIBPS = 125.0
"""What gp3 includes in the price of its size (https://aws.amazon.com/ebs/pricing/)."""


def volume_list_cost(volumes: pd.DataFrame, prices: pd.DataFrame, as_of: datetime) -> pd.Series:
    """Dollars a month at list prices: size, provisioned IOPS and throughput; missing where a price is."""
    book = list_prices(prices, "AmazonEC2", as_of)
    kind = volumes["volume_type"]
    size = volumes["size_gib"] * kind.map(book)
    free = np.where(kind == "gp3", GP3_FREE_IOPS, 0.0)
    paid_iops = (volumes["iops"].fillna(0.0) - free).clip(lower=0)
    provisioned = kind.isin(["gp3", "io1", "io2"])
    iops = (paid_iops * (kind + "-iops").map(book)).where(provisioned, 0.0)
    extra = (volumes["throughput_mibps"].fillna(GP3_FREE_MIBPS) - GP3_FREE_MIBPS).clip(lower=0)
    throughput = (extra * (kind + "-throughput").map(book)).where(kind == "gp3", 0.0)
    return size + iops.fillna(0.0) + throughput.fillna(0.0)


@check(
    title="Unattached EBS volumes",
    why="A volume is billed for its size whether or not a machine uses it.",
    needs=("volumes", "metrics", "resource_costs", "prices"),
    permissions=("ec2:DescribeVolumes", "cloudwatch:GetMetricData"),
    action="delete_volume",
    service="Amazon Elastic Compute Cloud",
    guard="Attached, fresh and lately used volumes are left alone; a snapshot is taken before deletion.",
)
def unattached_ebs_volumes(
    volumes: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_age_days: float = 7.0,
) -> pd.DataFrame:
    """Volumes that are attached to nothing and had no I/O for `min_age_days`.

    CloudWatch has operations only of attached volumes, so data within the window mean that the volume
    was in use until lately.
    """
    recent = windowed(metrics, as_of, min_age_days)
    used = set(measured(recent, "AWS/EBS", "VolumeReadOps", "Sum").index)
    age = age_days(
        volumes["detached_at"].where(volumes["detached_at"].notna(), volumes["create_time"]), as_of
    )
    free = volumes["state"] == "available"
    lately = volumes["resource_id"].isin(used)
    status = np.select(
        [~free | lately | (age < min_age_days), age.isna()], ["ok", "unknown"], default="waste"
    )
    found = volumes.assign(status=status, age=age, lately=lately)
    found = all_saved(
        priced(found, run_rate(resource_costs, "EBS:"), volume_list_cost(volumes, prices, as_of))
    )
    return found.assign(
        reason=[_volume_reason(row, min_age_days) for row in found.itertuples()],
        evidence=[
            {
                "age_days": None if pd.isna(row.age) else round(row.age, 2), "size_gib": row.size_gib,
                "volume_type": row.volume_type, "state": row.state, "min_age_days": min_age_days,
            }
            for row in found.itertuples()
        ],
        confidence="high",
        monthly_saving_low=np.nan,
        monthly_saving_high=np.nan,
    )[COLUMNS]  # fmt: skip


def _volume_reason(row: object, min_age_days: float) -> str:
    if row.state != "available":  # type: ignore[attr-defined]
        return f"It is {row.state}."  # type: ignore[attr-defined]
    if row.lately:  # type: ignore[attr-defined]
        return f"Attached to nothing now, but it was read within the last {min_age_days:g} days."
    if pd.isna(row.age):  # type: ignore[attr-defined]
        return "Attached to nothing; since when is not known."
    return f"{row.size_gib:g} GiB {row.volume_type}, attached to nothing for {row.age:.0f} days at most (limit {min_age_days:g})."  # type: ignore[attr-defined]


@check(
    title="Old EBS snapshots",
    why="Snapshots pile up, because nothing ever deletes them.",
    needs=("snapshots", "resource_costs", "prices"),
    permissions=("ec2:DescribeSnapshots", "ec2:DescribeImages"),
    action="delete_snapshot",
    service="Amazon Elastic Compute Cloud",
    guard="Snapshots behind an image or of a backup service are never touched.",
)
def old_ebs_snapshots(
    snapshots: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    max_age_days: float = 90.0,
    stored_share_low: float = 0.05,
    stored_share_likely: float = 0.35,
) -> pd.DataFrame:
    """Snapshots older than `max_age_days` that no image is built on and no backup service owns.

    Only changed blocks are billed. Where neither the bill nor the provider tells how many, the cost is a
    band: `stored_share_low`, `stored_share_likely` and all of the volume's size.
    """
    age = age_days(snapshots["start_time"], as_of)
    kept = snapshots["image_id"].notna() | snapshots["backup_managed"].fillna(False).astype(bool)
    status = np.select(
        [kept | (age <= max_age_days), age.isna()], ["ok", "unknown"], default="waste"
    )
    price = list_prices(prices, "AmazonEC2", as_of).get("snapshot", np.nan)
    stored = snapshots["stored_gib"]
    likely = stored.where(stored.notna(), snapshots["size_gib"] * stored_share_likely) * price
    found = snapshots.assign(status=status, age=age, kept=kept)
    found = all_saved(priced(found, run_rate(resource_costs, "Snapshot"), likely))
    band = (found["status"] == "waste") & (found["price_basis"] == "list") & stored.isna()
    return found.assign(
        monthly_saving_low=(snapshots["size_gib"] * stored_share_low * price).where(band),
        monthly_saving_high=(snapshots["size_gib"] * price).where(band),
        reason=[_snapshot_reason(row, max_age_days) for row in found.itertuples()],
        evidence=[
            {
                "age_days": None if pd.isna(row.age) else round(row.age, 2), "size_gib": row.size_gib,
                "volume_id": None if pd.isna(row.volume_id) else row.volume_id,
                "max_age_days": max_age_days,
            }
            for row in found.itertuples()
        ],
        confidence=np.where(band, "medium", "high"),
    )[COLUMNS]  # fmt: skip


def _snapshot_reason(row: object, max_age_days: float) -> str:
    if row.kept:  # type: ignore[attr-defined]
        return "An image is built on it, or a backup service owns it."
    if pd.isna(row.age):  # type: ignore[attr-defined]
        return "When it was taken is not known."
    return f"Taken {row.age:.0f} days ago (limit {max_age_days:g}); no image and no backup service needs it."  # type: ignore[attr-defined]
