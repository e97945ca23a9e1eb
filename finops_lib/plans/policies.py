"""Least-privilege IAM policies, generated from what actions and controls declare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from finops_lib.plans import marks
from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.native_tags import (
    CHANGING,
    NOT_IN_TAGGING_API,
    READING,
    SERVICES,
    TAGGING_API,
)
from finops_lib.plans.shutdown import stack

STACKS = ("off-hours", "detector", "weekly mail")
"""Parts that are a CloudFormation stack each."""

DEPLOYING: dict[str, tuple[str, ...]] = {
    "budgets": ("budgets:ModifyBudget", "budgets:ViewBudget"),
    "anomaly alerts": (
        "ce:CreateAnomalyMonitor", "ce:CreateAnomalySubscription", "ce:DeleteAnomalyMonitor",
        "ce:DeleteAnomalySubscription", "ce:GetAnomalyMonitors", "ce:GetAnomalySubscriptions",
        "ce:UpdateAnomalySubscription",
    ),
    **dict.fromkeys(STACKS, (
        "cloudformation:CreateStack", "cloudformation:DeleteStack", "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate", "cloudformation:UpdateStack", "s3:DeleteObject", "s3:PutObject",
    )),
    "guardrails": (
        "organizations:AttachPolicy", "organizations:CreatePolicy", "organizations:DeletePolicy",
        "organizations:DescribePolicy", "organizations:DetachPolicy", "organizations:ListPolicies",
        "organizations:ListTargetsForPolicy", "organizations:UpdatePolicy",
    ),
    "config rules": ("config:DeleteConfigRule", "config:DescribeConfigRules", "config:PutConfigRule"),
}  # fmt: skip
"""What deploying, comparing and removing each part calls, and nothing else."""

BEHIND_THE_STACK = (
    "cloudformation:DescribeStackEvents", "codebuild:BatchGetProjects", "codebuild:CreateProject",
    "codebuild:DeleteProject", "codebuild:UpdateProject", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy",
    "iam:GetRole", "iam:GetRolePolicy", "iam:PassRole", "iam:PutRolePolicy", "lambda:CreateFunction",
    "lambda:DeleteFunction", "lambda:GetFunction", "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration", "logs:CreateLogGroup", "logs:DeleteLogGroup",
    "logs:DescribeLogGroups", "logs:PutRetentionPolicy", "s3:GetObject", "scheduler:CreateSchedule",
    "scheduler:DeleteSchedule", "scheduler:GetSchedule", "scheduler:UpdateSchedule",
)  # fmt: skip
"""What CloudFormation calls in the deployer's name for the resources of the stacks, and to say why it failed."""


def policy(permissions: Iterable[str]) -> dict[str, Any]:
    """An IAM policy that allows exactly these actions, one statement a service."""
    by_service: dict[str, list[str]] = {}
    for permission in sorted(set(permissions)):
        by_service.setdefault(permission.partition(":")[0], []).append(permission)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": service.replace("-", ""), "Effect": "Allow", "Action": actions, "Resource": "*"}
            for service, actions in by_service.items()
        ],
    }


def applying(actions: Iterable[str] | None = None) -> dict[str, Any]:
    """What carrying out these actions needs; None for every action that has an executor."""
    names = EXECUTORS if actions is None else actions
    return policy(permission for name in names for permission in marks.permissions(name))


def undoing(actions: Iterable[str] | None = None) -> dict[str, Any]:
    """What bringing back these actions from a journal needs; None for every action that has an executor."""
    names = [name for name in (EXECUTORS if actions is None else actions) if ACTIONS[name].undo]
    both = (ACTIONS[name].permissions + ACTIONS[name].undo_permissions for name in names)
    return policy(permission for permissions in both for permission in permissions)


def deploying(parts: Iterable[str] | None = None) -> dict[str, Any]:
    """What `finops govern` needs to deploy, compare and remove these parts; None for all of them."""
    names = list(DEPLOYING if parts is None else parts)
    behind = BEHIND_THE_STACK if set(STACKS) & set(names) else ()
    return policy([*(permission for name in names for permission in DEPLOYING[name]), *behind])


def tagging(kinds: Iterable[str] | None = None) -> dict[str, Any]:
    """What `finops tags` needs to apply and undo a plan on these kinds of resources; None for all of them."""
    chosen = list(SERVICES if kinds is None else kinds)
    services = dict.fromkeys(SERVICES[kind] for kind in chosen)
    own = [name for service in services for name in (*READING[service], *CHANGING[service])]
    return policy([*own, *([TAGGING_API] if set(chosen) - NOT_IN_TAGGING_API else [])])


def scheduling() -> dict[str, Any]:
    """What the off-hours function calls, as its role in the stack allows it."""
    return policy(stack.PERMISSIONS)
