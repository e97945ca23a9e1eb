import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from finops_lib.figures import governance, style

mpl.use("Agg")


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).subplots()


def test_budget_bars_colour_what_is_over_and_say_what_is_not_known(ax):
    frame = pd.DataFrame({"budget": ["total", "nlp", "ri"], "used_share": [1.2, 0.5, None],
                          "forecast_share": [1.3, 0.6, None]})  # fmt: skip
    found = governance.budget_bars(frame, ax, title="One is over")
    colors = [mpl.colors.to_hex(patch.get_facecolor()) for patch in found.patches]
    assert colors[::-1][:2] == [style.STATUS["waste"], style.STATUS["ok"]]
    assert {"120%", "50%", "not known"} <= {text.get_text() for text in found.texts}
    assert found.get_xlim()[1] > 1.3


def test_score_bars_show_the_share_and_what_it_counts(ax):
    frame = pd.DataFrame(
        {"measure": ["a", "b"], "share": [0.75, None], "of": ["of budgets", "of x"]}
    )
    found = governance.score_bars(frame, ax, title="Scores")
    assert [text.get_text() for text in found.texts] == ["not known", "75% of budgets"]
