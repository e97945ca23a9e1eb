import ibis
import pandas as pd
import pytest
from ibis import _

from finops_lib.engine import queries
from finops_lib.engine.connect import as_costs, connect, frame, line_items
from finops_lib.errors import BillingError, ParameterError
from finops_lib.params import Engine
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


@pytest.mark.parametrize("dialect", ["athena", "trino"])
def test_queries_compile_for_a_warehouse_and_filter_its_partition_column(dialect):
    kinds = {
        "text": "string",
        "number": "float64",
        "time": "timestamp",
        "map": "map<string, string>",
    }
    table = ibis.table({c.name: kinds[c.kind] for c in COSTS.columns}, name="focus")
    sql = ibis.to_sql(queries.spend_by_day(table, ["ServiceName"]), dialect=dialect)
    assert 'DATE_TRUNC(\'DAY\', "t0"."ChargePeriodStart")' in sql
    assert 'SUM("t0"."EffectiveCost")' in sql
