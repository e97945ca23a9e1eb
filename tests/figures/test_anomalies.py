import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from finops_lib.figures import style
from finops_lib.figures.anomalies import timeline

mpl.use("Agg")


@pytest.fixture
def ax():
    return Figure(figsize=(8, 4)).subplots()


@pytest.fixture
def days():
    return pd.DataFrame({"day": pd.date_range("2026-10-01", periods=31), "effective_cost": 100.0})


def anomaly(day, impact, **given):
    return {"service": "EC2", "account_id": "1", "region": None, "usage_type": None, "kind": "spike",
            "start": pd.Timestamp(day), "end": pd.Timestamp(day) + pd.Timedelta(days=2),
            "impact": impact, "known_event": None, **given}  # fmt: skip


def test_timeline_numbers_anomalies_by_dollars_and_names_them(ax, days):
    frame = pd.DataFrame([
        anomaly("2026-10-14", 2308.0, usage_type="Train:p3"),
        anomaly("2026-10-20", -90.0, kind="level_shift", service=None),
    ])  # fmt: skip
    found = timeline(frame, ax, days=days, title="One spike", unit="EUR")
    assert [t.get_text() for t in found.get_legend().get_texts()] == [
        "1  14 Oct 2026  EC2 · Train:p3: spike, +2.31K",
        "2  20 Oct 2026  1: level shift, −90",
    ]
    assert [t.get_text() for t in found.texts] == ["1", "2"]
    assert [line.get_marker() for line in found.lines[1:]] == ["^", "v"]
    assert (found.get_title(), found.get_ylabel()) == ("One spike", "EUR per day")


def test_timeline_known_events_are_grey_and_named(ax, days):
    frame = pd.DataFrame([anomaly("2026-10-14", 500.0, known_event="launch")])
    found = timeline(frame, ax, days=days)
    assert found.lines[1].get_color() == style.OTHER
    assert found.get_legend().get_texts()[0].get_text().endswith("(launch)")


def test_timeline_shows_no_more_than_asked_for(ax, days):
    frame = pd.DataFrame([anomaly("2026-10-14", 500.0 - n) for n in range(5)])
    assert len(timeline(frame, ax, days=days, top_n=2).texts) == 2


def test_timeline_without_anomalies_is_the_line_alone(ax, days):
    frame = pd.DataFrame([anomaly("2026-10-14", 1.0)]).head(0)
    found = timeline(frame, ax, days=days)
    assert found.get_legend() is None
    assert len(found.lines) == 1
