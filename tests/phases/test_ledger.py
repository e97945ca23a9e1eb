"""The programme over several runs: each reads its own month of the bill and the ledger before it."""

import json
from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest
from bills import HOURLY, as_legacy_csv, hourly_machines

from finops_lib.analysis import ledger as lives
from finops_lib.collect import collect
from finops_lib.params import load_params
from finops_lib.phases import commitments, ledger, purchases
from finops_lib.schema import ESTATE_TABLES, GAPS, LEDGER, rows
from finops_lib.sources.store import write_table
from finops_lib.workbook import Workbook

MONTHS = ("2026-05", "2026-06", "2026-07", "2026-08")
CARD = {
    "product": "ec2_instance_plan",
    "family": "m5",
    "price_share": 0.6,
    "priced_at": "2026-05-01",
}


def run(outputs, month, machines, covered, idle=()):
    """A run on the month, right after its end, with these idle addresses; its workbook."""
    folder = outputs / month / "run"
    bill = as_legacy_csv(hourly_machines(month, machines, covered), outputs / f"{month}.csv")
    given = {"source.billing": [str(bill)], "source.account": False, "month": month,
             "commitments.rate_card": [CARD]}  # fmt: skip
    after = pd.Timestamp(f"{month}-01") + pd.offsets.MonthBegin(1)
    params = load_params(None, given)
    estate = collect(params, folder / "estate", cache=outputs / "cache" / month,
                     now=after.to_pydatetime(), progress=lambda *_: None)  # fmt: skip
    found = [{"account_id": "111", "region": "us-east-1", "resource_id": name} for name in idle]
    estate = replace(estate, as_of=after.to_pydatetime(), accounts=("111",))
    book = Workbook(
        estate.with_tables(
            {"addresses": rows(ESTATE_TABLES["addresses"], found), "gaps": GAPS.empty()}
        ),
        params,
    )
    bought = purchases.advised(book, commitments.advise(book))
    seen = ledger.ledger_of(
        book.estate, (book.findings, book.coverage), outputs, params.title, bought
    )
    write_table(seen, LEDGER, folder / ledger.FILE)
    manifest = {"created": after.isoformat(), "title": params.title, "period": month, "kpis": [],
                "as_of": after.isoformat()}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return book, seen


@pytest.fixture(scope="module")
def programme(tmp_path_factory):
    """Four months: 10 machines on demand, a plan bought for all of them, 20 machines, 20 again."""
    outputs = tmp_path_factory.mktemp("outputs")
    course = ((10, 0, ["a", "b"]), (10, 10, ["a"]), (20, 10, ["a", "b"]), (20, 10, []))
    return [run(outputs, month, *given) for month, given in zip(MONTHS, course, strict=True)]


def purchase(seen):
    return seen[seen["action"].eq("buy_commitment")].iloc[0]


def test_purchase_is_new_then_fixed_and_measured_once_a_whole_month_lies_behind_it(programme):
    first, second, third, _ = (purchase(seen) for _, seen in programme)
    assert (first["state"], second["state"]) == ("new", "fixed")
    assert first["predicted_saving"] == pytest.approx(10 * 0.4 * HOURLY * 730)
    assert pd.isna(second["realised_saving"])
    # Ten more machines on demand: more is to be bought again.
    assert third["state"] == "returned"


def test_purchase_that_is_not_advised_again_is_measured_on_the_usage_that_came(tmp_path):
    course = ((10, 0), (10, 10), (9, 10), (10, 10))
    seen = [run(tmp_path, month, *given)[1] for month, given in zip(MONTHS, course, strict=True)]
    third, last = purchase(seen[2]), purchase(seen[3])
    # Nine machines ran: their on-demand price is the baseline, the unused tenth is paid as well.
    assert third["state"] == "fixed"
    assert third["baseline_cost"] == pytest.approx(9 * HOURLY * 730, rel=1e-6)
    assert third["realised_saving"] == pytest.approx((9 - 10 * 0.6) * HOURLY * 730, rel=0.02)
    assert last["realised_saving"] == pytest.approx(10 * 0.4 * HOURLY * 730, rel=0.02)


def test_course_adds_up_what_the_bill_proved_and_what_came_back(programme):
    book, last = programme[-1]
    table = ledger.course(book)
    assert table["as_of"].tolist() == [
        datetime(2026, 6, 1), datetime(2026, 7, 1), datetime(2026, 8, 1), datetime(2026, 9, 1),
    ]  # fmt: skip
    addresses = last[last["check_id"].str.contains("elastic_ips")].set_index("resource_id")
    assert addresses["state"].to_dict() == {"a": "gone", "b": "gone"}
    assert addresses["times_returned"].to_dict() == {"a": 0, "b": 1}
    assert table["open"].tolist() == [3, 1, 3, 1]
    assert table["cumulative"].is_monotonic_increasing


def test_course_equals_the_curve_of_the_ledgers_that_were_written(programme):
    book, _ = programme[-1]
    pd.testing.assert_frame_equal(ledger.course(book), lives.curve([seen for _, seen in programme]))
