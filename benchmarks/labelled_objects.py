"""Training jobs, and what lies in buckets of no use, of the labelled accounts.

Each entry of KINDS and KEPT is what `labelled_account.Kind` takes by name. KEPT are always there: the
completed jobs that a running one is held against.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

AS_OF = datetime(2024, 11, 1)
OLD = datetime(2023, 3, 1)
MONTH_HOURS = 730.0
A_MONTH = MONTH_HOURS / 720
"""What a window of 30 days times this is: a month of 730 hours."""

Spec = dict[str, Any]

PLAIN, GPU = ("ml.m5.xlarge", 0.23), ("ml.g4dn.xlarge", 0.736)


def _job(name: str, hours: float, cost: float, labels: dict[str, str], **more: Any) -> Spec:
    """A job that ended yesterday after so many billed hours; `ends` None: it began then and runs."""
    machine, state = more.pop("machine", PLAIN), more.pop("state", "Completed")
    ends = AS_OF - timedelta(days=1) if state != "InProgress" else None
    began = (ends or AS_OF) - timedelta(hours=hours)
    row = {
        "name": more.pop("job", name.replace(" ", "-")), "status": state, "instance_type": machine[0],
        "instance_count": 1, "create_time": began, "start_time": began, "end_time": ends,
        "billable_seconds": hours * 3600 if ends else None, "is_spot": False,
        "max_runtime_s": more.pop("limit_hours", 24.0) * 3600,
    }  # fmt: skip
    return {"name": name, "table": "training_jobs", "row": row | more.pop("row", {}),
            "list_cost": cost, "labels": labels, "is_billed": False, **more}  # fmt: skip


def _gpu(name: str, levels: tuple[float, ...], labels: dict[str, str], machines: int = 1) -> Spec:
    """A job that has run for 20 of its 240 hours on machines with a GPU each, so many measured."""
    lines = tuple(
        ("/aws/sagemaker/TrainingJobs", "GPUUtilization", "Maximum", f"algo-{number}", level)
        for number, level in enumerate(levels, 1)
    )
    return _job(
        name, 20.0, 220 * GPU[1] * machines, {"runaway_training_jobs": "unknown", **labels}, machine=GPU,
        state="InProgress", limit_hours=240.0, lines=lines, row={"instance_count": machines},
    )  # fmt: skip


def _waiting(name: str, status: str, cpu: float, gpu: float) -> Spec:
    """A job that has run for 20 of its 240 hours on an ml.g5.12xlarge: 48 processors, 4 GPUs, added up."""
    jobs = "/aws/sagemaker/TrainingJobs"
    levels = {"CPUUtilization": 48 * cpu, "GPUUtilization": gpu, "GPUMemoryUtilization": 40.0}
    return _job(
        name, 20.0, 220 * 7.09, {"runaway_training_jobs": "unknown", "cpu_bound_gpu_training_jobs": status},
        machine=("ml.g5.12xlarge", 7.09), state="InProgress", limit_hours=240.0, saves=1 - 5.12 / 7.09,
        lines=tuple((jobs, name, "Maximum", "algo-1", level) for name, level in levels.items()),
    )  # fmt: skip


def _bucket(name: str, labels: dict[str, str], gib: float = 0.0, **row: Any) -> Spec:
    plain = {"name": "b", "create_time": OLD, "versioning": "Disabled", "lifecycle": {},
             "unfinished_upload_count": 0}  # fmt: skip
    return {"name": name, "table": "buckets", "row": plain | row, "labels": labels,
            "list_cost": gib * 0.023, "is_billed": False}  # fmt: skip


def _listed(
    name: str,
    labels: dict[str, str],
    gib: float,
    group: Spec,
    reads: float | None = None,
    **more: Any,
) -> Spec:
    """A bucket whose inventory shows 1,000 objects of 1,000 GiB written this October, but for `group`."""
    objects = {
        "prefix": "data/", "suffix": "parquet", "storage_class": "STANDARD", "listed_at": AS_OF,
        "modified_month": datetime(2024, 10, 1), "object_count": 1000, "size_gib": 1000.0,
        "small_count": 0, "duplicate_count": 0, "duplicate_gib": 0.0, "noncurrent_count": 0,
        "noncurrent_gib": 0.0,
    }  # fmt: skip
    billed = {
        "service": "AWS", "usage_type": "Requests-Tier2", "unit": "Requests", "window_hours": 744.0,
        "consumed_quantity": reads, "billed_cost": 0.0, "effective_cost": 0.0, "list_cost": 0.0,
        "first_charge_at": datetime(2024, 10, 1), "last_charge_end": AS_OF,
    }  # fmt: skip
    rows = [("object_groups", objects | group)]
    if reads is not None:
        rows.append(("resource_costs", billed))
    row = {"object_count": 1000.0, "size_gib": 1000.0} | more.pop("row", {})
    return _bucket(name, labels, gib, **row) | {"more": tuple(rows), **more}


FAILED, RUNAWAY, WAITING = "failed_training_jobs", "runaway_training_jobs", "idle_gpu_training_jobs"
UPLOADS, COPIES, VERSIONS = (
    "unfinished_s3_uploads",
    "duplicate_s3_objects",
    "noncurrent_s3_versions",
)
OBSOLETE, TEXT = "obsolete_s3_objects", "compressible_s3_objects"
COPIED = {"duplicate_count": 400, "duplicate_gib": 400.0, "duplicate_of": "bucket-first"}
OLD_VERSIONS = {
    "modified_month": datetime(2024, 1, 1),
    "noncurrent_count": 500,
    "noncurrent_gib": 500.0,
}
OLD_OBJECTS = {"modified_month": datetime(2023, 2, 1)}
EXPIRES = {"Rules": [{"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}]}
BEGUN = {"unfinished_upload_count": 3, "unfinished_upload_gib": 20.0,
         "oldest_unfinished_upload_at": OLD}  # fmt: skip
ABORTS = {"Rules": [{"Status": "Enabled", "AbortIncompleteMultipartUpload": {}}]}

KINDS: tuple[Spec, ...] = (
    _job("failed job", 10.0, 10 * PLAIN[1] * A_MONTH, {FAILED: "waste"}, state="Failed"),
    _job("job stopped by its own limit", 24.0, 24 * PLAIN[1] * A_MONTH,
         {FAILED: "waste"}, state="Stopped"),
    _job("job that hangs", 20.0, 4 * PLAIN[1], {RUNAWAY: "waste"}, state="InProgress",
         job="nightly-20241031"),
    _gpu("job whose GPU waits", (2.0,), {WAITING: "waste"}),
    _gpu("several machines, none at work", (2.0, 1.0, 2.0), {WAITING: "waste"}, machines=3),
    _bucket("unfinished uploads", {UPLOADS: "waste"}, 20.0, **BEGUN),
    _listed("copies of older objects", {COPIES: "waste", OBSOLETE: "ok"}, 400.0, COPIED),
    _listed("old versions without a rule", {VERSIONS: "waste"}, 500.0, OLD_VERSIONS,
            row={"versioning": "Enabled"}),
    _listed("old objects hardly read", {OBSOLETE: "waste"}, 1000.0, OLD_OBJECTS, 30.0,
            saves=1 - 0.00099 / 0.023),
    _listed("plain text", {TEXT: "waste"}, 1000.0, {"suffix": "csv"}, saves=0.7),
    _job("completed job", 1.0, 0.0, {}),
    _job("job that failed before it was billed", 0.0, 0.0, {}, state="Failed"),
    _job("job that somebody stopped", 3.0, 0.0, {FAILED: "unknown"}, state="Stopped"),
    _job("failed job of unknown length", 3.0, 0.0, {FAILED: "unknown"}, state="Failed",
         row={"billable_seconds": None}),
    _job("job that runs as ever", 1.5, 0.0, {}, state="InProgress", job="nightly-20241030"),
    _job("first run of its name", 5.0, 0.0, {RUNAWAY: "unknown"}, state="InProgress", job="first"),
    _waiting("job whose GPUs wait for its processors", "waste", 99.0, 60.0),
    _waiting("job whose processors and GPUs work", "ok", 99.0, 360.0),
    _waiting("job whose processors rest", "ok", 60.0, 60.0),
    _gpu("job whose GPU works", (90.0,), {}),
    _gpu("several machines, the third at work", (2.0, 1.0, 80.0), {}, machines=3),
    _gpu("job whose GPU nobody measures", (), {WAITING: "unknown"}),
    _gpu("several machines, one measured", (2.0,), {WAITING: "unknown"}, machines=4),
    _bucket("uploads that a rule aborts", {}, **BEGUN, lifecycle=ABORTS),
    _bucket("upload of today", {}, **{**BEGUN, "oldest_unfinished_upload_at": AS_OF}),
    _bucket("versions without a report", {VERSIONS: "unknown", COPIES: "unknown", OBSOLETE: "unknown",
            TEXT: "unknown"}, versioning="Enabled", object_count=5.0, size_gib=900.0),
    _listed("few copies", {COPIES: "ok"}, 0.0, COPIED | {"duplicate_gib": 90.0}),
    _listed("old versions that a rule expires", {VERSIONS: "ok"}, 0.0, OLD_VERSIONS,
            row={"versioning": "Enabled", "lifecycle": EXPIRES}),
    _listed("versions replaced this month", {VERSIONS: "ok"}, 0.0,
            OLD_VERSIONS | {"modified_month": datetime(2024, 10, 1)}, row={"versioning": "Enabled"}),
    _listed("old objects that are read", {OBSOLETE: "ok"}, 0.0, OLD_OBJECTS, 5_000.0),
    _listed("old objects without a bill", {OBSOLETE: "unknown"}, 0.0, OLD_OBJECTS),
    _listed("old objects in the archive", {OBSOLETE: "ok"}, 0.0,
            OLD_OBJECTS | {"storage_class": "DEEP_ARCHIVE"}, 30.0),
    _listed("text in small objects", {TEXT: "ok"}, 0.0, {"suffix": "csv", "small_count": 1000}),
    _listed("compressed text", {TEXT: "ok"}, 0.0, {"suffix": "gz"}),
)  # fmt: skip
"""Eleven of waste, the rest only look like it or cannot be judged."""

KEPT: tuple[Spec, ...] = tuple(
    _job(f"kept-nightly-{n}", 1.0, 0.0, {}, job=f"nightly-2024102{n}") for n in (1, 2, 3)
)
