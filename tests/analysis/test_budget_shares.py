"""Use and cover of commitments by hand: plans in on-demand dollars, reservations in hours."""

import numpy as np
import pandas as pd
import pytest

from finops_lib.analysis.commitments.budget_shares import DIMENSIONS, commitment_share

EC2 = "Amazon Elastic Compute Cloud - Compute"
PLAN, RESERVED = "Compute Savings Plan", "Reserved Instance"


def line(service="AmazonEC2", kind="m5.large", **changes):
    given = {
        **dict.fromkeys(DIMENSIONS), "ChargeCategory": "Usage", "PricingCategory": "Standard",
        "x_ServiceCode": service, "x_UsageType": "BoxUsage", "x_InstanceType": kind,
        "BilledCost": 0.0, "EffectiveCost": 0.0, "x_ListedEffectiveCost": 0.0, "ListCost": 0.0,
        "ConsumedQuantity": 0.0,
    }  # fmt: skip
    return {**given, **changes}


def committed(status, discount, effective, listed=0.0, hours=0.0, **changes):
    return line(
        PricingCategory="Committed", CommitmentDiscountStatus=status, CommitmentDiscountType=discount,
        EffectiveCost=effective, x_ListedEffectiveCost=effective, ListCost=listed,
        ConsumedQuantity=hours, **changes,
    )  # fmt: skip


BILL = [
    committed("Used", PLAN, 60.0, listed=80.0),
    committed("Unused", PLAN, 20.0, service="ComputeSavingsPlans", kind=None),
    committed("Used", RESERVED, 30.0, listed=50.0, hours=600.0),
    committed("Unused", RESERVED, 10.0, kind="r4.large"),
    line(BilledCost=100.0, ConsumedQuantity=400.0),
    line("AWSLambda", None, BilledCost=20.0, x_UsageType="Lambda-GB-Second"),
    # What no plan covers: requests, disks, databases, Spot and the fee itself.
    line("AWSLambda", None, BilledCost=7.0, x_UsageType="Request"),
    line(kind=None, BilledCost=900.0, x_UsageType="EBS:VolumeUsage"),
    line("AmazonRDS", "db.m5.large", BilledCost=900.0, ConsumedQuantity=900.0),
    line(PricingCategory="Dynamic", BilledCost=900.0, ConsumedQuantity=900.0),
    line("ComputeSavingsPlans", None, ChargeCategory="Purchase", BilledCost=80.0,
         CommitmentDiscountType=PLAN, PricingCategory=None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "service", "share"),
    [
        ("SAVINGS_PLANS_UTILIZATION", "", 60 / 80),
        ("SAVINGS_PLANS_COVERAGE", "", 80 / 200),
        ("RI_UTILIZATION", EC2, 30 / 40),
        ("RI_COVERAGE", EC2, 600 / 1000),
        ("RI_COVERAGE", "Amazon Relational Database Service", 0.0),
    ],
)
def test_commitment_share_of_a_small_bill_equals_the_arithmetic(kind, service, share):
    assert commitment_share(pd.DataFrame(BILL), kind, service) == pytest.approx(share)


@pytest.mark.parametrize(
    ("kind", "service"),
    [
        ("RI_UTILIZATION", "Amazon Relational Database Service"),
        ("RI_UTILIZATION", "Amazon Something"),
        ("RI_COVERAGE", "Amazon Something"),
    ],
)
def test_commitment_share_of_what_the_bill_does_not_know_is_missing(kind, service):
    assert np.isnan(commitment_share(pd.DataFrame(BILL), kind, service))


def test_commitment_share_without_a_list_price_of_what_was_covered_is_missing():
    rows = pd.DataFrame([{**BILL[0], "ListCost": 0.0, "x_ListedEffectiveCost": 0.0}, *BILL[1:]])
    assert np.isnan(commitment_share(rows, "SAVINGS_PLANS_COVERAGE"))
    assert commitment_share(rows, "SAVINGS_PLANS_UTILIZATION") == pytest.approx(0.75)


def test_commitment_share_of_a_bill_without_commitments():
    rows = pd.DataFrame(BILL[4:])
    assert np.isnan(commitment_share(rows, "SAVINGS_PLANS_UTILIZATION"))
    assert commitment_share(rows, "SAVINGS_PLANS_COVERAGE") == 0.0
