"""The plan for those who decide, on a small bill with two idle addresses."""

import math

import pandas as pd
import pytest
from bills import EFFECTIVE

from finops_lib.phases import plan


def test_result_ties_to_the_bill_and_takes_the_waste_out_of_its_kind(idle_book):
    table = plan.result(idle_book).set_index("group")
    assert table.loc["total", "before"] == pytest.approx(EFFECTIVE)
    assert table.loc["waste", "saving"] == pytest.approx(2 * 3.65)
    assert table.loc["waste", "after"] == pytest.approx(0.0)


def test_result_of_a_bill_alone_knows_no_saving_rather_than_none(bill_alone):
    table = plan.result(bill_alone).set_index("group")
    assert table["saving"].isna().all()
    assert table.loc["total", "before"] == pytest.approx(EFFECTIVE)
    assert math.isnan(plan.saving(bill_alone))
    assert plan.returns(bill_alone)["net"].isna().all()


def test_bridge_of_a_bill_alone_is_unknown(bill_alone):
    assert plan.bridge(bill_alone).set_index("category").isna().all(axis=None)


def test_actions_add_up_to_the_plan(idle_book):
    table = plan.actions(idle_book)
    assert table[["action", "steps"]].values.tolist() == [["release_address", 2]]
    assert table["saving"].sum() == pytest.approx(plan.saving(idle_book))


def test_quick_wins_leave_out_what_cannot_be_undone(idle_book):
    assert plan.quick_wins(idle_book).empty


def test_bridge_ends_at_the_plan(idle_book):
    total = plan.bridge(idle_book).set_index("category").loc["total"]
    assert total["naive"] - total["overlap"] - total["left_out"] == pytest.approx(
        plan.saving(idle_book)
    )


def test_cash_flow_covers_the_years_that_the_parameters_look_at(idle_book):
    flow = plan.cash_flow(idle_book)
    assert isinstance(flow, pd.DataFrame)
    assert flow["month"].iloc[-1] == 12 * idle_book.params.roi.years


def test_stages_hold_every_step_once_and_let_what_is_final_wait(idle_book):
    table = plan.stages(idle_book)
    assert table[["stage", "steps"]].to_numpy().tolist() == [["after its grace period", 2]]
    assert table["saving"].sum() == pytest.approx(plan.saving(idle_book))


def test_stages_of_a_bill_alone_are_none(bill_alone):
    assert plan.stages(bill_alone).empty


def test_risks_add_up_to_the_plan_and_count_what_is_final(idle_book):
    table = plan.risks(idle_book)
    assert (table["steps"].sum(), table["cannot_be_undone"].sum()) == (2, 2)
    assert table["saving"].sum() == pytest.approx(plan.saving(idle_book))
