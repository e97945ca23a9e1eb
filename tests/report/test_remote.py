"""Runs put into a bucket: what stands there, what a browser is told, and what a refusal loses."""

import json

import boto3
import pytest
from moto import mock_aws

from finops_lib import report
from finops_lib.errors import ParameterError, ReportError
from finops_lib.plans.bucket import content_type

URL = "s3://reports/finops"


@pytest.fixture
def bucket(monkeypatch):
    """An empty bucket called reports, in an emulated account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        made = boto3.resource("s3").Bucket("reports")
        made.create()
        yield made


def keys(bucket):
    return {item.key for item in bucket.objects.all()}


def text(bucket, key):
    return bucket.Object(key).get()["Body"].read().decode()


def test_publish_puts_every_file_of_the_run_and_an_index_that_leads_to_it(make_run, bucket):
    folder, _ = make_run()
    assert report.publish(URL, folder) == f"{URL}/2026-10/{folder.name}"
    local = {f"finops/2026-10/{folder.name}/{p.relative_to(folder)}" for p in folder.rglob("*") if p.is_file()}  # fmt: skip
    assert keys(bucket) == local | {"finops/index.html"}
    assert f'href="2026-10/{folder.name}/one.html"' in text(bucket, "finops/index.html")
    page = bucket.Object(f"finops/2026-10/{folder.name}/one.html").get()
    assert page["ContentType"] == "text/html; charset=utf-8"
    assert page["Body"].read() == (folder / "one.html").read_bytes()


def test_publish_twice_changes_nothing(make_run, bucket):
    folder, _ = make_run()
    report.publish(URL, folder)
    before = {item.key: item.e_tag for item in bucket.objects.all()}
    report.publish(URL, folder)
    assert {item.key: item.e_tag for item in bucket.objects.all()} == before


def test_publish_another_run_of_that_name_gets_a_number(make_run, bucket):
    folder, _ = make_run()
    other = f"finops/2026-10/{folder.name}/manifest.json"
    manifest = json.loads((folder / "manifest.json").read_text())
    theirs = json.dumps({**manifest, "title": "Another platform"})
    bucket.put_object(Key=other, Body=theirs.encode())
    assert report.publish(URL, folder).endswith(f"/{folder.name}-2")
    assert text(bucket, other) == theirs
    index = text(bucket, "finops/index.html")
    assert "Another platform" in index
    assert "its pages are not kept here" in index


def test_publish_failed_run_is_led_to_beside_the_good_ones(make_run, bucket):
    folder, _ = make_run(good=False)
    report.publish(URL, folder)
    assert f"finops/2026-10/{folder.name}/one.html" in keys(bucket)
    assert "incomplete" in text(bucket, "finops/index.html")


def test_fetch_history_gives_a_new_machine_the_runs_before(make_run, bucket, tmp_path):
    folder, _ = make_run()
    (folder / "ledger.parquet").write_bytes(b"kept")
    report.publish(URL, folder)
    new = tmp_path / "new machine"
    report.fetch_history(URL, new)
    assert report.runs(new) == [new / "2026-10" / folder.name]
    assert sorted(p.name for p in report.runs(new)[0].iterdir()) == ["ledger.parquet", "manifest.json"]  # fmt: skip
    assert json.loads((new / "2026-10" / folder.name / "manifest.json").read_text())["title"] == "ML platform"  # fmt: skip


def test_publish_that_is_refused_keeps_the_run_and_says_how_to_send_it_again(make_run, bucket):
    folder, _ = make_run()
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(ReportError) as refused:
        report.publish("s3://nobodys-bucket/finops", folder)
    words = str(refused.value)
    assert words.startswith(f"The run is whole in {folder}, but not in S3.")
    assert "NoSuchBucket" in words
    assert words.endswith(f"finops publish {folder} s3://nobodys-bucket/finops")
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_publish_that_was_cut_off_goes_on_under_its_name(make_run, bucket):
    folder, _ = make_run()
    manifest = (folder / "manifest.json").read_bytes()
    bucket.put_object(Key=f"finops/2026-10/{folder.name}/manifest.json", Body=manifest)
    assert report.publish(URL, folder) == f"{URL}/2026-10/{folder.name}"


def test_fetch_history_of_a_bucket_that_is_not_there_stops_before_the_run(bucket, tmp_path):
    with pytest.raises(ReportError, match=r"s3://nobodys-bucket cannot be listed.*s3:ListBucket"):
        report.fetch_history("s3://nobodys-bucket", tmp_path)


def test_fetch_history_of_no_address_says_how_one_is_written(tmp_path):
    with pytest.raises(ParameterError, match="s3://bucket/prefix"):
        report.fetch_history("s3://", tmp_path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("a.md", "text/markdown; charset=utf-8"),
        ("a.svg", "image/svg+xml; charset=utf-8"),
        ("a.json", "application/json; charset=utf-8"),
        ("a.parquet", "application/vnd.apache.parquet"),
        ("a.pdf", "application/pdf"),
        ("a", "application/octet-stream"),
    ],
)
def test_content_type_is_what_a_browser_shows(name, kind):
    assert content_type(name) == kind
