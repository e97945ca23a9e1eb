"""Whole bills: the real one of 2018, and the demo account with its planted events."""

from datetime import datetime

import duckdb
import pandas as pd
import pytest
from bills import REAL_CUR

from finops_lib.collect import collect
from finops_lib.demo.story.answers import EVENTS
from finops_lib.params import load_params
from finops_lib.phases import anomalies
from finops_lib.workbook import Workbook


@pytest.fixture(scope="module")
def book_2018(tmp_path_factory):
    """Both months of the 2018 bill as a workbook about November."""
    if not REAL_CUR.is_dir():
        pytest.skip("the 2018 bill is not beside the repository (../shared/data/aws_cur_legacy)")
    folder = tmp_path_factory.mktemp("anomalies")
    params = load_params(
        None,
        {"source.billing": [str(REAL_CUR)], "source.account": False, "month": "2018-11"},
    )
    estate = collect(
        params, folder / "estate", cache=folder / "cache", now=datetime(2018, 12, 10),
        progress=lambda what, share: None,
    )  # fmt: skip
    return Workbook(estate, params)


@pytest.fixture(scope="module")
def found_2018(book_2018):
    return anomalies.history(book_2018)


@pytest.mark.parametrize(("service", "first", "direction"), [
    ("AWS Glue", ["2018-10-10"], 1),
    ("AWS Glue", ["2018-11-21"], -1),
    ("Amazon Relational Database Service", ["2018-11-24"], -1),
])  # fmt: skip
def test_2018_finds_the_moves_of_glue_and_rds(found_2018, service, first, direction):
    rows = found_2018[found_2018["service"].eq(service)]
    rows = rows[rows["start"].isin(pd.to_datetime(first))]
    assert (rows["impact"] * direction > 0).tolist() == [True]


def test_2018_the_fee_on_the_first_of_the_month_is_no_anomaly(book_2018, found_2018):
    assert not found_2018["start"].dt.day.eq(1).any()
    billed = anomalies.history(Workbook(book_2018.estate, book_2018.params, "billed"))
    assert not billed["start"].dt.day.eq(1).any()


def test_2018_the_period_has_what_began_in_it(book_2018, found_2018):
    november = anomalies.anomalies(book_2018, found_2018)
    assert november["start"].min() >= pd.Timestamp("2018-11-01")
    assert november["service"].iloc[0] == "AWS Glue"


def test_2018_the_causes_and_the_next_query_agree_on_the_dearest_resource(book_2018, found_2018):
    stop = anomalies.anomalies(book_2018, found_2018).head(1)
    causes = anomalies.anomaly_causes(book_2018, stop).set_index("dimension")
    assert causes.loc["usage type", "value"] == "USE1-DEVED-DPU-Hour"
    assert causes.loc["usage type", "share"] == pytest.approx(1.0)
    assert causes.loc["resource", "change_per_day"] < 0
    rows = duckdb.sql(anomalies.anomaly_queries(book_2018, stop)["query"].iloc[0]).df()
    fell = rows.groupby("ResourceId", dropna=False)["cost"].sum().max()
    before = causes.loc["resource", "before_per_day"] * 28
    assert before == pytest.approx(fell, rel=1e-6)


def test_2018_the_summary_has_a_row_per_anomaly_with_what_moved(book_2018, found_2018):
    november = anomalies.anomalies(book_2018, found_2018)
    table = anomalies.anomaly_summary(book_2018, november)
    assert list(table) == anomalies.SUMMARY
    assert table["anomaly_id"].tolist() == november["anomaly_id"].tolist()
    assert table["moved_type"].iloc[0] == "USE1-DEVED-DPU-Hour"
    assert anomalies.anomaly_summary(book_2018, november.head(0)).empty


def test_2018_floors_may_be_given_instead_of_the_parameters(book_2018, found_2018):
    large = anomalies.history(book_2018, min_impact=200.0)
    assert (
        large["anomaly_id"].tolist()
        == found_2018["anomaly_id"][found_2018["impact"].abs() >= 200].tolist()
    )


@pytest.fixture(scope="module")
def demo_history(demo_read):
    """The demo account's workbook and every anomaly of its bill."""
    book = Workbook(demo_read.estate, demo_read.params)
    return book, anomalies.history(book)


@pytest.mark.parametrize("event", EVENTS.to_dict("records"), ids=EVENTS["cause"])
def test_the_demo_account_has_its_planted_events_found(demo_history, event):
    book, found = demo_history
    names = {"AmazonSageMaker": "Amazon SageMaker", "AmazonEC2": "Amazon Elastic Compute Cloud"}
    rows = found[
        found["service"].eq(names.get(event["service"], event["service"]))
        & found["kind"].eq(event["kind"])
        & found["start"].between(event["start"].replace(hour=0), event["end"])
        & found["impact"].gt(0)
    ]
    values = anomalies.anomaly_causes(book, rows)["value"].dropna()
    assert values.str.contains(event["cause"]).any()
