"""Service control policies against the costliest mistakes: unapproved GPUs and unused regions.

Syntax and size: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
"""

from __future__ import annotations

from typing import Any

from finops_lib.params.governance import Guardrails

GLOBAL_ACTIONS = (
    "budgets:*", "ce:*", "cloudfront:*", "iam:*", "organizations:*", "route53:*", "sts:*", "support:*",
)  # fmt: skip
"""Services without a region, which a rule on regions would lock out."""

ML_CREATION = (
    "sagemaker:CreateEndpointConfig", "sagemaker:CreateNotebookInstance",
    "sagemaker:CreateProcessingJob", "sagemaker:CreateTrainingJob",
)  # fmt: skip


def gpu_policy(rules: Guardrails) -> dict[str, Any]:
    """Large GPU types only with the approval tag in the request that creates them."""
    untagged = {f"aws:RequestTag/{rules.approval_tag}": "true"}
    return _policy([
        _deny("Instances", ["ec2:RunInstances"], "arn:aws:ec2:*:*:instance/*", {
            "StringLike": {"ec2:InstanceType": [f"{f}.*" for f in rules.gpu_families]},
            "Null": untagged,
        }),
        _deny("SageMaker", list(ML_CREATION), "*", {
            "ForAnyValue:StringLike": {
                "sagemaker:InstanceTypes": [f"ml.{f}.*" for f in rules.gpu_families]
            },
            "Null": untagged,
        }),
    ])  # fmt: skip


def region_policy(rules: Guardrails) -> dict[str, Any] | None:
    """Nothing outside the allowed regions but services without one; None where all are allowed."""
    if not rules.regions:
        return None
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": list(rules.regions)}}
    statement = {"Sid": "Regions", "Effect": "Deny", "NotAction": list(GLOBAL_ACTIONS),
                 "Resource": "*", "Condition": elsewhere}  # fmt: skip
    return _policy([statement])


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _deny(sid: str, actions: list[str], resource: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resource,
            "Condition": condition}  # fmt: skip
