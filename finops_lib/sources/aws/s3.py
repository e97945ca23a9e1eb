"""Files that lie in S3, brought to a local folder for their readers, and what hides in a bucket."""

from __future__ import annotations

import fnmatch
import os
from pathlib import Path
from typing import Any

from finops_lib.errors import BillingError
from finops_lib.sources.aws.calls import Asker, NotReadError
from finops_lib.sources.shape import items
from finops_lib.units import BYTES_PER_GIB

UPLOADS_MEASURED = 100
"""Of so many unfinished uploads a bucket the parts are added up: each takes a request."""


def fetch_s3(asker: Asker, url: str, folder: Path) -> list[Path]:
    """Download the objects under an s3:// prefix, or those that match its pattern; the local files.

    An object that is there already with the same size and time is not downloaded again. Raises
    BillingError where the bucket cannot be read.
    """
    bucket, _, key = url.removeprefix("s3://").partition("/")
    prefix = key.split("*")[0].split("?")[0]
    try:
        found = items(
            asker.pages("s3", "list_objects_v2", Bucket=bucket, Prefix=prefix), "Contents"
        )
    except NotReadError as error:
        raise BillingError(
            f"{url} cannot be read: {error}. The role needs s3:ListBucket and s3:GetObject on the bucket."
        ) from None
    wanted = [o for o in found if key == prefix or fnmatch.fnmatch(o["Key"], key)]
    return [_download(asker, bucket, item, folder) for item in wanted if item["Size"]]


def _download(asker: Asker, bucket: str, item: dict[str, Any], folder: Path) -> Path:
    target: Path = folder / bucket / item["Key"]
    modified = item["LastModified"].timestamp()
    if target.exists() and (target.stat().st_size, target.stat().st_mtime) == (
        item["Size"],
        modified,
    ):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    asker.session.client(asker.account_id, asker.region, "s3").download_file(
        bucket, item["Key"], str(partial)
    )
    os.utime(partial, (modified, modified))
    partial.rename(target)
    return target


def upload_gib(ask: Asker, bucket: str, uploads: list[dict[str, Any]]) -> float | None:
    """What the parts of the uploads hold; None where they are too many, or listing them is denied."""
    if len(uploads) > UPLOADS_MEASURED:
        return None
    try:
        sizes = [
            part["Size"]
            for upload in uploads
            for part in items(
                ask.pages(
                    "s3",
                    "list_parts",
                    Bucket=bucket,
                    Key=upload["Key"],
                    UploadId=upload["UploadId"],
                ),
                "Parts",
            )
        ]
    except NotReadError:
        return None
    return float(sum(sizes)) / BYTES_PER_GIB


def is_empty(ask: Asker, bucket: str) -> bool | None:
    """Whether a listing finds no version and no delete marker; None where listing is denied."""
    try:
        listed = ask.one("s3", "list_object_versions", Bucket=bucket, MaxKeys=1)
    except NotReadError:
        return None
    return not listed.get("Versions") and not listed.get("DeleteMarkers")
