"""S3 buckets: each answers for itself, and its own policy may deny what others tell."""

from __future__ import annotations

from typing import Any

from finops_lib.sources.aws.calls import Asker, NotReadError, PartlyReadError
from finops_lib.sources.aws.s3 import is_empty, upload_gib
from finops_lib.sources.shape import Record, items, managed, tag_map


def read_buckets(ask: Asker) -> list[Record]:
    """Every bucket with what may be known of it; one that denies a question keeps the rest of its facts."""
    refused: list[NotReadError] = []
    found = [_bucket(ask, raw, refused) for raw in ask.one("s3", "list_buckets")["Buckets"]]
    if refused:
        raise PartlyReadError(found, refused)
    return found


def _bucket(ask: Asker, raw: dict[str, Any], refused: list[NotReadError]) -> Record:
    def told(operation: str, *absent: str) -> dict[str, Any] | None:
        """The answer, {} where there is none, None where the bucket's policy denies it."""
        try:
            return ask.optional("s3", operation, absent, Bucket=raw["Name"]) or {}
        except NotReadError as error:
            refused.append(error)
            return None

    where, tags = told("get_bucket_location"), told("get_bucket_tagging", "NoSuchTagSet")
    rules = told("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration")
    versioning = told("get_bucket_versioning")
    try:
        uploads = ask.pages("s3", "list_multipart_uploads", Bucket=raw["Name"])
    except NotReadError as error:
        refused.append(error)
        uploads = None
    facts = {
        "versioning": None if versioning is None else versioning.get("Status", "Disabled"),
        "lifecycle": None
        if rules is None
        else {"Rules": rules["Rules"]}
        if "Rules" in rules
        else {},
        "tags": None if tags is None else tag_map(tags.get("TagSet")),
    }
    held = items(uploads or [], "Uploads")
    empty = is_empty(ask, raw["Name"])
    site = told("get_bucket_website", "NoSuchWebsiteConfiguration") if empty else None
    return {
        **({} if where is None else {"region": _region(where)}),
        **managed.bucket(raw, facts, uploads),
        "unfinished_upload_gib": None if uploads is None else upload_gib(ask, raw["Name"], held),
        "is_empty": empty,
        "is_website": None if site is None else bool(site.keys() - {"ResponseMetadata"}),
    }  # fmt: skip


def _region(location: dict[str, Any]) -> str:
    where = location.get("LocationConstraint") or "us-east-1"
    return "eu-west-1" if where == "EU" else str(where)
