"""Faults on demand, as a client meets them."""

from __future__ import annotations

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from finops_lib.demo.emulator import Faults


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("service", "operation", "denied", "code"),
    [
        ("ec2", "describe_volumes", "ec2:DescribeVolumes", "UnauthorizedOperation"),
        ("s3", "list_buckets", "s3:ListBuckets", "AccessDenied"),
        ("rds", "describe_db_instances", "rds", "AccessDenied"),
        ("cloudwatch", "list_metrics", "cloudwatch", "AccessDeniedException"),
        ("sagemaker", "list_endpoints", "sagemaker:ListEndpoints", "AccessDeniedException"),
    ],
)
def test_denied_answers_in_the_services_own_words(
    account, client, service, operation, denied, code
):
    account.faults = Faults(denied=frozenset({denied}))
    assert code_of(getattr(client(service), operation)) == code


def test_denied_operation_leaves_the_others_alone(account, client):
    account.faults = Faults(denied=frozenset({"ec2:DescribeVolumes"}))
    assert client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_expired_token_is_said_by_every_call(account, client):
    account.faults = Faults(expired_token=True)
    assert code_of(client("sts").get_caller_identity) == "ExpiredToken"


def test_dead_region_does_not_answer_and_others_do(account, client):
    account.faults = Faults(dead_regions=frozenset({"eu-west-1"}))
    assert code_of(client("ec2", region_name="eu-west-1").describe_volumes) == "ServiceUnavailable"
    assert client("ec2").describe_volumes()["Volumes"] == []


def test_denied_account_cannot_be_entered(account, client):
    account.faults = Faults(denied_accounts=frozenset({"222222222222"}))
    role = {"RoleArn": "arn:aws:iam::222222222222:role/reader", "RoleSessionName": "test"}
    assert code_of(lambda: client("sts").assume_role(**role)) == "AccessDenied"


def test_throttled_share_of_calls_is_survived_by_retries(account, client):
    account.faults = Faults(throttle_share=0.3)
    ec2 = client("ec2", config=Config(retries={"mode": "standard", "total_max_attempts": 10}))
    answers = [ec2.describe_volumes() for _ in range(10)]
    attempts = [answer["ResponseMetadata"]["RetryAttempts"] for answer in answers]
    assert sum(attempts) > 0


def test_unknown_operation_is_named_and_not_retried(client):
    patient = Config(retries={"total_max_attempts": 3})
    with pytest.raises(ClientError, match="ec2:DescribeFastSnapshotRestores") as refused:
        client("ec2", config=patient).describe_fast_snapshot_restores()
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_unknown_service_is_named(client):
    with pytest.raises(ClientError, match="health:DescribeEvents"):
        client("health").describe_events()
