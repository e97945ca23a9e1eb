"""The scorecard and the programme's course as pictures."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from finops_lib.analysis.kpis import scorecard
from finops_lib.figures import summary
from finops_lib.params.plan import Targets

BEFORE = {"monthly_cost": 100.0, "tag_compliance": 0.2, "waste_share": 0.10}


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).subplots()


def test_scorecard_says_status_in_words_and_draws_no_disc_for_what_is_unknown(ax):
    now = {"monthly_cost": 70.0, "tag_compliance": 0.575}
    found = summary.scorecard(scorecard(now, [BEFORE], Targets()), ax, title="Two of six")
    words = [t.get_text() for t in found.texts]
    assert words == ["unknown", "unknown", "unknown", "missed", "unknown", "met"]
    discs = {
        line.get_ydata()[0]: line.get_xdata()[0]
        for line in found.lines
        if line.get_markersize() == 9
    }
    assert {place: x for place, x in discs.items() if x == x} == pytest.approx(
        {3: 0.575 / 0.95, 5: 1.0}
    )


def test_scorecard_less_is_better_reads_in_the_same_direction(ax):
    now = {"waste_share": 0.10, "monthly_cost": 100.0}
    found = summary.scorecard(scorecard(now, [], Targets()), ax)
    rings = {
        line.get_ydata()[0]: line.get_xdata()[0]
        for line in found.lines
        if line.get_markersize() == 12
    }
    assert (rings[2], rings[5]) == (0.5, pytest.approx(0.7))


def test_course_of_a_single_run_says_that_it_begins_with_the_second(ax):
    found = summary.course(pd.DataFrame({"as_of": pd.to_datetime(["2026-09-04"])}), ax)
    assert [t.get_text() for t in found.texts] == ["The course begins with the second run."]


def test_course_draws_no_realised_bar_before_the_bill_has_measured_one(ax):
    frame = pd.DataFrame(
        {"as_of": pd.to_datetime(["2026-09-04", "2026-10-04"]), "predicted": [10.0, 10.0],
         "realised": [float("nan"), 9.0], "cumulative": [0.0, 9.0]}
    )  # fmt: skip
    found = summary.course(frame, ax)
    heights = [bar.get_height() for bar in found.containers[1].patches]
    assert heights[1:] == [9.0]
    assert heights[0] != heights[0]
    assert [t.get_text() for t in found.get_xticklabels()] == ["Sep 2026", "Oct 2026"]
