import re

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis import _

from finops_lib.engine import connect as engine_connect
from finops_lib.engine import queries
from finops_lib.engine.connect import (
    as_costs,
    connect,
    daily_cube,
    frame,
    invoiced_in,
    line_items,
)
from finops_lib.errors import BillingError, ParameterError
from finops_lib.params import Engine
from finops_lib.period import Period
from finops_lib.schema import COSTS


def test_connect_unknown_backend_is_refused_with_what_to_install():
    with pytest.raises(ParameterError, match=r"ibis-framework\[nosuch\]"):
        connect(Engine(backend="nosuch"))


def test_connect_duckdb_gets_its_memory_limit_and_spills_where_told(tmp_path):
    connection = connect(Engine(memory_limit="300MB"), spill=tmp_path)
    limit, folder = connection.raw_sql(
        "SELECT current_setting('memory_limit'), current_setting('temp_directory')"
    ).fetchone()
    assert (limit, folder) == ("286.1 MiB", str(tmp_path))


def test_connect_duckdb_prints_no_progress_into_a_report():
    connection = connect(Engine())
    setting = connection.raw_sql("SELECT current_setting('enable_progress_bar')").fetchone()
    assert setting == (False,)


def test_connect_a_grouping_larger_than_the_memory_limit_spills_and_answers(tmp_path):
    connection = connect(Engine(memory_limit="60MB"), spill=tmp_path)
    connection.raw_sql(
        "CREATE VIEW numbers AS SELECT range AS i, md5(range::VARCHAR) AS k FROM range(1500000)"
    )
    groups = connection.table("numbers").group_by("k").aggregate(n=_.i.sum())
    total = frame(groups.aggregate(n=groups.n.sum()))
    assert total["n"].tolist() == [1_500_000 * 1_499_999 // 2]


def test_line_items_an_empty_lake_is_refused(tmp_path):
    with pytest.raises(BillingError, match="No bill was read"):
        line_items(connect(Engine()), tmp_path)


def test_line_items_months_that_differ_in_columns_are_read_together(write_lake, line, tmp_path):
    write_lake([line("2026-09-05")], tmp_path)
    write_lake([line("2026-10-05", x_Platform="Linux")], tmp_path)
    found = frame(line_items(connect(Engine()), tmp_path).order_by("ChargePeriodStart"))
    assert found["x_Platform"].isna().tolist() == [True, False]
    assert "BillingPeriod" not in found


def test_as_costs_lower_case_names_missing_columns_and_tag_spellings_are_put_right():
    connection = connect(Engine())
    connection.raw_sql(
        "CREATE TABLE focus AS SELECT 1.5::DOUBLE AS billedcost, TIMESTAMP '2026-10-01' AS chargeperiodstart, "
        "MAP {'Department': 'research'} AS tags"
    )
    lines = as_costs(connection.table("focus"), {"team": ("Department",)})
    found = frame(lines).iloc[0]
    assert (found["BilledCost"], found["x_tag_team"]) == (1.5, "research")
    assert pd.isna(found["x_UsageType"])
    assert lines.columns == (*COSTS.names, "x_tag_team")


@pytest.fixture
def warehouse():
    """A FOCUS export as Glue shows it: names in lower case, partitioned by invoice month."""
    kinds = {
        "text": "string",
        "number": "float64",
        "time": "timestamp",
        "map": "map<string, string>",
    }
    columns = {c.name.lower(): kinds[c.kind] for c in COSTS.columns if not c.name.startswith("x_")}
    return ibis.table({**columns, "billing_period": "string"}, name="focus")


@pytest.mark.parametrize("dialect", ["athena", "trino"])
def test_line_items_of_a_warehouse_are_read_from_the_asked_partitions_alone(warehouse, dialect):
    lines = as_costs(invoiced_in(warehouse, ["2026-09", "2026-10"]), {"team": ("Department",)})
    sql = ibis.to_sql(queries.spend_by_day(lines, ["ServiceName", "x_tag_team"]), dialect=dialect)
    assert re.search(r"\"billing_period\" IN \('2026-09', '2026-10'\)", sql)
    assert "DATE_TRUNC('DAY'" in sql
    assert "ELEMENT_AT" in sql.upper()


@pytest.mark.parametrize("dialect", ["athena", "trino", "bigquery", "snowflake"])
def test_every_query_compiles_for_a_warehouse(warehouse, dialect):
    lines = as_costs(warehouse, {})
    months = Period.month("2026-09"), Period.month("2026-10")
    asked = [queries.cube(lines), queries.spend_by_resource(lines), queries.hourly_usage(lines),
             queries.usage_in_both(lines, *months), queries.tag_coverage(lines, []),
             queries.usage_by_instance_type(lines), queries.months(lines)]  # fmt: skip
    for expression in asked:
        assert "GROUP BY" in ibis.to_sql(expression, dialect=dialect)


@pytest.fixture
def many_amounts(tmp_path):
    """A million amounts of many sizes in a lake of several row groups; floats add up otherwise in another order."""
    rng = np.random.default_rng(7)
    amounts = pa.table({"name": rng.integers(0, 9, 10**6), "cost": rng.lognormal(0, 6, 10**6)})
    (tmp_path / "BillingPeriod=2026-10").mkdir()
    pq.write_table(amounts, tmp_path / "BillingPeriod=2026-10" / "0.parquet", row_group_size=50_000)
    return tmp_path


def sums(table):
    return frame(table.group_by("name").agg(cost=_.cost.sum()).order_by("name"))["cost"].tolist()


def test_line_items_of_a_small_lake_add_up_to_the_same_bits_every_time(many_amounts):
    found = {tuple(sums(line_items(connect(Engine()), many_amounts))) for _ in range(8)}
    assert len(found) == 1


def test_line_items_of_a_large_lake_are_added_on_every_core(many_amounts, monkeypatch):
    monkeypatch.setattr(engine_connect, "SMALL_BILL_BYTES", 0)
    connection = connect(Engine(options={"threads": 3}))
    line_items(connection, many_amounts)
    assert connection.raw_sql("SELECT current_setting('threads')").fetchone() == (3,)


def test_daily_cube_adds_up_to_the_same_bits_every_time(many_amounts):
    path = next(many_amounts.glob("*/*.parquet"))
    assert len({tuple(sums(daily_cube(path))) for _ in range(8)}) == 1
