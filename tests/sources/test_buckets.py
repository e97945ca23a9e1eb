"""Buckets whose policy denies a question: the others are read, and the gap says so."""

from __future__ import annotations

from datetime import datetime

from finops_lib.sources.aws.calls import NotReadError
from finops_lib.sources.aws.read import _read
from finops_lib.sources.aws.readers import READERS

MADE = datetime(2026, 1, 1)
ANSWERS = {
    "get_bucket_location": {"LocationConstraint": "eu-central-1"},
    "get_bucket_tagging": {"TagSet": [{"Key": "team", "Value": "a"}]},
    "get_bucket_lifecycle_configuration": {"Rules": [{"ID": "own", "Status": "Enabled"}]},
    "get_bucket_versioning": {"Status": "Enabled"},
    "list_multipart_uploads": {"Uploads": []},
    "list_object_versions": {"DeleteMarkers": [{"Key": "a"}]},
    "get_bucket_website": {"RedirectAllRequestsTo": {"HostName": "www.example.com"}},
}


class TwoBuckets:
    """Answers for an open bucket; the closed one denies everything but its name."""

    account_id, region = "111122223333", "us-east-1"

    def one(self, service, operation, **parameters):
        if operation == "list_buckets":
            return {"Buckets": [{"Name": n, "CreationDate": MADE} for n in ("closed", "open")]}
        if parameters["Bucket"] == "closed":
            raise NotReadError("AccessDenied", f"s3:{operation} was refused: AccessDenied")
        return ANSWERS[operation]

    def optional(self, service, operation, absent, **parameters):
        return self.one(service, operation, **parameters)

    def pages(self, service, operation, **parameters):
        return [self.one(service, operation, **parameters)]


def test_buckets_one_that_denies_everything_keeps_the_others():
    reader = next(reader for reader in READERS if reader.table == "buckets")
    records, gap = _read(reader, TwoBuckets())
    closed, opened = records
    assert (closed["resource_id"], closed["region"]) == ("closed", "global")
    unknown = (
        "versioning", "lifecycle", "tags", "is_empty", "unfinished_upload_count",
        "unfinished_upload_gib",
    )  # fmt: skip
    assert {name: closed[name] for name in unknown} == dict.fromkeys(unknown)
    assert opened["region"] == "eu-central-1"
    assert opened["lifecycle"] == {"Rules": [{"ID": "own", "Status": "Enabled"}]}
    assert opened["is_empty"] is False
    assert gap["table"] == "buckets"
    assert gap["error"] == "AccessDenied"
    assert gap["reason"].startswith("5 questions about single rows were refused")


def test_buckets_one_that_is_empty_is_asked_whether_it_redirects(monkeypatch):
    reader = next(reader for reader in READERS if reader.table == "buckets")
    assert [r["is_website"] for r in _read(reader, TwoBuckets())[0]] == [None, None]
    monkeypatch.setitem(ANSWERS, "list_object_versions", {})
    assert [r["is_website"] for r in _read(reader, TwoBuckets())[0]] == [None, True]
