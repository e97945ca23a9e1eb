"""What one unit costs, with and without the hours in which nothing is asked."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from finops_lib.analysis.unit_costs import (
    business_metrics,
    cost_per_gpu_hour_used,
    cost_per_prediction,
    cost_per_training_run,
    cost_per_unit,
    endpoint_invocations,
    request_seconds,
    serverless_break_even,
    serverless_size,
    smaller_instance_break_even,
    team_metrics,
)
from finops_lib.errors import ParameterError
from finops_lib.schema import METRICS, rows

KEYS = {"account_id": "1", "region": "us-east-1"}
OCTOBER, NOVEMBER = pd.Timestamp("2026-10-01"), pd.Timestamp("2026-11-01")


def metric_rows(
    name: str, values: list[float], dimension: str | None = None
) -> list[dict[str, object]]:
    return [
        {
            **KEYS, "resource_id": name, "namespace": "AWS/SageMaker", "metric": "Invocations",
            "stat": "Sum", "dimension": dimension, "time": NOVEMBER + pd.Timedelta(hours=hour),
            "period_s": 3600.0, "value": value,
        }
        for hour, value in enumerate(values)
    ]  # fmt: skip


def test_business_metrics_without_a_column_or_with_words_for_numbers_are_refused():
    with pytest.raises(ParameterError, match="column metric"):
        business_metrics(pd.DataFrame({"month": ["2026-10"], "value": [1]}))
    with pytest.raises(ParameterError, match="cannot be read"):
        business_metrics(pd.DataFrame({"month": ["2026-10"], "metric": ["m"], "value": ["many"]}))


def test_team_metrics_are_those_of_the_month_by_team():
    frame = pd.DataFrame({
        "month": ["2026-10", "2026-10", "2026-11"], "metric": "jobs", "value": [1, 2, 9],
        "team": ["a", "b", "a"],
    })  # fmt: skip
    assert team_metrics(business_metrics(frame), OCTOBER) == {"jobs": {"a": 1.0, "b": 2.0}}


def test_cost_per_unit_has_a_trend_and_no_price_for_no_units():
    cost = pd.DataFrame({"month": [OCTOBER, NOVEMBER], "cost": [100.0, 150.0]})
    units = pd.DataFrame({
        "month": ["2026-10", "2026-11", "2026-11"], "metric": ["users", "users", "calls"],
        "value": [50, 60, 0],
    })  # fmt: skip
    found = cost_per_unit(cost, business_metrics(units)).set_index(["metric", "month"])
    assert found["unit_cost"].fillna(-1).to_dict() == {
        ("calls", NOVEMBER): -1, ("users", OCTOBER): 2.0, ("users", NOVEMBER): 2.5,
    }  # fmt: skip
    assert found.loc[("users", NOVEMBER), "change"] == pytest.approx(0.25)


def test_endpoint_invocations_count_the_whole_once_and_tell_busy_hours():
    metrics = rows(
        METRICS,
        metric_rows("whole", [3, 0]) + metric_rows("whole", [3, 0], "blue")
        + metric_rows("parts", [1, 0], "blue") + metric_rows("parts", [1, 2], "green"),
    )  # fmt: skip
    found = endpoint_invocations(metrics).set_index("resource_id")
    assert found[["invocations", "busy_hours", "observed_hours"]].to_dict("index") == {
        "parts": {"invocations": 4.0, "busy_hours": 2.0, "observed_hours": 2.0},
        "whole": {"invocations": 3.0, "busy_hours": 1.0, "observed_hours": 2.0},
    }


def test_cost_per_prediction_separates_idle_hours_and_keeps_the_unknown_unknown():
    endpoints = pd.DataFrame([
        {**KEYS, "resource_id": name, "monthly_cost": 73.0} for name in ("half", "silent", "unread")
    ])  # fmt: skip
    metrics = rows(METRICS, metric_rows("half", [200, 0]) + metric_rows("silent", [0, 0]))
    found = cost_per_prediction(endpoints, endpoint_invocations(metrics)).set_index("resource_id")
    # 100 requests an hour are 73,000 a month of 730 hours: a dollar per thousand.
    assert found.loc["half", ["with_idle", "without_idle", "idle_share"]].tolist() == [
        1.0,
        0.5,
        0.5,
    ]
    assert found.loc["silent", "idle_share"] == 1.0
    assert math.isnan(found.loc["silent", "with_idle"])
    assert found.loc["unread", ["monthly_invocations", "idle_share", "with_idle"]].isna().all()


def test_cost_per_gpu_hour_used_is_dearer_than_the_one_paid():
    assert cost_per_gpu_hour_used(300.0, 100.0, 0.25) == {"paid": 3.0, "used": 12.0}
    assert math.isnan(cost_per_gpu_hour_used(300.0, 100.0, 0.0)["used"])


def test_cost_per_training_run_lets_completed_runs_bear_failed_ones():
    jobs = pd.DataFrame({
        "status": ["Completed", "Failed"], "billable_seconds": [3600.0, 1800.0],
        "instance_count": [2, 2], "instance_type": "ml.x", "start_time": [NOVEMBER, pd.NaT],
        "create_time": [NOVEMBER, NOVEMBER],
    })  # fmt: skip
    expected = {"runs": 2, "completed": 1, "cost": 30.0, "per_run": 15.0, "per_completed_run": 30.0}
    known = cost_per_training_run(jobs, {"ml.x": 10.0})
    assert known.drop(columns="month").to_dict("records") == [expected]
    assert cost_per_training_run(jobs, {})["per_run"].isna().all()


def test_serverless_break_even_is_where_both_cost_the_same_and_unknown_for_a_free_request():
    requests = serverless_break_even(
        pd.Series([100.0, 1.0, 1.0]),
        seconds_per_request=pd.Series([0.1, 0.0, None], dtype="float64"),
        memory_gib=pd.Series([4.0, 4.0, 4.0]), price_per_gib_second=pd.Series([0.00002] * 3),
    )  # fmt: skip
    assert requests[0] * 0.1 * 4.0 * 0.00002 == pytest.approx(100.0)
    assert requests[1:].isna().all()


def test_request_seconds_weigh_each_hour_by_its_requests_where_they_are_known():
    latency = [
        {**row, "metric": "ModelLatency", "stat": "Average"}
        for row in metric_rows("e", [100_000.0, 500_000.0])
    ]
    asked = rows(METRICS, [*latency, *metric_rows("e", [3.0, 1.0])])
    assert request_seconds(asked).tolist() == pytest.approx([0.2])
    assert request_seconds(rows(METRICS, latency)).tolist() == pytest.approx([0.3])
    assert request_seconds(rows(METRICS, [])).empty


def test_serverless_size_is_the_next_one_offered_and_unknown_beyond_six_gib():
    sizes = serverless_size(pd.Series([0.2, 1.0, 2.4, 6.0, 6.1, None]))
    assert sizes[:4].tolist() == [1.0, 1.0, 3.0, 6.0]
    assert sizes[4:].isna().all()


def test_smaller_instance_break_even_leaves_the_headroom():
    found = smaller_instance_break_even(
        requests_at_peak=1000, peak_utilization=0.2, capacity_ratio=0.5, headroom=0.2
    )
    assert found == pytest.approx(2000.0)
