"""Volumes that would do the same work for less as gp3."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from finops_lib.analysis.storage import CONVERTIBLE, gp3_options
from finops_lib.checks.measures import is_complete, looked_up, windowed
from finops_lib.checks.pricing import list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "risk", "parameters", "monthly_cost",
    "monthly_saving", "monthly_saving_low", "monthly_saving_high", "price_basis",
]  # fmt: skip

MIB = 2**20


def _busiest(metrics: pd.DataFrame, ids: pd.Series, window_days: int) -> pd.DataFrame:
    """Busiest interval's mean iops and throughput_mibps per volume; missing without a full window."""
    disk = metrics[metrics["namespace"] == "AWS/EBS"]
    rate = disk.assign(rate=disk["value"] / disk["period_s"])
    found = {}
    for name, suffix, unit in (("iops", "Ops", 1), ("throughput_mibps", "Bytes", MIB)):
        asked = rate[rate["metric"].isin([f"VolumeRead{suffix}", f"VolumeWrite{suffix}"])]
        both = asked.groupby(["resource_id", "time"]).agg(
            rate=("rate", "sum"), kinds=("metric", "nunique"), seconds=("period_s", "first")
        )
        both = both[both["kinds"] == 2].groupby("resource_id")
        hours = looked_up(ids, both["seconds"].sum() / 3600)
        found[name] = (looked_up(ids, both["rate"].max()) / unit).where(
            is_complete(hours, window_days)
        )
    return pd.DataFrame(found)


@check(
    title="Volumes that are cheaper as gp3",
    why="gp3 costs a fifth less per GiB than gp2 and includes operations that io1 and io2 sell one by one.",
    needs=("volumes", "metrics", "resource_costs", "prices"),
    permissions=("ec2:DescribeVolumes", "cloudwatch:GetMetricData"),
    action="modify_volume",
    service="Amazon Elastic Compute Cloud",
    guard="Parity of operations and throughput is priced exactly, and less is given only where the whole "
    "window was measured; volumes attached to nothing are left to unattached_ebs_volumes.",
)
def gp3_ebs_volumes(
    volumes: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    peak_factor: float = 2.0,
    min_saving: float = 0.5,
) -> pd.DataFrame:
    """Attached gp2, io1 and io2 volumes that gp3 carries for less.

    Each is offered as gp3 with what it can do now (parity) and with `peak_factor` times the busiest
    interval of the window; the second is the target where it is known. An interval's mean hides its bursts,
    hence the factor. A gp3 that saves under `min_saving` dollars a
    month is not worth the change. The saving is the billed run rate times the share saved at list.
    """
    found = volumes[volumes["volume_type"].isin(CONVERTIBLE) & (volumes["state"] == "in-use")]
    book = list_prices(prices, "AmazonEC2", as_of)
    if not {"gp3", "gp3-iops", "gp3-throughput"} <= set(book.index):
        book = book.reindex([*book.index, "gp3", "gp3-iops", "gp3-throughput"])
    peak = _busiest(windowed(metrics, as_of, window_days), found["resource_id"], window_days)
    found = found.join(gp3_options(found, peak * peak_factor, book.to_dict())).join(
        peak.add_prefix("peak_")
    )
    found = priced(found, run_rate(resource_costs, "EBS:"), found["list_cost"])
    return _judged(found, window_days, peak_factor, min_saving)


def _judged(
    found: pd.DataFrame, window_days: int, peak_factor: float, min_saving: float
) -> pd.DataFrame:
    fitted = found["fitted_saving"].notna()
    target = {
        name: found[f"fitted_{name}"].where(fitted, found[f"parity_{name}"])
        for name in ("iops", "throughput_mibps", "saving")
    }
    found = found.assign(**{f"target_{name}": values for name, values in target.items()})
    share = found["target_saving"] / found["list_cost"]
    saving = found["monthly_cost"] * share
    measured = found["peak_iops"].notna()
    status = np.select(
        [saving >= min_saving, measured | saving.notna()], ["waste", "ok"], default="unknown"
    )
    # Parity dearer than now proves nothing where the need was not measured.
    status = np.where((status == "ok") & ~measured, "unknown", status)
    found = found.assign(status=status, monthly_saving=saving.where(status == "waste"))
    io2 = found["volume_type"] == "io2"
    parity = (found["monthly_cost"] * found["parity_saving"] / found["list_cost"]).clip(lower=0)
    return found.assign(
        monthly_saving_low=np.fmin(parity, found["monthly_saving"]).where(status == "waste"),
        monthly_saving_high=found["monthly_saving"],
        confidence=np.where(fitted, "high", "medium"),
        risk=np.where(io2, "medium", "low"),
        parameters=[_target(row) for row in found.itertuples()],
        reason=[_reason(row, window_days, peak_factor) for row in found.itertuples()],
        evidence=[_evidence(row, window_days, peak_factor) for row in found.itertuples()],
    )[COLUMNS]


def _target(row: object) -> dict[str, object] | None:
    if row.status != "waste":  # type: ignore[attr-defined]
        return None
    return {
        "type": "gp3", "iops": int(row.target_iops),  # type: ignore[attr-defined]
        "throughput": int(row.target_throughput_mibps),  # type: ignore[attr-defined]
    }  # fmt: skip


def _reason(row: object, window_days: int, peak_factor: float) -> str:
    if pd.isna(row.peak_iops):  # type: ignore[attr-defined]
        use = f"Operations are not measured over the whole window of {window_days} days"
    else:
        use = (
            f"Busiest interval {row.peak_iops:.0f} IOPS and {row.peak_throughput_mibps:.1f} MiB/s "  # type: ignore[attr-defined]
            f"over {window_days} days (times {peak_factor:g})"
        )
    if row.status == "waste":  # type: ignore[attr-defined]
        return (
            f"{use}: gp3 with {row.target_iops:.0f} IOPS and "  # type: ignore[attr-defined]
            f"{row.target_throughput_mibps:.0f} MiB/s carries it for less."  # type: ignore[attr-defined]
        )
    if row.status == "unknown":  # type: ignore[attr-defined]
        return f"{use}, and gp3 at parity saves nothing."
    if pd.isna(row.target_saving):  # type: ignore[attr-defined]
        return f"{use}: more than one gp3 volume is given, or gp3 has no price here."
    return f"{use}: gp3 would save too little to change it."


def _evidence(row: object, window_days: int, peak_factor: float) -> dict[str, object]:
    numbers = {
        "peak_iops": row.peak_iops, "peak_mibps": row.peak_throughput_mibps,  # type: ignore[attr-defined]
        "parity_saving_list": row.parity_saving, "fitted_saving_list": row.fitted_saving,  # type: ignore[attr-defined]
        "provisioned_iops": row.iops, "size_gib": row.size_gib,  # type: ignore[attr-defined]
    }  # fmt: skip
    known = {name: None if pd.isna(n) else round(float(n), 4) for name, n in numbers.items()}
    return {
        **known, "volume_type": row.volume_type, "window_days": window_days,  # type: ignore[attr-defined]
        "peak_factor": peak_factor, "state": row.state,  # type: ignore[attr-defined]
        "attached_instance_id": row.attached_instance_id,  # type: ignore[attr-defined]
    }  # fmt: skip
