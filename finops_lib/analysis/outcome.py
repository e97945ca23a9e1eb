"""The bill before and after the plan, by kind of cost: the result table that a decision is made on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.analysis.reconcile import reconcile

GROUPS = ("compute", "storage", "network", "managed", "waste")
"""Kinds of cost in the order in which they are shown; waste is taken out of the kind it lies in."""

_NETWORK = r"DataTransfer|NatGateway|(?:Out|In|Regional)-Bytes|VpcEndpoint|ElasticIP"
_NETWORK_SERVICES = r"AmazonVPC|AWSELB|AmazonCloudFront|AmazonRoute53|AWSDirectConnect"
_STORAGE = r"EBS:"
_STORAGE_SERVICES = r"AmazonS3|AmazonEFS|AmazonFSx|AWSBackup|AmazonGlacier"
_COMPUTE_SERVICES = r"AmazonEC2|ComputeSavingsPlans|AWSLambda"

STORAGE_ACTIONS = frozenset(
    {"delete_volume", "delete_snapshot", "deregister_image", "delete_bucket", "modify_volume",
     "put_lifecycle"}
)  # fmt: skip
NETWORK_ACTIONS = frozenset(
    {"release_address", "delete_load_balancer", "delete_nat_gateway", "delete_vpc_endpoint",
     "create_gateway_endpoint"}
)  # fmt: skip


def bill_groups(bill: pd.DataFrame) -> pd.Series:
    """compute, storage, network or managed of each row by x_ServiceCode and x_UsageType.

    Managed is all the rest, so that the groups add up to the bill.
    """
    service, usage = (bill[name].fillna("") for name in ("x_ServiceCode", "x_UsageType"))
    kinds = [
        usage.str.contains(_NETWORK) | service.str.contains(_NETWORK_SERVICES),
        usage.str.contains(_STORAGE) | service.str.contains(_STORAGE_SERVICES),
        service.str.contains(_COMPUTE_SERVICES),
    ]
    named = np.select(kinds, ["network", "storage", "compute"], "managed")
    return pd.Series(named, index=bill.index, dtype="str")


def step_groups(steps: pd.DataFrame) -> pd.Series:
    """The kind of cost in which each row of PLAN finds its dollars, by action, check and service."""
    traffic = steps["action"].isin(NETWORK_ACTIONS) | steps["check_id"].str.contains("transfer")
    compute = steps["service"].fillna("").str.contains("Elastic Compute|Lambda|Savings Plans")
    kinds = [traffic, steps["action"].isin(STORAGE_ACTIONS), compute]
    named = np.select(kinds, ["network", "storage", "compute"], "managed")
    return pd.Series(named, index=steps.index, dtype="str")


def result_table(costs: pd.Series, plan: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """group, before, saving, saving_low, saving_high, after, share; the last row is the total.

    `costs` is the bill by group; `plan` the PLAN to be decided on and `found` the one without any
    constraint, both with their column `group` from `step_groups`. What `found` terminates is waste;
    what `plan` leaves of it remains. Raises ReconciliationError where the groups miss the bill.
    """
    waste = found[found["category"].eq("terminate")].groupby("group")["monthly_saving"].sum()
    before = costs.reindex(list(GROUPS), fill_value=0.0).sub(waste, fill_value=0.0)
    before["waste"] += float(waste.sum())
    reconcile(before, float(costs.sum()), what="kinds of cost before the plan")
    bands = {"saving": "", "saving_low": "_low", "saving_high": "_high"}
    row = plan["group"].where(plan["category"].ne("terminate"), "waste")
    saved = pd.DataFrame({
        name: plan[f"monthly_saving{band}"].fillna(plan["monthly_saving"]).groupby(row).sum()
        for name, band in bands.items()
    })  # fmt: skip
    table = saved.reindex(list(GROUPS)).fillna(0.0)
    table.insert(0, "before", before.reindex(list(GROUPS)))
    table.loc["total"] = table.sum()
    table["after"] = table["before"] - table["saving"]
    table["share"] = table["saving"] / table["before"].where(table["before"] > 0)
    return table.rename_axis("group").reset_index()
