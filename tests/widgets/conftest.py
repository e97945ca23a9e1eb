"""A workbook on two months of a small bill with two volumes that nothing uses, and somebody there."""

from datetime import datetime

import pytest
from bills import as_legacy_csv, small_bill

from finops_lib.collect import collect
from finops_lib.params import load_params
from finops_lib.schema import ESTATE_TABLES, rows
from finops_lib.widgets import allocation, commitments, findings, scenario, spend
from finops_lib.workbook import Workbook

VOLUME = {
    "account_id": "111", "region": "us-east-1", "volume_type": "gp2", "state": "available",
    "create_time": datetime(2026, 1, 1),
}  # fmt: skip


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("widgets")
    earlier = small_bill().replace({r"2026-10-": "2026-09-", "^line": "before"}, regex=True)
    bills = [
        as_legacy_csv(earlier, folder / "september.csv"),
        as_legacy_csv(small_bill(), folder / "october.csv"),
    ]
    params = load_params(
        None, {"source.billing": list(map(str, bills)), "source.account": False, "month": "2026-10"}
    )
    estate = collect(
        params, folder / "estate", cache=folder / "cache", now=datetime(2026, 11, 2),
        progress=lambda *_: None,
    )  # fmt: skip
    volumes = [
        {**VOLUME, "resource_id": "vol-large", "size_gib": 500.0},
        {**VOLUME, "resource_id": "vol-small", "size_gib": 100.0},
    ]
    read = {"volumes": volumes, "metrics": [], "gaps": []}
    tables = {name: rows(ESTATE_TABLES[name], found) for name, found in read.items()}
    return Workbook(estate.with_tables(tables), params)


@pytest.fixture
def somebody(monkeypatch):
    for module in (allocation, commitments, findings, scenario, spend):
        monkeypatch.setattr(module, "headless", lambda: False)
