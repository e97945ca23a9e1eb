from pathlib import Path

import pandas as pd
import pytest

from finops_lib.analysis.commitments.waste import commitment_use
from finops_lib.engine import queries
from finops_lib.engine.connect import connect, frame, line_items
from finops_lib.params import Engine
from finops_lib.schema import COMMITMENTS
from finops_lib.sources.billing.read import read_bill

BILL_2018 = Path(__file__).parents[3] / "shared" / "data" / "aws_cur_legacy"


def charge(**values):
    return {
        "Month": pd.Timestamp("2026-10-01"), "account_id": "111", "region": "us-east-1",
        "commitment_id": "arn:aws:ec2:us-east-1:111:reserved-instances/ri-1",
        "discount_type": "Reserved Instance", "service_code": "AmazonEC2",
        "usage_type": "HeavyUsage:c4.large", "instance_type": "c4.large", "is_used": False,
        "rows": 1, "fee_rows": 1, "fee": 10.0, "used_cost": 0.0, "unused_cost": 10.0,
        "list_cost": None, **values,
    }  # fmt: skip


def held(offering_class):
    return pd.DataFrame(
        {"commitment_id": ["ri-1"], "kind": ["reserved_instance"],
         "offering_class": [offering_class], "end_time": [pd.Timestamp("2027-01-01")]}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("offering_class", "word"), [("standard", "sell"), ("convertible", "Exchange")]
)
def test_commitment_use_remedy_follows_the_class(offering_class, word):
    used = commitment_use(pd.DataFrame([charge()]), held(offering_class))
    assert used["utilisation"].tolist() == [0.0]
    assert word in used["remedy"].iloc[0]


def test_commitment_use_of_a_fully_used_plan_has_no_remedy():
    rows = [
        charge(discount_type="Compute Savings Plan", unused_cost=0.0, fee=8.0),
        charge(discount_type="Compute Savings Plan", is_used=True, fee_rows=0, fee=0.0,
               used_cost=8.0, unused_cost=0.0),
    ]  # fmt: skip
    used = commitment_use(pd.DataFrame(rows), COMMITMENTS.empty())
    assert used["utilisation"].tolist() == [1.0]
    assert used["remedy"].isna().all()


@pytest.fixture(scope="module")
def charges_2018(tmp_path_factory):
    if not BILL_2018.is_dir():
        pytest.skip("the 2018 bill is not beside the repository (../shared/data/aws_cur_legacy)")
    folder = tmp_path_factory.mktemp("lake")
    read_bill([str(BILL_2018)], folder, tag_keys={})
    return frame(queries.commitment_charges(line_items(connect(Engine()), folder)))


def test_commitment_use_of_the_2018_bill_finds_the_unused_c4_large(charges_2018):
    used = commitment_use(charges_2018, COMMITMENTS.empty())
    worst = used.iloc[0]
    assert worst["covers"] == "c4.large"
    assert worst["utilisation"] == 0.0
    # Its recurring fee (43.92) and as much again of the amortized upfront fee, in two fee rows.
    assert (worst["fee_rows"], round(worst["fee"], 2)) == (2, 43.92)
    assert worst["unused_cost"] == pytest.approx(44.6569863 + 43.21643836, abs=1e-6)
    assert worst["unused_cost"] > worst["fee"]


def test_commitment_use_of_the_2018_bill_adds_up_to_its_fee_rows(charges_2018):
    used = commitment_use(charges_2018, COMMITMENTS.empty())
    # The two files hold October and November: 18 of the 27 fee rows up to December.
    assert used["fee_rows"].sum() == 18
    assert used["unused_cost"].sum() == pytest.approx(92.21199915, abs=1e-6)
    by_month = charges_2018.groupby("Month")[["fee_rows", "unused_cost"]].sum()
    assert by_month["fee_rows"].tolist() == [9, 9]
    assert by_month["unused_cost"].tolist() == pytest.approx([48.99556079, 43.21643836], abs=1e-6)
    # A statement a month, each to the cent, adds up to a cent more than the whole does.
    assert round(by_month["unused_cost"].round(2).sum(), 2) == 92.22
    assert round(used["unused_cost"].sum(), 2) == 92.21


def test_commitment_use_effective_cost_ties_to_the_bill(charges_2018):
    used = commitment_use(charges_2018, COMMITMENTS.empty())
    whole = charges_2018["used_cost"].sum() + charges_2018["unused_cost"].sum()
    assert used["used_cost"].sum() + used["unused_cost"].sum() == pytest.approx(whole)
