"""AWS's advisors: what was planted as their advice, and a refusal to an account that never opted in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import Records, State

Body = dict[str, Any]
NOT_REGISTERED = "Aws account {} is not registered for recommendations."
NOT_ENROLLED = "AWS account {} is not enrolled for recommendations."
PAGE = 100

LISTS = {
    "GetEC2InstanceRecommendations": ("instanceRecommendations", "instanceArn"),
    "GetEBSVolumeRecommendations": ("volumeRecommendations", "volumeArn"),
    "GetLambdaFunctionRecommendations": ("lambdaFunctionRecommendations", "functionArn"),
    "GetRDSDatabaseRecommendations": ("rdsDBRecommendations", "resourceArn"),
    "GetIdleRecommendations": ("idleRecommendations", "resourceArn"),
}
"""Operation of Compute Optimizer to the name of its list, and where each record has its ARN."""

OTHERS = (
    "GetAutoScalingGroupRecommendations", "GetECSServiceRecommendations",
    "GetRecommendationSummaries", "GetLicenseRecommendations",
)  # fmt: skip
HUB_OTHERS = ("ListRecommendationSummaries", "GetRecommendation", "GetPreferences")


def get_enrollment_status(state: State, request: Asked, body: Body) -> Body:
    """Whether Compute Optimizer is on."""
    status = "Active" if request.account in state.advice else "Inactive"
    return {"status": status, "memberAccountsEnrolled": False}


def _listed(operation: str) -> Callable[[State, Asked, Body], Body]:
    """The planted records of the account and region, by the page."""
    name, arn = LISTS[operation]

    def answer(state: State, request: Asked, body: Body) -> Body:
        planted = _advice(state, request, operation)
        found = [raw for raw in planted if raw[arn].split(":")[3] == request.region]
        listed, token = page(found, body.get("nextToken"), int(body.get("maxResults") or PAGE))
        return with_token({name: list(listed), "errors": []}, "nextToken", token)

    return answer


def _advice(state: State, request: Asked, operation: str) -> Records:
    """What was planted; raises Compute Optimizer's refusal to an account that did not opt in."""
    if request.account not in state.advice:
        raise RefusedError("OptInRequiredException", NOT_REGISTERED.format(request.account), 403)
    return state.advice[request.account].get(operation, [])


def refuse_recommendations(state: State, request: Asked, body: Body) -> Body:
    """Compute Optimizer's answer to an account that did not opt in; else there is nothing to tell."""
    _advice(state, request, request.operation)
    return {}


def list_enrollment_statuses(state: State, request: Asked, body: Body) -> Body:
    """Whether the Cost Optimization Hub is on."""
    enrolled = {"accountId": request.account, "status": "Active"}
    return {
        "items": [enrolled] if request.account in state.advice else [],
        "includeMemberAccounts": False,
    }


def list_hub(state: State, request: Asked, body: Body) -> Body:
    """The hub's planted recommendations of the account, of every region."""
    _refuse_stranger(state, request)
    planted = state.advice[request.account].get("ListRecommendations", [])
    listed, token = page(planted, body.get("nextToken"), int(body.get("maxResults") or PAGE))
    return with_token({"items": list(listed)}, "nextToken", token)


def refuse_hub(state: State, request: Asked, body: Body) -> Body:
    """Cost Optimization Hub's answer to an account that is not enrolled; else nothing to tell."""
    _refuse_stranger(state, request)
    return {}


def _refuse_stranger(state: State, request: Asked) -> None:
    if request.account not in state.advice:
        raise RefusedError("AccessDeniedException", NOT_ENROLLED.format(request.account))


def get_rightsizing_recommendation(state: State, request: Asked, body: Body) -> Body:
    """Cost Explorer's planted right-sizing, by the page; refused where it was never switched on."""
    if "GetRightsizingRecommendation" not in state.advice.get(request.account, {}):
        raise RefusedError(
            "DataUnavailableException",
            "Rightsizing recommendations are not enabled: opt in on the preferences page of Cost "
            "Management.",
        )
    planted = state.advice[request.account]["GetRightsizingRecommendation"]
    listed, token = page(planted, body.get("NextPageToken"), int(body.get("PageSize") or PAGE))
    answer = {
        "Metadata": {"LookbackPeriodInDays": "THIRTY_DAYS"},
        "Summary": {"TotalRecommendationCount": str(len(planted))},
        "RightsizingRecommendations": list(listed),
    }
    return with_token(answer, "NextPageToken", token)


COMPUTE_OPTIMIZER = {
    "GetEnrollmentStatus": get_enrollment_status,
    **{operation: _listed(operation) for operation in LISTS},
    **dict.fromkeys(OTHERS, refuse_recommendations),
}
COST_OPTIMIZATION_HUB = {
    "ListEnrollmentStatuses": list_enrollment_statuses,
    "ListRecommendations": list_hub,
    **dict.fromkeys(HUB_OTHERS, refuse_hub),
}
COST_EXPLORER = {"GetRightsizingRecommendation": get_rightsizing_recommendation}
