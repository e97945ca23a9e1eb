"""Artefacts that AWS takes, generated from the tagging policy."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pandas as pd
import pytest
from cfnlint.api import lint
from moto import mock_aws

from finops_lib.errors import PlanError
from finops_lib.params import TagKey, default_tag_keys
from finops_lib.plans.digests import send_digests, untagged_digests
from finops_lib.plans.tag_enforcement import (
    config_rules,
    config_template,
    service_control_policy,
    tag_policy,
)

TAGS = default_tag_keys() | {"environment": TagKey(allowed=("prod", "dev"))}


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "demo")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "demo")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def test_config_rules_hold_the_required_keys_six_at_a_time():
    seven = {f"key{n}": TagKey() for n in range(7)} | {"optional": TagKey(required=False)}
    sizes = [len(json.loads(rule["InputParameters"])) for rule in config_rules(seven)]
    assert sizes == [6, 1]
    assert json.loads(config_rules(TAGS)[0]["InputParameters"])["tag1Value"] == "prod,dev"


def test_config_rules_are_taken_by_aws_config():
    with mock_aws():
        config = boto3.client("config")
        config.put_configuration_recorder(
            ConfigurationRecorder={"name": "r", "roleARN": "arn:aws:iam::123456789012:role/config"}
        )
        for rule in config_rules(TAGS):
            config.put_config_rule(ConfigRule=rule)
        assert len(config.describe_config_rules()["ConfigRules"]) == 1


def test_config_template_is_valid_cloudformation():
    assert lint(json.dumps(config_template(TAGS)), regions=["us-east-1"]) == []


def test_tag_policy_and_scp_are_taken_by_organizations():
    with mock_aws():
        organizations = boto3.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        for kind, content in (
            ("TAG_POLICY", tag_policy(TAGS)),
            ("SERVICE_CONTROL_POLICY", service_control_policy(TAGS)),
        ):
            made = organizations.create_policy(
                Name=kind, Type=kind, Description="tags", Content=json.dumps(content)
            )
            assert json.loads(made["Policy"]["Content"]) == content


def test_tag_policy_refuses_other_values_only_where_the_policy_lists_them():
    policy = tag_policy(TAGS)["tags"]
    assert policy["environment"]["tag_value"] == {"@@assign": ["prod", "dev"]}
    assert policy["team"] == {"tag_key": {"@@assign": "team"}}


def test_service_control_policy_denies_each_missing_key_by_itself():
    statements = service_control_policy(TAGS)["Statement"]
    assert [s["Condition"]["Null"] for s in statements] == [
        {f"aws:RequestTag/{key}": "true"}
        for key in ("environment", "team", "project", "cost_center", "owner")
    ]
    assert {s["Effect"] for s in statements} == {"Deny"}


def test_service_control_policy_too_long_for_organizations_is_refused():
    with pytest.raises(PlanError, match="5120"):
        service_control_policy({f"key{n}": TagKey() for n in range(40)})


def untagged() -> pd.DataFrame:
    return pd.DataFrame({
        "kind": ["instances", "volumes"], "resource_id": ["i-1", "vol-1"], "name": ["gpu", None],
        "monthly_cost": [1234.5, 10.0], "missing": ["owner", "team, owner"],
        "suggestion": ["owner=jo", None],
    })  # fmt: skip


def test_untagged_digests_are_one_text_per_team():
    digests = untagged_digests(untagged(), pd.Series(["ads", None]), currency="USD")
    assert digests == {
        "ads": "Resources that lack required tags: 1, for 1,234.50 USD a month.\n"
        "- gpu (instances, 1,234.50 USD): lacks owner; suggested owner=jo",
        "untagged": "Resources that lack required tags: 1, for 10.00 USD a month.\n"
        "- vol-1 (volumes, 10.00 USD): lacks team, owner",
    }


# apprise imports imghdr, which Python 3.13 removes.
IMGHDR = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@IMGHDR
def test_send_digests_dry_run_sends_nothing_and_a_real_one_reaches_the_address(tmp_path: Path):
    urls = {"ads": [f"json://127.0.0.1:9/{tmp_path.name}"]}
    digests = {"ads": "text", "ops": "text"}
    assert send_digests(digests, urls)["outcome"].tolist() == ["would send", "no address"]
    assert send_digests(digests, urls, dry_run=False)["outcome"].tolist() == [
        "failed",
        "no address",
    ]


@IMGHDR
def test_send_digests_an_address_that_is_none_is_refused_without_showing_it():
    with pytest.raises(PlanError, match="'nonsense' address of team 'ads'") as refused:
        send_digests({"ads": "text"}, {"ads": ["nonsense://secret"]})
    assert "secret" not in str(refused.value)
