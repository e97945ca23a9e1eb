"""The commands of the documentation, run page by page on the demo account in a folder like a clone."""

import re
import shlex
import shutil

import boto3
import pytest
from test_docs import PAGES, blocks, named
from typer.testing import CliRunner

from finops_lib.cli.app import app
from finops_lib.examine import examine
from finops_lib.params import save_params
from finops_lib.report import Cover, write_manifest, write_run_index
from finops_lib.schema import COVERAGE, FINDINGS
from finops_lib.sources.store import write_table

pytestmark = pytest.mark.slow

NOT_RUN = {
    "make": "installs, serves or takes minutes; held to its targets in test_docs.py, `make lab` in tests/browser/test_jupyterlab.py",
    "finops report": "takes minutes; run with its options, to S3 too, in tests/report/test_whole_runs.py",
}
"""Commands that no test of a page runs, why, and where they are run instead."""

ACROSS = ("tags apply", "tags undo")
"""Commands that the pages show for one account; the demo is of four, for which they ask for a role."""

RUN = "outputs/2026-10/20261102-060000"
"""The run that the pages name."""


def lines(page):
    return [line for line in "\n".join(blocks(page, "bash")).splitlines() if line]


def left_out(line):
    return any(line.startswith(command) for command in NOT_RUN)


RUN_HERE = [pytest.param(page, id=named(page)) for page in PAGES if not all(map(left_out, lines(page)))]  # fmt: skip


@pytest.fixture(scope="module")
def clone(demo_read, tmp_path_factory):
    """A folder like a clone: parameters of the demo account, a run of it, buckets for reports and bills."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "params").mkdir()
    for name in ("params/demo.yaml", "params/acme.yaml", "served.yaml"):
        save_params(demo_read.params, folder / name)
    run = folder / RUN
    shutil.copytree(demo_read.estate.folder, run / "estate")
    save_params(demo_read.params, run / "params.yaml")
    found, coverage = examine(demo_read.estate, demo_read.params)
    write_table(found, FINDINGS, run / "findings.parquet")
    write_table(coverage, COVERAGE, run / "coverage.parquet")
    estate = demo_read.estate
    cover = Cover(
        demo_read.params.title, estate.period, estate.as_of, estate.accounts, estate.currency
    )
    write_manifest(run, cover, [], created=estate.as_of, parameters={}, digest="0", rows={}, totals={}, paid_calls={})  # fmt: skip
    write_run_index(run)
    boto3.resource("s3").create_bucket(Bucket="my-reports")
    return folder


@pytest.mark.parametrize("page", RUN_HERE)
def test_commands_of_a_page_do_what_it_says(page, clone, monkeypatch):
    monkeypatch.chdir(clone)
    for line in lines(page):
        if not left_out(line):
            result = CliRunner().invoke(app, words(line, clone))
            assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"


def words(line, folder):
    """The arguments of a line; FILE stands for the record that the command before has written."""
    _, *arguments = shlex.split(line, comments=True)
    newest = max(
        folder.glob("purchases/*.json"), default=None, key=lambda path: path.stat().st_mtime
    )
    named = [a.replace("FILE", newest.stem) if newest else a for a in arguments]
    role = (
        ["--role", "FinOpsReader"]
        if " ".join(arguments[:2]) in ACROSS and "--role" not in line
        else []
    )
    return named + role


def test_commands_that_are_not_run_are_known_and_the_others_are():
    told = [line for page in PAGES for line in lines(page)]
    names = {" ".join(line.split()[:2]) if line.startswith("finops") else "make" for line in told}
    assert set(NOT_RUN) <= names
    assert len([line for line in told if not left_out(line)]) > 25
    assert all(re.search(r"tests/|test_docs", reason) for reason in NOT_RUN.values())
