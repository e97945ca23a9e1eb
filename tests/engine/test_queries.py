import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_lib.engine import queries
from finops_lib.engine.connect import connect, frame, line_items
from finops_lib.params import Engine
from finops_lib.period import Period

DIMENSIONS = [
    "ServiceName",
    "SubAccountId",
    "RegionId",
    "x_tag_team",
    "ChargeCategory",
    "ResourceId",
]


def test_spend_by_untagged_lines_are_a_row_of_their_own(bill, line):
    lines = bill([line(billed=2, tags={"team": "research"}), line(billed=3), line(billed=4)])
    found = frame(queries.spend_by(lines, ["x_tag_team"])).sort_values("BilledCost")
    assert found["x_tag_team"].isna().tolist() == [False, True]
    assert found["BilledCost"].tolist() == [2.0, 7.0]


def test_spend_by_month_splits_at_the_first_of_the_month_and_keeps_both_bases(bill, line):
    lines = bill([
        line("2026-09-30 23:00", billed=1, EffectiveCost=0.5),
        line("2026-10-01 00:00", billed=2, EffectiveCost=1.5),
        line("2026-10-31 23:00", billed=4, EffectiveCost=3.0),
    ])  # fmt: skip
    found = frame(queries.spend_by_month(lines)).sort_values("Month", ignore_index=True)
    expected = pd.DataFrame({
        "Month": pd.to_datetime(["2026-09-01", "2026-10-01"]).astype("datetime64[us]"),
        "BilledCost": [1.0, 6.0], "EffectiveCost": [0.5, 4.5],
    })  # fmt: skip
    pd.testing.assert_frame_equal(found[list(expected)], expected)


def test_within_a_period_excludes_its_end(bill, line):
    lines = bill([line("2026-10-31 23:00"), line("2026-11-01 00:00"), line("2026-09-30 23:00")])
    assert len(frame(queries.within(lines, Period.month("2026-10")))) == 1


def test_sums_a_line_without_list_cost_is_left_out_of_the_listed_effective_cost(bill, line):
    lines = bill([line(billed=5, ListCost=10), line(billed=7, ListCost=None)])
    found = frame(queries.total(lines)).iloc[0]
    assert (found["ListCost"], found["x_ListedEffectiveCost"]) == (10.0, 5.0)


def test_tag_coverage_counts_dollars_that_carry_the_key(bill, line):
    lines = bill([line(billed=3, tags={"team": "a"}), line(billed=1, tags={"project": "p"})])
    found = frame(queries.tag_coverage(lines, ["team", "project"])).iloc[0]
    assert (found["billed"], found["billed_team"], found["billed_project"]) == (4.0, 3.0, 1.0)


def test_usage_by_instance_type_counts_hours_only(bill, line):
    lines = bill([
        line(x_InstanceType="p3.2xlarge", ConsumedQuantity=2.0, billed=6.12),
        line(x_InstanceType="p3.2xlarge", ConsumedQuantity=9.0, ConsumedUnit="GB", billed=1.0),
        line(x_InstanceType=None, ConsumedQuantity=5.0),
    ])  # fmt: skip
    found = frame(queries.usage_by_instance_type(lines))
    assert found[["ConsumedQuantity", "BilledCost"]].values.tolist() == [[2.0, 6.12]]


def test_usage_in_both_puts_the_periods_side_by_side(bill, line):
    lines = bill([
        line("2026-09-05", billed=1, ResourceId="i-1"), line("2026-10-05", billed=4, ResourceId="i-1"),
        line("2026-10-06", billed=2, ResourceId="i-2"), line("2026-11-01", billed=9, ResourceId="i-1"),
    ])  # fmt: skip
    found = frame(queries.usage_in_both(lines, Period.month("2026-09"), Period.month("2026-10")))
    found = found.sort_values("ResourceId").set_index("ResourceId")
    assert found["billed_before"].fillna(-1).tolist() == [1.0, -1.0]
    assert found["billed_after"].tolist() == [4.0, 2.0]


def test_hourly_usage_keeps_on_demand_and_leaves_spot_committed_and_credits_out(bill, line):
    instance = {"x_InstanceType": "m5.xlarge"}
    lines = bill([
        line(billed=1, **instance),
        line(billed=2, PricingCategory="Dynamic", **instance),
        line(billed=3, PricingCategory="Committed", **instance),
        line(billed=-4, ChargeCategory="Credit", **instance),
        line(billed=5, x_ServiceCode="AmazonS3"),
        line(billed=6, x_ServiceCode="AWSLambda"),
        line(billed=7, hours=24, **instance),
    ])  # fmt: skip
    found = frame(queries.hourly_usage(lines)).sort_values("on_demand_cost")
    assert found[["on_demand_cost", "charge_hours"]].values.tolist() == [[1, 1], [6, 1], [7, 24]]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(dimensions=st.lists(st.sampled_from(DIMENSIONS), min_size=1, max_size=4, unique=True))
def test_spend_by_any_grouping_adds_up_to_the_bill(whole_bill, dimensions):
    found = frame(queries.spend_by(whole_bill, dimensions))
    whole = frame(queries.total(whole_bill)).iloc[0]
    for measure in ("BilledCost", "EffectiveCost", "ListCost", "x_ListedEffectiveCost"):
        assert found[measure].sum() == pytest.approx(whole[measure], abs=1e-6)


def test_spend_by_a_reordered_bill_gives_the_same_result(write_lake, many_lines, tmp_path):
    order = np.random.default_rng(1).permutation(len(many_lines))
    found = [
        frame(queries.spend_by_day(
            line_items(connect(Engine()), write_lake(lines, tmp_path / str(number))),
            ["ServiceName", "x_tag_team"],
        )).sort_values(["ChargeDay", "ServiceName", "x_tag_team"], ignore_index=True)
        for number, lines in enumerate((many_lines, [many_lines[i] for i in order]))
    ]  # fmt: skip
    pd.testing.assert_frame_equal(found[0], found[1], rtol=1e-12)


@pytest.fixture(scope="module")
def whole_bill(write_lake, many_lines, tmp_path_factory):
    return line_items(connect(Engine()), write_lake(many_lines, tmp_path_factory.mktemp("lake")))
