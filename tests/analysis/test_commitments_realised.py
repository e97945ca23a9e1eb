"""What a purchase saves, as the bill shows it: the pool's price against its on-demand price."""

import pandas as pd
import pytest

from finops_lib.analysis.commitments.realised import POOL_COLUMNS, pool_costs


def spent(**values):
    row = dict.fromkeys(POOL_COLUMNS) | {
        "x_ServiceCode": "AmazonEC2", "RegionId": "us-east-1", "x_InstanceType": "m5.xlarge",
        "x_UsageType": "BoxUsage:m5.xlarge", "x_Operation": "RunInstances", "ChargeCategory": "Usage",
        "PricingCategory": "Standard", "BilledCost": 0.0, "EffectiveCost": 0.0, "ListCost": 0.0,
    }  # fmt: skip
    return {**row, **values}


def test_pool_costs_set_what_was_paid_beside_the_on_demand_price():
    rows = [
        spent(BilledCost=100.0, EffectiveCost=100.0, ListCost=100.0),
        spent(PricingCategory="Committed", CommitmentDiscountStatus="Used", EffectiveCost=63.0,
              ListCost=100.0),
        spent(PricingCategory="Dynamic", BilledCost=30.0, EffectiveCost=30.0, ListCost=90.0),
        spent(x_ServiceCode="ComputeSavingsPlans", x_InstanceType=None, ChargeCategory="Purchase",
              CommitmentDiscountStatus="Unused", CommitmentDiscountType="Compute Savings Plan",
              BilledCost=70.0, EffectiveCost=7.0),
        spent(x_ServiceCode="MachineLearningSavingsPlans", x_InstanceType=None,
              ChargeCategory="Purchase", CommitmentDiscountStatus="Unused",
              CommitmentDiscountType="SageMaker Savings Plan", EffectiveCost=5.0),
        spent(x_ServiceCode="AmazonRDS", x_InstanceType="db.m5.large", BilledCost=9.0,
              EffectiveCost=9.0, ListCost=9.0, x_UsageType="InstanceUsage:db.m5.large"),
        spent(x_ServiceCode="AmazonS3", x_InstanceType=None, BilledCost=4.0, EffectiveCost=4.0),
    ]  # fmt: skip
    found = pool_costs(pd.DataFrame(rows))
    assert found.to_numpy().tolist() == [
        ["compute", 200.0, pytest.approx(170.0), pytest.approx(170.0)],
        ["rds", 9.0, 9.0, 9.0],
        ["sagemaker", 0.0, 0.0, 5.0],
    ]


def test_pool_costs_of_no_charge_are_none():
    assert pool_costs(pd.DataFrame(columns=[*POOL_COLUMNS, "BilledCost", "EffectiveCost", "ListCost"])).empty  # fmt: skip
