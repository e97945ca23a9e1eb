from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest

from finops_lib.errors import SchemaError
from finops_lib.estate import Estate
from finops_lib.period import Period
from finops_lib.schema import ESTATE_TABLES, rows
from finops_lib.sources.store import newest_estate, read_estate, write_estate


@pytest.fixture
def estate(tmp_path):
    folder = tmp_path / "read"
    lake = folder / "costs" / "BillingPeriod=2026-10"
    lake.mkdir(parents=True)
    (lake / "part.parquet").write_bytes(b"lake")
    (folder / "daily_cube.parquet").write_bytes(b"cube")
    volume = {
        "account_id": "111111111111", "region": "us-east-1", "resource_id": "vol-1",
        "volume_type": "gp2", "size_gib": 10, "state": "available", "tags": {"team": "a"},
        "create_time": datetime(2026, 1, 1),
    }  # fmt: skip
    gap = {"service": "rds", "table": "databases", "error": "AccessDenied", "reason": "denied"}
    return Estate(
        as_of=datetime(2026, 11, 4, 12),
        period=Period.month("2026-10"),
        accounts=("111111111111",),
        currency="USD",
        folder=folder,
        notes={"repairs": [{"what": "duplicates", "rows": 2}]},
    ).with_tables(
        {
            "volumes": rows(
                ESTATE_TABLES["volumes"], [volume, {**volume, "resource_id": "v2", "tags": None}]
            ),
            "gaps": rows(ESTATE_TABLES["gaps"], [gap]),
        }
    )


def test_write_estate_round_trip_gives_the_same_tables_and_facts(estate, tmp_path):
    written = write_estate(estate, tmp_path / "estate")
    assert replace(written, folder=estate.folder, tables={}) == replace(estate, tables={})
    assert set(written.tables) == set(estate.tables)
    for name, frame in estate.tables.items():
        pd.testing.assert_frame_equal(written[name], frame)
    assert (written.costs / "BillingPeriod=2026-10" / "part.parquet").read_bytes() == b"lake"
    assert written.cube.read_bytes() == b"cube"


def test_write_estate_existing_one_is_never_replaced(estate, tmp_path):
    write_estate(estate, tmp_path / "estate")
    with pytest.raises(FileExistsError, match="already holds an Estate"):
        write_estate(estate, tmp_path / "estate")


def test_write_estate_failing_half_way_leaves_nothing_that_looks_whole(estate, tmp_path):
    broken = replace(estate, notes={"key": {1: object}, ("a", "tuple"): 1})
    with pytest.raises(TypeError):
        write_estate(broken, tmp_path / "estate")
    assert not (tmp_path / "estate").exists()
    with pytest.raises(SchemaError, match="no Estate under"):
        newest_estate(tmp_path)


def test_read_estate_damaged_table_says_which_and_what_to_do(estate, tmp_path):
    write_estate(estate, tmp_path / "estate")
    (tmp_path / "estate" / "volumes.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(SchemaError, match=r"volumes\.parquet cannot be read.*finops collect"):
        read_estate(tmp_path / "estate")


def test_read_estate_empty_folder_says_how_to_write_one(tmp_path):
    with pytest.raises(SchemaError, match="finops collect --output"):
        read_estate(tmp_path)


def test_newest_estate_is_the_one_written_last(estate, tmp_path):
    write_estate(estate, tmp_path / "2026-10" / "a" / "estate")
    write_estate(estate, tmp_path / "2026-10" / "b" / "estate")
    assert newest_estate(tmp_path) == tmp_path / "2026-10" / "b" / "estate"


def test_estate_table_not_read_is_empty_and_unread(estate):
    assert len(estate["databases"]) == 0
    assert [estate.was_read(name) for name in ("volumes", "databases", "instances")] == [
        True,
        False,
        False,
    ]


def test_estate_unknown_table_is_an_error(estate):
    with pytest.raises(KeyError):
        estate["volume"]
