"""The same expressions on a real Spark give the same answers as DuckDB."""

import gc
import os
import shutil

import pandas as pd
import pytest

from finops_lib.engine import queries
from finops_lib.engine.connect import connect, daily_cube, frame, line_items
from finops_lib.engine.cube import build_cube
from finops_lib.params import Engine
from finops_lib.period import Period

SEPTEMBER, OCTOBER = Period.month("2026-09"), Period.month("2026-10")

EXPRESSIONS = {
    "total": queries.total,
    "spend_by": lambda t: queries.spend_by(t, ["ServiceName", "x_tag_team"]),
    "spend_by_month": lambda t: queries.spend_by_month(t, ["ServiceName"]),
    "spend_by_day": lambda t: queries.spend_by_day(t, ["SubAccountId", "RegionId"]),
    "months": queries.months,
    "cube": queries.cube,
    "tag_coverage": lambda t: queries.tag_coverage(t, ["team", "project"]),
    "usage_by_instance_type": lambda t: queries.usage_by_instance_type(t, ["x_tag_team"]),
    "spend_by_resource": lambda t: queries.spend_by_resource(queries.within(t, OCTOBER)),
    "new_resources": lambda t: queries.new_resources(t, OCTOBER, OCTOBER.start),
    "usage_in_both": lambda t: queries.usage_in_both(t, SEPTEMBER, OCTOBER),
    "hourly_usage": lambda t: queries.hourly_usage(queries.within(t, OCTOBER)),
    "commitment_usage": lambda t: queries.commitment_usage(queries.within(t, OCTOBER)),
    "commitment_charges": queries.commitment_charges,
}

# pyspark and ibis leave sockets to the garbage collector and use names that pandas and DuckDB deprecate.
pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings(
        "ignore:unclosed:ResourceWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
        "ignore::DeprecationWarning",
        "ignore::FutureWarning",
    ),
]


@pytest.fixture(autouse=True)
def sockets_are_collected_here():
    yield
    gc.collect()


@pytest.fixture(scope="module")
def tables(write_lake, many_lines, tmp_path_factory):
    """The line items of one lake on (DuckDB, Spark)."""
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, and there is none")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (the extra 'spark')")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    lake = write_lake(many_lines, tmp_path_factory.mktemp("lake"))
    spark = connect(Engine(backend="pyspark", options={"session": session}))
    yield line_items(connect(Engine()), lake), line_items(spark, lake)
    session.stop()


def comparable(expression):
    found = frame(expression)
    texts = found.select_dtypes(exclude="float").columns.tolist()
    return found[sorted(found.columns)].sort_values(texts, ignore_index=True)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_spark_answers_like_duckdb(tables, name):
    ours, theirs = (comparable(EXPRESSIONS[name](table)) for table in tables)
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, check_dtype=False)


def test_spark_builds_the_cube_that_notebooks_read_with_duckdb(tables, tmp_path):
    cubes = [daily_cube(build_cube(t, tmp_path / f"{n}.parquet")) for n, t in enumerate(tables)]
    ours, theirs = (comparable(queries.spend_by_day(cube, ["ServiceName"])) for cube in cubes)
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, check_dtype=False)


def test_every_expression_is_compared(tables):
    public = {
        n
        for n, f in vars(queries).items()
        if callable(f) and getattr(f, "__module__", "") == queries.__name__
    }
    parts = {"day", "month", "moment", "within", "tag_columns", "sums", "line_count"}
    assert {n for n in public if not n.startswith("_")} - parts == set(EXPRESSIONS)
