"""A small text that outlives a run: a file, or an object of S3 where runs share no disk."""

from __future__ import annotations

from pathlib import Path

from finops_lib.plans.bucket import SCHEME, Bucket, open_bucket


def recall(place: str | Path) -> str | None:
    """The text that is kept there; None where nothing is kept yet. ReportError where S3 refuses."""
    if str(place).startswith(SCHEME):
        bucket, key = _object(str(place))
        return bucket.text_if_there(key)
    return Path(place).read_text() if Path(place).exists() else None


def keep(place: str | Path, text: str) -> None:
    """Keep the text there, whole or not at all. ReportError where S3 refuses."""
    if str(place).startswith(SCHEME):
        bucket, key = _object(str(place))
        bucket.put(text, key)
        return
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    fresh.write_text(text)
    fresh.replace(path)


def _object(place: str) -> tuple[Bucket, str]:
    folder, _, key = place.rpartition("/")
    return open_bucket(folder), key
