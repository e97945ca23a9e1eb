import json

import pytest
from typer.testing import CliRunner

from finops_lib.checks import CHECKS
from finops_lib.cli.app import app
from finops_lib.cli.permissions import read_policy
from finops_lib.params import load_params
from finops_lib.sources.aws.readers import READERS


def statements(**overrides):
    policy = read_policy(load_params(None, {f"source.{k}": v for k, v in overrides.items()}))
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_policy_has_what_every_reader_and_check_declares_and_only_reads():
    inventory = set(statements()["ReadInventoryAndMetrics"]["Action"])
    declared = [*(r.permissions for r in READERS), *(c.permissions for c in CHECKS.values())]
    assert inventory == {action for actions in declared for action in actions}
    verbs = {action.split(":")[1] for found in statements().values() for action in found["Action"]}
    assert all(verb.startswith(("Describe", "Get", "List", "View")) for verb in verbs)


def test_policy_is_narrowed_to_the_buckets_of_the_bill_and_leaves_cost_explorer_out():
    found = statements(billing=["s3://bills/cur/", "s3://bills/focus/", "local.parquet"])
    assert found["ReadTheBill"]["Resource"] == ["arn:aws:s3:::bills"]
    assert found["ReadTheBillsFiles"]["Resource"] == ["arn:aws:s3:::bills/*"]
    assert "AskCostExplorer" not in found


@pytest.mark.parametrize("created_by", ["mask", "show"])
def test_policy_asks_who_created_what_only_where_it_is_told(created_by):
    assert statements(created_by=created_by)["AskWhoCreated"]["Action"] == [
        "cloudtrail:LookupEvents"
    ]
    assert "AskWhoCreated" not in statements()
    assert "AskWhoCreated" not in statements(created_by=created_by, account=False, billing="a.csv")


def test_policy_without_an_export_asks_cost_explorer():
    assert statements()["AskCostExplorer"]["Action"] == ["ce:GetCostAndUsage"]


def test_policy_of_a_bill_alone_is_the_bill():
    assert list(statements(billing="s3://bills/cur/", account=False)) == [
        "ReadTheBill",
        "ReadTheBillsFiles",
    ]


@pytest.mark.parametrize(
    ("accounts", "roles"),
    [
        ((), ["arn:aws:iam::*:role/Reader"]),
        (["1", "2"], ["arn:aws:iam::1:role/Reader", "arn:aws:iam::2:role/Reader"]),
    ],
)
def test_policy_enters_the_accounts_by_their_role_alone(accounts, roles):
    assert (
        statements(role_name="Reader", accounts=accounts)["EnterTheAccounts"]["Resource"] == roles
    )


def test_permissions_prints_json_that_iam_takes(tmp_path):
    result = CliRunner().invoke(app, ["permissions", "--billing", "s3://bills/cur/"])
    printed = json.loads(result.stdout)
    assert printed["Version"] == "2012-10-17"
    assert [s["Effect"] for s in printed["Statement"]] == ["Allow"] * len(printed["Statement"])
