"""The programme of the demo company over five months: the ledger against the bill that followed."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import programme

from finops_lib.phases import ledger

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    return programme.play(tmp_path_factory.mktemp("outputs"))


@pytest.fixture(scope="module")
def last(seen):
    return seen[-1][1].set_index("finding_id")


def closed(lives, *checks):
    return lives[lives["check_id"].isin(checks) & lives["state"].isin(["fixed", "gone"])]


def test_course_over_five_months_lowers_the_bill_and_adds_up_what_is_proven(seen):
    table = programme.course(seen)
    assert table["bill"].iloc[0] == pytest.approx(80_000, rel=0.02)
    assert table["bill"].iloc[-1] < 0.75 * table["bill"].iloc[0]
    assert table["realised"].isna().tolist() == [True, True, False, False, False]
    assert table["cumulative"].is_monotonic_increasing
    # What is proven a month is no more than the bill fell by.
    assert 0 < table["realised"].iloc[-1] <= table["bill"].iloc[0] - table["bill"].iloc[-1] + 500


def test_what_was_terminated_saved_what_was_predicted(last):
    done = closed(last, "idle_ec2_instances", "idle_gpu_instances", "idle_sagemaker_endpoints")
    assert len(done) > 10
    assert done["realised_saving"].sum() == pytest.approx(done["predicted_saving"].sum(), rel=0.02)


def test_resizes_saved_their_part_without_the_plan_that_was_bought_since(last):
    done = closed(last, "oversized_ec2_instances")
    measured = done[done["realised_saving"].notna()]
    assert len(measured) > 30
    assert measured["realised_saving"].sum() == pytest.approx(
        measured["predicted_saving"].sum(), rel=0.05
    )


def test_schedules_are_fixed_and_saved_the_hours_they_were_off(last):
    done = closed(last, "off_hours_ec2_instances")
    assert len(done) > 30
    assert done["realised_saving"].sum() == pytest.approx(done["predicted_saving"].sum(), rel=0.1)


def test_machines_that_a_team_made_large_again_have_come_back(last):
    returned = last[last["times_returned"].gt(0)]
    assert set(returned["check_id"]) >= {"oversized_ec2_instances"}
    assert len(returned[returned["check_id"].eq("oversized_ec2_instances")]) == programme.TAKEN_BACK


def test_purchase_is_fixed_and_measured_on_its_pool(last):
    bought = last[last["action"].eq("buy_commitment")]
    assert bought["state"].tolist() == ["fixed"]
    assert bought["realised_saving"].sum() == pytest.approx(
        bought["predicted_saving"].sum(), rel=0.1
    )


def test_jobs_that_ended_by_themselves_prove_nothing(last):
    jobs = last[last["check_id"].str.contains("training_jobs")]
    assert jobs["state"].eq("gone").any()
    assert jobs["realised_saving"].isna().all()


def test_proven_adds_up_to_the_course(seen):
    book, lives = seen[-1]
    assert ledger.proven(book)["realised"].sum() == pytest.approx(
        programme.course(seen)["realised"].iloc[-1]
    )
    assert ledger.proven_total(lives) == pytest.approx(
        programme.course(seen)["cumulative"].iloc[-1]
    )
