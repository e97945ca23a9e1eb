"""The bulk tagging plan against the whole demo account, read again afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pandas as pd
import pytest

from finops_lib.analysis.tags.compliance import EVERY, compliance
from finops_lib.analysis.tags.resources import tagged_resources
from finops_lib.analysis.tags.suggestions import suggest_tags
from finops_lib.demo import Demo, serve_demo
from finops_lib.params import default_tag_keys
from finops_lib.plans.tagging import apply_tags, approve, bulk_tags, tag_plan, undo_tags
from finops_lib.schema import RESOURCE_COSTS
from finops_lib.sources.aws import AwsSource, read_account
from finops_lib.sources.aws.calls import Session

pytestmark = pytest.mark.slow

TAGS = default_tag_keys()


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with serve_demo() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        yield running


@pytest.fixture(scope="module")
def source(demo: Demo) -> AwsSource:
    return AwsSource(
        endpoint_url=demo.endpoint_url, role_name="FinOpsReader", metric_days=1,
        regions=("us-east-1", "us-west-2", "eu-west-1"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def clients(source: AwsSource) -> Any:
    session = Session(source)
    home = session.home()
    for account in boto3.client("organizations", region_name="us-east-1").list_accounts()[
        "Accounts"
    ]:
        if account["Id"] != home:
            session.assume(account["Id"])
    return session.client


def resources(source: AwsSource, demo: Demo) -> pd.DataFrame:
    tables = read_account(source, as_of=demo.as_of).tables
    return tagged_resources(tables, RESOURCE_COSTS.empty(), TAGS)


def share(found: pd.DataFrame) -> float:
    table = compliance(found, TAGS, target=0.95)
    return float(table.loc[table["key"].eq(EVERY), "share"].iloc[0])


def test_apply_tags_bulk_plan_lifts_the_demo_account_to_its_target(demo, source, clients, tmp_path):
    before = resources(source, demo)
    assert share(before) == pytest.approx(0.20, abs=0.02)
    unclaimed = bulk_tags(
        before[before["x_tag_project"].isna()], "project", "shared", reason="nobody claims it"
    )
    plan = approve(
        tag_plan(suggest_tags(before, TAGS), unclaimed), "reviewer", min_confidence="low"
    )
    log = tmp_path / "undo.jsonl"

    first = apply_tags(plan, clients, log=log, dry_run=False)
    after = resources(source, demo)
    assert first.loc[first["outcome"].eq("failed"), ["kind", "error"]].drop_duplicates().empty
    assert share(after) > 0.90

    second = apply_tags(plan, clients, log=log, dry_run=False)
    assert set(second["outcome"]) == {"already"}
    pd.testing.assert_frame_equal(resources(source, demo), after)

    undone = undo_tags(log, clients, dry_run=False)
    assert set(undone["outcome"]) == {"undone"}
    assert share(resources(source, demo)) == share(before)
