"""Anomaly monitors and subscriptions follow the parameters, and adopt what others made."""

from __future__ import annotations

import boto3
import pytest

from finops_lib.demo.emulator import start
from finops_lib.params.governance import Alerts
from finops_lib.plans.anomaly_monitors import drift, monitors, reconcile

ALERTS = Alerts(
    emails=("finops@example.com",), sns_topic="arn:aws:sns:us-east-1:123456789012:alerts",
    monitor_values=("nlp", "vision"),
)  # fmt: skip


@pytest.fixture
def client():
    with start() as emulator:
        yield boto3.client(
            "ce", region_name="us-east-1", endpoint_url=emulator.endpoint_url,
            aws_access_key_id="demo", aws_secret_access_key="demo",
        )  # fmt: skip


def changes(found) -> list[tuple[str, str]]:
    return list(zip(found["name"], found["change"], strict=True))


def test_reconcile_dry_run_creates_nothing(client):
    wanted = changes(reconcile(client, ALERTS))
    assert wanted == [
        ("finops-services", "create"), ("finops-team-nlp", "create"), ("finops-team-vision", "create"),
        ("finops-email", "create"), ("finops-sns", "create"),
    ]  # fmt: skip
    assert client.get_anomaly_monitors()["AnomalyMonitors"] == []


def test_reconcile_second_run_changes_nothing(client):
    reconcile(client, ALERTS, dry_run=False)
    assert reconcile(client, ALERTS, dry_run=False).empty


def test_reconcile_other_people_threshold_and_teams_are_changed(client):
    reconcile(client, ALERTS, dry_run=False)
    other = ALERTS.model_copy(
        update={"emails": ("cfo@example.com",), "sns_topic": None, "min_impact": 250.0,
                "monitor_values": ("nlp",)}
    )  # fmt: skip
    assert sorted(changes(reconcile(client, other, dry_run=False))) == [
        ("finops-email", "update"), ("finops-sns", "delete"), ("finops-team-vision", "delete"),
    ]  # fmt: skip
    assert drift(client, other).empty
    [kept] = client.get_anomaly_subscriptions()["AnomalySubscriptions"]
    assert kept["ThresholdExpression"]["Dimensions"]["Values"] == ["250"]


def test_reconcile_monitor_of_another_tag_is_replaced_and_still_told_of(client):
    reconcile(client, ALERTS, dry_run=False)
    [held] = [
        m for m in client.get_anomaly_monitors()["AnomalyMonitors"] if "nlp" in m["MonitorName"]
    ]
    client.delete_anomaly_monitor(MonitorArn=held["MonitorArn"])
    wrong = {**monitors(ALERTS)[1], "MonitorSpecification": {"Tags": {"Key": "x", "Values": ["y"]}}}
    client.create_anomaly_monitor(AnomalyMonitor=wrong)
    assert ("finops-team-nlp", "replace") in changes(reconcile(client, ALERTS, dry_run=False))
    assert drift(client, ALERTS).empty


def test_reconcile_services_monitor_of_others_is_adopted_and_survives_removal(client):
    theirs = {"MonitorName": "Default-Services-Monitor", "MonitorType": "DIMENSIONAL",
              "MonitorDimension": "SERVICE"}  # fmt: skip
    arn = client.create_anomaly_monitor(AnomalyMonitor=theirs)["MonitorArn"]
    reconcile(client, ALERTS, dry_run=False)
    for subscription in client.get_anomaly_subscriptions()["AnomalySubscriptions"]:
        assert arn in subscription["MonitorArnList"]
    reconcile(client, Alerts(), dry_run=False)
    left = [m["MonitorName"] for m in client.get_anomaly_monitors()["AnomalyMonitors"]]
    assert left == ["Default-Services-Monitor"]
    assert client.get_anomaly_subscriptions()["AnomalySubscriptions"] == []


def test_monitors_without_anybody_to_tell_are_none():
    assert monitors(Alerts()) == []
