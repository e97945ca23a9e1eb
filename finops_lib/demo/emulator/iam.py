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


def denial(request: Asked) -> Answer | None:
    """The refusal of a request that no policy of its key allows; None where one does.

    Resources and conditions of a statement are moto's to judge: it looks at actions, and at `*`.
    """
    if request.access_key in ROOT_KEYS or request.permission in ALWAYS_ALLOWED:
        return None
    token = {"X-Amz-Security-Token": request.token} if request.token else {}
    try:
        key = create_access_key(request.account, "aws", request.access_key, token)
    except CreateAccessKeyFailure:
        words = "The security token included in the request is invalid."
        return error(request, "InvalidClientTokenId", words, 403)
    results = [
        IAMPolicy(policy).is_action_permitted(request.permission)
        for policy in key.collect_policies()
    ]
    if PermissionResult.PERMITTED in results and PermissionResult.DENIED not in results:
        return None
    words = f"User: {key.arn} is not authorized to perform: {request.permission}"
    code = "UnauthorizedOperation" if request.service == "ec2" else "AccessDenied"
    return error(request, code, words, 403)
