"""The clients with which a plan is observed, applied and undone, one session per account."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from finops_lib.errors import AccessError

PATIENT = Config(retries={"mode": "standard", "max_attempts": 10})
"""A busy account throttles: a call is tried up to ten times, with growing pauses, before its step fails."""


@cache
def clients(role: str | None) -> Any:
    """Account, region and service to a boto3 client."""

    @cache
    def session(account: str) -> boto3.Session:
        own = boto3.Session()
        if (
            role is None
            and own.client("sts", config=PATIENT).get_caller_identity()["Account"] == account
        ):
            return own
        if role is None:
            raise AccessError(
                f"The plan acts on account {account}, these credentials are of another: give --role."
            )
        assumed = own.client("sts", config=PATIENT).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="finops-apply"
        )["Credentials"]
        return boto3.Session(
            assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"]
        )

    @cache
    def client(account: str, region: str, service: str) -> Any:
        place = "us-east-1" if region in ("", "global", "aws-global") else region
        return session(account).client(service, region_name=place, config=PATIENT)

    return client


def caller_account() -> str:
    """The account of these credentials, in which controls are deployed."""
    return str(boto3.client("sts").get_caller_identity()["Account"])
