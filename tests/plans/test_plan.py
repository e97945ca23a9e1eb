import itertools
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.params.plan import PlanParams
from finops_lib.plans.actions import ACTIONS, CATEGORIES
from finops_lib.plans.plan import bridge, build_plan, naive_sum, waterfall
from finops_lib.schema import FINDINGS, rows

ANY = PlanParams(min_monthly_saving=0.0, min_confidence="low")
COUNTER = itertools.count()


def finding(action="terminate_instance", cost=100.0, saving=None, claim="i-1", **more):
    number = next(COUNTER)
    return {
        "finding_id": f"f{number:06}", "check_id": "a_check", "account_id": "1", "region": "r",
        "resource_id": claim, "status": "waste", "reason": "why", "monthly_cost": cost,
        "monthly_saving": cost if saving is None else saving, "action": action, "confidence": "high",
        "claim_key": claim, "as_of": datetime(2026, 11, 4), "evidence": {}, **more,
    }  # fmt: skip


def plan_of(*findings, params=ANY):
    return build_plan(rows(FINDINGS, list(findings)), params)


def saved(plan: pd.DataFrame) -> dict[str, float]:
    return dict(zip(plan["action"], plan["monthly_saving"].round(6), strict=True))


def test_build_plan_terminate_takes_all_and_leaves_nothing_to_resize():
    plan = plan_of(finding("resize_instance", 100, 50), finding("terminate_instance", 100))
    assert saved(plan) == {"terminate_instance": 100.0}


def test_build_plan_resize_is_priced_on_the_hours_that_a_schedule_leaves():
    plan = plan_of(finding("resize_instance", 100, 50), finding("schedule_instance", 100, 64))
    assert saved(plan) == {"schedule_instance": 64.0, "resize_instance": 18.0}
    assert plan["naive_saving"].sum() == 114.0


def test_build_plan_of_two_resizes_of_one_machine_only_the_better_is_taken():
    plan = plan_of(finding("resize_instance", 100, 25), finding("resize_instance", 100, 50))
    assert saved(plan) == {"resize_instance": 50.0}


def test_build_plan_without_room_for_both_takes_the_better_set_not_the_largest_single():
    # Greedy takes the 60 for one hour and has none left; the two of half an hour save 80 together.
    big = finding("resize_instance", 60, 60, claim="a")
    small = [finding("terminate_instance", 40, claim=c) for c in "bc"]
    assert ACTIONS["resize_instance"].effort_hours == 2 * ACTIONS["terminate_instance"].effort_hours
    plan = plan_of(big, *small, params=ANY.model_copy(update={"effort_hours": 1.0}))
    assert sorted(plan["resource_id"]) == ["b", "c"]


def test_build_plan_band_is_carried_through_the_order():
    low_high = {"monthly_saving_low": 20.0, "monthly_saving_high": 80.0}
    plan = plan_of(
        finding("schedule_instance", 100, 50), finding("resize_instance", 100, 40, **low_high)
    )
    resize = plan[plan["action"] == "resize_instance"].iloc[0]
    assert (resize["monthly_saving_low"], resize["monthly_saving"], resize["monthly_saving_high"]) == (
        10.0, 20.0, 40.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ({"max_risk": "low"}, {}),
        ({"excluded_checks": ("a_check",)}, {}),
        ({"excluded_actions": ("terminate_instance",)}, {}),
        ({"excluded_teams": ("ml",)}, {"team": "ml"}),
        ({"excluded_resources": ("^i-1$",)}, {}),
        ({"min_monthly_saving": 101.0}, {}),
        ({"min_confidence": "high"}, {"confidence": "medium"}),
    ],
)
def test_build_plan_constraint_leaves_the_finding_out(constraint, change):
    row = finding(**change)
    assert len(plan_of(row)) == 1
    assert plan_of(row, params=ANY.model_copy(update=constraint)).empty


def test_build_plan_unpriced_healthy_and_unknown_findings_take_no_part():
    plan = plan_of(
        finding(saving=float("nan")),
        finding(status="ok"),
        finding(status="unknown"),
        finding(action=None),
    )
    assert plan.empty


def test_build_plan_grace_and_prerequisite_come_from_the_action():
    step = plan_of(finding()).iloc[0]
    assert step["not_before"] == datetime(2026, 11, 18)
    assert (step["prerequisite"], step["undo"]) == ("create_image", "launch_from_image")


def test_waterfall_shows_naive_overlap_net_and_what_remains():
    plan = plan_of(finding("schedule_instance", 100, 64), finding("resize_instance", 100, 50))
    table = waterfall(plan, 1000.0).set_index("category")
    assert table.loc["resize", ["naive", "overlap", "net", "remaining"]].to_list() == pytest.approx(
        [50.0, 32.0, 18.0, 918.0]
    )
    assert table.loc["total", ["naive", "overlap", "net", "remaining"]].to_list() == pytest.approx(
        [114.0, 32.0, 82.0, 918.0]
    )


