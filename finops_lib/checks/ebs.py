"""EBS volumes and snapshots."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.measures import (
    age_days,
    is_complete,
    looked_up,
    measured,
    not_read,
    too_young,
    windowed,
)
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
    size = volumes["size_gib"] * looked_up(kind, book)
    free = np.where(kind == "gp3", GP3_FREE_IOPS, 0.0)
    paid_iops = (volumes["iops"].fillna(0.0) - free).clip(lower=0)
    provisioned = kind.isin(["gp3", "io1", "io2"])
    iops = (paid_iops * looked_up(kind + "-iops", book)).where(provisioned, 0.0)
    extra = (volumes["throughput_mibps"].fillna(GP3_FREE_MIBPS) - GP3_FREE_MIBPS).clip(lower=0)
    throughput = (extra * looked_up(kind + "-throughput", book)).where(kind == "gp3", 0.0)
    return size + iops.fillna(0.0) + throughput.fillna(0.0)


@check(
    title="Unattached EBS volumes",
    why="A volume is billed for its size whether or not a machine uses it.",
    needs=("volumes", "metrics", "gaps", "resource_costs", "prices"),
    permissions=("ec2:DescribeVolumes", "cloudwatch:GetMetricData"),
    action="delete_volume",
    service="Amazon Elastic Compute Cloud",
    guard="Attached, fresh and lately used volumes are left alone; a snapshot is taken before deletion.",
)
def unattached_ebs_volumes(
    volumes: pd.DataFrame,
    metrics: pd.DataFrame,
    gaps: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_age_days: float = 7.0,
) -> pd.DataFrame:
    """Volumes that are attached to nothing and had no I/O for `min_age_days`.

    CloudWatch has operations only of attached volumes, so data within the window mean that the volume
    was in use until lately. Where CloudWatch could not be read and the time of detachment is not known,
    a volume may have been in use yesterday: it is unknown.
    """
    recent = windowed(metrics, as_of, min_age_days)
    used = set(measured(recent, "AWS/EBS", "VolumeReadOps", "Sum").index)
    age = age_days(
        volumes["detached_at"].where(volumes["detached_at"].notna(), volumes["create_time"]), as_of
    )
    free = volumes["state"] == "available"
    lately = volumes["resource_id"].isin(used)
    blind = volumes["detached_at"].isna() & not_read(volumes, gaps, "metrics")
    status = np.select(
        [~free | lately | (age < min_age_days), age.isna() | blind], ["ok", "unknown"],
        default="waste",
    )  # fmt: skip
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
    if row.status == "unknown":  # type: ignore[attr-defined]
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
    found = priced_snapshots(
        snapshots.assign(status=status, age=age, kept=kept), resource_costs, prices, as_of,
        (stored_share_low, stored_share_likely),
    )  # fmt: skip
    return found.assign(
        reason=[_snapshot_reason(row, max_age_days) for row in found.itertuples()],
        evidence=[
            {
                "age_days": None if pd.isna(row.age) else round(row.age, 2), "size_gib": row.size_gib,
                "volume_id": None if pd.isna(row.volume_id) else row.volume_id,
                "max_age_days": max_age_days,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def priced_snapshots(
    found: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    as_of: datetime,
    stored_shares: tuple[float, float],
) -> pd.DataFrame:
    """`found` with cost, saving, its band and confidence; `stored_shares` are the low and the likely one.

    Only changed blocks are billed (https://docs.aws.amazon.com/ebs/latest/userguide/how_snapshots_work.html),
    so without the bill and without the stored size the whole size of the volume is the upper end.
    """
    low, likely = stored_shares
    price = list_prices(prices, "AmazonEC2", as_of).get("snapshot", np.nan)
    stored, size = found["stored_gib"], found["size_gib"]
    listed = stored.where(stored.notna(), size * likely) * price
    found = all_saved(priced(found, run_rate(resource_costs, "Snapshot"), listed))
    band = (found["status"] == "waste") & (found["price_basis"] == "list") & stored.isna()
    return found.assign(
        monthly_saving_low=(size * low * price).where(band),
        monthly_saving_high=(size * price).where(band),
        confidence=np.where(band, "medium", "high"),
    )


def _snapshot_reason(row: object, max_age_days: float) -> str:
    if row.kept:  # type: ignore[attr-defined]
        return "An image is built on it, or a backup service owns it."
    if pd.isna(row.age):  # type: ignore[attr-defined]
        return "When it was taken is not known."
    return f"Taken {row.age:.0f} days ago (limit {max_age_days:g}); no image and no backup service needs it."  # type: ignore[attr-defined]


@check(
    title="Idle EBS volumes",
    why="A volume that is attached and never read or written is billed like one in use.",
    needs=("volumes", "instances", "metrics", "resource_costs", "prices"),
    permissions=("ec2:DescribeVolumes", "ec2:DescribeInstances", "cloudwatch:GetMetricData"),
    action="review",
    service="Amazon Elastic Compute Cloud",
    guard="Only volumes of running machines, measured over the whole window; one single operation is use.",
)
def idle_ebs_volumes(
    volumes: pd.DataFrame,
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
) -> pd.DataFrame:
    """Volumes of running instances that were neither read nor written over the window."""
    running = set(instances.loc[instances["state"] == "running", "resource_id"])
    found = volumes[volumes["attached_instance_id"].isin(running)]
    recent = windowed(metrics, as_of, window_days)
    reads = measured(recent, "AWS/EBS", "VolumeReadOps", "Sum")
    writes = measured(recent, "AWS/EBS", "VolumeWriteOps", "Sum")
    ids = found["resource_id"]
    operations = looked_up(ids, reads["total"]).add(looked_up(ids, writes["total"]), fill_value=0.0)
    found = found.assign(operations=operations, age=age_days(found["create_time"], as_of))
    complete = is_complete(looked_up(ids, reads["hours"]), window_days) & is_complete(
        looked_up(ids, writes["hours"]), window_days
    )
    status = np.select(
        [(found["operations"] > 0) | (found["age"] < window_days), complete], ["ok", "waste"],
        default="unknown",
    )  # fmt: skip
    found = all_saved(
        priced(
            found.assign(status=status),
            run_rate(resource_costs, "EBS:"),
            volume_list_cost(found, prices, as_of),
        )
    )
    return found.assign(
        reason=[
            f"Operations are not measured over the whole window of {window_days} days."
            if row.status == "unknown"
            else too_young("Made", row.age, window_days)
            if row.age < window_days
            else f"{row.operations:g} operations over {window_days} days (one is use)."
            for row in found.itertuples()
        ],
        evidence=[
            {
                "operations": None if pd.isna(row.operations) else float(row.operations),
                "window_days": window_days, "size_gib": row.size_gib, "volume_type": row.volume_type,
                "age_days": None if pd.isna(row.age) else round(row.age, 2),
                "attached_instance_id": row.attached_instance_id, "state": row.state,
            }
            for row in found.itertuples()
        ],
        confidence="high",
        monthly_saving_low=np.nan,
        monthly_saving_high=np.nan,
    )[COLUMNS]  # fmt: skip
