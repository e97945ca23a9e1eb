"""Guardrails deny what they are meant to and allow the rest."""

from __future__ import annotations

import pytest

from finops_lib.params.governance import Guardrails
from finops_lib.plans.evaluator import denies
from finops_lib.plans.guardrails import gpu_policy, region_policy

INSTANCE = "arn:aws:ec2:eu-central-1:1:instance/*"
APPROVED = {"aws:RequestTag/finops:approved-by": "ada"}


@pytest.mark.parametrize(
    ("action", "resource", "context", "denied"),
    [
        ("ec2:RunInstances", INSTANCE, {"ec2:InstanceType": "p4d.24xlarge"}, True),
        ("ec2:RunInstances", INSTANCE, {"ec2:InstanceType": "p4d.24xlarge", **APPROVED}, False),
        ("ec2:RunInstances", INSTANCE, {"ec2:InstanceType": "g5.xlarge"}, False),
        ("ec2:RunInstances", "arn:aws:ec2:eu-central-1:1:volume/*", {}, False),
        ("sagemaker:CreateTrainingJob", "x", {"sagemaker:InstanceTypes": ["ml.p5.48xlarge"]}, True),
        ("sagemaker:CreateTrainingJob", "x", {"sagemaker:InstanceTypes": ["ml.m5.large"]}, False),
    ],
)
def test_gpu_policy_denies_large_types_without_approval_only(action, resource, context, denied):
    assert denies(gpu_policy(Guardrails()), action, resource, context) is denied


@pytest.mark.parametrize(
    ("action", "region", "denied"),
    [
        ("ec2:RunInstances", "us-west-2", True),
        ("ec2:RunInstances", "eu-central-1", False),
        ("iam:CreateRole", "us-east-1", False),
    ],
)
def test_region_policy_denies_other_regions_but_global_services(action, region, denied):
    policy = region_policy(Guardrails(regions=("eu-central-1",)))
    assert denies(policy, action, "*", {"aws:RequestedRegion": region}) is denied


def test_region_policy_without_regions_is_none():
    assert region_policy(Guardrails()) is None
