from datetime import date

import pytest

from finops_lib.errors import PlanError
from finops_lib.widgets.decisions import Decision, decide

PLAN = {
    "steps": [
        {"step": 1, "finding_id": "a", "status": "proposed", "owner": None, "note": None},
        {"step": 2, "finding_id": "b", "status": "proposed", "owner": None, "note": None},
    ]
}


@pytest.mark.parametrize(
    ("decision", "changed"),
    [
        (Decision("accept"), {"status": "approved"}),
        (
            Decision("dismiss", "seasonal", until=date(2027, 1, 31)),
            {"status": "dismissed", "note": "seasonal (until 2027-01-31)"},
        ),
        (Decision("assign", owner=" ana "), {"owner": "ana"}),
    ],
)
def test_decide_changes_the_step_of_the_finding_alone(decision, changed):
    decided = decide(PLAN, "b", decision)
    assert decided["steps"] == [PLAN["steps"][0], {**PLAN["steps"][1], **changed}]
    assert PLAN["steps"][1]["status"] == "proposed"


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (Decision("dismiss", "seasonal"), "until when"),
        (Decision("dismiss", " ", until=date(2027, 1, 31)), "say why"),
        (Decision("assign"), "name its owner"),
        (Decision("acept"), "is no decision"),
    ],
)
def test_decide_refuses_what_nobody_could_review(decision, words):
    with pytest.raises(PlanError, match=words):
        decide(PLAN, "a", decision)


def test_decide_leaves_a_sealed_plan_alone():
    with pytest.raises(PlanError, match="sealed"):
        decide({**PLAN, "digest": "x"}, "a", Decision("accept"))


def test_decide_names_a_finding_without_a_step():
    with pytest.raises(PlanError, match="no step for finding z"):
        decide(PLAN, "z", Decision("accept"))
