"""S3 buckets with their tags, versions, lifecycle rules and forgotten uploads.

Objects stand for the millions that CloudWatch counts: two a bucket, none in an empty one.
"""

from __future__ import annotations

from typing import Any

from moto.s3.models import s3_backends

from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.planting.backends import born

LIFECYCLES: dict[str, list[dict[str, Any]]] = {
    "models": [{"ID": "old-models", "Status": "Enabled", "Filter": {"Prefix": "archive/"},
                "Transition": [{"Days": "90", "StorageClass": "STANDARD_IA"}]}],
    "history": [{"ID": "to-ia", "Status": "Enabled", "Filter": {"Prefix": ""},
                 "Transition": [{"Days": "30", "StorageClass": "STANDARD_IA"}]}],
    "backups": [{"ID": "to-glacier", "Status": "Enabled", "Filter": {"Prefix": ""},
                 "Transition": [{"Days": "1", "StorageClass": "GLACIER"}]}],
}  # fmt: skip


def plant_buckets(ledger: Ledger) -> None:
    """Every bucket of the ledger."""
    for item in ledger.of_kind("bucket"):
        _plant_bucket(item)


def _plant_bucket(item: Resource) -> None:
    backend: Any = s3_backends[item.account]["aws"]
    bucket = backend.create_bucket(item.name, item.region)
    bucket.creation_date = born(item)
    if item.tags:
        backend.put_bucket_tagging(item.name, dict(item.tags))
    if item.spec["versioned"]:
        backend.put_bucket_versioning(item.name, "Enabled")
    if item.spec["lifecycle"]:
        backend.put_bucket_lifecycle(item.name, LIFECYCLES[item.spec["lifecycle"]])
    if item.spec["objects"]:
        for version in (b"1", b"2") if item.spec["versioned"] else (b"1",):
            backend.put_object(item.name, "data/part-00000.parquet", version)
        backend.put_object(item.name, "data/part-00001.parquet", b"1")
    for number in range(item.spec["unfinished_uploads"]):
        backend.create_multipart_upload(
            item.name, f"exports/big-{number}.tar", {}, "STANDARD", {}, None, "", ""
        )
