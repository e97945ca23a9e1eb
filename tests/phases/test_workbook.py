"""Which Estate a notebook opens, and what of its run it reads instead of working it out again."""

import os
import shutil

import pandas as pd
import pytest

from finops_lib.errors import SchemaError
from finops_lib.params import load_params, save_params
from finops_lib.schema import COVERAGE, FINDINGS
from finops_lib.sources.store import write_table
from finops_lib.workbook import open_workbook


@pytest.fixture
def outputs(tmp_path, bill_alone, monkeypatch):
    """Two runs, the later one of another title; the working folder is the one that holds outputs/."""
    for age, (name, title) in enumerate((("first", "ours"), ("second", "theirs"))):
        run = tmp_path / "outputs" / "2026-10" / name
        shutil.copytree(bill_alone.estate.folder, run / "estate")
        save_params(bill_alone.params.model_copy(update={"title": title}), run / "params.yaml")
        os.utime(run / "estate" / "estate.json", (age, age))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "outputs"


def given(tmp_path, **values):
    path = tmp_path / "given.yaml"
    save_params(load_params(None, values), path)
    return str(path)


def test_open_workbook_without_parameters_takes_the_newest_run(outputs):
    assert open_workbook().params.title == "theirs"


def test_open_workbook_with_parameters_takes_the_newest_run_of_theirs(outputs, tmp_path):
    book = open_workbook(params=given(tmp_path, title="ours"))
    assert book.estate.folder.parent.name == "first"
    assert book.run is None


@pytest.mark.parametrize(
    "values",
    [{"title": "nobody's"}, {"title": "ours", "month": "2026-09"},
     {"title": "ours", "source.billing": ["another.csv"]}],
)  # fmt: skip
def test_open_workbook_with_parameters_of_no_run_says_so(outputs, tmp_path, values):
    with pytest.raises(SchemaError, match=r"No Estate under .* is of the bill, title and month"):
        open_workbook(params=given(tmp_path, **values))


def test_workbook_reads_what_its_run_examined(outputs, idle_book):
    run = outputs / "2026-10" / "second"
    write_table(idle_book.findings, FINDINGS, run / "findings.parquet")
    write_table(idle_book.coverage, COVERAGE, run / "coverage.parquet")
    book = open_workbook()
    pd.testing.assert_frame_equal(book.findings, idle_book.findings)
    pd.testing.assert_frame_equal(book.coverage, idle_book.coverage)
    assert book.plan["monthly_saving"].sum() == idle_book.plan["monthly_saving"].sum() > 0


def test_workbook_with_other_parameters_examines_anew(outputs, tmp_path, idle_book):
    run = outputs / "2026-10" / "first"
    write_table(idle_book.findings, FINDINGS, run / "findings.parquet")
    write_table(idle_book.coverage, COVERAGE, run / "coverage.parquet")
    assert open_workbook(params=given(tmp_path, title="ours")).findings.empty
