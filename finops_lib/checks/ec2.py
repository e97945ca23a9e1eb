"""EC2 instances."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.gpu_hours import AT_WORK_HOURS, HELD_PCT, held_memory, machine_hours
from finops_lib.checks.measures import (
    age_days,
    is_complete,
    looked_up,
    measured,
    rounded,
    too_young,
    windowed,
)
from finops_lib.checks.pricing import all_saved, machine_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_MONTH

INSTANCE_HOURS = r"BoxUsage|SpotUsage|HeavyUsage|DedicatedUsage"
MIB = 2**20


def limit_by_size(vcpu: pd.Series, cpu_limit_pct: float) -> pd.Series:
    """One busy core is a smaller share of a larger machine: 5, 4 and 3 % up to 8, 16 and more vCPU."""
    steps = np.select([vcpu <= 8, vcpu <= 16], [1.0, 0.8], default=0.6)
    return pd.Series(steps * cpu_limit_pct, index=vcpu.index)


def _running(
    instances: pd.DataFrame, instance_types: pd.DataFrame, as_of: datetime
) -> pd.DataFrame:
    running = instances[instances["state"] == "running"]
    types = instance_types.set_index("instance_type")
    return running.assign(
        vcpu=looked_up(running["instance_type"], types["vcpu"]).astype("float64"),
        gpus=looked_up(running["instance_type"], types["gpu_count"]).fillna(0.0).astype("float64"),
        age=age_days(running["launch_time"], as_of),
    )


def priced_instances(
    found: pd.DataFrame, resource_costs: pd.DataFrame, prices: pd.DataFrame, as_of: datetime
) -> pd.DataFrame:
    """`found` with the machine's monthly_cost and price_basis, all of it saved where it is wasted."""
    listed = machine_prices(found, prices, as_of) * HOURS_PER_MONTH
    return all_saved(priced(found, run_rate(resource_costs, INSTANCE_HOURS), listed))


def cpu_use(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    as_of: datetime,
    window_days: int,
    cpu_limit_pct: float,
    network_limit: float,
) -> pd.DataFrame:
    """Running instances without a GPU: cpu, network (MiB a day), limit, and young, busy, idle.

    Busy is busy even on half a window; idle needs all of it. What is neither is not known.
    """
    found = _running(instances, instance_types, as_of)
    found = found[found["gpus"] == 0]
    recent = windowed(metrics, as_of, window_days)
    cpu = measured(recent, "AWS/EC2", "CPUUtilization", "Maximum")
    sent = measured(recent, "AWS/EC2", "NetworkOut", "Sum")["total"]
    received = measured(recent, "AWS/EC2", "NetworkIn", "Sum")["total"]
    ids = found["resource_id"]
    found = found.assign(
        cpu=looked_up(ids, cpu["maximum"]),
        network=(looked_up(ids, sent) + looked_up(ids, received)) / MIB / window_days,
        limit=limit_by_size(found["vcpu"], cpu_limit_pct),
    )
    complete = is_complete(looked_up(ids, cpu["hours"]), window_days) & found["network"].notna()
    busy = (found["cpu"] >= found["limit"]) | (found["network"] >= network_limit)
    quiet = (found["cpu"] < found["limit"]) & (found["network"] < network_limit)
    # A restart renews the launch time, not what was measured before it.
    young = (found["age"] < window_days) & ~complete
    return found.assign(young=young, busy=busy, idle=complete & quiet)


def gpu_use(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    as_of: datetime,
    window_days: int,
    gpu_limit_pct: float,
) -> pd.DataFrame:
    """Running instances with a GPU: gpu and memory (percent of the busiest and of the fullest one), at_work, young, busy, idle.

    `at_work` says whether the processors have work of their own, whatever the GPUs do.
    """
    found = _running(instances, instance_types, as_of)
    found = found[found["gpus"] > 0]
    recent = windowed(metrics, as_of, window_days)
    gpu = measured(
        recent, "CWAgent", "nvidia_smi_utilization_gpu", "Maximum", ("resource_id", "dimension")
    )
    memory = held_memory(recent)["held_pct"]
    at_work = machine_hours(recent)["cpu_working"] >= AT_WORK_HOURS
    busiest = gpu.groupby("resource_id")["maximum"].max()
    seen = gpu.groupby("resource_id")["hours"].min()
    ids = found["resource_id"]
    found = found.assign(
        gpu=looked_up(ids, busiest),
        memory=looked_up(ids, memory),
        at_work=looked_up(ids, at_work).fillna(False).astype(bool),
    )
    complete = is_complete(looked_up(ids, seen), window_days)
    return found.assign(
        young=(found["age"] < window_days) & ~complete,
        busy=found["gpu"] >= gpu_limit_pct,
        idle=complete & (found["gpu"] < gpu_limit_pct),
    )


def _left_to_group(found: pd.DataFrame) -> pd.Series:
    """Idle machines that an Auto Scaling group owns: it would start another in place of each."""
    return found["idle"] & found["asg_name"].notna()


