import pandas as pd
import pytest

from finops_lib.engine import queries
from finops_lib.engine.connect import daily_cube, frame
from finops_lib.engine.cube import build_cube, hourly_usage, resource_costs
from finops_lib.period import Period
from finops_lib.schema import DAILY_CUBE, conform


def test_build_cube_has_the_columns_of_its_table(bill, many_lines, tmp_path):
    path = build_cube(bill(many_lines), tmp_path / "cube.parquet")
    built = conform(frame(daily_cube(path)), DAILY_CUBE)
    assert built["x_LineItems"].sum() == len(many_lines)
    assert (built["ChargeDay"] == built["ChargeDay"].dt.normalize()).all()


@pytest.mark.parametrize("dimension", ["ServiceName", "RegionId", "x_tag_team", "x_UsageType"])
def test_build_cube_answers_like_the_line_items(bill, many_lines, tmp_path, dimension):
    lines = bill(many_lines)
    cube = daily_cube(build_cube(lines, tmp_path / "cube.parquet"))
    from_lines, from_cube = (
        frame(queries.spend_by_month(table, [dimension])).sort_values(["Month", dimension], ignore_index=True)
        for table in (lines, cube)
    )  # fmt: skip
    pd.testing.assert_frame_equal(from_lines, from_cube, rtol=1e-12)


def test_build_cube_of_a_period_holds_that_period_alone(bill, line, tmp_path):
    lines = bill([line("2026-09-30", billed=1), line("2026-10-01", billed=2)])
    path = build_cube(lines, tmp_path / "cube.parquet", Period.month("2026-10"))
    assert frame(daily_cube(path))["BilledCost"].tolist() == [2.0]


def test_build_cube_leaves_no_partial_file(bill, line, tmp_path):
    build_cube(bill([line()]), tmp_path / "cube.parquet")
    assert not list(tmp_path.glob("*.partial"))


def test_resource_costs_adds_up_per_resource_and_usage_type(bill, line):
    lines = bill([
        line("2026-10-01 00:00", billed=1, ResourceId="i-1", x_UsageType="BoxUsage"),
        line("2026-10-01 01:00", billed=2, ResourceId="i-1", x_UsageType="BoxUsage", EffectiveCost=1.5),
        line("2026-10-01 01:00", billed=4, ResourceId="i-1", x_UsageType="DataTransfer", RegionId=None),
        line("2026-10-01 01:00", billed=8),
    ])  # fmt: skip
    found = resource_costs(lines, Period.month("2026-10")).sort_values(
        "usage_type", ignore_index=True
    )
    shown = [
        "region",
        "usage_type",
        "billed_cost",
        "effective_cost",
        "consumed_quantity",
        "window_hours",
    ]
    assert found[shown].values.tolist() == [
        ["us-east-1", "BoxUsage", 3.0, 2.5, 2.0, 744.0],
        ["global", "DataTransfer", 4.0, 4.0, 1.0, 744.0],
    ]
    assert found["last_charge_end"].iloc[0] == pd.Timestamp("2026-10-01 02:00")


def test_hourly_usage_names_the_family(bill, line):
    lines = bill([line(x_InstanceType="ml.p3.2xlarge"), line(x_InstanceType="m5.large")])
    assert hourly_usage(lines, Period.month("2026-10"))["family"].tolist() == ["m5", "ml.p3"]
