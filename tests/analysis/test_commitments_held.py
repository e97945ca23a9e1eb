"""What the bill alone says is held, so that nothing is advised twice."""

import pandas as pd
import pytest

from finops_lib.analysis.commitments.held import FOREVER, held_of_bill, shares_of_bill
from finops_lib.schema import COMMITMENTS, rows

NONE = COMMITMENTS.empty()
USAGE = pd.DataFrame({
    "hour": pd.date_range("2026-10-01", periods=10, freq="h"), "region": "us-east-1", "family": "m5",
    "operation": "RunInstances:0002", "on_demand_cost": 2.0,
})  # fmt: skip


def charge(name, **values):
    row = {"commitment_id": name, "discount_type": "Savings Plan", "service_code": "AmazonEC2",
           "region": "us-east-1", "instance_type": "m5.xlarge", "is_used": True, "used_cost": 0.0,
           "unused_cost": 0.0, "list_cost": None}  # fmt: skip
    return {**row, **values}


CHARGES = pd.DataFrame([
    charge("arn:x/plan", used_cost=6.0, list_cost=10.0),
    charge("arn:x/plan", service_code="ComputeSavingsPlans", instance_type=None, is_used=False,
           unused_cost=2.0, region="global"),
    charge("arn:x/ri", discount_type="Reserved Instance", used_cost=3.0, list_cost=5.0),
    charge("arn:x/idle", discount_type="Reserved Instance", is_used=False, unused_cost=4.0),
])  # fmt: skip


def test_held_of_bill_is_what_plans_pay_and_what_reservations_covered():
    held = held_of_bill(CHARGES, NONE, USAGE).set_index("commitment_id")
    assert held["dollars"].to_dict() == pytest.approx({"arn:x/plan": 0.8, "arn:x/ri": 0.0})
    assert held["covers"].to_dict() == pytest.approx({"arn:x/plan": 0.0, "arn:x/ri": 0.5})
    assert held.loc["arn:x/ri", ["pool", "family", "operation"]].tolist() == [
        "compute", "m5", "RunInstances:0002",
    ]  # fmt: skip
    assert set(held["end_time"]) == {FOREVER}


def test_shares_of_bill_are_what_the_plan_took_off():
    shares = shares_of_bill(CHARGES, NONE)
    assert shares.to_numpy().tolist() == [["compute_plan", "us-east-1", "m5", 0.6]]


def test_held_of_bill_leaves_out_what_the_inventory_lists():
    known = rows(COMMITMENTS, [
        {"account_id": "1", "region": "us-east-1", "commitment_id": name, "kind": "savings_plan",
         "product": "Compute", "state": "active"}
        for name in ("plan", "ri", "idle")
    ])  # fmt: skip
    assert held_of_bill(CHARGES, known, USAGE).empty
    assert shares_of_bill(CHARGES, known).empty
    assert held_of_bill(CHARGES.iloc[:0], NONE, USAGE).empty
