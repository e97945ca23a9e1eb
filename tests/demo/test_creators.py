"""Who created what is new in a bill, asked of an emulated CloudTrail by a whole read."""

import json
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import pytest
from bills import as_legacy_csv, small_bill

from finops_lib.collect import collect
from finops_lib.demo.emulator import Faults
from finops_lib.params import load_params
from finops_lib.phases.anomalies import anomaly_causes
from finops_lib.sources.aws import AwsSource
from finops_lib.sources.shape.creators import pseudonym
from finops_lib.workbook import Workbook

PAYER = "123456789012"
REGION = "us-east-1"
JO = "IAMUser:AIDAEXAMPLE:jo"
NEW = "arn:aws:ec2:us-east-1:123456789012:instance/i-0new"
ANOMALY = {
    "anomaly_id": "one", "service": None, "account_id": None, "region": None, "usage_type": None,
    "kind": "spike", "start": pd.Timestamp("2026-10-02"), "end": pd.Timestamp("2026-10-03"),
    "impact": 5.0,
}  # fmt: skip


def run_instances(name, day, hour, user="jo"):
    identity = {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": user}
    return {
        "EventId": f"{name}-{hour}", "EventName": "RunInstances", "Username": user,
        "EventTime": datetime(2026, 10, day, hour, tzinfo=UTC),
        "Resources": [{"ResourceType": "AWS::EC2::Instance", "ResourceName": name}],
        "CloudTrailEvent": json.dumps({"userIdentity": identity}),
    }  # fmt: skip


@pytest.fixture
def read(account, tmp_path, monkeypatch):
    """Reads a bill with one old resource (charged on its first day) and one that came on the second."""
    for name, value in account.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    # Repeats of a request that is refused would take a minute.
    monkeypatch.setattr("finops_lib.collect.AwsSource", partial(AwsSource, max_attempts=1))
    account.state.events.clear()
    account.put_events(
        PAYER, REGION, [run_instances("i-0new", 1, 23), run_instances("i-0old", 1, 1)]
    )

    def reading(resources=("i-0old", NEW), **source):
        lines = small_bill().iloc[: len(resources)].drop(columns="resource_tags_aws_created_by")
        lines["line_item_usage_account_id"] = PAYER
        lines["line_item_resource_id"] = resources
        bill = as_legacy_csv(lines, tmp_path / "bill.csv")
        given = {
            "source.billing": [str(bill)], "source.endpoint_url": account.endpoint_url,
            "source.regions": [REGION], "month": "2026-10",
            **{f"source.{name}": value for name, value in source.items()},
        }  # fmt: skip
        params = load_params(None, given)
        estate = collect(
            params, tmp_path / "estate", cache=tmp_path / "cache", now=datetime(2026, 11, 2),
            progress=lambda *_: None,
        )  # fmt: skip
        return Workbook(estate, params)

    yield reading
    account.faults = Faults()


def asked(book):
    calls = book.estate["api_calls"]
    return calls.loc[calls["service"] == "cloudtrail", "requests"].sum()


def creator_of(book):
    causes = anomaly_causes(book, pd.DataFrame([ANOMALY])).set_index("dimension")
    return causes["value"].get("created by")


def test_collect_asks_nobody_who_created_what_by_default(read, account):
    account.faults = Faults(denied=frozenset({"cloudtrail"}))
    book = read()
    assert asked(book) == 0
    assert "creators" not in {*book.estate["gaps"]["table"], *book.estate.tables}
    assert creator_of(book) is None


def test_collect_asks_once_for_the_new_resource_and_the_anomaly_names_who_created_it(read):
    book = read(created_by="show")
    assert asked(book) == 1
    assert book.estate["creators"].to_numpy().tolist() == [
        [PAYER, REGION, NEW, JO, "RunInstances", pd.Timestamp("2026-10-01 23:00")]
    ]
    assert creator_of(book) == JO


def test_collect_asks_for_the_costliest_alone_where_many_are_new(read, monkeypatch):
    monkeypatch.setattr("finops_lib.follow_up.MOST_RESOURCES", 1)
    book = read(("i-0old", NEW, "i-0cheap"), created_by="show")
    assert asked(book) == 1
    assert book.estate["creators"]["resource_id"].tolist() == [NEW]


def test_collect_masked_keeps_the_pseudonym_alone(read):
    book = read(created_by="mask")
    assert book.estate["creators"]["created_by"].tolist() == [pseudonym(JO)]
    assert creator_of(book) == pseudonym(JO)


def test_collect_refused_by_cloudtrail_is_a_gap_and_the_anomaly_has_no_creator(read, account):
    account.faults = Faults(denied=frozenset({"cloudtrail"}))
    book = read(("i-0old", NEW, "i-0cheap"), created_by="show")
    assert asked(book) == 1
    (gap,) = book.estate["gaps"].query("table == 'creators'").to_dict("records")
    assert (gap["service"], gap["account_id"], gap["region"]) == ("cloudtrail", PAYER, REGION)
    assert "tags alone" in gap["reason"]
    assert book.estate["creators"].empty
    assert creator_of(book) is None
