"""finops tags, from suggestion to account and back."""

from datetime import datetime

import boto3
import pandas as pd
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from finops_lib.cli.app import app
from finops_lib.errors import ParameterError, PlanError
from finops_lib.estate import Estate
from finops_lib.period import Period
from finops_lib.plans.tag_review import read_tag_plan
from finops_lib.sources.store import write_estate

ACCOUNT, REGION = "123456789012", "us-east-1"
TAGS = {"environment": "prod", "team": "ads", "project": "p", "cost_center": "c", "owner": "jo"}


@pytest.fixture
def account(monkeypatch):
    """A small account: a tagged instance and its two volumes, one bare, one of another team."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "demo")
    with mock_aws():
        ec2 = boto3.client("ec2", region_name=REGION)
        volumes = [
            ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"] for _ in range(2)
        ]
        ec2.create_tags(
            Resources=volumes[1:], Tags=[{"Key": k, "Value": v} for k, v in TAGS.items() if k != "team"]
        )  # fmt: skip
        monkeypatch.setattr(
            "finops_lib.cli.tags.clients",
            lambda role: lambda account, region, service: boto3.client(service, region_name=region),
        )
        yield ec2, volumes


@pytest.fixture
def estate(account, tmp_path):
    """The Estate of that account, as a folder."""
    _, volumes = account
    keys = {"account_id": ACCOUNT, "region": REGION}
    instance = {
        **keys, "resource_id": "i-1", "instance_type": "m5.large", "state": "running", "tags": TAGS
    }  # fmt: skip
    disks = [
        {**keys, "resource_id": name, "volume_type": "gp3", "size_gib": 1.0, "state": "in-use",
         "attached_instance_id": "i-1", "tags": tags}
        for name, tags in zip(volumes, ({}, {k: v for k, v in TAGS.items() if k != "team"}), strict=True)
    ]  # fmt: skip
    made = Estate(
        datetime(2026, 11, 2), Period.month("2026-10"), (ACCOUNT,), "USD", tmp_path / "estate"
    ).with_tables({"instances": pd.DataFrame([instance]), "volumes": pd.DataFrame(disks)})
    return write_estate(made, tmp_path / "estate").folder


def run(*arguments, code=0):
    """What the command printed, as one line of words."""
    result = CliRunner().invoke(app, ["tags", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def tags_of(ec2, volume):
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [volume]}])["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_tags_from_suggestion_to_account_and_back(account, estate, tmp_path):
    ec2, volumes = account
    plan, before = tmp_path / "tags.csv", [tags_of(ec2, name) for name in volumes]
    assert "6 high, 0 medium, 0 low" in run("suggest", estate, "--output", plan)
    assert "not approved volumes 6" in run("apply", plan)
    assert "6 of 6 tags approved" in run("approve", plan, "--approver", "jo")
    assert "would tag volumes 6" in run("apply", plan)
    assert [tags_of(ec2, name) for name in volumes] == before

    assert "tagged volumes 6" in run("apply", plan, "--execute")
    assert [tags_of(ec2, name) for name in volumes] == [TAGS, TAGS]
    again = run("apply", plan, "--execute")
    assert "already volumes 6 Nothing had to be changed." in again

    log = plan.with_suffix(".log.jsonl")
    assert "would undo volumes 6" in run("undo", log)
    assert "undone volumes 6" in run("undo", log, "--execute")
    assert [tags_of(ec2, name) for name in volumes] == before


def test_apply_reports_the_resource_that_failed_and_its_exit_code(account, estate, tmp_path):
    plan = tmp_path / "tags.csv"
    run("suggest", estate, "--output", plan)
    run("approve", plan, "--approver", "jo")
    bare = plan.read_text().replace(f"volumes,{ACCOUNT},{REGION},{account[1][0]}", f"buckets,{ACCOUNT},{REGION},nowhere")  # fmt: skip
    plan.write_text(bare)
    said = run("apply", plan, "--execute", code=7)
    assert "failed buckets 5" in said
    assert "tagged volumes 1" in said
    assert "nowhere team: An error occurred (NoSuchBucket)" in said


def test_suggest_bulk_of_a_key_that_the_policy_does_not_have_names_the_nearest(estate):
    result = CliRunner().invoke(app, ["tags", "suggest", str(estate), "--bulk", "projct=x"])
    assert isinstance(result.exception, ParameterError)
    assert "Did you mean 'project'?" in str(result.exception)


def test_digest_prints_a_message_per_team_and_sends_nothing(estate):
    said = run("digest", estate)
    assert said.startswith("ads (no address) Resources that lack required tags: 2")


def test_policy_writes_the_strategy_and_its_enforcement(tmp_path):
    run("policy", "--output", tmp_path)
    assert (tmp_path / "governance" / "TAGGING_STRATEGY.md").read_text().startswith("# Tagging")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("proposed", "aproved", 1), "has the status 'aproved'"),
        (lambda t: t.replace("proposed", "approved", 1), "without an approver"),
        (lambda t: t.replace("confidence", "trust", 1), "lacks the column confidence"),
    ],
)
def test_read_tag_plan_that_is_wrong_says_what_to_mend(account, estate, tmp_path, change, message):
    plan = tmp_path / "tags.csv"
    run("suggest", estate, "--output", plan)
    plan.write_text(change(plan.read_text()))
    with pytest.raises(PlanError, match=message):
        read_tag_plan(plan)


def test_read_tag_plan_that_is_not_there_says_how_to_write_one(tmp_path):
    with pytest.raises(PlanError, match="finops tags suggest"):
        read_tag_plan(tmp_path / "nothing.csv")
