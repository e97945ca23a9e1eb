"""Log groups and Auto Scaling groups read from an emulated account."""

from __future__ import annotations

from datetime import datetime, timedelta

import boto3
import numpy as np
import pandas as pd
import pytest

from finops_lib.demo import emulator
from finops_lib.sources.aws import AwsSource, read_account
from finops_lib.sources.shape.ec2 import auto_scaling_groups
from finops_lib.sources.shape.logs import log_group
from finops_lib.units import BYTES_PER_GIB

AS_OF = datetime(2026, 11, 4)
ARN = "arn:aws:logs:us-east-1:123456789012:log-group:/app/api"


@pytest.fixture(scope="module")
def tables():
    """The account with two log groups, one of them with a retention and both written to."""
    with emulator.start() as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment().items():
            patch.setenv(name, value)
        logs = boto3.client("logs", region_name="us-east-1")
        logs.create_log_group(logGroupName="/app/api", tags={"team": "ads"})
        logs.create_log_group(logGroupName="/app/kept", tags={"team": "ads"})
        logs.put_retention_policy(logGroupName="/app/kept", retentionInDays=30)
        times = np.datetime64(AS_OF) - np.arange(1, 25) * np.timedelta64(1, "h")
        running.put_metric(
            "123456789012", "us-east-1", "AWS/Logs", "IncomingBytes", {"LogGroupName": "/app/api"},
            times, np.full(24, 1024.0), 3600,
        )  # fmt: skip
        source = AwsSource(accounts=("123456789012",), regions=("us-east-1",))
        yield read_account(source, as_of=AS_OF).tables


def test_read_account_tells_retention_size_and_tags_of_log_groups(tables):
    found = tables["log_groups"].set_index("name")
    assert found.loc["/app/api", "resource_id"] == ARN
    assert found["retention_days"].fillna(0).tolist() == [0, 30]
    assert found["stored_gib"].tolist() == [0.0, 0.0]
    assert found.loc["/app/api", "tags"] == {"team": "ads"}
    assert found.loc["/app/kept", "tags"] is None, "nothing can come of it, so nobody asks"


def test_read_account_tells_what_came_into_a_log_group(tables):
    metrics = tables["metrics"]
    incoming = metrics[metrics["metric"] == "IncomingBytes"]
    assert set(incoming["resource_id"]) == {ARN}
    assert incoming["value"].sum() == 24 * 1024


def test_log_group_of_the_api_keeps_units_and_leaves_unknown_what_is_not_told():
    raw = {"arn": f"{ARN}:*", "logGroupName": "/app/api", "creationTime": 1_700_000_000_000,
           "storedBytes": 3 * BYTES_PER_GIB, "logGroupClass": "STANDARD"}  # fmt: skip
    found = log_group(raw, {})
    assert (found["stored_gib"], found["retention_days"]) == (3.0, None)
    assert found["create_time"].replace(tzinfo=None) == datetime(2023, 11, 14, 22, 13, 20)
    bare = log_group({"arn": ARN, "logGroupName": "/app/api"}, None)
    assert pd.isna([bare["stored_gib"], bare["create_time"]]).all()


def test_auto_scaling_group_counts_what_it_must_not_take_away():
    members = [{"InstanceId": "i-1", "ProtectedFromScaleIn": True}, {"InstanceId": "i-2"}]
    group = {
        "AutoScalingGroupName": "web",
        "Instances": members,
        "CreatedTime": AS_OF - timedelta(days=9),
    }
    [found] = auto_scaling_groups([{"AutoScalingGroups": [group]}])
    assert (found["instance_count"], found["protected_count"]) == (2, 1)
