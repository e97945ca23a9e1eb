"""The executive summary's sentences and tables, on a small bill with two idle addresses."""

import pandas as pd
import pytest

from finops_lib.phases import brief, commitments, ledger, plan


@pytest.fixture(scope="module")
def found(idle_book):
    return commitments.advise(idle_book)


def test_why_of_a_first_month_says_that_all_of_it_is_new(idle_book):
    sentence = str(brief.why(idle_book))
    change = idle_book.driver_waterfall().set_index("step")["amount"]["cost_after"]
    assert sentence.startswith(f"The bill rose by ${change:.2f} against the month before.")
    assert "The largest part is" in sentence


@pytest.mark.parametrize(("amount", "words"), [(5.0, "more usage"), (-5.0, "less usage")])
def test_causes_say_which_way_they_go(amount, words):
    assert brief.CAUSES["usage"][int(amount < 0)] == words


def test_decisions_add_up_to_the_plan_and_the_purchases(idle_book, found):
    table = brief.decisions(idle_book, found)
    bought = commitments.landing(idle_book, found).set_index("category").loc["commit", "net"]
    assert table["saving"].sum() == pytest.approx(plan.saving(idle_book) + bought)
    assert table["steps"].sum() == len(idle_book.plan) + len(commitments.purchases(found))
    assert table["takes"].str.len().gt(0).all()


def test_decisions_to_buy_say_what_is_paid_for_how_long_and_what_at_once(
    idle_book, found, monkeypatch
):
    buys = pd.DataFrame({"years": [1, 3], "monthly_cost": [1000.0, 500.0], "upfront_cost": [0.0, 9000.0]})  # fmt: skip
    takes = {}
    for name, rows in {"both": buys, "one": buys.head(1)}.items():
        monkeypatch.setattr(commitments, "purchases", lambda _, rows=rows: rows)
        takes[name] = brief.decisions(idle_book, found)["takes"].iloc[-1]
    assert takes == {
        "both": "$1,500 a month for up to 3 years, $9,000 of it upfront",
        "one": "$1,000 a month for 1 year",
    }


def test_decisions_without_a_finding_are_none(bill_alone):
    table = brief.decisions(bill_alone, commitments.advise(bill_alone))
    assert list(table.columns) == ["decision", "steps", "saving", "takes", "if_wrong"]
    assert len(table[~table["decision"].str.startswith("Buy")]) == 0


def test_top_steps_are_named_by_what_is_done(idle_book):
    table = brief.top_steps(idle_book, 1)
    assert table["what"].to_list() == ["Release the address"]
    assert table["monthly_saving"].iloc[0] == idle_book.plan["monthly_saving"].max()


def test_before_and_after_names_the_kinds_of_cost_and_ties_to_the_bill(idle_book):
    table = brief.before_and_after(idle_book).set_index("group")
    assert "managed services" in table.index
    assert table.loc["total", "before"] == pytest.approx(idle_book.cost())


def test_proof_without_a_closed_finding_says_that_nothing_is_proven(idle_book):
    assert str(brief.proof(idle_book)) == (
        "Nothing is proven yet, for none of the 2 open findings has been closed."
    )


def test_proof_of_closed_findings_says_what_the_bill_shows(idle_book, monkeypatch):
    lives = pd.DataFrame(
        {"state": ["fixed", "open"], "times_returned": [0, 1], "cumulative_saving": [3.65, 0.0],
         "realised_saving": [3.65, None]}
    )  # fmt: skip
    monkeypatch.setattr(ledger, "this_run", lambda book: lives)
    assert str(brief.proof(idle_book)) == (
        "Saved up to this run, as the bill proves: $3.65. 1 findings are closed, 1 are open, 1 came back."
    )


def test_course_begins_with_the_second_run(idle_book, monkeypatch):
    assert brief.course(idle_book) is None
    runs = pd.DataFrame(
        {"as_of": pd.to_datetime(["2026-10-04", "2026-11-04"]), "predicted": [5.0, 9.0],
         "realised": [4.0, 9.0], "cumulative": [4.0, 13.0]}
    )  # fmt: skip
    monkeypatch.setattr(ledger, "course", lambda book: runs)
    assert "<svg" in brief.course(idle_book).svg


def test_trend_is_titled_with_the_growth(idle_book):
    assert brief.trend(idle_book).title == "The month costs 1 times what October 2026 did"
