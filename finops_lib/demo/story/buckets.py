"""S3: what the company keeps, in which class, and what it has forgotten there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from finops_lib.demo.story import network, rates, teams
from finops_lib.demo.story.ledger import Charge, Resource, resource

TIB = 1024.0
TRAFFIC = {
    "halcyon-thumbnails": network.internet("AmazonS3", 17_500, rates.INTERNET_GIB_NEXT_TIER),
    "halcyon-raw-events": network.inter_region(13_000),
}
"""What leaves a bucket each month: pictures to browsers, copies to the second region."""

USAGE_TYPES = {
    "StandardStorage": "TimedStorage-ByteHrs",
    "StandardIAStorage": "TimedStorage-SIA-ByteHrs",
    "GlacierStorage": "TimedStorage-GlacierByteHrs",
}


@dataclass(frozen=True)
class Bucket:
    """One bucket: its size today per class, and how it is read and kept."""

    name: str
    role: str
    owner: teams.Owner
    tib: float
    storage_class: str = "StandardStorage"
    objects: int = 1_000_000
    reads_per_hour: float = 0.0
    lifecycle: str = ""
    versioned: bool = False
    noncurrent_tib: float = 0.0
    unfinished_uploads: int = 0
    account: str = ""
    region: str = teams.MAIN_REGION


BUCKETS = (
    Bucket("halcyon-models-prod", "active_bucket", teams.SERVING, 1, objects=40_000, reads_per_hour=90_000,
           lifecycle="models"),
    Bucket("halcyon-feature-store", "active_bucket", teams.RECS, 40, reads_per_hour=260_000),
    Bucket("halcyon-raw-events", "active_bucket", teams.FRAUD, 60, objects=90_000_000,
           reads_per_hour=120_000),
    Bucket("halcyon-datasets", "active_bucket", teams.VISION, 15, objects=6_000, reads_per_hour=20_000),
    Bucket("halcyon-datasets-copy", "duplicate_bucket", teams.VISION, 2, objects=800),
    Bucket("halcyon-experiments-2025", "old_experiments", teams.LANGUAGE, 74, objects=4_000_000),
    Bucket("halcyon-compliance-archive", "compliance_archive", teams.FRAUD, 58, objects=700_000),
    Bucket("halcyon-app-logs", "logs_without_expiry", teams.SERVING, 12, objects=70_000_000),
    Bucket("halcyon-model-registry", "versions_kept", teams.SERVING, 8, versioned=True, noncurrent_tib=6,
           objects=1_200, reads_per_hour=5_000),
    Bucket("halcyon-uploads", "unfinished_uploads", teams.RECS, 2.5, objects=300_000, unfinished_uploads=6),
    Bucket("halcyon-thumbnails", "small_objects", teams.RECS, 1.2, objects=120_000_000,
           reads_per_hour=30_000),
    Bucket("halcyon-warm-history", "tiered_bucket", teams.CHURN, 20, "StandardIAStorage",
           objects=2_000_000, lifecycle="history"),
    Bucket("halcyon-cold-backups", "tiered_bucket", teams.FRAUD, 30, "GlacierStorage", objects=60_000,
           lifecycle="backups"),
    Bucket("halcyon-replica-west", "replica_bucket", teams.FRAUD, 5, region=teams.SECOND_REGION,
           reads_per_hour=500),
    Bucket("halcyon-inventories", "export_bucket", teams.SERVING, 0.01, objects=90),
    Bucket("halcyon-billing-exports", "export_bucket", teams.SERVING, 0.02, objects=400, account=teams.PAYER),
    Bucket("halcyon-tmp-migration", "empty_bucket", teams.RECS_DEV, 0, objects=0),
    Bucket("halcyon-hackathon-2025", "empty_bucket", teams.VISION, 0, objects=0),
)  # fmt: skip


def buckets() -> Iterator[Resource]:
    """Every bucket with charges for space and requests; Standard is billed in its two tiers."""
    first_tier_left = rates.S3_FIRST_TIER_GIB
    for bucket in BUCKETS:
        in_first_tier = 0.0
        if bucket.storage_class == "StandardStorage" and bucket.region == teams.MAIN_REGION:
            in_first_tier = min(bucket.tib * TIB, first_tier_left)
            first_tier_left -= in_first_tier
        yield _bucket(bucket, in_first_tier)


def _bucket(bucket: Bucket, in_first_tier: float) -> Resource:
    return resource(
        "bucket",
        bucket.name,
        bucket.role,
        "waste" if bucket.role == "empty_bucket" else "storage",
        bucket.owner,
        region=bucket.region,
        account=bucket.account,
        start=datetime(2025, 6, 2) if bucket.role != "replica_bucket" else datetime(2026, 2, 2),
        charges=(*_space(bucket, in_first_tier), *_requests(bucket), *_traffic(bucket)),
        profile="bucket",
        spec=_spec(bucket),
    )


def _space(bucket: Bucket, in_first_tier: float) -> Iterator[Charge]:
    rate = rates.S3_GIB_MONTH[bucket.storage_class]
    is_tiered = bucket.storage_class == "StandardStorage" and bucket.region == teams.MAIN_REGION
    rest = bucket.tib * TIB - in_first_tier
    tiers = [(rate, in_first_tier), (rates.S3_STANDARD_NEXT_TIER if is_tiered else rate, rest)]
    for price, gib in tiers:
        if gib > 0:
            yield Charge("AmazonS3", USAGE_TYPES[bucket.storage_class], bucket.storage_class, "GB-Mo",
                         price, gib, "stored")  # fmt: skip


def _requests(bucket: Bucket) -> Iterator[Charge]:
    if bucket.reads_per_hour:
        yield Charge("AmazonS3", "Requests-Tier2", "GetObject", "Requests",
                     rates.S3_TIER2_REQUEST, bucket.reads_per_hour, "traffic")  # fmt: skip
        yield Charge("AmazonS3", "Requests-Tier1", "PutObject", "Requests",
                     rates.S3_TIER1_REQUEST, bucket.reads_per_hour / 20, "traffic")  # fmt: skip


def _traffic(bucket: Bucket) -> tuple[Charge, ...]:
    return (TRAFFIC[bucket.name],) if bucket.name in TRAFFIC else ()


def _spec(bucket: Bucket) -> dict[str, Any]:
    return {
        "size_gib": bucket.tib * TIB,
        "storage_class": bucket.storage_class,
        "objects": bucket.objects,
        "lifecycle": bucket.lifecycle,
        "versioned": bucket.versioned,
        "noncurrent_gib": bucket.noncurrent_tib * TIB,
        "unfinished_uploads": bucket.unfinished_uploads,
        "reads_per_hour": bucket.reads_per_hour,
    }
