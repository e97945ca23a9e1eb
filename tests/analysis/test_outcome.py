"""The bill before and after the plan."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_lib.analysis.outcome import bill_groups, result_table, step_groups
from finops_lib.analysis.unit_costs import cost_per_unit
from finops_lib.errors import ReconciliationError

REFERENCE = {
    "compute": (35_000.0, 13_000.0), "storage": (12_000.0, 4_500.0), "network": (8_000.0, 3_000.0),
    "managed": (15_000.0, 2_000.0), "waste": (10_000.0, 9_000.0),
}  # fmt: skip


def steps(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["group", "category", "monthly_saving"])
    return frame.assign(
        monthly_saving_low=frame["monthly_saving"] * 0.9, monthly_saving_high=float("nan")
    )


def reference_table() -> pd.DataFrame:
    costs = pd.Series({g: c for g, (c, _) in REFERENCE.items() if g != "waste"})
    costs["compute"] += REFERENCE["waste"][0]
    planned = [(g, "resize", s) for g, (_, s) in REFERENCE.items() if g != "waste"]
    found = steps([*planned, ("compute", "terminate", 9_000.0), ("compute", "terminate", 1_000.0)])
    return result_table(costs, found.iloc[:-1], found).set_index("group")


def test_result_table_of_the_reference_closes() -> None:
    table = reference_table()
    assert table["before"].to_dict() == {
        **{g: c for g, (c, _) in REFERENCE.items()}, "total": 80_000.0,
    }  # fmt: skip
    assert table["after"].to_dict() == {
        "compute": 22_000.0, "storage": 7_500.0, "network": 5_000.0, "managed": 13_000.0,
        "waste": 1_000.0, "total": 48_500.0,
    }  # fmt: skip
    assert table.loc["total", "saving"] == 31_500.0
    assert table["share"].round(2).to_list() == [0.37, 0.38, 0.38, 0.13, 0.9, 0.39]


def test_result_table_band_is_low_where_given_and_likely_where_there_is_none() -> None:
    total = reference_table().loc["total"]
    assert (total["saving_low"], total["saving_high"]) == pytest.approx((28_350.0, 31_500.0))


def test_result_table_that_misses_the_bill_is_refused() -> None:
    with pytest.raises(ReconciliationError):
        result_table(pd.Series({"tax": 5.0}), steps([]), steps([]))


def test_bill_groups_take_every_row_once_and_leave_the_rest_to_managed() -> None:
    bill = pd.DataFrame(
        [
            ("AmazonEC2", "BoxUsage:m5.xlarge"), ("AmazonEC2", "NatGateway-Bytes"),
            ("AmazonEC2", "USW2-EBS:VolumeUsage.gp2"), ("AmazonS3", "DataTransfer-Out-Bytes"),
            ("AmazonS3", "TimedStorage-ByteHrs"), ("AmazonSageMaker", "USE1-Host:ml.m5.large"),
            ("AmazonCloudWatch", "DataProcessing-Bytes"), (None, None),
        ],
        columns=["x_ServiceCode", "x_UsageType"],
    )  # fmt: skip
    assert bill_groups(bill).to_list() == [
        "compute", "network", "storage", "network", "storage", "managed", "managed", "managed",
    ]  # fmt: skip


def test_step_groups_follow_the_dollars_not_the_service_alone() -> None:
    ec2 = "Amazon Elastic Compute Cloud"
    plan = pd.DataFrame(
        [
            ("terminate_instance", "idle_ec2_instances", ec2), ("delete_volume", "x", ec2),
            ("review", "cross_az_transfer", ec2), ("resize_endpoint", "x", "Amazon SageMaker"),
            ("delete_load_balancer", "x", "Elastic Load Balancing"),
        ],
        columns=["action", "check_id", "service"],
    )  # fmt: skip
    assert step_groups(plan).to_list() == ["compute", "storage", "network", "managed", "network"]


def test_cost_per_unit_of_the_reference_falls_from_15_to_9_thousandths() -> None:
    months = pd.to_datetime(["2025-09-01", "2025-10-01"])
    cost = pd.DataFrame({"month": months, "cost": [80_000.0, 48_500.0]})
    units = pd.DataFrame({"month": months, "metric": "predictions", "value": [5.33e6, 5.39e6]})
    assert cost_per_unit(cost, units)["unit_cost"].round(3).to_list() == [0.015, 0.009]
