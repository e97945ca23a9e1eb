"""The plan as pictures."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from finops_lib.figures import plan


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).subplots()


def result(**savings):
    groups = {**dict.fromkeys(plan.GROUP_NAMES, 0.0), **savings}
    table = pd.DataFrame({"group": list(groups), "before": 20.0, "saving": groups.values()})
    table["saving_low"], table["saving_high"] = table["saving"] * 0.5, table["saving"] * 1.5
    total = {"group": "total", "before": 100.0, "saving": sum(groups.values())}
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    return table.assign(after=table["before"] - table["saving"])


def test_result_waterfall_ends_where_the_savings_lead_and_leaves_out_what_saves_nothing(ax):
    found = plan.result_waterfall(result(compute=10.0, waste=8.0), ax, title="Down to 82")
    edges = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in found.patches]
    assert edges == [(0.0, 100.0), (0.0, 82.0), (100.0, 90.0), (90.0, 82.0)]
    labels = [tick.get_text() for tick in found.get_xticklabels()]
    assert labels == ["today", "compute", "waste", "after\nthe plan"]
    assert [t.get_text() for t in found.texts] == ["100", "82", "−10", "−8"]


def test_result_waterfall_of_a_bill_alone_says_that_the_outcome_is_unknown(ax):
    frame = result().assign(saving=float("nan"), after=float("nan"))
    found = plan.result_waterfall(frame, ax)
    assert [t.get_text() for t in found.texts] == ["100", "unknown"]


def test_category_savings_whole_bar_is_the_naive_sum(ax):
    frame = pd.DataFrame(
        {"category": ["terminate", "resize", "commit", "total"], "naive": [100.0, 50.0, 0.0, 150.0],
         "overlap": [0.0, 20.0, 0.0, 20.0], "left_out": [10.0, 0.0, 0.0, 10.0],
         "net": [90.0, 30.0, 0.0, 120.0]}
    )  # fmt: skip
    found = plan.category_savings(frame, ax)
    assert [tick.get_text() for tick in found.get_yticklabels()] == ["resize", "terminate"]
    ends = {}
    for bar in found.patches:
        ends[bar.get_y()] = max(ends.get(bar.get_y(), 0.0), bar.get_x() + bar.get_width())
    assert list(ends.values()) == [50.0, 100.0]
