"""What things cost today, asked of the emulated Price List as of the real one."""

from datetime import datetime

import pandas as pd
import pytest

from finops_lib.demo.emulator import Faults
from finops_lib.schema import ESTATE_TABLES, GAPS, PRICES, rows
from finops_lib.sources import prices
from finops_lib.sources.aws.calls import AwsSource, Session
from finops_lib.sources.aws.price_list import read_list_prices

AS_OF = datetime(2026, 11, 4, 12)


@pytest.fixture
def session(account, monkeypatch, tmp_path):
    """A session to the emulated account whose replies are kept in a folder."""
    for name, value in account.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    yield Session(AwsSource(endpoint_url=account.endpoint_url, cache=tmp_path, max_attempts=1))
    account.faults = Faults()


def held(*names, region="us-west-2", **values):
    """Tables with one resource each."""
    one = {"account_id": "1", "region": region, "resource_id": "r", **values}
    return {
        name: rows(ESTATE_TABLES[name], [{c: one.get(c) for c in ESTATE_TABLES[name].names if c in one}])
        for name in names
    }  # fmt: skip


def test_read_list_prices_tells_the_whole_list_of_what_is_held_where_it_is(session):
    tables = held("volumes", volume_type="gp2", size_gib=1.0, state="in-use")
    found, gaps = read_list_prices(session, session.home(), tables, AS_OF)
    told = rows(PRICES, found)
    book = prices.book()
    expected = book[book["item"].isin(["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard",
                                       "gp3-iops", "io1-iops", "io2-iops", "gp3-throughput"])]  # fmt: skip
    assert gaps == []
    assert set(told["region"]) == {"us-west-2"}
    assert told.set_index("item")["price"].to_dict() == pytest.approx(
        expected.set_index("item")["price"].to_dict()
    )
    assert dict(zip(told["item"], told["unit"], strict=True)) == dict(
        zip(expected["item"], expected["unit"], strict=True)
    )


def test_read_list_prices_turns_the_pages_of_a_long_list(session):
    machine = held("instances", instance_type="m5.large", state="running")
    found, _ = read_list_prices(session, session.home(), machine, AS_OF)
    told = rows(PRICES, found)
    book = prices.book().query("service == 'AmazonEC2' and unit == 'Hrs' and term == 'on_demand'")
    now = book[book["valid_to"].isna()]
    pd.testing.assert_series_equal(
        told.set_index("item")["price"].sort_index(), now.set_index("item")["price"].sort_index()
    )


def test_read_list_prices_asks_once_a_day(session):
    tables = held("addresses")
    first, _ = read_list_prices(session, session.home(), tables, AS_OF)
    again, _ = read_list_prices(session, session.home(), tables, AS_OF)
    assert again == first
    assert session.requests["pricing", "GetProducts"] == 1
    assert session.cached["pricing", "GetProducts"] == 1


def test_read_list_prices_refused_is_a_gap_that_says_what_prices_instead(session, account):
    account.faults = Faults(denied=frozenset({"pricing"}))
    tables = held("addresses", "volumes", volume_type="gp2", size_gib=1.0, state="in-use")
    found, gaps = read_list_prices(session, session.home(), tables, AS_OF)
    assert found == []
    [gap] = rows(GAPS, gaps).to_dict("records")
    assert (gap["service"], gap["region"], gap["table"]) == ("pricing", "us-west-2", "list_prices")
    assert gap["reason"].endswith("is taken from the price book, else from the bill.")


def test_read_list_prices_of_an_empty_account_asks_nothing(session):
    empty = {name: table.empty() for name, table in ESTATE_TABLES.items()}
    assert read_list_prices(session, session.home(), empty, AS_OF) == ([], [])
    assert session.requests["pricing", "GetProducts"] == 0