def test_bridge_goes_from_every_finding_over_overlap_and_constraints_to_the_plan():
    found = rows(
        FINDINGS,
        [
            finding("terminate_instance", 100, claim="a"),
            finding("resize_instance", 100, 50, claim="a"),
            finding("terminate_instance", 40, claim="b", confidence="low"),
        ],
    )
    table = bridge(found, build_plan(found, PlanParams())).set_index("category")
    columns = ["naive", "overlap", "left_out", "net"]
    assert table.loc["terminate", columns].to_list() == [140.0, 0.0, 40.0, 100.0]
    assert table.loc["resize", columns].to_list() == [50.0, 50.0, 0.0, 0.0]
    assert table.loc["total", columns].to_list() == [190.0, 50.0, 40.0, 100.0]


ONE_OF_EACH = [next(a.name for a in ACTIONS.values() if a.category == c) for c in CATEGORIES[:4]]
random_findings = st.lists(
    st.tuples(
        st.sampled_from(ONE_OF_EACH), st.sampled_from("abc"), st.floats(0.05, 1.0), st.floats(0, 1)
    ),
    min_size=1,
    max_size=7,
).map(
    lambda drawn: [
        finding(
            action,
            {"a": 100.0, "b": 70.0, "c": 40.0}[c],
            {"a": 100.0, "b": 70.0, "c": 40.0}[c] * s,
            c,
        )
        for action, c, s, _ in drawn
    ]
)


def value_of(subset: list[dict]) -> float:
    """Net saving of taking exactly these findings; impossible sets are worth less than nothing."""
    total = 0.0
    for claim in {f["claim_key"] for f in subset}:
        taken = [f for f in subset if f["claim_key"] == claim]
        categories = [ACTIONS[f["action"]].category for f in taken]
        if len(set(categories)) < len(categories):
            return -1.0
        left = taken[0]["monthly_cost"]
        for f in sorted(taken, key=lambda f: CATEGORIES.index(ACTIONS[f["action"]].category)):
            left -= left * f["monthly_saving"] / f["monthly_cost"]
        total += taken[0]["monthly_cost"] - left
    return total


def test_build_plan_too_few_hours_for_any_step_is_empty():
    plan = plan_of(
        finding("resize_instance", 100, 50), params=ANY.model_copy(update={"effort_hours": 0.5})
    )
    assert plan.empty


@settings(max_examples=25, deadline=None)
@given(random_findings, st.sampled_from([None, 0.5, 1.0, 2.0]))
def test_build_plan_equals_brute_force_over_all_subsets(found, effort):
    def fits(subset):
        return effort is None or sum(ACTIONS[f["action"]].effort_hours for f in subset) <= effort

    subsets = itertools.chain.from_iterable(
        itertools.combinations(found, n) for n in range(len(found) + 1)
    )
    best = max(value_of(list(s)) for s in subsets if fits(s))
    plan = plan_of(*found, params=ANY.model_copy(update={"effort_hours": effort}))
    assert plan["monthly_saving"].sum() == pytest.approx(best, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(random_findings, st.randoms())
def test_build_plan_net_is_bounded_monotone_and_blind_to_order(found, random):
    frame = rows(FINDINGS, found)
    net = build_plan(frame, ANY)["monthly_saving"].sum()
    bill = sum({f["claim_key"]: f["monthly_cost"] for f in found}.values())
    assert net <= naive_sum(frame) + 1e-9
    assert net <= bill + 1e-9
    shuffled = found[:]
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(build_plan(frame, ANY), plan_of(*shuffled))
    for gone in found:
        without = (
            plan_of(*(f for f in found if f is not gone))["monthly_saving"].sum()
            if len(found) > 1
            else 0.0
        )
        assert without <= net + 1e-9
        assert net - without <= gone["monthly_saving"] + 1e-9


@settings(max_examples=25, deadline=None)
@given(random_findings, st.floats(0, 90))
def test_bridge_ties_the_naive_sum_to_the_net_of_any_plan(found, least):
    frame = rows(FINDINGS, found)
    plan = build_plan(frame, ANY.model_copy(update={"min_monthly_saving": least}))
    table = bridge(frame, plan).set_index("category")
    assert table.loc["total", "naive"] == pytest.approx(naive_sum(frame))
    gaps = table["naive"] - table["overlap"] - table["left_out"] - table["net"]
    assert gaps.abs().max() == pytest.approx(0.0, abs=1e-9)
    assert table.loc["total", "overlap"] >= -1e-9
