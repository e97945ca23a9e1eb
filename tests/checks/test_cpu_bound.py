"""GPU machines that wait for their own processors."""

import pandas as pd
import pytest

from finops_lib.checks import run_checks

CHECK, MACHINE = "cpu_bound_gpu_instances", "i-bound"


def found(tables, as_of, check=CHECK):
    findings, _ = run_checks(tables, as_of=as_of, only=[check])
    return findings[findings["resource_id"] == MACHINE].iloc[0]


@pytest.fixture
def as_of():
    return pd.Timestamp(2024, 11, 1).to_pydatetime()


def test_machine_with_fewer_gpus_that_holds_their_work_is_the_saving(account, as_of):
    row = found(account, as_of)
    assert (row["status"], row["parameters"]) == ("waste", {"instance_type": "g5.16xlarge"})
    assert row["monthly_saving"] == pytest.approx((5.672 - 4.096) * 730)
    assert row["reason"].startswith(
        "In 168 of 168 hours at work the processors reached 90 % and no GPU 50 %"
    )


@pytest.mark.parametrize(
    ("metric", "value"),
    [("nvidia_smi_utilization_gpu", 49.0), ("nvidia_smi_memory_used", 20_000.0)],
)
def test_work_that_fewer_gpus_do_not_hold_has_advice_and_no_saving(
    account, measure, as_of, metric, value
):
    four = by_gpu(measure(account, MACHINE, metric, value), metric)
    row = found(four, as_of)
    assert row["status"] == "waste"
    assert pd.isna(row["monthly_saving"])
    assert (
        "g5.16xlarge has 64 instead of 12 processors to a GPU at 0.72 times the price"
        in row["reason"]
    )


def by_gpu(account, metric):
    """The metric of the machine's first GPU on all four."""
    metrics = account["metrics"]
    own = metrics[(metrics["resource_id"] == MACHINE) & (metrics["metric"] == metric)]
    more = [own.assign(dimension=str(gpu)) for gpu in (1, 2, 3)]
    return {**account, "metrics": pd.concat([metrics, *more], ignore_index=True)}


def test_held_memory_that_is_not_measured_names_no_machine_with_fewer_gpus(account, as_of):
    metrics = account["metrics"]
    blind = metrics[~metrics["metric"].str.startswith("nvidia_smi_memory")]
    assert found({**account, "metrics": blind}, as_of)["parameters"] is None


@pytest.mark.parametrize(
    ("metric", "under", "over"),
    [("CPUUtilization", "ok", "waste"), ("nvidia_smi_utilization_gpu", "waste", "ok")],
)
def test_limits_of_processors_and_gpus_decide(account, measure, status, metric, under, over):
    limit = {"CPUUtilization": 90.0, "nvidia_smi_utilization_gpu": 50.0}[metric]
    assert status(measure(account, MACHINE, metric, limit - 0.1), CHECK, MACHINE) == under
    assert status(measure(account, MACHINE, metric, limit), CHECK, MACHINE) == over


@pytest.mark.parametrize("metric", ["CPUUtilization", "nvidia_smi_utilization_gpu"])
def test_one_side_measured_for_half_the_window_is_unknown(account, measure, status, metric):
    level = {"CPUUtilization": 95.0, "nvidia_smi_utilization_gpu": 30.0}[metric]
    assert status(measure(account, MACHINE, metric, level, hours=84), CHECK, MACHINE) == "unknown"


def test_idle_gpus_beside_busy_processors_want_a_machine_without_gpus(account, measure, as_of):
    idle = measure(account, MACHINE, "nvidia_smi_utilization_gpu", 0.0)
    row = found(idle, as_of)
    assert (row["parameters"], row["risk"]) == ({"instance_type": "m5.12xlarge"}, "high")
    assert row["monthly_saving"] == pytest.approx((5.672 - 2.304) * 730)
    left = found(idle, as_of, "idle_gpu_instances")
    assert (left["status"], left["reason"]) == (
        "ok", "No GPU is used, but its processors are at work: cpu_bound_gpu_instances.",
    )  # fmt: skip


def test_idle_gpu_whose_memory_is_held_says_so(account, measure, as_of):
    loaded = measure(account, MACHINE, "nvidia_smi_utilization_gpu", 0.0)
    loaded = measure(loaded, MACHINE, "CPUUtilization", 3.0)
    loaded = measure(loaded, MACHINE, "nvidia_smi_memory_used", 18_000.0)
    row = found(loaded, as_of, "idle_gpu_instances")
    assert row["status"] == "waste"
    assert row["reason"].endswith("78 % of a GPU's memory held.")