def _of_group(row: Any) -> str:
    return (
        f"Auto Scaling group {row.asg_name} would replace it, so the group is judged as a whole: "
        "idle_auto_scaling_groups."
    )


COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "monthly_cost", "monthly_saving", "price_basis",
]  # fmt: skip


@check(
    title="Idle EC2 instances",
    why="A running instance that nobody uses is billed like one that everybody does.",
    needs=("instances", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("ec2:DescribeInstances", "cloudwatch:GetMetricData"),
    action="terminate_instance",
    service="Amazon Elastic Compute Cloud",
    guard="The maximum, not the average, over a full window; a network floor; machines with a GPU are "
    "left to idle_gpu_instances, members of an Auto Scaling group to idle_auto_scaling_groups; no or few "
    "data are unknown.",
)
def idle_ec2_instances(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    cpu_limit_pct: float = 5.0,
    network_limit_mib_per_day: float = 5.0,
) -> pd.DataFrame:
    """Running instances whose busiest hour stays below the CPU limit and whose network is silent.

    The CPU limit falls with size (`cpu_limit_pct` up to 8 vCPU, 80 % of it up to 16, 60 % above). Network is received and sent bytes, mean per day of the window.
    """
    limits = (window_days, cpu_limit_pct, network_limit_mib_per_day)
    found = cpu_use(instances, metrics, instance_types, as_of, *limits)
    status = np.select(
        [found["young"] | found["busy"] | _left_to_group(found), found["idle"]],
        ["ok", "waste"],
        default="unknown",
    )
    found = priced_instances(found.assign(status=status), resource_costs, prices, as_of)
    return found.assign(
        reason=[_idle_reason(row, window_days, network_limit_mib_per_day) for row in found.itertuples()],
        evidence=[
            {
                "cpu_max_pct": rounded(row.cpu), "cpu_limit_pct": rounded(row.limit),
                "network_mib_per_day": rounded(row.network), "window_days": window_days,
                "age_days": rounded(row.age), "instance_type": row.instance_type, "state": row.state,
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip


def _idle_reason(row: Any, window_days: int, network_limit: float) -> str:
    if row.young and not row.busy:
        return too_young("Started", row.age, window_days)
    if row.idle and row.status == "ok":
        return _of_group(row)
    if row.status == "unknown":
        return f"CPU or network are not measured over the whole window of {window_days} days."
    return (
        f"Highest CPU {row.cpu:.1f} % (limit {row.limit:.1f} %) and {row.network:.1f} MiB of network a day "
        f"(limit {network_limit:g}) over {window_days} days."
    )


@check(
    title="Idle GPU instances",
    why="A GPU machine costs ten times an ordinary one, used or not.",
    needs=("instances", "metrics", "instance_types", "resource_costs", "prices"),
    permissions=("ec2:DescribeInstances", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),
    action="terminate_instance",
    service="Amazon Elastic Compute Cloud",
    guard="The busiest GPU of the machine counts; without the agent's GPU metric it is unknown, and what "
    "works on its processors alone is left to cpu_bound_gpu_instances.",
)
def idle_gpu_instances(
    instances: pd.DataFrame,
    metrics: pd.DataFrame,
    instance_types: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 7,
    gpu_limit_pct: float = 5.0,
) -> pd.DataFrame:
    """Running GPU instances on which no GPU reached the limit in any hour of the window."""
    found = gpu_use(instances, metrics, instance_types, as_of, window_days, gpu_limit_pct)
    status = np.select(
        [found["young"] | found["busy"] | found["at_work"] | _left_to_group(found), found["idle"]],
        ["ok", "waste"],
        default="unknown",
    )
    found = priced_instances(found.assign(status=status), resource_costs, prices, as_of)
    return found.assign(
        reason=[_gpu_reason(row, window_days, gpu_limit_pct) for row in found.itertuples()],
        evidence=[
            {
                "gpu_max_pct": rounded(row.gpu), "gpu_memory_max_pct": rounded(row.memory),
                "gpu_limit_pct": gpu_limit_pct, "window_days": window_days, "age_days": rounded(row.age),
                "instance_type": row.instance_type, "gpu_count": row.gpus, "state": row.state,
            }
            for row in found.itertuples()
        ],
        confidence="high",
    )[COLUMNS]  # fmt: skip


def _gpu_reason(row: Any, window_days: int, limit: float) -> str:
    if row.status == "unknown":
        return "GPU use is not measured over the whole window (no agent metric)."
    if row.young and pd.isna(row.gpu):
        return too_young("Started", row.age, window_days)
    if row.idle and row.at_work:
        return "No GPU is used, but its processors are at work: cpu_bound_gpu_instances."
    if row.idle and row.status == "ok" and not row.young:
        return _of_group(row)
    # A model that is loaded and never asked holds memory without computing.
    held = f", {row.memory:.0f} % of a GPU's memory held" if row.memory >= HELD_PCT else ""
    return f"Busiest GPU {row.gpu:.1f} % (limit {limit:g} %) over {window_days} days{held}."
