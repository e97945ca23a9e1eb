"""A reviewed tagging plan against a small account: applied, read back, logged, undone."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from finops_lib.errors import PlanError
from finops_lib.plans.native_tags import read_tags, remove_tags, write_tags
from finops_lib.plans.tag_review import read_tag_plan, write_tag_plan
from finops_lib.plans.tagging import apply_tags, approve, bulk_tags, tag_plan, undo_tags

REGION, ACCOUNT = "us-east-1", "123456789012"


@pytest.fixture(autouse=True)
def _account(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "demo")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "demo")
    with mock_aws():
        yield


def clients(account: str, region: str, service: str) -> Any:
    return boto3.client(service, region_name=region)


@pytest.fixture
def volumes() -> list[str]:
    """Three volumes: without tags, with another team, and with the right one."""
    ec2 = boto3.client("ec2", region_name=REGION)
    made = [ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"] for _ in range(3)]
    ec2.create_tags(Resources=made[1:2], Tags=[{"Key": "team", "Value": "other"}])
    ec2.create_tags(Resources=made[2:], Tags=[{"Key": "team", "Value": "ads"}])
    return made


def plan(ids: list[str], kind: str = "volumes", value: str = "ads") -> pd.DataFrame:
    resources = pd.DataFrame({
        "kind": kind, "account_id": ACCOUNT, "region": REGION, "resource_id": ids, "name": None,
    })  # fmt: skip
    return tag_plan(bulk_tags(resources, "team", value, reason="asked for"))


def teams(ids: list[str]) -> list[str | None]:
    ec2 = clients(ACCOUNT, REGION, "ec2")
    return [read_tags(ec2, "volumes", name).get("team") for name in ids]


def outcomes(found: pd.DataFrame) -> list[str]:
    return found["outcome"].tolist()


def test_apply_tags_is_a_dry_run_unless_told_otherwise(volumes):
    found = apply_tags(approve(plan(volumes), "jo"), clients)
    assert outcomes(found) == ["would tag", "kept", "already"]
    assert teams(volumes) == [None, "other", "ads"]


def test_apply_tags_leaves_what_nobody_approved(volumes, tmp_path):
    found = apply_tags(plan(volumes), clients, log=tmp_path / "log", dry_run=False)
    assert outcomes(found) == ["not approved"] * 3
    assert teams(volumes) == [None, "other", "ads"]


def test_apply_tags_never_overwrites_a_value_without_being_told(volumes, tmp_path):
    reviewed = approve(plan(volumes), "jo")
    found = apply_tags(reviewed, clients, log=tmp_path / "log", dry_run=False)
    assert outcomes(found) == ["tagged", "kept", "already"]
    assert teams(volumes) == ["ads", "other", "ads"]
    told = apply_tags(reviewed, clients, log=tmp_path / "log", dry_run=False, overwrite=True)
    assert outcomes(told) == ["already", "tagged", "already"]
    assert teams(volumes) == ["ads"] * 3


def test_apply_tags_a_second_time_changes_nothing_and_logs_nothing(volumes, tmp_path):
    log, reviewed = tmp_path / "log", approve(plan(volumes[:1]), "jo")
    apply_tags(reviewed, clients, log=log, dry_run=False)
    logged = log.read_text()
    assert outcomes(apply_tags(reviewed, clients, log=log, dry_run=False)) == ["already"]
    assert log.read_text() == logged


def test_undo_tags_restores_what_stood_there_but_not_what_changed_since(volumes, tmp_path):
    log = tmp_path / "log"
    reviewed = approve(plan(volumes, value="new"), "jo")
    apply_tags(reviewed, clients, log=log, dry_run=False, overwrite=True)
    clients(ACCOUNT, REGION, "ec2").create_tags(
        Resources=volumes[2:], Tags=[{"Key": "team", "Value": "later"}]
    )
    assert set(undo_tags(log, clients)["outcome"]) == {"would undo", "changed since"}
    assert teams(volumes) == ["new", "new", "later"]
    undo_tags(log, clients, dry_run=False)
    assert teams(volumes) == [None, "other", "later"]


def test_apply_tags_reports_the_resource_that_fails_and_goes_on(volumes, tmp_path):
    both = plan([*volumes[:1], "no-such-bucket"])
    both.loc[1, "kind"] = "buckets"
    found = apply_tags(approve(both, "jo"), clients, log=tmp_path / "log", dry_run=False)
    assert outcomes(found) == ["tagged", "failed"]
    assert "NoSuchBucket" in found["error"].iloc[1]


def test_apply_tags_asks_the_tagging_api_in_batches_of_twenty(tmp_path):
    ec2 = clients(ACCOUNT, REGION, "ec2")
    many = [ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"] for _ in range(45)]
    sizes: list[int] = []

    def counted(account: str, region: str, service: str) -> Any:
        client = clients(account, region, service)
        if service == "resourcegroupstaggingapi":
            client.meta.events.register(
                "provide-client-params.*",
                lambda params, **_: sizes.append(len(params["ResourceARNList"])),
            )
        return client

    found = apply_tags(approve(plan(many), "jo"), counted, log=tmp_path / "log", dry_run=False)
    assert sizes == [20, 20, 5]
    assert set(found["outcome"]) == {"tagged"}


def test_apply_tags_logs_before_it_writes(volumes, tmp_path):
    log = tmp_path / "log"

    def cut_off(account: str, region: str, service: str) -> Any:
        if service == "resourcegroupstaggingapi":
            raise KeyboardInterrupt
        return clients(account, region, service)

    with pytest.raises(KeyboardInterrupt):
        apply_tags(approve(plan(volumes[:1]), "jo"), cut_off, log=log, dry_run=False)
    assert json.loads(log.read_text()) == {
        "kind": "volumes", "account_id": ACCOUNT, "region": REGION, "resource_id": volumes[0],
        "key": "team", "before": None, "after": "ads",
    }  # fmt: skip


def test_apply_tags_keeps_the_other_tags_of_a_bucket(tmp_path):
    s3 = clients(ACCOUNT, REGION, "s3")
    s3.create_bucket(Bucket="models")
    s3.put_bucket_tagging(Bucket="models", Tagging={"TagSet": [{"Key": "owner", "Value": "jo"}]})
    log = tmp_path / "log"
    apply_tags(approve(plan(["models"], "buckets"), "jo"), clients, log=log, dry_run=False)
    assert read_tags(s3, "buckets", "models") == {"owner": "jo", "team": "ads"}
    undo_tags(log, clients, dry_run=False)
    assert read_tags(s3, "buckets", "models") == {"owner": "jo"}


def test_apply_tags_without_a_log_or_with_two_values_for_one_key_is_refused(volumes):
    reviewed = approve(plan(volumes), "jo")
    with pytest.raises(PlanError, match="log"):
        apply_tags(reviewed, clients, dry_run=False)
    with pytest.raises(PlanError, match="twice"):
        apply_tags(pd.concat([reviewed, reviewed], ignore_index=True), clients)


def test_approve_takes_only_rows_of_that_confidence():
    proposed = plan(["vol-1", "vol-2"]).assign(confidence=["high", "low"])
    assert approve(proposed, "jo")["status"].tolist() == ["approved", "proposed"]


def test_read_tags_of_a_bucket_that_is_not_there_is_an_error():
    with pytest.raises(ClientError):
        read_tags(clients(ACCOUNT, REGION, "s3"), "buckets", "nowhere")


def test_tags_of_a_log_group_are_written_read_and_removed():
    logs = clients(ACCOUNT, REGION, "logs")
    logs.create_log_group(logGroupName="/app/api", tags={"team": "ads"})
    arn = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
    write_tags(logs, "log_groups", arn, {"project": "search"})
    assert read_tags(logs, "log_groups", arn) == {"team": "ads", "project": "search"}
    remove_tags(logs, "log_groups", arn, ["team"])
    assert read_tags(logs, "log_groups", arn) == {"project": "search"}


def test_read_tag_plan_saved_again_by_a_spreadsheet_is_the_same_plan(tmp_path):
    path = tmp_path / "tags.csv"
    write_tag_plan(approve(plan(["vol-1", "vol-2"]), "jo"), path)
    want = read_tag_plan(path)
    columns = list(want.columns)[::-1]
    told = want.assign(status=["TRUE", "x"])[columns]
    told.columns = [name.replace("_", " ").title() for name in columns]
    text = told.to_csv(index=False, sep=";", lineterminator="\r\n") + ";" * (len(columns) - 1)
    path.write_bytes(text.encode("utf-8-sig"))
    pd.testing.assert_frame_equal(read_tag_plan(path), want)


def test_read_tag_plan_with_accounts_that_became_numbers_is_refused(tmp_path):
    path = tmp_path / "tags.csv"
    write_tag_plan(plan(["vol-1"]).assign(account_id="1,23457E+11"), path)
    with pytest.raises(PlanError, match="not twelve digits"):
        read_tag_plan(path)
