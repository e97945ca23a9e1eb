"""Metrics as CloudWatch serves them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from botocore.exceptions import ClientError

PAYER, REGION = "123456789012", "us-east-1"
START, END = datetime(2026, 10, 1), datetime(2026, 10, 1, 2)


@pytest.fixture(autouse=True)
def planted(account):
    account.state.metrics.clear()
    times = np.arange(np.datetime64(START, "s"), np.datetime64(END, "s"), np.timedelta64(900, "s"))
    values = np.array([1.0, 2.0, 3.0, 10.0, 5.0, 5.0, 5.0, 9.0])
    name = {"InstanceId": "i-1"}
    account.put_metric(PAYER, REGION, "AWS/EC2", "CPUUtilization", name, times, values, 900)
    account.put_metric(PAYER, REGION, "CWAgent", "CPUUtilization", name, times, -values, 900)


def query(stat="Average", instance="i-1", namespace="AWS/EC2", name="m"):
    metric = {
        "Namespace": namespace,
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "InstanceId", "Value": instance}],
    }
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": stat}}


def values_of(client, **asked):
    answer = client("cloudwatch").get_metric_data(
        MetricDataQueries=[query(**asked)],
        StartTime=START,
        EndTime=END,
        ScanBy="TimestampAscending",
    )
    return answer["MetricDataResults"][0]["Values"]


@pytest.mark.parametrize(
    ("stat", "expected"),
    [
        ("Average", [4.0, 6.0]),
        ("Maximum", [10.0, 9.0]),
        ("Minimum", [1.0, 5.0]),
        ("Sum", [16.0, 24.0]),
        ("SampleCount", [4.0, 4.0]),
        ("p50", [2.5, 5.0]),
        ("p100", [10.0, 9.0]),
    ],
)
def test_get_metric_data_each_statistic_is_exact(client, stat, expected):
    assert values_of(client, stat=stat) == expected


def test_get_metric_data_other_namespace_is_not_mixed_in(client):
    assert values_of(client, namespace="CWAgent", stat="Maximum") == [-1.0, -5.0]


def test_get_metric_data_unknown_instance_has_no_datapoints(client):
    assert values_of(client, instance="i-unknown") == []


def test_get_metric_data_descends_by_default(client):
    answer = client("cloudwatch").get_metric_data(
        MetricDataQueries=[query()], StartTime=START, EndTime=END
    )
    times = answer["MetricDataResults"][0]["Timestamps"]
    assert [t.astimezone(UTC).hour for t in times] == [1, 0]


def test_get_metric_data_over_500_queries_is_refused(client):
    queries = [query(name=f"m{n}") for n in range(501)]
    with pytest.raises(ClientError, match="MetricDataQueries"):
        client("cloudwatch").get_metric_data(
            MetricDataQueries=queries, StartTime=START, EndTime=END
        )


def test_get_metric_data_over_the_limit_is_paged_without_loss(client):
    pages = (
        client("cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=[query(name="a"), query(name="b")],
            StartTime=START,
            EndTime=END,
            MaxDatapoints=2,
        )
    )
    found = [[r["Id"] for r in page["MetricDataResults"]] for page in pages]
    assert found == [["a"], ["b"]]


def test_get_metric_statistics_gives_several_statistics(client):
    answer = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "InstanceId", "Value": "i-1"}],
        StartTime=START,
        EndTime=END,
        Period=7200,
        Statistics=["Average", "Maximum"],
    )
    found = [
        {k: p[k] for k in ("Average", "Maximum", "Unit") if k in p} for p in answer["Datapoints"]
    ]
    assert found[0]["Average"] == 5.0
    assert found[0]["Maximum"] == 10.0


def test_put_metric_data_is_served_and_listed(client):
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_data(
        Namespace="Own",
        MetricData=[
            {"MetricName": "Requests", "Timestamp": START, "Values": [1.0, 3.0], "Counts": [3, 1]}
        ],
    )
    answer = cloudwatch.get_metric_statistics(
        Namespace="Own", MetricName="Requests", StartTime=START, EndTime=END, Period=3600,
        Statistics=["Sum", "SampleCount"],
    )  # fmt: skip
    listed = cloudwatch.list_metrics(Namespace="Own")["Metrics"]
    assert (answer["Datapoints"][0]["Sum"], answer["Datapoints"][0]["SampleCount"]) == (6.0, 4.0)
    assert [metric["MetricName"] for metric in listed] == ["Requests"]
