"""Every finding's life over the runs, and what the bill did afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analysis.ledger import Look, counts, curve, realisation, update
from finops_lib.schema import COVERAGE, FINDINGS, LEDGER, RESOURCE_COSTS, rows

START = datetime(2026, 1, 4)
MONTH = timedelta(hours=730)


def finding(name: str = "i-1", status: str = "waste", **more: Any) -> dict[str, Any]:
    saving = 100.0 if status == "waste" else float("nan")
    return {
        "finding_id": f"a_check {name}", "check_id": "a_check", "account_id": "1", "region": "r",
        "resource_id": name, "status": status, "reason": "why", "monthly_saving": saving,
        "action": "terminate_instance" if status == "waste" else None, "as_of": START, **more,
    }  # fmt: skip


def cost(name: str = "i-1", a_month: float = 100.0, usage: float = 730.0) -> dict[str, Any]:
    return {
        "account_id": "1", "region": "r", "resource_id": name, "service": "EC2", "unit": "Hrs",
        "consumed_quantity": usage, "billed_cost": a_month, "effective_cost": a_month,
        "window_hours": 730.0,
    }  # fmt: skip


def look(
    month: int, found: list[dict[str, Any]], costs: list[dict[str, Any]], gaps: tuple[Any, ...] = ()
) -> Look:
    as_of = START + month * MONTH
    dated = [
        {**c, "first_charge_at": as_of - MONTH, "last_charge_end": as_of}
        for c in [*costs, cost("other")]
    ]
    return Look(rows(FINDINGS, found), rows(COVERAGE, list(gaps)), rows(RESOURCE_COSTS, dated),
                ("1",), as_of)  # fmt: skip


def life(*looks: Look) -> list[pd.DataFrame]:
    ledgers, ledger = [], LEDGER.empty()
    for seen in looks:
        ledger = update(ledger, seen)
        ledgers.append(ledger)
    return ledgers


def states(*looks: Look) -> list[str]:
    return [ledger["state"].item() for ledger in life(*looks)]


UNREAD = {
    "check_id": "a_check", "account_id": "1", "region": "all", "examined": 0, "waste": 0,
    "unknown": 0, "unpriced": 0, "not_read": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("then", "gaps", "state"),
    [
        ([finding()], (), "open"),
        ([finding(status="ok")], (), "fixed"),
        ([finding(status="unknown")], (), "unseen"),
        ([], (), "gone"),
        ([], (UNREAD,), "unseen"),
        ([finding(status="ok", reason="Left alone until 2026-12-31 by Ada: keeps a lease. Idle")], (), "dismissed"),
        ([finding(status="ok", reason="Protected by its tag. Idle")], (), "dismissed"),
    ],
)  # fmt: skip
def test_update_second_run_says_what_became_of_a_finding(then, gaps, state) -> None:
    assert states(look(0, [finding()], [cost()]), look(1, then, [cost()], gaps)) == ["new", state]


def test_update_what_was_fixed_and_is_waste_again_has_returned_and_is_counted() -> None:
    seen = [[finding()], [finding(status="ok")], [finding()], [finding()], []]
    ledgers = life(*(look(month, found, [cost()]) for month, found in enumerate(seen)))
    assert [x["state"].item() for x in ledgers] == ["new", "fixed", "returned", "open", "gone"]
    assert ledgers[-1]["times_returned"].item() == 1
    assert ledgers[-1]["first_seen"].item() == pd.Timestamp(START)
    assert ledgers[2]["closed_at"].isna().item()


def test_update_healthy_findings_that_never_were_waste_are_not_in_the_ledger() -> None:
    assert update(LEDGER.empty(), look(0, [finding(status="ok")], [])).empty


def test_update_dismissal_carries_who_why_and_until_and_ends_when_it_expires() -> None:
    left = finding(status="ok", reason="Left alone until 2026-02-28 by Ada: keeps a lease. Idle")
    dismissed, after = life(look(0, [left], [cost()]), look(2, [finding()], [cost()]))
    row = dismissed.iloc[0]
    assert (row["dismissed_by"], row["dismissed_reason"]) == ("Ada", "keeps a lease")
    assert row["dismissed_until"] == pd.Timestamp(2026, 2, 28)
    assert (after["state"].item(), after["dismissed_by"].isna().item()) == ("open", True)


def test_update_account_that_was_not_read_leaves_its_findings_unseen() -> None:
    first = update(LEDGER.empty(), look(0, [finding()], [cost()]))
    elsewhere = look(1, [], [])
    other = Look(elsewhere.findings, elsewhere.coverage, elsewhere.resource_costs, ("2",), elsewhere.as_of)  # fmt: skip
    assert update(first, other)["state"].item() == "unseen"


def test_update_realised_saving_waits_for_a_whole_window_after_the_change() -> None:
    open_, closed, measured = life(
        look(0, [finding()], [cost()]), look(1, [], [cost(a_month=40.0)]), look(2, [], [])
    )
    assert open_["realised_saving"].isna().item()
    assert closed["realised_saving"].isna().item()
    assert measured["realised_saving"].item() == 100.0
    assert measured["cumulative_saving"].item() == pytest.approx(100.0)


def test_update_saving_of_a_resize_is_corrected_for_the_hours_that_it_ran() -> None:
    # 0.50 an hour for 365 hours before; after it runs twice as long at 0.25: the price was halved.
    resize = finding(action="resize_instance", monthly_saving=91.25)
    ledger = life(
        look(0, [resize], [cost(a_month=182.5, usage=365.0)]),
        look(1, [finding(status="ok")], [cost(a_month=182.5, usage=730.0)]),
        look(2, [finding(status="ok")], [cost(a_month=182.5, usage=730.0)]),
    )[-1]
    assert ledger["baseline_cost"].item() == 365.0
    assert ledger["realised_saving"].item() == 182.5


def test_update_saving_of_a_schedule_is_the_hours_it_no_longer_runs() -> None:
    schedule = finding(action="schedule_instance", monthly_saving=64.0)
    ledger = life(
        look(0, [schedule], [cost(a_month=100.0, usage=730.0)]),
        look(1, [finding(status="ok")], [cost(a_month=36.0, usage=262.8)]),
        look(2, [finding(status="ok")], [cost(a_month=36.0, usage=262.8)]),
    )[-1]
    assert ledger["realised_saving"].item() == 64.0


@pytest.mark.parametrize(
    ("action", "paid_after", "saved"),
    [("resize_instance", 36.5, 50.0), ("resize_instance", 50.0, 50.0), ("use_spot", 36.5, 63.5)],
)
def test_update_discount_that_was_bought_since_is_not_the_saving_of_a_resize(
    action, paid_after, saved
) -> None:
    # Half the size; of the 50 at list, a plan that was bought since leaves 36.50 to pay.
    after = [cost(a_month=paid_after) | {"list_cost": 50.0}]
    ledger = life(
        look(0, [finding(action=action)], [cost() | {"list_cost": 100.0}]),
        look(1, [finding(status="ok")], after),
        look(2, [finding(status="ok")], after),
    )[-1]
    assert ledger["realised_saving"].item() == pytest.approx(saved)


def test_update_training_job_that_is_over_proves_no_saving() -> None:
    job = "arn:aws:sagemaker:r:1:training-job/sweep-1"
    ledger = life(look(0, [finding(job)], [cost(job)]), look(1, [], []), look(2, [], []))[-1]
    assert ledger["state"].item() == "gone"
    assert ledger["realised_saving"].isna().item()
    assert ledger["cumulative_saving"].item() == 0.0


def test_update_resource_that_the_bill_never_knew_has_an_unknown_saving() -> None:
    ledger = life(look(0, [finding()], []), look(1, [], []), look(2, [], []))[-1]
    assert ledger["realised_saving"].isna().item()
    assert realisation(ledger).empty


def test_update_two_findings_on_one_resource_share_its_saving() -> None:
    pair = [
        finding(finding_id="one", monthly_saving=75.0),
        finding(finding_id="two", monthly_saving=25.0),
    ]
    ledger = life(look(0, pair, [cost()]), look(1, [], []), look(2, [], []))[-1]
    assert ledger.set_index("finding_id")["realised_saving"].to_dict() == {"one": 75.0, "two": 25.0}


def test_update_same_run_twice_adds_no_saving() -> None:
    last = look(2, [], [])
    ledgers = life(look(0, [finding()], [cost()]), look(1, [], []), last, last)
    pd.testing.assert_frame_equal(ledgers[-1], ledgers[-2])


def test_curve_counts_every_measured_month_once() -> None:
    ledgers = life(look(0, [finding()], [cost()]), *(look(m, [], []) for m in range(1, 5)))
    course = curve(ledgers)
    assert course["open"].to_list() == [1, 0, 0, 0, 0]
    assert course["cumulative"].to_list() == pytest.approx([0.0, 0.0, 100.0, 200.0, 300.0])
    assert course["realised"].isna().to_list() == [True, True, False, False, False]


def test_counts_and_realisation_set_the_prediction_beside_what_was_measured() -> None:
    found = [finding(), finding("i-2", monthly_saving=50.0)]
    ledger = life(
        look(0, found, [cost(), cost("i-2", 45.0)]), look(1, [found[0]], [cost()]),
        look(2, [found[0]], [cost()]),
    )[-1]  # fmt: skip
    assert counts(ledger).to_dict("records")[1] == {
        "state": "gone", "findings": 1, "predicted": 50.0, "realised": 45.0, "measured": 1,
    }  # fmt: skip
    assert realisation(ledger)["rate"].to_list() == [0.9]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["waste", "ok", "unknown", None]), min_size=1, max_size=8))
def test_update_returned_happens_exactly_when_waste_follows_a_closed_state(course) -> None:
    looks = [
        look(m, [finding(status=status)] if status else [], [cost()])
        for m, status in enumerate(course)
    ]
    ledgers = life(*looks)
    before = None
    for status, ledger in zip(course, ledgers, strict=True):
        state = ledger["state"].item() if len(ledger) else None
        assert (state == "returned") == (status == "waste" and before in ("fixed", "gone"))
        assert (state is None) == (before is None and status != "waste")
        before = state


def test_update_saving_of_a_lower_price_is_unknown_where_the_unit_of_usage_changed() -> None:
    resize = finding(action="resize_instance")
    other = {**cost(a_month=50.0), "unit": "Requests"}
    looks = [
        look(0, [resize], [cost()]),
        *(look(m, [finding(status="ok")], [other]) for m in (1, 2)),
    ]
    ledger = life(*looks)[-1]
    assert ledger["cost_after"].item() == 50.0
    assert ledger["realised_saving"].isna().item()
