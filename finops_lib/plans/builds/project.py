"""A job of ours run by a schedule, as one CloudFormation stack: a CodeBuild project, its schedule and their roles.

A Lambda's zip may hold 250 MB, which pandas, DuckDB and statsmodels exceed; a CodeBuild project installs them, runs for
a minute or two and costs nothing in between. https://docs.aws.amazon.com/codebuild/latest/userguide/.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from finops_lib.plans.builds.source import build_zip
from finops_lib.plans.shutdown.stack import allow, role
from finops_lib.plans.stacks import Place, Stack, Template

RUN = "python -m finops_lib.cli"


@dataclass(frozen=True)
class Job:
    """What is run when, on which bill; it may write `state` (a key of the bucket; empty: none) and do `more`."""

    name: str
    description: str
    commands: tuple[str, ...]
    cron: str
    bill: tuple[str, ...]
    bucket: str
    state: str = ""
    more: tuple[dict[str, Any], ...] = ()

    @property
    def folder(self) -> str:
        """Where its zips lie in the bucket; whatever is under it is ours."""
        return f"{self.name}/"


def stack(job: Job, parameters: str) -> Stack:
    """The stack of the job, which runs with these parameters (a file's text)."""
    packed = build_zip(parameters)
    key = f"{job.folder}{hashlib.sha256(packed).hexdigest()[:16]}.zip"
    return Stack(job.name, template(job, key), lambda: ((job.bucket, key), packed), kept)


def no_stack(name: str) -> Stack:
    """That none of this name is wanted."""
    return Stack(name, None, lambda: (("", ""), b""), kept)


def template(job: Job, key: str) -> Template:
    """The CloudFormation template; the source lies in the job's bucket at `key`."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": job.description,
        "Resources": {
            "Logs": {
                "Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {"LogGroupName": {"Fn::Sub": "/finops/${AWS::StackName}"},
                               "RetentionInDays": 30},
            },
            "BuildRole": role("codebuild.amazonaws.com", [*_reads(job, key), *job.more]),
            "Project": _project(job, key),
            "SchedulerRole": role("scheduler.amazonaws.com", [
                allow(["codebuild:StartBuild"], {"Fn::GetAtt": ["Project", "Arn"]}),
            ]),
            "Schedule": {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {
                    "ScheduleExpression": job.cron,
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "Target": {"Arn": {"Fn::GetAtt": ["Project", "Arn"]},
                               "RoleArn": {"Fn::GetAtt": ["SchedulerRole", "Arn"]}},
                },
            },
        },
    }  # fmt: skip


def _project(job: Job, key: str) -> dict[str, Any]:
    phases = {
        "install": {"commands": ["pip install --quiet ."]},
        "build": {"commands": list(job.commands)},
    }
    image = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    state = f"s3://{job.bucket}/{job.state}" if job.state else ""
    return {
        "Type": "AWS::CodeBuild::Project",
        "Properties": {
            "Name": {"Ref": "AWS::StackName"},
            "ServiceRole": {"Fn::GetAtt": ["BuildRole", "Arn"]},
            "TimeoutInMinutes": 60,
            "Artifacts": {"Type": "NO_ARTIFACTS"},
            "Source": {"Type": "S3", "Location": f"{job.bucket}/{key}",
                       "BuildSpec": json.dumps({"version": 0.2, "phases": phases})},
            "Environment": {
                "Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL", "Image": image,
                "EnvironmentVariables": [{"Name": "STATE", "Value": state}] if state else [],
            },
            "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": {"Ref": "Logs"}}},
        },
    }  # fmt: skip


def _reads(job: Job, key: str) -> list[dict[str, Any]]:
    """The bill, the source and the state; to read a missing state as missing the bucket must be listable."""
    places = sorted({place.removeprefix("s3://").partition("/")[0] for place in job.bill})
    buckets = [f"arn:aws:s3:::{name}" for name in dict.fromkeys((*places, job.bucket))]
    files = [f"arn:aws:s3:::{name}/*" for name in places]
    mine = f"arn:aws:s3:::{job.bucket}/"
    state = [mine + job.state] if job.state else []
    return [
        allow(["s3:ListBucket"], buckets),
        allow(["s3:GetObject"], [*files, mine + key, *state]),
        allow(["s3:GetObjectVersion"], [mine + key]),
        *([allow(["s3:PutObject"], state)] if state else []),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["Logs", "Arn"]}),
    ]


def kept(made: Template) -> tuple[Place, ...]:
    """The zip that a stack of a job runs from, and the state that it writes."""
    project = made["Resources"]["Project"]["Properties"]
    bucket, _, key = project["Source"]["Location"].partition("/")
    variables = project["Environment"]["EnvironmentVariables"]
    states = [v["Value"].removeprefix(f"s3://{bucket}/") for v in variables]
    return ((bucket, key), *((bucket, state) for state in states))
