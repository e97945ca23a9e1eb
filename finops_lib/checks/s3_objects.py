"""What S3 Inventory reports show of a bucket's objects: copies, old ones, old versions, plain text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.analysis.lifecycle import has_rule, with_rule
from finops_lib.checks.measures import looked_up
from finops_lib.checks.pricing import list_prices
from finops_lib.checks.registry import check
from finops_lib.checks.s3_requests import per_month
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "monthly_saving_low", "monthly_saving_high", "price_basis",
]  # fmt: skip

PERMISSIONS = ("s3:ListAllMyBuckets",)

CLASSES = {
    "STANDARD": ("s3-standard", "TimedStorage-ByteHrs"),
    "STANDARD_IA": ("s3-standard-ia", "TimedStorage-SIA-ByteHrs"),
    "ONEZONE_IA": ("s3-one-zone-ia", "TimedStorage-ZIA-ByteHrs"),
    "INTELLIGENT_TIERING": ("s3-intelligent-tiering-frequent", "TimedStorage-INT-FA-ByteHrs"),
    "GLACIER_IR": ("s3-glacier-instant", "TimedStorage-GIR-ByteHrs"),
    "GLACIER": ("s3-glacier-flexible", "TimedStorage-GlacierByteHrs"),
    "DEEP_ARCHIVE": ("s3-glacier-deep-archive", "TimedStorage-GDA-ByteHrs"),
}
"""Storage class to its item in PRICES and its usage type on the bill."""

TEXT = ("csv", "tsv", "json", "jsonl", "ndjson", "txt", "log", "xml", "html", "sql", "yaml", "svg")
"""Endings of what is stored as plain text; compressed and columnar formats have others."""

VERSION_RULE = "finops-old-versions"


def _priced(
    groups: pd.DataFrame, resource_costs: pd.DataFrame, prices: pd.DataFrame, as_of: datetime
) -> pd.DataFrame:
    """`groups` with rate, dollars per GiB and month of their class, and whether the bill says so."""
    book = list_prices(prices, "AmazonS3", as_of)
    items = groups["storage_class"].map({name: item for name, (item, _) in CLASSES.items()})
    billed = pd.Series(np.nan, index=groups.index)
    for name, (_, usage) in CLASSES.items():
        lines = resource_costs[resource_costs["usage_type"].fillna("").str.endswith(usage)]
        sums = lines.groupby("resource_id")[["effective_cost", "consumed_quantity"]].sum()
        paid = sums["effective_cost"] / sums["consumed_quantity"].where(lambda gib: gib > 0)
        here = groups["storage_class"] == name
        billed = billed.where(~here, looked_up(groups["resource_id"], paid))
    return groups.assign(
        rate=billed.fillna(looked_up(items, book)).astype("float64"), is_billed=billed.notna()
    )


def _by_bucket(groups: pd.DataFrame, buckets: pd.DataFrame, gib: pd.Series) -> pd.DataFrame:
    """Every bucket with `gib` of its groups, their cost, the dearest part, and whether it has a report."""
    part = groups.assign(gib=gib, cost=gib * groups["rate"])
    part = part[part["gib"] > 0]
    by = part.groupby("resource_id")
    where = part["prefix"].fillna("") + part["suffix"].map(lambda s: f"*.{s}" if s else "*")
    largest = part.assign(where=where).sort_values("gib").groupby("resource_id")["where"].last()
    ids = buckets["resource_id"]
    cost = by["cost"].sum(min_count=1).where(by["cost"].count() == by.size())
    return buckets.assign(
        listed=ids.isin(groups["resource_id"]),
        gib=looked_up(ids, by["gib"].sum()).fillna(0.0).astype("float64"),
        monthly_cost=looked_up(ids, cost).astype("float64"),
        where=looked_up(ids, largest),
        price_basis=np.where(looked_up(ids, by["is_billed"].all()).fillna(False), "billed", "list"),
    )


def _judged(
    found: pd.DataFrame, *, min_gib: float, shares: tuple[float, float, float], confidence: str,
    told: Callable[[Any], str], known: pd.Series | None = None, excused: pd.Series | None = None,
    parameters: Callable[[Any], dict[str, Any]] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Findings of buckets by their `gib`: waste from `min_gib` on, unknown without a report or `known`.

    The saving is `shares` (low, likely, high) of the cost; a bucket in `excused` is ok with what it has.
    """
    never = pd.Series(False, index=found.index)
    excused = never if excused is None else excused
    judged = found["listed"] if known is None else found["listed"] & known
    small = found["listed"] & (found["gib"] < min_gib)
    status = np.select([excused | small, judged], ["ok", "waste"], default="unknown")
    found = found.assign(status=status, excused=excused)
    wasted = pd.Series(status == "waste", index=found.index)
    low, likely, high = ((found["monthly_cost"] * share).where(wasted) for share in shares)
    return found.assign(
        monthly_saving_low=low, monthly_saving=likely, monthly_saving_high=high,
        confidence=confidence,
        risk=pd.Series("medium", index=found.index, dtype="object").where(wasted, None),
        parameters=[
            parameters(row) if parameters and row.status == "waste" else None
            for row in found.itertuples()
        ],
        reason=[_reason(row, told, min_gib) for row in found.itertuples()],
        evidence=[
            {
                "gib": round(row.gib, 4), "min_gib": min_gib, "has_report": bool(row.listed),
                "largest_part": None if pd.isna(row.where) else row.where,
            }
            for row in found.itertuples()
        ],
    )[COLUMNS]  # fmt: skip


