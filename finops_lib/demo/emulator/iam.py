"""Policies enforced: who asks with a user's or role's key may do what its policies allow."""

from __future__ import annotations

from moto.iam.access_control import (
    CreateAccessKeyFailure,
    IAMPolicy,
    PermissionResult,
    create_access_key,
)

from finops_lib.demo.emulator.answers import Answer, error
from finops_lib.demo.emulator.requests import Asked

ALWAYS_ALLOWED = ("sts:GetCallerIdentity",)
ROOT_KEYS = ("demo",)
"""Keys that stand for the account's owner, who may do everything."""

OTHER_NAMES = {
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration", "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:HeadBucket": "s3:ListBucket", "s3:HeadObject": "s3:GetObject", "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions", "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket", "s3:PutBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
}  # fmt: skip
"""Operations whose permission has another name: https://docs.aws.amazon.com/service-authorization/latest/reference/."""


def permission(request: Asked) -> str:
    """The IAM action that the request needs; AWS Budgets has two for all its operations."""
    if request.service == "budgets":
        return (
            "budgets:ViewBudget" if request.operation[:8] == "Describe" else "budgets:ModifyBudget"
        )
    return OTHER_NAMES.get(request.permission, request.permission)


def denial(request: Asked) -> Answer | None:
    """The refusal of a request that no policy of its key allows; None where one does.

    Resources and conditions of a statement are moto's to judge: it looks at actions, and at `*`.
    """
    needed = permission(request)
    if request.access_key in ROOT_KEYS or needed in ALWAYS_ALLOWED:
        return None
    token = {"X-Amz-Security-Token": request.token} if request.token else {}
    try:
        key = create_access_key(request.account, "aws", request.access_key, token)
    except CreateAccessKeyFailure:
        words = "The security token included in the request is invalid."
        return error(request, "InvalidClientTokenId", words, 403)
    results = [IAMPolicy(policy).is_action_permitted(needed) for policy in key.collect_policies()]
    if PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results:
        return None
    words = f"User: {key.arn} is not authorized to perform: {needed}"
    code = "UnauthorizedOperation" if request.service == "ec2" else "AccessDenied"
    return error(request, code, words, 403)
