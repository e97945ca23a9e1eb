"""AWS's own advice as it is read: in our ids, with a gap where it is off, paid only where asked to."""

from dataclasses import replace

import pytest

from finops_lib.collect import aws_source
from finops_lib.demo.emulator import advisors
from finops_lib.sources.aws.advice import read_advice
from finops_lib.sources.aws.calls import Asker, Session

PRODUCTION = "111122223333"


@pytest.fixture
def source(demo_read, tmp_path):
    plain = aws_source(demo_read.params, tmp_path)
    return replace(plain, accounts=(PRODUCTION,), regions=("us-east-1",))


def read(demo_read, source, *, paid=False):
    session = Session(source)
    home = session.home()
    session.assume(PRODUCTION)
    asker = Asker(session, PRODUCTION, "us-east-1", demo_read.estate.as_of)
    payer = replace(asker, account_id=home) if paid else None
    advice, gaps = read_advice(demo_read.estate.tables, {PRODUCTION: [asker]}, payer)
    return advice, gaps, session


def test_read_advice_speaks_of_the_inventory_in_its_own_ids(demo_read):
    advice = demo_read.estate["advice"]
    assert set(advice["source"]) == {"compute_optimizer", "cost_optimization_hub"}
    for kind, table in {
        "instance": "instances",
        "volume": "volumes",
        "database": "databases",
    }.items():
        told = advice.loc[advice["kind"] == kind, "resource_id"]
        assert len(told) > 0
        assert set(told) <= set(demo_read.estate[table]["resource_id"])


def test_read_advice_keeps_what_aws_finds_well_sized_without_an_action(demo_read):
    advice = demo_read.estate["advice"]
    well = advice[advice["finding"] == "Optimized"]
    assert len(well) > 0
    assert well[["action", "target", "monthly_saving"]].isna().all(axis=None)
    assert advice.loc[advice["action"].notna(), "monthly_saving"].gt(0).all()


def test_read_advice_follows_every_page(demo_read, source, monkeypatch):
    whole, _, _ = read(demo_read, source)
    monkeypatch.setattr(advisors, "PAGE", 7)
    by_sevens, gaps, session = read(demo_read, source)
    assert by_sevens.equals(whole)
    assert gaps == []
    assert session.requests["compute-optimizer", "GetEC2InstanceRecommendations"] > 5


def test_read_advice_of_an_account_that_did_not_opt_in_is_a_gap_for_each_service(
    demo_read, source, monkeypatch
):
    monkeypatch.delitem(demo_read.account.emulator.state.advice, PRODUCTION)
    advice, gaps, _ = read(demo_read, source)
    assert advice.empty
    assert {gap["service"]: gap["table"] for gap in gaps} == {
        "compute-optimizer": "advice",
        "cost-optimization-hub": "advice",
    }
    optimizer = next(gap for gap in gaps if gap["service"] == "compute-optimizer")
    assert "update-enrollment-status" in optimizer["reason"]


def test_read_advice_asks_cost_explorer_only_where_told_once_a_day_and_under_the_cap(
    demo_read, source
):
    _, _, free = read(demo_read, source)
    assert not any(service == "ce" for service, _ in free.requests)
    advice, gaps, session = read(demo_read, source, paid=True)
    told = advice[advice["source"] == "cost_explorer"]
    assert (len(told) > 40, gaps) == (True, [])
    assert session.requests["ce", "GetRightsizingRecommendation"] == 1
    assert set(told["region"]) == {"us-east-1", "us-west-2"}
    again, _, second = read(demo_read, source, paid=True)
    assert second.requests["ce", "GetRightsizingRecommendation"] == 0
    assert again.equals(advice)
    broke = replace(source, cache=None, max_paid_requests=0)
    rest, gaps, _ = read(demo_read, broke, paid=True)
    assert [gap["error"] for gap in gaps] == ["PaidRequestCap"]
    assert len(rest) > 0
