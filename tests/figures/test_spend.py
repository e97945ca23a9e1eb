import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from finops_lib.figures import spend, style

mpl.use("Agg")


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).subplots()


def over_time():
    months = pd.to_datetime(["2026-09-01", "2026-09-01", "2026-10-01", "2026-10-01"])
    return pd.DataFrame({"month": months, "name": ["ec2", "untagged"] * 2, "kind": ["named", "missing"] * 2,
                         "effective_cost": [10.0, 5.0, 20.0, -3.0]})  # fmt: skip


def test_trend_stacks_each_month_and_puts_credits_below_zero(ax):
    found = spend.trend(over_time(), ax, title="Spend doubled", unit="USD")
    tops = sorted(round(p.get_y() + p.get_height(), 6) for p in found.patches)
    assert tops == [-3.0, 10.0, 15.0, 20.0]
    assert (found.get_title(), found.get_ylabel()) == ("Spend doubled", "USD per month")
    assert [t.get_text() for t in found.get_xticklabels()] == ["Sep\n2026", "Oct"]


def test_trend_gives_the_largest_the_first_colour_at_the_bottom(ax):
    frame = pd.DataFrame(
        {
            "month": pd.to_datetime(["2026-09-01"] * 7 + ["2026-10-01"] * 7),
            "name": ["a", "b", "c", "d", "e", "f", "other"] * 2,
            "kind": (["named"] * 6 + ["rest"]) * 2,
            "effective_cost": [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0] * 2,
        }
    )
    found = spend.trend(frame, ax, narrow=True)
    colors = [to_hex(bars.patches[0].get_facecolor()) for bars in found.containers]
    assert colors == [*style.PALETTE[:6], style.OTHER]
    assert [bars.patches[0].get_y() for bars in found.containers] == [0, 7, 13, 18, 22, 25, 27]


def test_ranking_puts_the_dearest_on_top_and_names_the_tail(ax):
    frame = pd.DataFrame({"name": ["ec2", "s3", "other"], "kind": ["named", "named", "rest"],
                          "members": [1, 1, 7], "effective_cost": [60.0, 30.0, 10.0]})  # fmt: skip
    found = spend.ranking(frame, ax, unit="EUR")
    assert [t.get_text() for t in found.get_yticklabels()] == ["other (7 more)", "s3", "ec2"]
    assert [t.get_text() for t in found.texts] == ["10%", "30%", "60%"]
    assert found.get_xlabel() == "EUR"


def test_calendar_puts_a_day_into_its_week_and_leaves_unknown_days_blank(ax):
    days = pd.DataFrame(
        {"day": pd.to_datetime(["2026-10-01", "2026-10-05"]), "effective_cost": [1.0, 2.0]}
    )
    grid = spend.calendar(days, ax).images[0].get_array()
    assert grid.shape == (7, 2)
    assert (grid[3, 0], grid[0, 1], grid.mask.sum()) == (1.0, 2.0, 12)


def test_waterfall_ends_where_the_cost_after_stands_and_leaves_empty_steps_out(ax):
    frame = pd.DataFrame({"step": ["cost_before", "price", "usage", "mix", "cost_after"],
                          "amount": [100.0, 30.0, -10.0, 0.0, 120.0]})  # fmt: skip
    found = spend.waterfall(frame, ax)
    spans = [(round(p.get_y()), round(p.get_y() + p.get_height())) for p in found.patches]
    assert spans == [(0, 100), (100, 130), (130, 120), (0, 120)]
    assert [t.get_text() for t in found.texts] == ["100", "+30", "−10", "120"]


def test_waterfall_tells_what_is_too_small_to_be_seen_in_one_step_that_still_adds_up(ax):
    frame = pd.DataFrame({"step": ["cost_before", "price", "usage", "new", "other", "cost_after"],
                          "amount": [1000.0, 3.0, 200.0, -4.0, 2.0, 1201.0]})  # fmt: skip
    found = spend.waterfall(frame, ax)
    assert [t.get_text() for t in found.texts] == ["1K", "+200", "+1", "1.2K"]
    labels = [t.get_text().replace("\n", " ") for t in found.get_xticklabels()]
    assert labels == ["before", "usage", "the rest", "after"]
    assert frame["amount"].tolist() == [1000.0, 3.0, 200.0, -4.0, 2.0, 1201.0]


def test_ranking_what_is_there_is_never_nothing(ax):
    frame = pd.DataFrame(
        {"name": ["large", "small"], "kind": "value", "members": 1, "effective_cost": [999.0, 1.0]}
    )
    found = spend.ranking(frame, ax)
    assert {text.get_text() for text in found.texts} == {"100%", "<1%"}
