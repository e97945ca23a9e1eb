"""What is remembered between runs: in a file or in S3, the same for the caller."""

import boto3
import pytest
from moto import mock_aws

from finops_lib.errors import ReportError
from finops_lib.plans.remembered import keep, recall


@pytest.fixture
def place(request, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="memory")
        yield request.param.format(folder=tmp_path)


@pytest.mark.parametrize(
    "place", ["{folder}/told/seen.json", "s3://memory/seen.json", "s3://memory/a/b/seen.json"],
    indirect=True,
)  # fmt: skip
def test_recall_nothing_then_what_was_kept_last(place):
    assert recall(place) is None
    keep(place, "first")
    keep(place, "second")
    assert recall(place) == "second"


@pytest.mark.parametrize("place", ["s3://elsewhere/seen.json"], indirect=True)
def test_recall_bucket_that_is_not_there_is_said_in_words(place):
    with pytest.raises(ReportError, match=r"s3://elsewhere cannot be read: .*s3:GetObject"):
        recall(place)
