"""Cost Explorer over a planted bill."""

from __future__ import annotations

import pandas as pd
import pytest
from botocore.exceptions import ClientError

OCTOBER = {"Start": "2026-10-01", "End": "2026-11-01"}


@pytest.fixture(autouse=True)
def planted(account):
    rows = [
        ("2026-10-01", "Amazon SageMaker", "111111111111", 10.0, {"team": "ml"}),
        ("2026-10-01", "AWS Lambda", "222222222222", 1.0, {}),
        ("2026-10-02", "Amazon SageMaker", "111111111111", 20.0, {"team": "web", "Name": "x"}),
        ("2026-10-31", "AWS Lambda", "222222222222", 4.0, {"team": "ml"}),
        ("2026-11-01", "AWS Lambda", "222222222222", 100.0, {"team": "ml"}),
    ]
    account.put_costs(
        pd.DataFrame(
            {
                "ChargePeriodStart": pd.to_datetime([row[0] for row in rows]),
                "ServiceName": [row[1] for row in rows],
                "SubAccountId": [row[2] for row in rows],
                "SubAccountName": [f"name-{row[2][0]}" for row in rows],
                "BilledCost": [row[3] for row in rows],
                "EffectiveCost": [row[3] * 2 for row in rows],
                "ListCost": [row[3] for row in rows],
                "ConsumedQuantity": 1.0,
                "ChargeCategory": "Usage",
                "PricingCategory": "Standard",
                "Tags": [row[4] for row in rows],
            }
        )
    )


def ask(client, **more):
    asked = {"TimePeriod": OCTOBER, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    return client("ce").get_cost_and_usage(**(asked | more))


def table(answer):
    """Start, keys and amount of each group."""
    return [
        (r["TimePeriod"]["Start"], *g["Keys"], float(g["Metrics"]["UnblendedCost"]["Amount"]))
        for r in answer["ResultsByTime"]
        for g in r["Groups"]
    ]


def test_get_cost_and_usage_end_is_exclusive(client):
    total = ask(client)["ResultsByTime"][0]["Total"]["UnblendedCost"]
    assert total == {"Amount": "35.0000000000", "Unit": "USD"}


def test_get_cost_and_usage_amortized_is_the_effective_cost(client):
    total = ask(client, Metrics=["AmortizedCost"])["ResultsByTime"][0]["Total"]
    assert float(total["AmortizedCost"]["Amount"]) == 70.0


def test_get_cost_and_usage_daily_has_every_day(client):
    results = ask(client, Granularity="DAILY")["ResultsByTime"]
    amounts = [float(r["Total"]["UnblendedCost"]["Amount"]) for r in results]
    assert amounts == [11.0, 20.0, *[0.0] * 28, 4.0]


def test_get_cost_and_usage_two_groups_split_the_total(client):
    groups = [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "TAG", "Key": "team"}]
    assert table(ask(client, GroupBy=groups)) == [
        ("2026-10-01", "AWS Lambda", "team$", 1.0),
        ("2026-10-01", "AWS Lambda", "team$ml", 4.0),
        ("2026-10-01", "Amazon SageMaker", "team$ml", 10.0),
        ("2026-10-01", "Amazon SageMaker", "team$web", 20.0),
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"Dimensions": {"Key": "SERVICE", "Values": ["AWS Lambda"]}}, 5.0),
        ({"Not": {"Dimensions": {"Key": "SERVICE", "Values": ["AWS Lambda"]}}}, 30.0),
        ({"Tags": {"Key": "team", "Values": ["ml"]}}, 14.0),
        ({"Tags": {"Key": "team", "MatchOptions": ["ABSENT"]}}, 1.0),
        (
            {
                "And": [
                    {"Tags": {"Key": "team", "Values": ["ml"]}},
                    {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["111111111111"]}},
                ]
            },
            10.0,
        ),
        (
            {
                "Or": [
                    {"Tags": {"Key": "team", "Values": ["web"]}},
                    {"Dimensions": {"Key": "SERVICE", "Values": ["AWS Lambda"]}},
                ]
            },
            25.0,
        ),
    ],
)
def test_get_cost_and_usage_filter_keeps_what_it_says(client, expression, expected):
    total = ask(client, Filter=expression)["ResultsByTime"][0]["Total"]
    assert float(total["UnblendedCost"]["Amount"]) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"TimePeriod": {"Start": "2026-10-01", "End": "2026-10-01"}},
        {"TimePeriod": {"Start": "2020-10-01", "End": "2026-10-01"}},
        {"Metrics": ["Cost"]},
        {"GroupBy": [{"Type": "DIMENSION", "Key": k} for k in ("SERVICE", "REGION", "AZ")]},
        {"GroupBy": [{"Type": "DIMENSION", "Key": "RESOURCE"}]},
        {"Filter": {"And": [{"Tags": {"Key": "team", "Values": ["ml"]}}]}},
    ],
)
def test_get_cost_and_usage_what_aws_refuses_is_refused(client, wrong):
    with pytest.raises(ClientError, match="ValidationException"):
        ask(client, **wrong)


def test_get_cost_and_usage_many_groups_come_in_pages(client, account):
    days = pd.date_range("2026-10-01", periods=31).repeat(50)
    account.put_costs(
        pd.DataFrame(
            {
                "ChargePeriodStart": days,
                "ServiceName": [f"S{n % 50}" for n in range(len(days))],
                "SubAccountId": "111111111111",
                "BilledCost": 1.0,
                "EffectiveCost": 1.0,
                "ChargeCategory": "Usage",
            }
        )
    )
    groups = [{"Type": "DIMENSION", "Key": "SERVICE"}]
    first = ask(client, Granularity="DAILY", GroupBy=groups)
    second = ask(client, Granularity="DAILY", GroupBy=groups, NextPageToken=first["NextPageToken"])
    assert (len(table(first)), len(table(second))) == (1000, 550)
    assert "NextPageToken" not in second


def test_get_dimension_values_names_accounts(client):
    answer = client("ce").get_dimension_values(TimePeriod=OCTOBER, Dimension="LINKED_ACCOUNT")
    found = [(v["Value"], v["Attributes"]["description"]) for v in answer["DimensionValues"]]
    assert found == [("111111111111", "name-1"), ("222222222222", "name-2")]


def test_get_tags_lists_activated_keys_only(client):
    assert client("ce").get_tags(TimePeriod=OCTOBER)["Tags"] == ["team"]


def test_create_anomaly_monitor_second_of_all_services_is_refused(client):
    ce = client("ce")
    monitor = {
        "MonitorName": "all", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE",
    }  # fmt: skip
    arn = ce.create_anomaly_monitor(AnomalyMonitor=monitor)["MonitorArn"]
    with pytest.raises(ClientError, match="LimitExceededException"):
        ce.create_anomaly_monitor(AnomalyMonitor=monitor)
    assert [m["MonitorArn"] for m in ce.get_anomaly_monitors()["AnomalyMonitors"]] == [arn]
    ce.delete_anomaly_monitor(MonitorArn=arn)
    assert ce.get_anomaly_monitors()["AnomalyMonitors"] == []
