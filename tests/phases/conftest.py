"""What the tests of plan, ledger and summary share: a small bill, alone and with two idle addresses."""

from dataclasses import replace
from datetime import datetime

import pytest
from bills import as_legacy_csv, small_bill

from finops_lib.collect import collect
from finops_lib.params import load_params
from finops_lib.schema import ESTATE_TABLES, rows
from finops_lib.workbook import Workbook


@pytest.fixture(scope="session")
def bill_alone(tmp_path_factory):
    """A workbook in outputs/2026-10/now/estate that read no account."""
    outputs = tmp_path_factory.mktemp("outputs")
    bill = as_legacy_csv(small_bill(), outputs / "bill.csv")
    params = load_params(
        None, {"source.billing": [str(bill)], "source.account": False, "month": "2026-10"}
    )
    estate = collect(
        params, outputs / "2026-10" / "now" / "estate", cache=outputs / "cache",
        now=datetime(2026, 11, 2), progress=lambda *_: None,
    )  # fmt: skip
    return Workbook(estate, params)


@pytest.fixture(scope="session")
def idle_book(bill_alone):
    """The same with two addresses that nothing uses."""
    idle = [
        {"account_id": "111", "region": "us-east-1", "resource_id": f"eipalloc-{n}"} for n in "ab"
    ]
    tables = {"addresses": rows(ESTATE_TABLES["addresses"], idle)}
    return replace(bill_alone, estate=bill_alone.estate.with_tables(tables))
