import pandas as pd
import pytest

from finops_lib.analysis.ml_spend import gpu_costs, gpu_idle, gpu_usage

TYPES = pd.DataFrame({
    "instance_type": ["p3.8xlarge", "g4dn.xlarge", "m5.xlarge"],
    "gpu_count": [4.0, 1.0, 0.0], "gpu_name": ["V100", "T4", None],
})  # fmt: skip


def usage(instance_type, hours, cost, category="Standard", kind=None):
    return {"x_InstanceType": instance_type, "ConsumedQuantity": hours, "BilledCost": cost,
            "EffectiveCost": cost, "ListCost": cost, "PricingCategory": category,
            "CommitmentDiscountType": kind}  # fmt: skip


def test_gpu_costs_counts_gpu_hours_by_family_and_purchase_option():
    rows = pd.DataFrame([
        usage("p3.8xlarge", 10.0, 122.4), usage("ml.p3.8xlarge", 5.0, 75.0),
        usage("p3.8xlarge", 10.0, 40.0, "Dynamic"),
        usage("g4dn.xlarge", 10.0, 3.0, "Committed", "Savings Plan"), usage("m5.xlarge", 99.0, 19.0),
    ])  # fmt: skip
    found = gpu_costs(gpu_usage(rows, TYPES))
    assert found[["family", "purchase_option", "gpu_hours", "cost_per_gpu_hour"]].values.tolist() == [
        ["p3", "on_demand", 60.0, pytest.approx(197.4 / 60)],
        ["p3", "spot", 40.0, 1.0],
        ["g4dn", "savings_plan", 10.0, pytest.approx(0.3)],
    ]  # fmt: skip


def test_gpu_costs_a_type_without_a_known_number_of_gpus_has_no_price_per_hour():
    rows = pd.DataFrame([usage("p9.large", 10.0, 50.0), usage("p9.large", 1.0, 5.0)])
    found = gpu_costs(gpu_usage(rows, TYPES)).iloc[0]
    assert found["effective_cost"] == 55.0
    assert found[["gpu_hours", "cost_per_gpu_hour"]].isna().all()


def resource(resource_id, instance_type="g4dn.xlarge", cost=100.0):
    return {"account_id": "1", "region": "r", "resource_id": resource_id, "service": "EC2", "unit": "Hrs",
            "instance_type": instance_type, "consumed_quantity": 100.0, "billed_cost": cost,
            "effective_cost": cost}  # fmt: skip


def point(resource_id, hour, value, gpu):
    return {"account_id": "1", "region": "r", "resource_id": resource_id, "metric": "GPUUtilization",
            "dimension": gpu, "time": pd.Timestamp("2026-10-01") + pd.Timedelta(hours=hour),
            "period_s": 3600.0, "value": value}  # fmt: skip


def test_gpu_idle_is_where_no_gpu_works_and_unknown_where_none_is_measured():
    metrics = pd.DataFrame([
        point("i-1", 0, 0.0, "gpu0"), point("i-1", 0, 90.0, "gpu1"), point("i-1", 1, 1.0, "gpu0"),
        point("i-1", 1, 2.0, "gpu1"),
    ])  # fmt: skip
    resources = pd.DataFrame(
        [resource("i-1"), resource("i-2", cost=50.0), resource("i-3", "m5.xlarge")]
    )
    found = gpu_idle(resources, metrics, TYPES)
    assert found["resource_id"].tolist() == ["i-1", "i-2"]
    assert found["idle_share"].fillna(-1).tolist() == [0.5, -1]
    assert found["idle_cost"].fillna(-1).tolist() == [50.0, -1]
