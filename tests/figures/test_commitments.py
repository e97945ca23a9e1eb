import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from finops_lib.figures import commitments

mpl.use("Agg")


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).subplots()


def test_duration_curve_draws_the_usage_line_above_what_is_held_and_bought(ax):
    share = (np.arange(200) + 1) / 200
    frame = pd.DataFrame({"share": share, "usage": 10.0 - 5 * share, "held": 2.0, "committed": 4.0})
    found = commitments.duration_curve(frame, ax, title="Hours", unit="EUR")
    assert found.lines[0].get_ydata()[[0, -1]] == pytest.approx([9.975, 5.0])
    tops = [area.get_paths()[0].get_extents().y1 for area in found.collections]
    assert tops == pytest.approx([2.0, 4.0])
    assert [t.get_text() for t in found.get_legend().get_texts()] == [
        "held already", "to buy", "usage after the plan",
    ]  # fmt: skip
    assert (found.get_title(), found.get_ylabel()) == ("Hours", "EUR an hour, on demand")


def test_saving_curve_marks_the_recommendation_among_the_three_demands(ax):
    frame = pd.DataFrame(
        {"scale": [0.0, 1.0, 2.0], "hourly_commitment": [0.0, 8.0, 16.0],
         "low": [0.0, 5.0, -9.0], "likely": [0.0, 9.0, 1.0], "high": [0.0, 9.0, 7.0]}
    )  # fmt: skip
    found = commitments.saving_curve(frame, ax, unit="EUR")
    drawn = {line.get_label(): list(line.get_ydata()) for line in found.lines[:3]}
    assert drawn == {
        "low demand": [0, 5, -9], "likely demand": [0, 9, 1], "high demand": [0, 9, 7],
    }  # fmt: skip
    assert list(found.lines[3].get_xdata()) == [8.0, 8.0]


@pytest.mark.parametrize("draw", [commitments.duration_curve, commitments.saving_curve])
def test_curves_of_a_bill_without_eligible_usage_say_so(draw, ax):
    found = draw(pd.DataFrame(columns=["share", "scale"]), ax, title="Hours")
    assert found.texts[0].get_text() == "No usage that a commitment covers"
    assert found.get_title() == "Hours"
