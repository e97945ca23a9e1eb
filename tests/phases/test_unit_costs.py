"""Unit costs of an Estate with an endpoint whose traffic and load are known."""

from datetime import datetime

import pandas as pd
import pytest

from finops_lib.estate import Estate
from finops_lib.params import load_params
from finops_lib.period import Period
from finops_lib.phases import unit_costs
from finops_lib.schema import ESTATE_TABLES, conform
from finops_lib.sources.prices import book as price_book
from finops_lib.workbook import Workbook

KEYS = {"account_id": "1", "region": "us-east-1", "resource_id": "arn:endpoint/e"}
HOURS = pd.date_range("2026-10-01", periods=48, freq="h")


def metric(name, stat, namespace, values):
    return pd.DataFrame(
        {**KEYS, "namespace": namespace, "metric": name, "stat": stat, "dimension": "main",
         "time": HOURS, "period_s": 3600.0, "value": values}
    )  # fmt: skip


def book(instance_type="ml.m5.xlarge", measured=(), **overrides):
    """An endpoint of 730 dollars a month that answers 100 requests an hour at 20 % of its CPU."""
    endpoint = {
        **KEYS, "endpoint_name": "e", "variant_name": "main", "instance_type": instance_type,
        "instance_count": 1, "is_serverless": False, "status": "InService", "tags": {},
    }  # fmt: skip
    cost = {
        **KEYS, "service": "Amazon SageMaker", "billed_cost": 48.0, "effective_cost": 48.0,
        "first_charge_at": HOURS[0], "last_charge_end": HOURS[-1], "window_hours": 48.0,
    }  # fmt: skip
    metrics = pd.concat([
        metric("Invocations", "Sum", "AWS/SageMaker", 100.0),
        metric("CPUUtilization", "Maximum", "/aws/sagemaker/Endpoints", 20.0),
        *measured,
    ])  # fmt: skip
    types = [
        {"instance_type": name, "vcpu": 4, "memory_gib": 16, "is_current_generation": True,
         "is_burstable": False, "is_bare_metal": False, "gpu_count": gpus}
        for name, gpus in (("g4dn.xlarge", 1), ("m5.xlarge", 0))
    ]  # fmt: skip
    tables = {
        "endpoints": pd.DataFrame([endpoint]), "resource_costs": pd.DataFrame([cost]),
        "metrics": metrics, "prices": price_book(), "instance_types": pd.DataFrame(types),
    }  # fmt: skip
    estate = Estate(
        datetime(2026, 10, 3), Period.month("2026-10"), ("1",), "USD", None,
        {name: conform(frame, ESTATE_TABLES[name]) for name, frame in tables.items()},
    )  # fmt: skip
    return Workbook(estate, load_params(None, {"allocation.serverless": overrides}))


PRICES = {"seconds_per_request": 0.5, "memory_gib": 4, "price_per_gib_second": 0.00002}


def test_endpoints_cost_per_thousand_requests():
    row = unit_costs.endpoints(book()).iloc[0]
    assert row["monthly_cost"] == pytest.approx(730.0)
    assert row["with_idle"] == pytest.approx(10.0)


def test_break_even_is_where_serverless_costs_the_same_and_a_half_size_still_carries_the_peak():
    made = book(**PRICES)
    row = unit_costs.break_even(made, unit_costs.endpoints(made)).iloc[0]
    assert row["serverless_below"] * 0.5 * 4 * 0.00002 == pytest.approx(730.0)
    assert row["serverless_is_cheaper"] == "yes"
    assert row["fits_smaller_up_to"] == pytest.approx(100 / 0.2 * 0.5 * 0.8)
    assert row["smaller_is_enough"] == "yes"


def test_break_even_takes_time_and_memory_of_a_request_from_the_metrics_and_the_price_of_the_book():
    measured = [
        metric("ModelLatency", "Average", "AWS/SageMaker", [100_000.0, 300_000.0] * 24),
        metric("MemoryUtilization", "Maximum", "/aws/sagemaker/Endpoints", 15.0),
    ]
    made = book(measured=measured)
    row = unit_costs.break_even(made, unit_costs.endpoints(made)).iloc[0]
    assert row["request_seconds"] == pytest.approx(0.2)
    assert row["memory_gib"] == 3.0  # 15 % of 16 GiB are 2.4
    assert row["serverless_below"] * 0.2 * 3 * 0.00002 == pytest.approx(730.0)


def test_break_even_with_serverless_is_unknown_where_the_model_needs_more_than_it_offers():
    made = book(
        measured=[metric("MemoryUtilization", "Maximum", "/aws/sagemaker/Endpoints", 50.0)],
        **PRICES,
    )
    row = unit_costs.break_even(made, unit_costs.endpoints(made)).iloc[0]
    assert pd.isna(row["memory_gib"])
    assert pd.isna(row["serverless_below"])


@pytest.mark.parametrize(
    ("instance_type", "assumed"), [("ml.m5.xlarge", {}), ("ml.g4dn.xlarge", PRICES)]
)
def test_break_even_with_serverless_is_unknown_without_the_time_of_a_request_and_with_a_gpu(
    instance_type, assumed
):
    made = book(instance_type, **assumed)
    row = unit_costs.break_even(made, unit_costs.endpoints(made)).iloc[0]
    assert pd.isna(row["serverless_below"])
    assert row["serverless_is_cheaper"] is None
