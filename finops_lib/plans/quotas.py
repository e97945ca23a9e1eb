"""How high the EC2 service quotas should be: no higher than what runs, so that a mistake stays small.

Quotas count vCPUs of running On-Demand instances by group of families:
https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
"""

from __future__ import annotations

import math

import pandas as pd

QUOTAS = {
    "P": ("L-417A185B", "P"),
    "G": ("L-DB2E81BA", "G and VT"),
    "standard": ("L-1216C47A", "Standard (A, C, D, H, I, M, R, T, Z)"),
}
"""Group to code of its quota and the families in its name, "Running On-Demand … instances"."""

HEADROOM = 1.25
"""What may run above what runs now: a quarter, enough for a replacement or a small launch."""

ADVICE_COLUMNS = ("account_id", "region", "quota_code", "quota", "used_vcpus", "advised_vcpus")


def quota_advice(instances: pd.DataFrame, instance_types: pd.DataFrame) -> pd.DataFrame:
    """ADVICE_COLUMNS per account, region and quota in which an On-Demand instance runs.

    `advised_vcpus` is a quarter above what runs. Where the size of an instance is not known, neither is what
    the quota's instances use, and both numbers are missing.
    """
    runs = instances["state"].eq("running") & instances["lifecycle"].eq("on-demand")
    rows = instances[runs].merge(
        instance_types[["instance_type", "vcpu"]], on="instance_type", how="left"
    )
    rows = rows.assign(group=rows["instance_type"].map(_group)).dropna(subset=["group"])
    sums = rows.groupby(["account_id", "region", "group"])["vcpu"]
    found = sums.agg(lambda vcpus: vcpus.sum(skipna=False)).rename("used_vcpus").reset_index()
    found["quota_code"] = [QUOTAS[group][0] for group in found["group"]]
    found["quota"] = [QUOTAS[group][1] for group in found["group"]]
    found["advised_vcpus"] = [
        math.ceil(used * HEADROOM) if pd.notna(used) else math.nan for used in found["used_vcpus"]
    ]
    return found[list(ADVICE_COLUMNS)]


def _group(instance_type: str) -> str | None:
    """None for families that have a quota of their own, as Trn, Inf or X."""
    family = instance_type.partition(".")[0]
    letters = family[: next((n for n, c in enumerate(family) if c.isdigit()), len(family))]
    if letters in ("p", "g", "gr", "vt"):
        return "P" if letters == "p" else "G"
    return (
        "standard" if letters in ("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z") else None
    )
