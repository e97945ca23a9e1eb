"""The tagging policy as artefacts that AWS enforces: Config rules, an organization's tag policy and an SCP.

Formats: AWS Config REQUIRED_TAGS (at most six keys a rule), Organizations tag policy syntax and service
control policies (at most 5,120 characters): https://docs.aws.amazon.com/organizations/.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from finops_lib.errors import PlanError
from finops_lib.params.tags import TagKey

KEYS_PER_RULE = 6
"""Tag keys that one REQUIRED_TAGS rule checks at most."""

SCP_CHARACTERS = 5120
"""Size of a service control policy at most."""

CONFIG_RESOURCE_TYPES = (
    "AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::Instance", "AWS::EC2::Volume",
    "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::RDS::DBInstance", "AWS::S3::Bucket",
)  # fmt: skip
"""Resource types that REQUIRED_TAGS supports and an ML platform has."""

ENFORCED_FOR = (
    "ec2:instance", "ec2:volume", "ec2:snapshot", "rds:db", "s3:bucket", "sagemaker:endpoint",
    "sagemaker:notebook-instance", "sagemaker:training-job",
)  # fmt: skip
"""Resource types in which a tag policy refuses other values than the allowed ones."""

CREATION: Mapping[str, str] = {
    "ec2:RunInstances": "arn:aws:ec2:*:*:instance/*",
    "ec2:CreateVolume": "arn:aws:ec2:*:*:volume/*",
    "rds:CreateDBInstance": "arn:aws:rds:*:*:db:*",
    "sagemaker:CreateEndpoint": "arn:aws:sagemaker:*:*:endpoint/*",
    "sagemaker:CreateNotebookInstance": "arn:aws:sagemaker:*:*:notebook-instance/*",
    "sagemaker:CreateTrainingJob": "arn:aws:sagemaker:*:*:training-job/*",
}
"""Actions that create what is expensive and can carry tags in the same request, and on what."""


def config_rules(tags: Mapping[str, TagKey]) -> list[dict[str, Any]]:
    """The ConfigRule of each PutConfigRule request: six required keys a rule, with their allowed values."""
    keys = _required(tags)
    return [
        {
            "ConfigRuleName": f"required-tags-{number}",
            "Description": f"Resources carry the tags {', '.join(chunk)}.",
            "Source": {"Owner": "AWS", "SourceIdentifier": "REQUIRED_TAGS"},
            "Scope": {"ComplianceResourceTypes": list(CONFIG_RESOURCE_TYPES)},
            "InputParameters": json.dumps(dict(_parameters(chunk, tags))),
        }
        for number, chunk in enumerate(_chunks(keys), start=1)
    ]


def config_template(tags: Mapping[str, TagKey]) -> dict[str, Any]:
    """The Config rules as a CloudFormation template, deployable as a stack set."""
    rules = {
        f"RequiredTags{number}": {
            "Type": "AWS::Config::ConfigRule",
            "Properties": {**rule, "InputParameters": json.loads(rule["InputParameters"])},
        }
        for number, rule in enumerate(config_rules(tags), start=1)
    }
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": rules}


def tag_policy(tags: Mapping[str, TagKey]) -> dict[str, Any]:
    """The Organizations tag policy: each key's right spelling, its values, and where others are refused."""
    policy: dict[str, Any] = {}
    for key, rule in tags.items():
        entry: dict[str, Any] = {"tag_key": {"@@assign": key}}
        if rule.allowed:
            entry["tag_value"] = {"@@assign": list(rule.allowed)}
            entry["enforced_for"] = {"@@assign": list(ENFORCED_FOR)}
        policy[key] = entry
    return {"tags": policy}


def service_control_policy(tags: Mapping[str, TagKey]) -> dict[str, Any]:
    """The SCP that denies creating what is expensive unless every required tag comes with the request.

    A statement per key, for one with several keys would deny only where all of them are missing.
    Raises PlanError where it grows beyond what Organizations takes.
    """
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Require" + "".join(part.capitalize() for part in key.split("_")),
                "Effect": "Deny",
                "Action": list(CREATION),
                "Resource": list(CREATION.values()),
                "Condition": {"Null": {f"aws:RequestTag/{key}": "true"}},
            }
            for key in _required(tags)
        ],
    }
    size = len(json.dumps(policy, separators=(",", ":")))
    if size > SCP_CHARACTERS:
        raise PlanError(
            f"The SCP has {size} characters of {SCP_CHARACTERS}. Require fewer tags, or attach two policies."
        )
    return policy


def _required(tags: Mapping[str, TagKey]) -> list[str]:
    return [key for key, rule in tags.items() if rule.required]


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), KEYS_PER_RULE):
        yield keys[start : start + KEYS_PER_RULE]


def _parameters(keys: list[str], tags: Mapping[str, TagKey]) -> Iterator[tuple[str, str]]:
    for number, key in enumerate(keys, start=1):
        yield f"tag{number}Key", key
        if tags[key].allowed:
            yield f"tag{number}Value", ",".join(tags[key].allowed)