def _reason(row: Any, told: Callable[[Any], str], min_gib: float) -> str:
    if not row.listed and not row.excused:
        return "No S3 Inventory report of this bucket was given."
    if row.excused or row.status == "unknown":
        return told(row)
    part = f", most of it in {row.where}" if not pd.isna(row.where) else ""
    return f"{told(row)}: {row.gib:,.1f} GiB (limit {min_gib:g}){part}."


@check(
    title="Duplicate objects in S3",
    why="A second copy in the same region is paid like the first and protects from nothing.",
    needs=("object_groups", "buckets", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="review",
    service="Amazon Simple Storage Service",
    guard="Same ETag and size as an older object of the same region: replicas elsewhere are left alone. "
    "Which copy goes, and whether one is wanted, a person decides: the band begins at nothing.",
)
def duplicate_s3_objects(
    object_groups: pd.DataFrame,
    buckets: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_gib: float = 100.0,
) -> pd.DataFrame:
    """Buckets of which the inventory shows `min_gib` or more in copies of older objects."""
    groups = _priced(object_groups, resource_costs, prices, as_of)
    found = _by_bucket(groups, buckets, groups["duplicate_gib"])
    copied = groups.dropna(subset=["duplicate_of"]).groupby("resource_id")["duplicate_of"].max()
    found = found.assign(copied=looked_up(found["resource_id"], copied))
    return _judged(
        found, min_gib=min_gib, shares=(0.0, 1.0, 1.0), confidence="medium",
        told=lambda row: "Copies of older objects" + (
            "" if pd.isna(row.copied) else f", for example in {row.copied}"),
    )  # fmt: skip


@check(
    title="Old versions that nothing expires",
    why="With versioning, what is overwritten or deleted stays and is billed until a rule removes it.",
    needs=("buckets", "object_groups", "resource_costs", "prices"),
    permissions=(*PERMISSIONS, "s3:GetBucketVersioning", "s3:GetLifecycleConfiguration"),
    action="put_lifecycle",
    service="Amazon Simple Storage Service",
    guard="Buckets with a rule for old versions, or without versioning, are left alone; versions written "
    "lately are not counted.",
)
def noncurrent_s3_versions(
    buckets: pd.DataFrame,
    object_groups: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    keep_days: int = 30,
    min_gib: float = 100.0,
) -> pd.DataFrame:
    """Buckets that keep `min_gib` or more of old versions, written over `keep_days` ago, without a rule.

    The action adds a rule that removes versions `keep_days` after they were replaced.
    """
    groups = _priced(object_groups, resource_costs, prices, as_of)
    old = _month_end(groups["modified_month"]) <= as_of - pd.Timedelta(days=keep_days)
    found = _by_bucket(groups, buckets, groups["noncurrent_gib"].where(old, 0.0))
    ruled = found["lifecycle"].map(lambda held: has_rule(held, "NoncurrentVersionExpiration"))
    never = found["versioning"].eq("Disabled")
    rule = {
        "ID": VERSION_RULE, "Status": "Enabled", "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": keep_days},
    }  # fmt: skip
    return _judged(
        found, min_gib=min_gib, shares=(1.0, 1.0, 1.0), confidence="medium", excused=ruled | never,
        known=found["lifecycle"].notna(),
        told=lambda row: "It keeps no versions." if row.versioning == "Disabled"
        else "Whether a rule expires its old versions could not be read." if row.lifecycle is None
        else "A rule expires its old versions." if row.excused
        else f"Versions replaced over {keep_days} days ago",
        parameters=lambda row: {"lifecycle": with_rule(row.lifecycle, rule)},
    )  # fmt: skip


