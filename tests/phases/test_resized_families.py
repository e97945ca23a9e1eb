"""A family that only the plan's resizes bring is committed to at the rate that was asked for it."""

import pandas as pd
import pytest
from bills import HOURLY, as_legacy_csv, hourly_machines

from finops_lib.collect import collect
from finops_lib.params import load_params
from finops_lib.phases import commitments
from finops_lib.plans.plan import build_plan
from finops_lib.schema import FINDINGS, PRICES, rows
from finops_lib.workbook import Workbook

SHARE = 0.4


def found(number):
    return {
        "finding_id": f"f{number}", "check_id": "oversized_ec2_instances", "account_id": "111",
        "region": "us-east-1", "resource_id": f"i-{number}", "claim_key": f"i-{number}",
        "status": "waste", "reason": "why", "monthly_cost": HOURLY * 730, "confidence": "high",
        "monthly_saving": HOURLY * 730 * (1 - SHARE), "action": "resize_instance",
        "as_of": pd.Timestamp("2026-11-02"),
        "evidence": {"instance_type": "m5.xlarge", "price_share": SHARE},
        "parameters": {"instance_type": "m7g.large"},
    }  # fmt: skip


@pytest.fixture
def book(tmp_path):
    """Ten machines that all become m7g.large, for which a service has said what a plan costs."""
    path = as_legacy_csv(hourly_machines("2026-10", 10, 0), tmp_path / "bill.csv")
    params = load_params(
        None, {"source.billing": [str(path)], "source.account": False, "month": "2026-10"}
    )
    estate = collect(params, tmp_path / "read", cache=tmp_path / "cache",
                     now=pd.Timestamp("2026-11-02").to_pydatetime(), progress=lambda *_: None)  # fmt: skip
    rate = {"service": "AmazonEC2", "region": "us-east-1", "item": "m7g.large", "unit": "Hrs",
            "term": "savings_plan", "detail": "1yr/no_upfront/EC2Instance", "currency": "USD",
            "price": 0.5 * SHARE * HOURLY, "valid_from": pd.Timestamp("2026-11-01"),
            "source": "offering_api"}  # fmt: skip
    made = Workbook(estate.with_tables({"prices": rows(PRICES, [rate])}), params)
    plan = build_plan(rows(FINDINGS, [found(n) for n in range(10)]), params.plan)
    made.__dict__["plan"] = plan
    return made


def test_advise_buys_the_family_that_a_resize_brings_at_its_own_rate(book):
    assert set(book.plan["parameters"].str["instance_type"]) == {"m7g.large"}
    bought = commitments.purchases(commitments.advise(book))
    assert bought[["product", "family", "rate_source"]].to_numpy().tolist() == [
        ["ec2_instance_plan", "m7g", "offering_api"]
    ]
    row = bought.iloc[0]
    assert row["price_share"] == pytest.approx(0.5)
    assert row["hourly_commitment"] == pytest.approx(10 * 0.5 * SHARE * HOURLY, abs=0.001)


def test_advise_before_the_resize_finds_no_rate_for_what_runs(book):
    book.__dict__["plan"] = book.plan.iloc[:0]
    found_now = commitments.advise(book)
    assert commitments.purchases(found_now).empty
    assert commitments.unpriced(found_now)["family"].tolist() == ["m5"]
