"""The off-hours function as one CloudFormation stack: Lambda, schedule and least-privilege roles."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finops_lib.params.governance import Schedule

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold; a build time would make every zip another one."""

PERMISSIONS = (
    "autoscaling:CreateOrUpdateTags", "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:UpdateAutoScalingGroup", "ec2:DescribeInstances", "ec2:StartInstances",
    "ec2:StopInstances", "rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:StartDBCluster",
    "rds:StartDBInstance", "rds:StopDBCluster", "rds:StopDBInstance",
    "sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:DeleteEndpoint",
    "sagemaker:DescribeEndpoint", "sagemaker:ListEndpointConfigs", "sagemaker:ListNotebookInstances",
    "sagemaker:ListTags", "sagemaker:StartNotebookInstance", "sagemaker:StopNotebookInstance",
)  # fmt: skip
"""What the function calls, and nothing else."""


def build_zip() -> bytes:
    """The deployment package; the same source gives the same bytes."""
    source = (Path(__file__).parent / "handler.py").read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("handler.py", EPOCH)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, source, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def as_json(schedules: Sequence[Schedule]) -> str:
    """The schedules by name, as the function reads them from its environment."""
    return json.dumps(
        {s.name: s.model_dump(mode="json", exclude={"name"}) for s in schedules}, sort_keys=True
    )


def template(schedules: Sequence[Schedule], bucket: str, key: str) -> dict[str, Any]:
    """The CloudFormation template; the zip lies in S3 at `bucket` and `key`."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Runs tagged resources only in the hours of their schedule.",
        "Resources": {
            "FunctionRole": role("lambda.amazonaws.com", [
                allow(list(PERMISSIONS), "*"),
                allow(["logs:CreateLogStream", "logs:PutLogEvents"],
                       {"Fn::GetAtt": ["Logs", "Arn"]}),
            ]),
            "Logs": {
                "Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
                "Properties": {"LogGroupName": {"Fn::Sub": "/finops/${AWS::StackName}"},
                               "RetentionInDays": 30},
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.13", "Handler": "handler.handler", "Timeout": 300,
                    "MemorySize": 256, "Role": {"Fn::GetAtt": ["FunctionRole", "Arn"]},
                    "Code": {"S3Bucket": bucket, "S3Key": key},
                    "LoggingConfig": {"LogGroup": {"Ref": "Logs"}},
                    "Environment": {"Variables": {"SCHEDULES": as_json(schedules)}},
                },
            },
            "SchedulerRole": role("scheduler.amazonaws.com", [
                allow(["lambda:InvokeFunction"], {"Fn::GetAtt": ["Function", "Arn"]}),
            ]),
            "Hourly": {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": {
                    "ScheduleExpression": "cron(0 * * * ? *)",
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "Target": {
                        "Arn": {"Fn::GetAtt": ["Function", "Arn"]},
                        "RoleArn": {"Fn::GetAtt": ["SchedulerRole", "Arn"]},
                        "Input": '{"time": "<aws.scheduler.scheduled-time>"}',
                        # A late retry would stop what a person has started since.
                        "RetryPolicy": {"MaximumEventAgeInSeconds": 1800, "MaximumRetryAttempts": 2},
                    },
                },
            },
        },
    }  # fmt: skip


def allow(actions: list[str], resource: Any) -> dict[str, Any]:
    """A statement of a policy."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def role(service: str, statements: list[dict[str, Any]]) -> dict[str, Any]:
    """A role that the service takes on, with these statements."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policy = {"Version": "2012-10-17", "Statement": statements}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "finops", "PolicyDocument": policy}],
        },
    }
