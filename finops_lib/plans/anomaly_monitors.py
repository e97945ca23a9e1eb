"""AWS Cost Anomaly Detection as the parameters say: monitors and who is told of what they find.

One monitor watches every service, one each watches a team. An account has one monitor of services; where somebody
else made it, it is used as it is. https://docs.aws.amazon.com/cost-management/latest/userguide/manage-ad.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from finops_lib.params.governance import Alerts
from finops_lib.plans.budgets import DRIFT_COLUMNS, PREFIX

SERVICES = PREFIX + "services"

Held = Mapping[str, dict[str, Any]]


def monitors(alerts: Alerts) -> list[dict[str, Any]]:
    """The AnomalyMonitor of each CreateAnomalyMonitor request; none where nobody would be told."""
    if not subscribers(alerts):
        return []
    services = {
        "MonitorName": SERVICES,
        "MonitorType": "DIMENSIONAL",
        "MonitorDimension": "SERVICE",
    }
    teams = [
        {
            "MonitorName": f"{PREFIX}{alerts.monitor_key}-{value}",
            "MonitorType": "CUSTOM",
            "MonitorSpecification": {"Tags": {"Key": alerts.monitor_key, "Values": [value]}},
        }
        for value in alerts.monitor_values
    ]
    return [services, *teams]


def subscribers(alerts: Alerts) -> dict[str, tuple[str, list[dict[str, str]]]]:
    """Subscription name to frequency and subscribers: AWS tells SNS at once, e-mail once a day."""
    emails = [{"Type": "EMAIL", "Address": address} for address in sorted(alerts.emails)]
    topic = [{"Type": "SNS", "Address": alerts.sns_topic}] if alerts.sns_topic else []
    told = {PREFIX + "email": ("DAILY", emails), PREFIX + "sns": ("IMMEDIATE", topic)}
    return {name: (frequency, people) for name, (frequency, people) in told.items() if people}


def drift(client: Any, alerts: Alerts) -> pd.DataFrame:
    """DRIFT_COLUMNS: what differs between the parameters and the account; empty where nothing does."""
    held, told = _monitors(client), _subscriptions(client)
    rows = [*_monitor_drift(held, alerts), *_subscription_drift(held, told, alerts)]
    return pd.DataFrame(rows, columns=list(DRIFT_COLUMNS))


def reconcile(client: Any, alerts: Alerts, *, dry_run: bool = True) -> pd.DataFrame:
    """The `drift`, removed from the account unless dry_run; a second run finds none."""
    found = drift(client, alerts)
    if not dry_run:
        _correct_monitors(client, found)
        # A replaced monitor has another ARN, so that what subscriptions lack is known only now.
        held, told = _monitors(client), _subscriptions(client)
        for name, change, wanted, _ in list(_subscription_drift(held, told, alerts)):
            _correct_subscription(client, change, wanted, told.get(name, {}), held)
    return found


def _correct_monitors(client: Any, found: pd.DataFrame) -> None:
    held = _monitors(client)
    for row in found.itertuples(index=False):
        if row.name in held and row.change in ("delete", "replace"):
            client.delete_anomaly_monitor(MonitorArn=held[row.name]["MonitorArn"])
        if row.change in ("create", "replace") and "MonitorType" in row.wanted:
            client.create_anomaly_monitor(AnomalyMonitor=row.wanted)


def _correct_subscription(
    client: Any, change: str, wanted: Any, found: Mapping[str, Any], held: Held
) -> None:
    if change == "delete":
        client.delete_anomaly_subscription(SubscriptionArn=found["SubscriptionArn"])
        return
    asked = {**wanted, "MonitorArnList": [held[n]["MonitorArn"] for n in wanted["MonitorArnList"]]}
    if change == "create":
        client.create_anomaly_subscription(AnomalySubscription=asked)
    else:
        client.update_anomaly_subscription(SubscriptionArn=found["SubscriptionArn"], **asked)


def _monitor_drift(held: Held, alerts: Alerts) -> Iterator[tuple[str, str, Any, Any]]:
    left = {name: monitor for name, monitor in held.items() if name.startswith(PREFIX)}
    adopted = _services_of_others(held)
    for wanted in monitors(alerts):
        name = wanted["MonitorName"]
        found = left.pop(name, None)
        if found is None and not (name == SERVICES and adopted):
            yield name, "create", wanted, None
        elif found and _without_arn(found) != wanted:
            # What a monitor watches cannot be changed, so that another one takes its name.
            yield name, "replace", wanted, _without_arn(found)
    for name, found in left.items():
        yield name, "delete", None, _without_arn(found)


def _services_of_others(held: Held) -> str | None:
    """The name of a monitor of services that is not ours."""
    names = (n for n, m in held.items() if m["MonitorType"] == "DIMENSIONAL" and n != SERVICES)
    return next(names, None)


def _subscription_drift(
    held: Held, told: Held, alerts: Alerts
) -> Iterator[tuple[str, str, Any, Any]]:
    left = {name: s for name, s in told.items() if name.startswith(PREFIX)}
    names = {m["MonitorArn"]: name for name, m in held.items()}
    for name, wanted in _wanted_subscriptions(held, alerts).items():
        if name not in left:
            yield name, "create", wanted, None
            continue
        found = _comparable(left.pop(name), names)
        if found != wanted:
            yield name, "update", wanted, found
    for name, found in left.items():
        yield name, "delete", None, _comparable(found, names)


def _wanted_subscriptions(held: Held, alerts: Alerts) -> dict[str, dict[str, Any]]:
    adopted = _services_of_others(held)
    names = [m["MonitorName"] for m in monitors(alerts)]
    watched = sorted(adopted if n == SERVICES and adopted else n for n in names)
    threshold = {
        "Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
            "Values": [f"{alerts.min_impact:.10g}"],
        }
    }
    return {
        name: {"SubscriptionName": name, "MonitorArnList": watched, "Subscribers": people,
               "Frequency": frequency, "ThresholdExpression": threshold}
        for name, (frequency, people) in subscribers(alerts).items()
    }  # fmt: skip


def _without_arn(monitor: Mapping[str, Any]) -> dict[str, Any]:
    """What we give a monitor, without what AWS adds, as an evaluation date."""
    ours = ("MonitorName", "MonitorType", "MonitorDimension", "MonitorSpecification")
    return {key: monitor[key] for key in ours if key in monitor}


def _comparable(subscription: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    people = [{"Type": s["Type"], "Address": s["Address"]} for s in subscription["Subscribers"]]
    return {
        "SubscriptionName": subscription["SubscriptionName"],
        "MonitorArnList": sorted(names.get(arn, arn) for arn in subscription["MonitorArnList"]),
        "Subscribers": sorted(people, key=lambda s: s["Address"]),
        "Frequency": subscription["Frequency"],
        "ThresholdExpression": subscription.get("ThresholdExpression"),
    }


def _monitors(client: Any) -> dict[str, dict[str, Any]]:
    found = _every(client.get_anomaly_monitors, "AnomalyMonitors")
    return {monitor["MonitorName"]: monitor for monitor in found}


def _subscriptions(client: Any) -> dict[str, dict[str, Any]]:
    found = _every(client.get_anomaly_subscriptions, "AnomalySubscriptions")
    return {subscription["SubscriptionName"]: subscription for subscription in found}


def _every(ask: Callable[..., dict[str, Any]], key: str) -> Iterator[dict[str, Any]]:
    """Cost Explorer has no paginators in boto3."""
    token: dict[str, str] = {}
    while True:
        answer = ask(**token)
        yield from answer[key]
        if not answer.get("NextPageToken"):
            return
        token = {"NextPageToken": answer["NextPageToken"]}
