"""A small text that outlives a run: a file, or an object of S3 where runs share no disk."""

from __future__ import annotations

from pathlib import Path

import boto3
from botocore.exceptions import ClientError

SCHEME = "s3://"


def recall(place: str | Path) -> str | None:
    """The text that is kept there; None where nothing is kept yet."""
    if not str(place).startswith(SCHEME):
        return Path(place).read_text() if Path(place).exists() else None
    bucket, key = _object(str(place))
    try:
        return str(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise


def keep(place: str | Path, text: str) -> None:
    """Keep the text there, whole or not at all."""
    if str(place).startswith(SCHEME):
        bucket, key = _object(str(place))
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
        return
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    fresh.write_text(text)
    fresh.replace(path)


def _object(place: str) -> tuple[str, str]:
    bucket, _, key = place.removeprefix(SCHEME).partition("/")
    return bucket, key
