"""Load balancers that look idle by one metric and are not."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_lib.schema import ESTATE_TABLES, GAPS, rows

PLACE = {"account_id": "111122223333", "region": "us-east-1"}


def _instead(account, namespace, metric, stat, value):
    """The account whose balancer has data of that metric only."""
    metrics = account["metrics"]
    hours = metrics.loc[metrics["resource_id"] == "lb-idle", "time"]
    told = [
        {**PLACE, "resource_id": "lb-idle", "namespace": namespace, "metric": metric, "stat": stat,
         "time": time, "value": value, "period_s": 3600}
        for time in hours.drop_duplicates()
    ]  # fmt: skip
    others = metrics[metrics["resource_id"] != "lb-idle"]
    both = pd.concat([others, rows(ESTATE_TABLES["metrics"], told)], ignore_index=True)
    return {**account, "metrics": both}


@pytest.mark.parametrize("metric", ["HTTP_Redirect_Count", "HTTP_Fixed_Response_Count"])
def test_idle_load_balancers_one_that_answers_without_targets_is_ok(account, status, metric):
    used = _instead(account, "AWS/ApplicationELB", metric, "Sum", 500.0)
    assert status(used, "idle_load_balancers", "lb-idle") == "ok"


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [
        ("NewFlowCount_TLS", 900.0, "ok"),
        ("NewFlowCount", 1.0, "ok"),
        ("NewFlowCount", 0.0, "waste"),
    ],
)
def test_idle_load_balancers_flows_of_any_protocol_decide(
    account, vary, status, metric, value, expected
):
    told = _instead(account, "AWS/NetworkELB", metric, "Sum", value)
    network = vary(told, "load_balancers", "lb-idle", kind="network", target_count=2)
    assert status(network, "idle_load_balancers", "lb-idle") == expected


@pytest.mark.parametrize(("kind", "expected"), [("application", "unknown"), ("network", "waste")])
def test_idle_load_balancers_without_targets_where_metrics_are_denied(
    account, vary, status, kind, expected
):
    denied = {
        "service": "cloudwatch",
        "table": "metrics",
        "error": "AccessDenied",
        "reason": "denied",
    }
    metrics = account["metrics"]
    unread = {
        **account,
        "metrics": metrics[metrics["resource_id"] != "lb-idle"],
        "gaps": rows(GAPS, [denied]),
    }
    changed = vary(unread, "load_balancers", "lb-idle", kind=kind)
    assert status(changed, "idle_load_balancers", "lb-idle") == expected
