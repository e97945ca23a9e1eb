"""The demo account read as a real one: totals tie, nothing is missing, faults become gaps."""

from dataclasses import replace

import duckdb
import pytest

from finops_lib.collect import aws_source
from finops_lib.demo.emulator import Faults
from finops_lib.errors import AccessError
from finops_lib.period import Period
from finops_lib.phases import commitments
from finops_lib.sources.aws import read_account
from finops_lib.sources.aws.calls import Asker, Session
from finops_lib.sources.aws.cost_explorer import read_cost_explorer
from finops_lib.workbook import Workbook


def test_collect_demo_bill_ties_to_the_lines_that_were_planted(demo_read):
    months = {row["month"]: row for row in demo_read.estate.notes["totals"]}
    cube = duckdb.sql(
        f"SELECT sum(BilledCost) b, sum(EffectiveCost) e FROM '{demo_read.estate.cube}'"
    ).fetchone()
    assert cube[0] == pytest.approx(sum(row["billed"] for row in months.values()), abs=0.005)
    assert cube[1] == pytest.approx(sum(row["effective"] for row in months.values()), abs=0.005)
    assert 10_000 < months["2025-10"]["billed"] < 11_000
    assert 79_000 < months["2026-10"]["billed"] < 81_000


def test_collect_demo_account_reads_everything(demo_read):
    gaps = demo_read.estate["gaps"]
    assert gaps["reason"].to_list() == []
    unread = [name for name, frame in demo_read.estate.tables.items() if frame.empty]
    assert set(unread) <= {"gaps"}


def test_plan_and_purchases_of_the_demo_land_at_the_story_of_the_reference(demo_read):
    book = Workbook(demo_read.estate, demo_read.params, demo_read.params.basis)
    landed = commitments.landing(book, commitments.advise(book)).set_index("category")
    before = landed.loc["total", ["net", "remaining"]].sum()
    assert before == pytest.approx(80_000, rel=0.01)
    assert landed.loc["total", "remaining"] == pytest.approx(48_500, rel=0.01)
    assert landed.loc["total", "net"] / before == pytest.approx(0.39, abs=0.005)


def test_collect_demo_with_an_export_sends_no_paid_request(demo_read):
    calls = demo_read.estate["api_calls"]
    assert calls["cost"].sum() == 0.0
    assert calls["requests"].sum() > 100


@pytest.fixture
def fast(demo_read):
    """The demo's source with one region and few seconds of patience, and the account healthy afterwards."""
    source = aws_source(demo_read.params, demo_read.estate.folder / "replies")
    yield replace(source, regions=("us-east-1",), cache=None, metric_days=1)
    demo_read.account.emulator.faults = Faults()


def gaps_of(demo_read, source, **faults):
    demo_read.account.emulator.faults = Faults(**faults)
    read = read_account(source, as_of=demo_read.estate.as_of)
    return read, read.tables["gaps"]


def test_read_account_denied_service_is_a_gap_and_the_rest_is_read(demo_read, fast):
    read, gaps = gaps_of(demo_read, fast, denied=frozenset({"rds"}))
    assert set(gaps["table"]) == {"commitments", "databases"}
    assert gaps["reason"].str.contains("rds").all()
    assert len(read.tables["instances"]) > 100


def test_read_account_denied_account_is_a_gap_and_the_others_are_read(demo_read, fast):
    read, gaps = gaps_of(demo_read, fast, denied_accounts=frozenset({"444455556666"}))
    assert set(gaps["account_id"]) == {"444455556666"}
    assert set(read.tables["volumes"]["account_id"]) == {"111122223333", "777788889999"}


def test_read_account_dead_region_is_a_gap_and_the_other_is_read(demo_read, fast):
    both = replace(
        fast, regions=("us-east-1", "us-west-2"), accounts=("111122223333",), max_attempts=2
    )
    read, gaps = gaps_of(demo_read, both, dead_regions=frozenset({"us-west-2"}))
    assert set(gaps["region"].dropna()) == {"us-west-2"}
    assert set(read.tables["instances"]["region"]) == {"us-east-1"}


def test_read_account_throttled_calls_are_retried_to_the_same_answer(demo_read, fast):
    one = replace(fast, accounts=("444455556666",))
    _, _ = gaps_of(demo_read, one)
    calm = read_account(one, as_of=demo_read.estate.as_of).tables["volumes"]
    read, gaps = gaps_of(demo_read, one, throttle_share=0.3)
    assert gaps.empty
    assert read.tables["volumes"]["resource_id"].to_list() == calm["resource_id"].to_list()


def test_read_account_expired_credentials_end_in_one_clear_error(demo_read, fast):
    demo_read.account.emulator.faults = Faults(expired_token=True)
    with pytest.raises(
        AccessError, match=r"refuses the credentials \(ExpiredToken\)\. Log in again"
    ):
        read_account(fast, as_of=demo_read.estate.as_of)


def test_read_account_slow_endpoint_is_waited_for(demo_read, fast):
    one = replace(fast, accounts=("444455556666",))
    _, gaps = gaps_of(demo_read, one, slow_seconds={"rds": 1.0})
    assert gaps.empty


def test_read_account_unreachable_endpoint_ends_in_one_clear_error(demo_read, fast):
    nowhere = replace(fast, endpoint_url="http://127.0.0.1:1", max_attempts=1)
    with pytest.raises(AccessError, match="cannot be reached"):
        read_account(nowhere, as_of=demo_read.estate.as_of)


def test_read_cost_explorer_ties_to_the_export_and_asks_once(demo_read, fast, tmp_path):
    session = Session(replace(fast, cache=tmp_path))
    asker = Asker(session, session.home(), "us-east-1", demo_read.estate.as_of)
    september = Period.month("2026-09")
    costs = read_cost_explorer(asker, september, payer=asker.account_id)
    whole = duckdb.sql(
        f"SELECT sum(BilledCost), sum(EffectiveCost) FROM '{demo_read.estate.cube}' "
        "WHERE ChargeDay >= '2026-09-01' AND ChargeDay < '2026-10-01'"
    ).fetchone()
    assert costs["BilledCost"].sum() == pytest.approx(whole[0], abs=0.01)
    assert costs["EffectiveCost"].sum() == pytest.approx(whole[1], abs=0.01)
    sent = session.requests["ce", "GetCostAndUsage"]
    read_cost_explorer(asker, september, payer=asker.account_id)
    assert session.requests["ce", "GetCostAndUsage"] == sent > 0
    assert session.cached["ce", "GetCostAndUsage"] == sent


def test_read_cost_explorer_stops_before_it_exceeds_the_cap(demo_read, fast):
    session = Session(replace(fast, max_paid_requests=2))
    asker = Asker(session, session.home(), "us-east-1", demo_read.estate.as_of)
    with pytest.raises(AccessError, match="max_paid_requests"):
        read_cost_explorer(asker, Period.month("2026-09"), payer=asker.account_id)
    assert session.requests["ce", "GetCostAndUsage"] == 2
