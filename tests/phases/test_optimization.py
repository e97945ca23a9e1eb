"""What the third notebook shows of its findings, on a labelled account."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import labelled_account

from finops_lib.estate import Estate
from finops_lib.figures.evidence import metric_traces
from finops_lib.params import Params
from finops_lib.period import Period
from finops_lib.phases import optimization
from finops_lib.schema import ESTATE_TABLES
from finops_lib.workbook import Workbook


def workbook(tables, tmp_path):
    estate = Estate(
        as_of=labelled_account.AS_OF,
        period=Period.month("2024-10"),
        accounts=("111122223333",),
        currency="USD",
        folder=tmp_path,
        tables=tables,
    )
    return Workbook(estate, Params())


@pytest.fixture
def book(tmp_path):
    return workbook(labelled_account.labelled_account(250, 5).tables, tmp_path)


@pytest.fixture
def empty(tmp_path):
    return workbook({name: table.empty() for name, table in ESTATE_TABLES.items()}, tmp_path)


def test_ranking_says_of_every_finding_what_would_flip_it(book):
    ranking = optimization.ranking(book)
    assert len(ranking) == len(book.waste) > 0
    assert ranking["would_flip"].str.len().gt(10).all()
    assert ranking["monthly_saving"].dropna().is_monotonic_decreasing


def test_traces_of_idle_findings_stay_below_their_limit(book):
    found = optimization.traces(book, 40).merge(book.waste, on="finding_id")
    idle = found[found["check_id"].str.startswith("idle_")]
    assert {"idle_ec2_instances", "idle_gpu_instances", "idle_rds_instances"} <= set(
        idle["check_id"]
    )
    assert (idle["value"] < idle["limit"]).all()


def test_traces_show_one_finding_of_each_check_and_no_more_than_asked(book):
    found = optimization.traces(book, 3)
    assert found["finding_id"].nunique() == 3
    assert list(found.columns) == optimization.TRACE_COLUMNS


def test_room_on_target_is_the_load_that_fills_it_to_its_headroom(book):
    row = book.waste.query("check_id == 'oversized_ec2_instances'").iloc[0]
    target = row["evidence"]["targets"][0]
    room = optimization.limit(book, row)
    assert target["projected_cpu_pct"] * room / row["evidence"]["cpu_pct"] == pytest.approx(80)


def test_savings_are_nothing_where_all_was_judged_and_unknown_where_it_was_not(book):
    table = optimization.savings_with_coverage(book)
    judged = table[["waste", "unknown", "not_read"]].eq(0).all(axis="columns")
    assert judged.any()
    assert (table.loc[judged, "monthly_saving"] == 0).all()
    blind = table[(table["waste"] == 0) & ~judged]
    assert len(blind) > 0
    assert blind["monthly_saving"].isna().all()


def test_savings_with_coverage_add_up_to_the_findings(book):
    table = optimization.savings_with_coverage(book)
    assert table["monthly_saving"].sum() == pytest.approx(book.waste["monthly_saving"].sum())
    assert (table["examined"] >= table["waste"] + table["unknown"]).all()


def test_first_target_saves_what_the_finding_states(book):
    first = optimization.sizes(book).query("rank == 1").set_index("resource_id")["monthly_saving"]
    stated = book.waste[book.waste["check_id"].str.startswith("oversized_")]
    stated = stated.set_index("resource_id")["monthly_saving"]
    assert first.to_dict() == pytest.approx(stated.to_dict())


def test_gp3_fitted_saving_is_never_below_parity(book):
    table = optimization.gp3(book)
    assert len(table) > 0
    assert (table["fitted_saving"] >= table["parity_saving"]).all()


def test_an_account_of_nothing_gives_empty_tables(empty):
    for answer in (optimization.ranking(empty), optimization.traces(empty, 6),
                   optimization.savings_with_coverage(empty), optimization.sizes(empty),
                   optimization.gp3(empty), optimization.storage_classes(empty)):  # fmt: skip
        assert answer.empty


def test_metric_traces_draw_a_panel_per_finding_and_leave_the_others_empty(book):
    drawn, axes = plt.subplots(2, 2)
    metric_traces(optimization.traces(book, 3), axes)
    assert [ax.axison for ax in axes.ravel()] == [True, True, True, False]
    dashed = [line.get_ydata()[0] for line in axes[0, 0].lines if line.get_linestyle() == "--"]
    assert dashed == [optimization.traces(book, 1)["limit"].iloc[0]]
    plt.close(drawn)
