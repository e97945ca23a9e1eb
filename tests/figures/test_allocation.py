import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from finops_lib.figures import allocation

mpl.use("Agg")

MONTHS = pd.to_datetime(["2026-09-01", "2026-10-01"])


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).subplots()


def test_statement_bars_put_the_dearest_team_on_top_and_credits_left_of_zero(ax):
    frame = pd.DataFrame({"team": ["ads", "Unallocated"], "own": [80.0, 0.0], "shared": [8.0, 0.0],
                          "unallocated": [0.0, 3.0], "credit": [-5.0, 0.0]})  # fmt: skip
    found = allocation.statement_bars(frame, ax, title="Ads pays most", unit="EUR")
    assert [t.get_text() for t in found.get_yticklabels()] == ["Unallocated", "ads"]
    spans = {(p.get_x(), p.get_x() + p.get_width()) for p in found.patches if p.get_width()}
    assert spans == {(0.0, 80.0), (80.0, 88.0), (0.0, 3.0), (0.0, -5.0)}
    assert (found.get_title(), found.get_xlabel()) == ("Ads pays most", "EUR")


def test_compliance_bars_say_what_is_not_known_and_where_the_target_is(ax):
    frame = pd.DataFrame({"group": "all", "key": ["team", "owner"], "cost_share": [0.4, None]})
    found = allocation.compliance_bars(frame, ax, target=0.95)
    assert [t.get_text() for t in found.texts] == ["not known", "40%", "target 95%"]
    assert [t.get_text() for t in found.get_yticklabels()] == ["owner", "team"]


def test_compliance_trend_has_a_line_per_key_and_the_target(ax):
    frame = pd.DataFrame({"Month": [*MONTHS, *MONTHS], "key": ["team"] * 2 + ["owner"] * 2,
                          "cost_share": [0.1, 0.2, 0.3, 0.4]})  # fmt: skip
    found = allocation.compliance_trend(frame, ax, target=0.95)
    assert [list(line.get_ydata()) for line in found.lines] == [
        [0.1, 0.2],
        [0.3, 0.4],
        [0.95, 0.95],
    ]
    assert [t.get_text() for t in found.get_xticklabels()] == ["Sep 2026", "Oct 2026"]


def test_unit_cost_trend_leaves_a_gap_where_no_unit_was_made(ax):
    frame = pd.DataFrame({"month": MONTHS, "unit_cost": [2.0, None]})
    found = allocation.unit_cost_trend(frame, ax, unit="USD")
    assert pd.isna(found.lines[0].get_ydata()[1])
    assert found.get_ylabel() == "USD per unit"


def test_unit_cost_panels_have_one_per_metric_and_say_where_there_is_none():
    frame = pd.DataFrame({"month": [*MONTHS, *MONTHS], "metric": ["runs"] * 2 + ["users"] * 2,
                          "unit_cost": [2.0, 1.0, 4.0, 5.0]})  # fmt: skip
    axes = Figure().subplots(1, 2)
    allocation.unit_cost_panels(frame, axes, unit="EUR")
    assert [panel.get_title(loc="center") for panel in axes] == ["runs", "users"]
    assert list(axes[1].lines[0].get_ydata()) == [4.0, 5.0]
    empty = allocation.unit_cost_panels(frame.iloc[:0], Figure().subplots())
    assert [text.get_text() for text in empty.texts] == ["no business metrics"]


def test_compliance_trend_names_at_most_eight_months_the_newest_always(ax):
    months = pd.date_range("2025-10-01", periods=13, freq="MS")
    frame = pd.DataFrame({"Month": months, "key": "team", "cost_share": 0.5})
    shown = [t.get_text() for t in allocation.compliance_trend(frame, ax, target=0.9).get_xticklabels()]  # fmt: skip
    assert (len(shown), shown[-1]) == (7, "Oct 2026")
