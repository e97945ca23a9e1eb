"""Use and cover of commitments as AWS Budgets means them, from the bill.

Utilization is the used part of what was committed to. Coverage is what commitments covered of the usage that they
could have: Savings Plans in on-demand dollars ("all calculations consider the On-Demand equivalent"), reservations in
hours. https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_SavingsPlansCoverage.html,
https://docs.aws.amazon.com/cost-management/latest/userguide/ce-ris-reports.html.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from finops_lib.analysis.commitments.pools import KINDS, eligible
from finops_lib.units import CENT

DIMENSIONS = (
    "ChargeCategory", "PricingCategory", "CommitmentDiscountStatus", "CommitmentDiscountType",
    "x_ServiceCode", "x_UsageType", "x_Operation", "x_InstanceType",
)  # fmt: skip
"""Columns of the bill by which `queries.spend_by` has to add up."""

SERVICE_CODES = {
    "Amazon Elastic Compute Cloud - Compute": "AmazonEC2",
    "Amazon Relational Database Service": "AmazonRDS",
    "Amazon ElastiCache": "AmazonElastiCache",
    "Amazon Redshift": "AmazonRedshift",
    "Amazon OpenSearch Service": "AmazonES",
    "Amazon Elasticsearch Service": "AmazonES",
}
"""The service of a reservation budget, as Cost Explorer spells it, to its code in the bill."""

SERVERLESS = ("AWSLambda", "AmazonECS", "AmazonEKS")
"""Services whose usage a Compute Savings Plan covers without an instance type."""


def commitment_share(spend: pd.DataFrame, kind: str, service: str = "") -> float:
    """The share (0-1) that a budget of this kind is about; missing where the bill cannot say.

    `spend` has DIMENSIONS and the measures of `queries.spend_by`; `kind` is RI_ or SAVINGS_PLANS_ and UTILIZATION or
    COVERAGE, `service` that of a reservation budget. Reservations of unlike prices weigh by their amortized cost in
    UTILIZATION, where AWS counts hours: of one type the two are the same.
    """
    plans = kind.startswith("SAVINGS_PLANS")
    mine = spend["CommitmentDiscountType"].fillna("").str.contains("Plan").eq(plans)
    if not plans:
        code = SERVICE_CODES.get(service)
        spend = spend[spend["x_ServiceCode"].eq(code)] if code else spend.iloc[:0]
        mine = mine.loc[spend.index]
    status = spend["CommitmentDiscountStatus"].where(mine)
    if kind.endswith("UTILIZATION"):
        used, unused = (float(spend.loc[status.eq(s), "EffectiveCost"].sum()) for s in ("Used", "Unused"))  # fmt: skip
        return _share(used, used + unused)
    covered, on_demand = spend[status.eq("Used")], _on_demand(spend)
    return _cover_in_dollars(covered, on_demand) if plans else _cover_in_hours(covered, on_demand)


def _on_demand(spend: pd.DataFrame) -> pd.DataFrame:
    """Usage of machines and functions that was paid by the hour, without a commitment."""
    is_plain = spend["ChargeCategory"].eq("Usage") & spend["PricingCategory"].eq("Standard")
    return spend[is_plain & spend["CommitmentDiscountStatus"].isna()]


def _cover_in_dollars(covered: pd.DataFrame, on_demand: pd.DataFrame) -> float:
    """Missing where a covered row has no list price: its on-demand dollars are not known then."""
    unlisted = covered["EffectiveCost"].sum() - covered["x_ListedEffectiveCost"].sum()
    names = {"x_ServiceCode": "service_code", "x_UsageType": "usage_type",
             "x_Operation": "operation", "x_InstanceType": "instance_type"}  # fmt: skip
    is_machine = on_demand["x_InstanceType"].notna() | on_demand["x_ServiceCode"].isin(SERVERLESS)
    could = eligible(on_demand[is_machine].rename(columns=names))
    shared = [name for name, kind in KINDS.items() if kind.shared]
    rest = could.loc[could["pool"].isin(shared), "BilledCost"].sum()
    known = float(covered["ListCost"].sum())
    return np.nan if unlisted > CENT else _share(known, known + float(rest))


def _cover_in_hours(covered: pd.DataFrame, on_demand: pd.DataFrame) -> float:
    hours = float(covered["ConsumedQuantity"].sum())
    rest = on_demand.loc[on_demand["x_InstanceType"].notna(), "ConsumedQuantity"].sum()
    return _share(hours, hours + float(rest))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else np.nan
