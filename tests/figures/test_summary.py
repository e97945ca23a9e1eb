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
    discs = [line.get_xdata()[0] for line in found.lines if line.get_markersize() == 9]
    assert discs == pytest.approx([0.5, 1.0])


def test_scorecard_target_that_the_baseline_met_counts_as_reached(ax):
    before = {**BEFORE, "waste_share": 0.01}
    found = summary.scorecard(scorecard(before, [before], Targets()), ax)
    discs = {
        line.get_ydata()[0]: line.get_xdata()[0]
        for line in found.lines
        if line.get_markersize() == 9
    }
    assert (discs[2], discs[5]) == (1.0, 0.0)


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
