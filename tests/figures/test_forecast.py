import pandas as pd
from matplotlib.figure import Figure

from finops_lib.figures.forecast import monthly

MONTHS = pd.DataFrame({
    "month": pd.to_datetime(["2026-09-01", "2026-10-01", "2026-11-01", "2026-12-01"]),
    "cost": [10.0, 12.0, 13.0, 14.0], "low": [10.0, 12.0, 12.0, 11.0], "high": [10.0, 12.0, 14.0, 17.0],
    "is_forecast": [False, False, True, True],
})  # fmt: skip


def test_monthly_fan_opens_at_the_last_known_month():
    ax = monthly(MONTHS, Figure().subplots(), limits={"all": 15.0})
    known, ahead, _, limit = ax.get_lines()
    assert list(known.get_ydata()) == [10.0, 12.0]
    assert list(ahead.get_ydata()) == [12.0, 13.0, 14.0]
    assert list(limit.get_ydata()) == [15.0, 15.0]
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (11.0, 17.0)


def test_monthly_without_a_whole_month_says_so_instead_of_stopping_the_notebook():
    ax = monthly(
        MONTHS.iloc[:0].astype({"is_forecast": "bool"}), Figure().subplots(), limits={"all": 15.0}
    )
    assert "No month is whole yet" in ax.texts[0].get_text()
    assert not ax.get_lines()
