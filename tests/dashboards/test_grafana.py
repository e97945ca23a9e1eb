import json

import duckdb
import pandas as pd
import pytest

from finops_lib.dashboards import dashboard
from finops_lib.dashboards.panels import PANELS, TABLES
from finops_lib.dashboards.picture import ask, picture
from finops_lib.errors import ReportError
from finops_lib.present import use_currency
from finops_lib.schema import COVERAGE, DAILY_CUBE, FINDINGS
from finops_lib.sources.store import write_table

DAY = {"BillingPeriodStart": "2026-10-01", "BilledCost": 0.0, "x_LineItems": 1}
BILL = [
    {**DAY, "ChargeDay": "2026-10-01", "ServiceName": "EC2", "x_tag_team": "a", "EffectiveCost": 5.0},
    {**DAY, "ChargeDay": "2026-10-02", "ServiceName": "EC2", "x_tag_team": None, "EffectiveCost": 7.0},
    {**DAY, "BillingPeriodStart": "2026-09-01", "ChargeDay": "2026-09-30", "ServiceName": "S3",
     "x_tag_team": "a", "EffectiveCost": 90.0},
]  # fmt: skip
FOUND = [
    {"check_id": "idle", "resource_id": "i-1", "status": "waste", "monthly_saving": 40.0},
    {"check_id": "idle", "resource_id": "i-2", "status": "waste", "monthly_saving": 2.0},
    {"check_id": "idle", "resource_id": "i-3", "status": "unknown", "monthly_saving": None},
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run with the tables that the panels ask."""
    run = tmp_path_factory.mktemp("run")
    (run / "estate").mkdir()
    key = {
        "account_id": "1",
        "region": "r",
        "reason": "because",
        "as_of": pd.Timestamp(2026, 11, 1),
    }
    found = pd.DataFrame([{**key, "finding_id": row["resource_id"], **row} for row in FOUND])
    cube = pd.DataFrame(BILL)
    times = {name: pd.to_datetime(cube[name]) for name in ("ChargeDay", "BillingPeriodStart")}
    seen = {"check_id": "idle", "account_id": "1", "region": "r", "examined": 3, "waste": 2,
            "unknown": 1, "unpriced": 0, "not_read": 1}  # fmt: skip
    for name, table, frame in (
        ("daily_cube", DAILY_CUBE, cube.assign(**times)),
        ("findings", FINDINGS, found),
        ("coverage", COVERAGE, pd.DataFrame([seen])),
    ):
        write_table(frame, table, run / TABLES[name])
    (run / "manifest.json").write_text('{"title": "Halcyon", "currency": "EUR"}')
    yield run
    use_currency("USD")


@pytest.fixture(scope="module")
def answers(run):
    """The rows of every panel's query on the Parquet of a run, by the panel's title."""
    connection = duckdb.connect()
    for name, path in TABLES.items():
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{run / path}')")
    return {panel.title: connection.execute(panel.sql).fetchall() for panel in PANELS}


def test_panels_show_the_newest_month_and_what_is_wasted_and_unknown(answers):
    assert answers["Cost so far this month"] == [(12.0,)]
    assert answers["Findings added up, a month"] == [(42.0,)]
    assert answers["Could not be judged"] == [(1,)]
    assert answers["Checks that could not see everything"] == [(1,)]


def test_panels_keep_what_has_no_team(answers):
    assert answers["This month by team"] == [("untagged", 7.0), ("a", 5.0)]


def test_panels_rank_findings_by_what_they_save(answers):
    assert [row[3] for row in answers["The largest findings"]] == ["i-1", "i-2"]
    assert answers["Waste by check"] == [("idle", 42.0)]
    assert len(answers["Cost per day by service"]) == 3


def test_dashboard_has_every_panel_with_its_query_and_database():
    made = json.loads(dashboard("Halcyon", datasource="athena-1", database="finops"))
    assert made["title"] == "Halcyon"
    assert made["editable"] is False
    assert [panel["title"] for panel in made["panels"]] == [panel.title for panel in PANELS]
    assert [panel["targets"][0]["rawSQL"] for panel in made["panels"]] == [p.sql for p in PANELS]
    assert {panel["datasource"]["uid"] for panel in made["panels"]} == {"athena-1"}
    assert {p["targets"][0]["connectionArgs"]["database"] for p in made["panels"]} == {"finops"}


def test_dashboard_panels_do_not_overlap_and_fill_whole_rows():
    made = json.loads(dashboard("Halcyon", datasource="a", database="b"))
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in made["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


def test_picture_asks_what_the_dashboard_asks(run, answers):
    asked = {title: list(frame.itertuples(index=False, name=None)) for title, frame in ask(run).items()}  # fmt: skip
    numbers = (
        "Cost so far this month",
        "Findings added up, a month",
        "This month by team",
        "Waste by check",
    )
    assert {title: asked[title] for title in numbers} == {title: answers[title] for title in numbers}  # fmt: skip
    assert set(asked) == {panel.title for panel in PANELS}


def test_picture_has_every_panel_its_numbers_and_says_who_drew_it(run, tmp_path):
    picture(run, [tmp_path / "d.svg", tmp_path / "d.png", tmp_path / "d.pdf"])
    text = (tmp_path / "d.svg").read_text()
    for shown in ("Halcyon: dashboard", "not a picture of a Grafana", "€12.00", "€42.00", "untagged", "because",
                  *(panel.title for panel in PANELS)):  # fmt: skip
        assert shown in text
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")


def test_picture_of_a_folder_that_is_no_run_says_what_to_name(tmp_path):
    with pytest.raises(ReportError, match=r"outputs/<period>/<run>"):
        picture(tmp_path, [tmp_path / "d.png"])


def test_picture_of_another_form_is_refused(run, tmp_path):
    with pytest.raises(ReportError, match=r"d\.docx is no picture"):
        picture(run, [tmp_path / "d.docx"])
