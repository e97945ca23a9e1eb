"""Services of advice that the company never switched on: they answer as they do to such an account."""

from __future__ import annotations

from typing import Any

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]
NOT_REGISTERED = "Aws account {} is not registered for recommendations."
NOT_ENROLLED = "AWS account {} is not enrolled for recommendations."

RECOMMENDATIONS = (
    "GetEC2InstanceRecommendations", "GetEBSVolumeRecommendations", "GetIdleRecommendations",
    "GetLambdaFunctionRecommendations", "GetAutoScalingGroupRecommendations",
    "GetECSServiceRecommendations", "GetRDSDatabaseRecommendations", "GetRecommendationSummaries",
    "GetLicenseRecommendations",
)  # fmt: skip
HUB = ("ListRecommendations", "ListRecommendationSummaries", "GetRecommendation", "GetPreferences")


def get_enrollment_status(state: State, request: Asked, body: Body) -> Body:
    """Compute Optimizer is off."""
    return {"status": "Inactive", "memberAccountsEnrolled": False}


def refuse_recommendations(state: State, request: Asked, body: Body) -> Body:
    """Compute Optimizer's answer to an account that did not opt in."""
    raise RefusedError("OptInRequiredException", NOT_REGISTERED.format(request.account), 403)


def list_enrollment_statuses(state: State, request: Asked, body: Body) -> Body:
    """Cost Optimization Hub is off."""
    return {"items": [], "includeMemberAccounts": False}


def refuse_hub(state: State, request: Asked, body: Body) -> Body:
    """Cost Optimization Hub's answer to an account that is not enrolled."""
    raise RefusedError("AccessDeniedException", NOT_ENROLLED.format(request.account))


def get_rightsizing_recommendation(state: State, request: Asked, body: Body) -> Body:
    """Cost Explorer's rightsizing is off too."""
    raise RefusedError(
        "DataUnavailableException",
        "Rightsizing recommendations are not enabled: opt in on the preferences page of Cost Management.",
    )


COMPUTE_OPTIMIZER = {
    "GetEnrollmentStatus": get_enrollment_status,
    **dict.fromkeys(RECOMMENDATIONS, refuse_recommendations),
}
COST_OPTIMIZATION_HUB = {
    "ListEnrollmentStatuses": list_enrollment_statuses,
    **dict.fromkeys(HUB, refuse_hub),
}
COST_EXPLORER = {"GetRightsizingRecommendation": get_rightsizing_recommendation}
