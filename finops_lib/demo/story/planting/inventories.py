"""S3 Inventory reports: what lies in the buckets whose objects are too big to plant.

Format: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
from moto.s3.models import s3_backends

from finops_lib.demo.story.ledger import Ledger, Resource
from finops_lib.demo.story.teams import PRODUCTION
from finops_lib.demo.story.timeline import AS_OF

DESTINATION = "halcyon-inventories"
FIELDS = ("Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "LastModifiedDate",
          "ETag", "StorageClass")  # fmt: skip
REPORTED = {
    "halcyon-datasets": "halcyon-datasets",
    "halcyon-datasets-copy": "halcyon-datasets",
    "halcyon-model-registry": "halcyon-model-registry",
}
"""The buckets with a report, and the bucket whose first objects they hold: the copy is a copy."""

GIB = 2**30


def plant_inventories(ledger: Ledger) -> None:
    """A daily report of each bucket, with the manifest that a reader starts from."""
    backend: Any = s3_backends[PRODUCTION]["aws"]
    taken = f"{AS_OF - timedelta(days=1):%Y-%m-%dT01-00Z}"
    for item in ledger.of_kind("bucket"):
        if item.name in REPORTED:
            _configure(item)
            data = gzip.compress(_rows(item).to_csv(index=False, header=False).encode(), mtime=0)
            folder = f"{item.name}/daily"
            key = f"{folder}/data/{item.name}.csv.gz"
            backend.put_object(DESTINATION, key, data)
            manifest = json.dumps(_manifest(item, key, data)).encode()
            backend.put_object(DESTINATION, f"{folder}/{taken}/manifest.json", manifest)


def _configure(item: Resource) -> None:
    s3_backends[item.account]["aws"].put_bucket_inventory_configuration(
        item.name,
        {
            "Id": "daily",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Daily"},
            "OptionalFields": {"Field": list(FIELDS[5:])},
            "Destination": {
                "S3BucketDestination": {"Bucket": f"arn:aws:s3:::{DESTINATION}", "Format": "CSV"}
            },
        },
    )


def _manifest(item: Resource, key: str, data: bytes) -> dict[str, Any]:
    return {
        "sourceBucket": item.name,
        "destinationBucket": f"arn:aws:s3:::{DESTINATION}",
        "version": "2016-11-30",
        "creationTimestamp": str(int((AS_OF - timedelta(days=1)).timestamp() * 1000)),
        "fileFormat": "CSV",
        "fileSchema": ", ".join(FIELDS),
        "files": [{"key": key, "size": len(data), "MD5checksum": hashlib.md5(data).hexdigest()}],
    }


def _rows(item: Resource) -> pd.DataFrame:
    return pd.DataFrame(_objects(item), columns=FIELDS)


def _objects(item: Resource) -> Iterator[tuple[Any, ...]]:
    """Every object of the bucket; where versions are kept, with the old ones behind it."""
    count = item.spec["objects"]
    old_gib = item.spec["noncurrent_gib"]
    size = int((item.spec["size_gib"] - old_gib) * GIB / count)
    old_size = int(old_gib * GIB / count)
    for number in range(count):
        key = f"shards/part-{number:05d}.tar"
        changed = AS_OF - timedelta(days=40 + number % 300)
        content = hashlib.md5(f"{REPORTED[item.name]}/{key}".encode()).hexdigest()
        yield (item.name, key, f"v2-{number}" if old_gib else "", True, False, size,
               f"{changed:%Y-%m-%dT%H:%M:%S.000Z}", content, "STANDARD")  # fmt: skip
        if old_gib:
            before = changed - timedelta(days=30)
            yield (item.name, key, f"v1-{number}", False, False, old_size,
                   f"{before:%Y-%m-%dT%H:%M:%S.000Z}", content[::-1], "STANDARD")  # fmt: skip