@check(
    title="Old objects that nobody reads",
    why="Checkpoints, logs and data sets of finished projects are kept in a class for data in use.",
    needs=("object_groups", "buckets", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="review",
    service="Amazon Simple Storage Service",
    guard="Written long ago is not unread: the bill's requests decide, and without them it is unknown. "
    "Low is the archive instead of Standard, high is deletion.",
)
def obsolete_s3_objects(
    object_groups: pd.DataFrame,
    buckets: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    max_age_days: float = 365.0,
    max_reads_per_object: float = 0.1,
    min_gib: float = 100.0,
) -> pd.DataFrame:
    """Buckets of Standard storage with `min_gib` or more last written over `max_age_days` ago, hardly read.

    Reads are the bill's GET requests a month per current object of the bucket. The likely saving is that
    of Glacier Deep Archive.
    """
    groups = _priced(object_groups, resource_costs, prices, as_of)
    old = _month_end(groups["modified_month"]) <= as_of - pd.Timedelta(days=max_age_days)
    kept = groups["size_gib"].where(old & groups["storage_class"].eq("STANDARD"), 0.0)
    found = _by_bucket(groups, buckets, kept)
    ids = found["resource_id"]
    objects = looked_up(ids, groups.groupby("resource_id")["object_count"].sum()).astype("float64")
    reads = per_month(ids, resource_costs, "Requests-Tier2") / objects.where(objects > 0)
    archive = list_prices(prices, "AmazonS3", as_of).get("s3-glacier-deep-archive", np.nan)
    rate = found["monthly_cost"] / found["gib"].where(found["gib"] > 0)
    saved = (1 - archive / rate).clip(lower=0.0)
    found = found.assign(reads=reads)
    table = _judged(
        found, min_gib=min_gib, shares=(0.0, 1.0, 1.0), confidence="low", known=reads.notna(),
        excused=found["listed"] & (reads > max_reads_per_object),
        told=lambda row: "No bill tells how often its objects are read." if pd.isna(row.reads)
        else f"Each object is read {row.reads:.2f} times a month (limit {max_reads_per_object:g})."
        if row.excused
        else f"Last written over {max_age_days:g} days ago and read {row.reads:.2f} times a month",
    )  # fmt: skip
    likely = table["monthly_saving"] * saved
    return table.assign(monthly_saving=likely, monthly_saving_low=likely)


@check(
    title="Plain text that would compress",
    why="Text shrinks to a fraction; stored and read plain, all of it is paid.",
    needs=("object_groups", "buckets", "resource_costs", "prices"),
    permissions=PERMISSIONS,
    action="review",
    service="Amazon Simple Storage Service",
    guard="By the ending of the keys alone. How far it shrinks is an assumption, stated as a band, and "
    "readers must take the new format: a person decides.",
)
def compressible_s3_objects(
    object_groups: pd.DataFrame,
    buckets: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    min_gib: float = 100.0,
    share_low: float = 0.5,
    share: float = 0.7,
    share_high: float = 0.85,
) -> pd.DataFrame:
    """Buckets with `min_gib` or more of CSV, JSON, logs and other text, in objects of 128 KiB or more.

    Saved is `share` of their storage (band: `share_low` to `share_high`); small objects are left out by
    their share of the count.
    """
    groups = _priced(object_groups, resource_costs, prices, as_of)
    large = 1 - groups["small_count"] / groups["object_count"].where(groups["object_count"] > 0)
    text = groups["suffix"].isin(TEXT) & (large > 0)
    found = _by_bucket(groups, buckets, groups["size_gib"].where(text, 0.0))
    return _judged(
        found, min_gib=min_gib, shares=(share_low, share, share_high), confidence="low",
        told=lambda row: f"Plain text, of which {100 * share:g} % is assumed to go",
    )  # fmt: skip


def _month_end(months: pd.Series) -> pd.Series:
    return months + pd.offsets.MonthBegin(1)
