"""Machine images and the snapshots that outlive their volumes."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.checks.ebs import COLUMNS, priced_snapshots
from finops_lib.checks.measures import age_days, not_read
from finops_lib.checks.registry import check

COPIED_FROM = "vol-ffffffff"
"""What AWS writes as the volume of a copied snapshot: which volume it was of is not known."""


@check(
    title="Orphaned EBS snapshots",
    why="When a volume is deleted its snapshots stay, and nobody looks for them any more.",
    needs=("snapshots", "volumes", "gaps", "resource_costs", "prices"),
    permissions=("ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:DescribeImages"),
    action="delete_snapshot",
    service="Amazon Elastic Compute Cloud",
    guard="Snapshots behind an image or of a backup service are never touched; copies, and places where "
    "the volumes could not be read, are unknown.",
)
def orphaned_ebs_snapshots(
    snapshots: pd.DataFrame,
    volumes: pd.DataFrame,
    gaps: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_age_days: float = 30.0,
    stored_share_low: float = 0.05,
    stored_share_likely: float = 0.35,
) -> pd.DataFrame:
    """Snapshots of `min_age_days` or more whose volume is gone, with no image and no backup behind them.

    A snapshot may be the only copy that was kept of a deleted volume, so confidence is medium at best.
    """
    age = age_days(snapshots["start_time"], as_of)
    kept = snapshots["image_id"].notna() | snapshots["backup_managed"].fillna(False).astype(bool)
    alive = snapshots["volume_id"].isin(volumes["resource_id"])
    blind = (
        snapshots["volume_id"].isna()
        | snapshots["volume_id"].eq(COPIED_FROM).fillna(False)
        | not_read(snapshots, gaps, "volumes")
        | age.isna()
    )
    status = np.select(
        [kept | alive | (age < min_age_days), blind], ["ok", "unknown"], default="waste"
    )
    found = priced_snapshots(
        snapshots.assign(status=status, age=age, kept=kept, alive=alive), resource_costs, prices, as_of,
        (stored_share_low, stored_share_likely),
    )  # fmt: skip
    return found.assign(
        reason=[_orphan_reason(row, min_age_days) for row in found.itertuples()],
        evidence=[
            {
                "age_days": None if pd.isna(row.age) else round(row.age, 2), "size_gib": row.size_gib,
                "volume_id": None if pd.isna(row.volume_id) else row.volume_id,
                "min_age_days": min_age_days,
            }
            for row in found.itertuples()
        ],
        confidence="medium",
    )[COLUMNS]  # fmt: skip


def _orphan_reason(row: object, min_age_days: float) -> str:
    if row.kept:  # type: ignore[attr-defined]
        return "An image is built on it, or a backup service owns it."
    if row.alive:  # type: ignore[attr-defined]
        return f"Its volume {row.volume_id} still exists."  # type: ignore[attr-defined]
    if row.status == "unknown":  # type: ignore[attr-defined]
        return "Whether its volume still exists is not known."
    taken = f"taken {row.age:.0f} days ago (limit {min_age_days:g})"  # type: ignore[attr-defined]
    return f"Its volume {row.volume_id} is gone; {taken}."  # type: ignore[attr-defined]


@check(
    title="Old machine images",
    why="Every build leaves an image, and each image holds its snapshots.",
    needs=("images", "instances", "snapshots", "gaps", "resource_costs", "prices"),
    permissions=("ec2:DescribeImages", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeImageAttribute",
                 "autoscaling:DescribeLaunchConfigurations", "ec2:DescribeInstances", "ec2:DescribeSnapshots"),
    action="deregister_image",
    service="Amazon Elastic Compute Cloud",
    guard="Images that an instance runs on, that started one lately, that a launch template or configuration "
    "names, or that are shared or public are left alone.",
)  # fmt: skip
def old_machine_images(
    images: pd.DataFrame,
    instances: pd.DataFrame,
    snapshots: pd.DataFrame,
    gaps: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    max_age_days: float = 180.0,
    stored_share_low: float = 0.05,
    stored_share_likely: float = 0.35,
) -> pd.DataFrame:
    """Images older than `max_age_days` that no instance was made from and that started none since.

    The cost is that of their snapshots. Of launch templates the latest and the default version are looked
    into, so confidence is medium.
    """
    age = age_days(images["create_time"], as_of)
    launched = age_days(images["last_launched_at"], as_of)
    used = (
        images["resource_id"].isin(instances["image_id"])
        | (launched <= max_age_days)
        | images["is_public"].fillna(False).astype(bool)
        | images["kept_for"].notna()
    )
    unread = not_read(images, gaps, "instances") | not_read(images, gaps, "images")
    status = np.select(
        [used | (age <= max_age_days), age.isna() | unread], ["ok", "unknown"], default="waste"
    )
    held = priced_snapshots(
        snapshots.assign(status="waste"), resource_costs, prices, as_of,
        (stored_share_low, stored_share_likely),
    )  # fmt: skip
    found = _with_snapshots(images.assign(status=status, age=age, used=used), held)
    return found.assign(
        reason=[_image_reason(row, max_age_days) for row in found.itertuples()],
        evidence=[
            {
                "age_days": None if pd.isna(row.age) else round(row.age, 2),
                "last_launched_at": None if pd.isna(row.last_launched_at) else str(row.last_launched_at),
                "snapshot_ids": None if pd.isna(row.snapshot_ids) else row.snapshot_ids,
                "max_age_days": max_age_days,
            }
            for row in found.itertuples()
        ],
        confidence="medium",
    )[COLUMNS]  # fmt: skip


def _with_snapshots(images: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """`images` with the costs of the snapshots that each holds; one unpriced leaves the image unpriced."""
    pairs = images["snapshot_ids"].str.split().explode().dropna()
    by_id = held.drop_duplicates("resource_id").set_index("resource_id")
    lines = by_id.reindex(pairs).set_axis(pairs.index)
    lines["low"] = lines["monthly_saving_low"].fillna(lines["monthly_saving"])
    lines["high"] = lines["monthly_saving_high"].fillna(lines["monthly_saving"])

    def total(column: str) -> pd.Series:
        return lines[column].groupby(level=0).sum(skipna=False).reindex(images.index)

    wasted = images["status"] == "waste"
    banded = lines["monthly_saving_low"].notna().groupby(level=0).any().reindex(images.index)
    banded = wasted & banded.eq(True)
    billed = (lines["price_basis"] == "billed").groupby(level=0).all().reindex(images.index)
    return images.assign(
        monthly_cost=total("monthly_cost"),
        monthly_saving=total("monthly_cost").where(wasted),
        monthly_saving_low=total("low").where(banded),
        monthly_saving_high=total("high").where(banded),
        price_basis=np.where(billed.eq(True), "billed", "list"),
    )


def _image_reason(row: object, max_age_days: float) -> str:
    if not pd.isna(row.kept_for):  # type: ignore[attr-defined]
        return f"It is kept for {row.kept_for}."  # type: ignore[attr-defined]
    if row.used:  # type: ignore[attr-defined]
        return "An instance was made from it, it started one lately, or it is public."
    if row.status == "unknown":  # type: ignore[attr-defined]
        return "Its age, which instances were made from it, or what else may start it is not known."
    return (
        f"Made {row.age:.0f} days ago (limit {max_age_days:g}); no instance was made from it since."  # type: ignore[attr-defined]
    )
