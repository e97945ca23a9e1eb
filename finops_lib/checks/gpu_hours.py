"""What the processors and the GPUs of a machine did in the same hours."""

from __future__ import annotations

import pandas as pd

AT_WORK_PCT, AT_WORK_HOURS = 50.0, 6
"""Percent of all processors, on an hour's average, and the hours of it in a window, from which a machine
works without its GPUs."""

HELD_PCT = 50.0
"""Percent of GPU memory from which something is loaded that may not compute."""

MIB_PER_GIB = 1024.0


def side_by_side(
    cpu: pd.DataFrame, gpu: pd.DataFrame, cpu_limit_pct: float, gpu_limit_pct: float
) -> pd.DataFrame:
    """Hours of each resource: seen, bound, working, cpu_working; and gpu_total_pct.

    `cpu` has resource_id, time, value (percent of all processors), one row an hour; `gpu` the same, a row
    for each GPU. An hour is bound where the processors reach their limit and no GPU does, working where
    either does, cpu_working where the processors reach AT_WORK_PCT; seen hours have both.
    """
    hour = ["resource_id", "time"]
    used = gpu.groupby(hour)["value"].agg(gpu="max", total="sum")
    both = used.join(cpu.groupby(hour)["value"].max().rename("cpu"), how="inner")
    at_limit = both["cpu"] >= cpu_limit_pct
    busy = both["gpu"] >= gpu_limit_pct
    told = both.assign(
        bound=at_limit & ~busy, working=at_limit | busy, cpu_working=both["cpu"] >= AT_WORK_PCT
    )
    by_id = told.groupby("resource_id")
    sums = by_id[["bound", "working", "cpu_working"]].sum()
    return sums.assign(seen=by_id.size(), gpu_total_pct=by_id["total"].max())


def of_metric(metrics: pd.DataFrame, namespace: str, metric: str, stat: str) -> pd.DataFrame:
    """The data points of one metric."""
    return metrics[
        (metrics["namespace"] == namespace)
        & (metrics["metric"] == metric)
        & (metrics["stat"] == stat)
    ]


def machine_hours(
    metrics: pd.DataFrame, cpu_limit_pct: float = 90.0, gpu_limit_pct: float = 50.0
) -> pd.DataFrame:
    """`side_by_side` of EC2 instances, by CloudWatch and its agent."""
    cpu = of_metric(metrics, "AWS/EC2", "CPUUtilization", "Average")
    gpu = of_metric(metrics, "CWAgent", "nvidia_smi_utilization_gpu", "Maximum")
    return side_by_side(cpu, gpu, cpu_limit_pct, gpu_limit_pct)


def held_memory(metrics: pd.DataFrame) -> pd.DataFrame:
    """Per instance, at the most in an hour: held_pct of its fullest GPU, held_gib of all together."""
    used, whole = (
        of_metric(metrics, "CWAgent", f"nvidia_smi_memory_{what}", "Maximum")
        .groupby(["resource_id", "time", "dimension"], dropna=False)["value"]
        .max()
        for what in ("used", "total")
    )
    share = 100 * used / whole.where(whole > 0)
    together = used.groupby(["resource_id", "time"]).sum() / MIB_PER_GIB
    return pd.DataFrame(
        {
            "held_pct": share.groupby("resource_id").max(),
            "held_gib": together.groupby("resource_id").max(),
        }
    )
