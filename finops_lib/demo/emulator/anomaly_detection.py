"""Cost Anomaly Detection: monitors and subscriptions that are kept, anomalies that were planted."""

from __future__ import annotations

import hashlib
from typing import Any

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]
PAGE = 100
FREQUENCIES = ("DAILY", "IMMEDIATE", "WEEKLY")


def create_monitor(state: State, request: Asked, body: Body) -> Body:
    """A monitor; an account may have one that watches every service."""
    monitor = body["AnomalyMonitor"]
    if monitor["MonitorType"] == "DIMENSIONAL" and any(
        m["MonitorType"] == "DIMENSIONAL" and m["account"] == request.account
        for m in state.monitors.values()
    ):
        raise RefusedError(
            "LimitExceededException", "Limit exceeded on dimensional spend monitor creation"
        )
    if monitor["MonitorType"] == "CUSTOM" and "MonitorSpecification" not in monitor:
        raise RefusedError("ValidationException", "A custom monitor needs a MonitorSpecification.")
    arn = _arn(request, "anomalymonitor", monitor["MonitorName"])
    state.monitors[arn] = {**monitor, "MonitorArn": arn, "account": request.account}
    return {"MonitorArn": arn}


def get_monitors(state: State, request: Asked, body: Body) -> Body:
    """The account's monitors."""
    found = _mine(state.monitors, request, body.get("MonitorArnList"), "UnknownMonitorException")
    return _paged(found, "AnomalyMonitors", body)


def update_monitor(state: State, request: Asked, body: Body) -> Body:
    """A new name for a monitor."""
    monitor = _known(state.monitors, body["MonitorArn"], "UnknownMonitorException")
    monitor["MonitorName"] = body.get("MonitorName", monitor["MonitorName"])
    return {"MonitorArn": body["MonitorArn"]}


def delete_monitor(state: State, request: Asked, body: Body) -> Body:
    """Forget a monitor."""
    _known(state.monitors, body["MonitorArn"], "UnknownMonitorException")
    del state.monitors[body["MonitorArn"]]
    return {}


def create_subscription(state: State, request: Asked, body: Body) -> Body:
    """A subscription to monitors that exist, with one threshold and a frequency that fits."""
    subscription = body["AnomalySubscription"]
    _check(state, subscription)
    arn = _arn(request, "anomalysubscription", subscription["SubscriptionName"])
    kept = {**subscription, "SubscriptionArn": arn, "AccountId": request.account}
    state.subscriptions[arn] = {**kept, "account": request.account}
    return {"SubscriptionArn": arn}


def get_subscriptions(state: State, request: Asked, body: Body) -> Body:
    """The account's subscriptions, all or those of one monitor."""
    arns = body.get("SubscriptionArnList")
    found = _mine(state.subscriptions, request, arns, "UnknownSubscriptionException")
    monitor = body.get("MonitorArn")
    kept = [s for s in found if monitor is None or monitor in s["MonitorArnList"]]
    return _paged(kept, "AnomalySubscriptions", body)


def update_subscription(state: State, request: Asked, body: Body) -> Body:
    """Change what is given of a subscription."""
    arn = body["SubscriptionArn"]
    held = _known(state.subscriptions, arn, "UnknownSubscriptionException")
    changed = {**held, **body}
    if "ThresholdExpression" in body:
        changed.pop("Threshold", None)
    _check(state, changed)
    state.subscriptions[arn] = changed
    return {"SubscriptionArn": arn}


def delete_subscription(state: State, request: Asked, body: Body) -> Body:
    """Forget a subscription."""
    _known(state.subscriptions, body["SubscriptionArn"], "UnknownSubscriptionException")
    del state.subscriptions[body["SubscriptionArn"]]
    return {}


def get_anomalies(state: State, request: Asked, body: Body) -> Body:
    """The planted anomalies that began in the interval, of one monitor or all, above a total impact."""
    interval = body["DateInterval"]
    first, last = interval["StartDate"], interval.get("EndDate", "9999-12-31")
    if last < first:
        raise RefusedError("ValidationException", "Start date should be before end date.")
    found = [
        anomaly
        for anomaly in state.anomalies
        if first <= anomaly["AnomalyStartDate"][:10] <= last
        and body.get("MonitorArn") in (None, anomaly.get("MonitorArn"))
        and _is_above(anomaly["Impact"]["TotalImpact"], body.get("TotalImpact"))
    ]
    return _paged(found, "Anomalies", body)


def _is_above(impact: float, wanted: Body | None) -> bool:
    if wanted is None:
        return True
    low = float(wanted["StartValue"])
    tests = {
        "EQUAL": impact == low,
        "GREATER_THAN": impact > low,
        "GREATER_THAN_OR_EQUAL": impact >= low,
        "LESS_THAN": impact < low,
        "LESS_THAN_OR_EQUAL": impact <= low,
        "BETWEEN": low <= impact <= float(wanted.get("EndValue", low)),
    }
    return tests[wanted["NumericOperator"]]


def _check(state: State, subscription: Body) -> None:
    for arn in subscription["MonitorArnList"]:
        _known(state.monitors, arn, "UnknownMonitorException")
    if ("Threshold" in subscription) == ("ThresholdExpression" in subscription):
        raise RefusedError("ValidationException", "Give either Threshold or ThresholdExpression.")
    frequency = subscription["Frequency"]
    kinds = {subscriber["Type"] for subscriber in subscription["Subscribers"]}
    if frequency not in FREQUENCIES or (frequency == "IMMEDIATE") != (kinds == {"SNS"}):
        raise RefusedError(
            "ValidationException",
            "Invalid subscriber types for the frequency: SNS is IMMEDIATE, EMAIL is DAILY or WEEKLY.",
        )


def _known(kept: dict[str, Body], arn: str, code: str) -> Body:
    if arn not in kept:
        raise RefusedError(code, f"{arn} does not exist.")
    return kept[arn]


def _mine(kept: dict[str, Body], request: Asked, arns: list[str] | None, code: str) -> list[Body]:
    if arns:
        return [_known(kept, arn, code) for arn in arns]
    return [item for item in kept.values() if item["account"] == request.account]


def _paged(items: list[Body], key: str, body: Body) -> Body:
    found, token = page(items, body.get("NextPageToken"), int(body.get("MaxResults") or PAGE))
    shown = [{k: v for k, v in item.items() if k != "account"} for item in found]
    return with_token({key: shown}, "NextPageToken", token)


def _arn(request: Asked, kind: str, name: str) -> str:
    digest = hashlib.sha256(f"{request.account}/{name}".encode()).hexdigest()
    return f"arn:aws:ce::{request.account}:{kind}/{digest[:8]}-{digest[8:12]}"


OPERATIONS = {
    "CreateAnomalyMonitor": create_monitor,
    "GetAnomalyMonitors": get_monitors,
    "UpdateAnomalyMonitor": update_monitor,
    "DeleteAnomalyMonitor": delete_monitor,
    "CreateAnomalySubscription": create_subscription,
    "GetAnomalySubscriptions": get_subscriptions,
    "UpdateAnomalySubscription": update_subscription,
    "DeleteAnomalySubscription": delete_subscription,
    "GetAnomalies": get_anomalies,
}
