"""Guardrails deny what they are meant to and allow the rest."""

from __future__ import annotations

import json

import pytest

from finops_lib.params.governance import Guardrails
from finops_lib.params.tags import default_tag_keys
from finops_lib.plans.evaluator import denies
from finops_lib.plans.guardrails import gpu_policy, region_policy
from finops_lib.plans.organization_policies import policies
from finops_lib.plans.tag_enforcement import SCP_CHARACTERS

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


ROOM = "arn:aws:ec2:eu-central-1:1:instance/i-1"
TAGGED = {f"aws:RequestTag/{key}": "x" for key, rule in default_tag_keys().items() if rule.required}


@pytest.mark.parametrize(
    ("action", "context", "by"),
    [
        ("ec2:RunInstances", {**TAGGED, "aws:RequestedRegion": "eu-central-1"}, set()),
        ("ec2:RunInstances", {"aws:RequestedRegion": "eu-central-1"}, {"finops-required-tags"}),
        ("ec2:RunInstances", {**TAGGED, "aws:RequestedRegion": "ap-east-1"}, {"finops-regions"}),
        ("ec2:RunInstances",
         {**TAGGED, "aws:RequestedRegion": "eu-central-1", "ec2:InstanceType": "p5.48xlarge"},
         {"finops-gpu-approval"}),
        ("ec2:StopInstances", {"aws:RequestedRegion": "eu-central-1"}, set()),
    ],
)  # fmt: skip
def test_policies_together_deny_by_exactly_the_rule_that_is_broken(action, context, by):
    made = policies(Guardrails(regions=("eu-central-1",)), default_tag_keys())
    assert {name for name, policy in made.items() if denies(policy, action, ROOM, context)} == by
    assert all(
        len(json.dumps(policy, separators=(",", ":"))) <= SCP_CHARACTERS for policy in made.values()
    )
