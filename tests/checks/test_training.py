"""Training jobs: lost hours, jobs that run away, GPUs that wait."""

import object_rows
import pandas as pd
import pytest

from finops_lib.checks.training import family

AS_OF = object_rows.AS_OF


def found(account, check, resource, run):
    findings = run(account, check)
    return findings[findings["resource_id"] == resource].iloc[0]


@pytest.fixture
def run():
    from finops_lib.checks import run_checks

    return lambda tables, check: run_checks(tables, as_of=AS_OF, only=[check])[0]


def test_family_drops_what_is_the_runs_own_and_keeps_a_models_number():
    names = [
        "retrain-20241001-0200",
        "train-2024-10-01T12-00-00",
        "x-1a2b3c4d5e6f",
        "resnet50",
        "job-v2",
    ]
    assert family(pd.Series(names)).to_list() == ["retrain", "train", "x", "resnet50", "job-v2"]


def test_failed_job_costs_what_was_billed_at_the_windows_pace(account, run):
    row = found(account, "failed_training_jobs", "failed-1", run)
    assert row["monthly_saving"] == pytest.approx(0.23 * 730 / 720)
    assert (row["monthly_saving_low"], row["confidence"], row["action"]) == (0.0, "low", "review")
    assert "CUDA out of memory" in row["reason"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"status": "Stopped"}, "unknown"),
        ({"status": "Stopped", "billable_seconds": 86_400.0}, "waste"),
        ({"status": "Failed", "billable_seconds": 0.0}, "ok"),
        ({"status": "Failed", "billable_seconds": None}, "unknown"),
        ({"status": "Completed"}, "ok"),
    ],
)
def test_failed_training_jobs_by_how_the_job_ended(account, vary, status, values, expected):
    varied = vary(account, "training_jobs", "failed-1", **values)
    assert status(varied, "failed_training_jobs", "failed-1") == expected


def test_running_job_far_beyond_its_like_saves_what_its_limit_still_allows(account, run):
    row = found(account, "runaway_training_jobs", "search-4", run)
    assert row["monthly_saving"] == pytest.approx(4 * 0.23)
    assert row["action"] == "stop_training_job"
    assert "the longest of 3 completed jobs" in row["reason"]


@pytest.mark.parametrize(("hours", "expected"), [(2.1, "waste"), (1.9, "ok")])
def test_runaway_training_jobs_just_over_and_under_the_factor(
    account, vary, status, hours, expected
):
    began = AS_OF - pd.Timedelta(hours=hours)
    varied = vary(account, "training_jobs", "search-4", start_time=began)
    assert status(varied, "runaway_training_jobs", "search-4") == expected


@pytest.mark.parametrize(("limit", "expected"), [(40_000.0, "waste"), (60_000.0, "unknown")])
def test_running_job_without_history_is_judged_by_its_own_limit(
    account, vary, status, limit, expected
):
    varied = vary(account, "training_jobs", "gpu-1", max_runtime_s=limit)
    assert status(varied, "runaway_training_jobs", "gpu-1") == expected


def test_two_completed_jobs_are_no_history(account, vary, status):
    varied = vary(account, "training_jobs", "search-3", status="Failed")
    assert status(varied, "runaway_training_jobs", "search-4") == "unknown"


@pytest.mark.parametrize(("gpu", "expected"), [(4.9, "waste"), (5.0, "ok")])
def test_gpu_of_a_training_job_just_under_and_at_the_limit(account, measure, status, gpu, expected):
    varied = measure(account, "gpu-1", "GPUUtilization", gpu)
    assert status(varied, "idle_gpu_training_jobs", "gpu-1") == expected


@pytest.mark.parametrize(("gpu", "expected"), [(4.9, "waste"), (19.0, "unknown"), (20.0, "ok")])
def test_gpus_of_one_machine_together_tell_the_busiest_within_bounds(
    account, measure, status, gpu, expected
):
    types = account["instance_types"]
    four = types.assign(gpu_count=types["gpu_count"] * 4)
    varied = measure({**account, "instance_types": four}, "gpu-1", "GPUUtilization", gpu)
    assert status(varied, "idle_gpu_training_jobs", "gpu-1") == expected


@pytest.mark.parametrize(
    ("levels", "expected"),
    [((1.0, 1.0), "waste"), ((1.0, 60.0), "ok"), ((1.0,), "unknown")],
)
def test_distributed_job_is_judged_by_its_busiest_machine_once_all_are_measured(
    account, vary, status, levels, expected
):
    varied = vary(account, "training_jobs", "gpu-1", instance_count=2)
    varied = {**varied, "metrics": by_machine(account["metrics"], levels)}
    assert status(varied, "idle_gpu_training_jobs", "gpu-1") == expected


def by_machine(metrics, levels):
    """The metrics of gpu-1 as its machines algo-1, algo-2 … at these GPU levels."""
    own = metrics["resource_id"] == "gpu-1"
    machines = [metrics[own].assign(dimension=f"algo-{n}", value=level) for n, level in enumerate(levels, 1)]  # fmt: skip
    return pd.concat([metrics[~own], *machines], ignore_index=True)


def test_half_measured_job_is_unknown(account, measure, status):
    half = measure(account, "gpu-1", "GPUUtilization", 1.0, hours=5)
    assert status(half, "idle_gpu_training_jobs", "gpu-1") == "unknown"


def test_waiting_gpu_whose_memory_is_held_says_so(account, run):
    held = account["metrics"]["resource_id"] == "gpu-1"
    memory = account["metrics"][held].assign(metric="GPUMemoryUtilization", value=83.0)
    told = {**account, "metrics": pd.concat([account["metrics"], memory], ignore_index=True)}
    assert (
        "83 % of the memory held" in found(told, "idle_gpu_training_jobs", "gpu-1", run)["reason"]
    )


def test_job_that_waits_for_its_processors_saves_what_fewer_gpus_would(account, run):
    row = found(account, "cpu_bound_gpu_training_jobs", "bound-1", run)
    assert row["monthly_saving"] == pytest.approx((120 - 10) * (7.09 - 5.12))
    assert (row["monthly_saving_low"], row["action"]) == (0.0, "review")
    assert "ml.g5.16xlarge does the same" in row["reason"]


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [
        ("CPUUtilization", 48 * 90.0, "waste"),
        ("CPUUtilization", 48 * 89.9, "ok"),
        ("GPUUtilization", 4 * 49.9, "waste"),
        ("GPUUtilization", 4 * 50.0, "ok"),
    ],
)
def test_limits_of_processors_and_gpus_of_a_job(account, measure, status, metric, value, expected):
    varied = measure(account, "bound-1", metric, value)
    assert status(varied, "cpu_bound_gpu_training_jobs", "bound-1") == expected


def test_job_whose_processors_are_measured_for_half_its_life_is_unknown(account, measure, status):
    half = measure(account, "bound-1", "CPUUtilization", 4700.0, hours=5)
    assert status(half, "cpu_bound_gpu_training_jobs", "bound-1") == "unknown"


def test_job_at_work_on_its_processors_alone_is_not_stopped(account, measure, status, run):
    alone = measure(account, "bound-1", "GPUUtilization", 0.0)
    assert status(alone, "idle_gpu_training_jobs", "bound-1") == "ok"
    row = found(alone, "cpu_bound_gpu_training_jobs", "bound-1", run)
    assert (row["status"], "without GPUs" in row["reason"]) == ("waste", True)
