"""The scheduled detector as one CloudFormation stack: a CodeBuild project, its schedule and their roles.

A Lambda's zip may hold 250 MB, which pandas, DuckDB and statsmodels exceed; a CodeBuild project installs them, runs for
a minute or two a day and costs nothing in between. https://docs.aws.amazon.com/codebuild/latest/userguide/.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from finops_lib.params.governance import Governance
from finops_lib.params.tags import TagKey
from finops_lib.plans.budgets import PREFIX
from finops_lib.plans.detector.source import PARAMETERS, build_zip
from finops_lib.plans.shutdown.stack import allow, role
from finops_lib.plans.stacks import Place, Stack, Template

STACK = PREFIX + "detector"
FOLDER = "finops-detector/"
STATE = FOLDER + "told.json"
"""Which anomalies were told already; it goes with the stack."""

RUN = "python -m finops_lib.cli"
COMMANDS = (
    f'{RUN} collect --params {PARAMETERS} --output estate --as-of "$(date -u +%Y-%m-%dT%H:%M:%S)"',
    f"{RUN} govern alert --estate estate --params {PARAMETERS} --state $STATE --execute",
)
"""Read the bill up to now (alone it would be read to the end of its last month), and tell of each anomaly once."""


def stack(governance: Governance, tags: Mapping[str, TagKey]) -> Stack:
    """The stack of these parameters; without a bill to read, an address to tell or a bucket none is wanted."""
    bucket, bill, alerts = governance.artifacts, governance.detector.bill, governance.alerts
    if not (bucket and bill and alerts.urls):
        return Stack(STACK, None, lambda: (("", ""), b""), _kept)
    packed = build_zip(bill, alerts, tags)
    key = f"{FOLDER}{hashlib.sha256(packed).hexdigest()[:16]}.zip"
    made = template(bill, bucket, key, governance.detector.cron)
    return Stack(STACK, made, lambda: ((bucket, key), packed), _kept)


def template(bill: tuple[str, ...], bucket: str, key: str, cron: str) -> Template:
    """The CloudFormation template; the source lies in S3 at `bucket` and `key`."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Looks for cost anomalies by a schedule and tells of each once.",
        "Resources": {
            "Logs": {
                "Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {"LogGroupName": {"Fn::Sub": "/finops/${AWS::StackName}"},
                               "RetentionInDays": 30},
            },
            "BuildRole": role("codebuild.amazonaws.com", _reads(bill, bucket, key)),
            "Project": _project(bucket, key),
            "SchedulerRole": role("scheduler.amazonaws.com", [
                allow(["codebuild:StartBuild"], {"Fn::GetAtt": ["Project", "Arn"]}),
            ]),
            "Daily": {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {
                    "ScheduleExpression": cron,
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "Target": {"Arn": {"Fn::GetAtt": ["Project", "Arn"]},
                               "RoleArn": {"Fn::GetAtt": ["SchedulerRole", "Arn"]}},
                },
            },
        },
    }  # fmt: skip


def _project(bucket: str, key: str) -> dict[str, Any]:
    phases = {
        "install": {"commands": ["pip install --quiet ."]},
        "build": {"commands": list(COMMANDS)},
    }
    image = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    return {
        "Type": "AWS::CodeBuild::Project",
        "Properties": {
            "Name": {"Ref": "AWS::StackName"},
            "ServiceRole": {"Fn::GetAtt": ["BuildRole", "Arn"]},
            "TimeoutInMinutes": 60,
            "Artifacts": {"Type": "NO_ARTIFACTS"},
            "Source": {"Type": "S3", "Location": f"{bucket}/{key}",
                       "BuildSpec": json.dumps({"version": 0.2, "phases": phases})},
            "Environment": {
                "Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL", "Image": image,
                "EnvironmentVariables": [{"Name": "STATE", "Value": f"s3://{bucket}/{STATE}"}],
            },
            "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": {"Ref": "Logs"}}},
        },
    }  # fmt: skip


def _reads(bill: tuple[str, ...], bucket: str, key: str) -> list[dict[str, Any]]:
    """The bill, the source and the state; to read a missing state as missing the bucket must be listable."""
    places = sorted({place.removeprefix("s3://").partition("/")[0] for place in bill})
    buckets = [f"arn:aws:s3:::{name}" for name in dict.fromkeys((*places, bucket))]
    files = [f"arn:aws:s3:::{name}/*" for name in places]
    mine = f"arn:aws:s3:::{bucket}/"
    return [
        allow(["s3:ListBucket"], buckets),
        allow(["s3:GetObject"], [*files, mine + key, mine + STATE]),
        allow(["s3:GetObjectVersion"], [mine + key]),
        allow(["s3:PutObject"], [mine + STATE]),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["Logs", "Arn"]}),
    ]


def _kept(made: Template) -> tuple[Place, ...]:
    bucket, _, key = made["Resources"]["Project"]["Properties"]["Source"]["Location"].partition("/")
    return (bucket, key), (bucket, STATE)
