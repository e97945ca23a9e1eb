"""A run of which one notebook dies, from the bill to the bucket: what is left, and what is said."""

import json
from pathlib import Path

import boto3
import pytest
from bills import as_legacy_csv, small_bill
from moto import mock_aws
from typer.testing import CliRunner

from finops_lib import run
from finops_lib.cli.app import app
from finops_lib.errors import ReportError
from finops_lib.params.notebooks import NOTEBOOKS, PER_TEAM

URL = "s3://reports/finops"
DEADLY = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(scope="module")
def failed(tmp_path_factory, write_notebook):
    """`finops report` into a bucket with small notebooks, of which the third kills its kernel."""
    folder = tmp_path_factory.mktemp("failed")
    for name, model in {**NOTEBOOKS, **PER_TEAM}.items():
        cells = "\n".join(f"{key} = {value!r}" for key, value in model().model_dump().items())
        last = DEADLY if name == "03_optimization" else "print('done')"
        write_notebook(folder / f"{name}.ipynb", f"md:# What of {name}?", (cells, "parameters"), "print('begun')", last)  # fmt: skip
    bill = as_legacy_csv(small_bill(), folder / "bill.csv")
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.chdir(folder)
        patch.setattr(run, "NOTEBOOK_FOLDER", folder)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        bucket = boto3.resource("s3").create_bucket(Bucket="reports")
        arguments = ["report", "--billing", str(bill), "--month", "2026-10", "--outputs", URL]
        result = CliRunner().invoke(app, arguments)
        keys = {item.key for item in bucket.objects.all()}
    (made,) = (folder / "outputs" / "2026-10").iterdir()
    return made, result, keys


def test_failed_run_is_said_in_words_and_ends_with_its_own_code(failed):
    made, result, _ = failed
    error = result.exception
    assert isinstance(error, ReportError)
    assert error.exit_code == 8
    assert str(error).startswith("03_optimization died: The kernel died while a cell ran")
    assert str(error).endswith(f"What was finished is in {Path('outputs') / made.parent.name / made.name}.")  # fmt: skip


def test_failed_run_is_named_so_and_keeps_its_partial_report(failed):
    made, _, _ = failed
    assert made.name.endswith(".failed")
    page = (made / "03_optimization.html").read_text()
    assert "This report is incomplete." in page
    assert "The kernel died" in page
    assert "done" in (made / "01_visibility.html").read_text()
    assert json.loads((made / "manifest.json").read_text())["status"] == "failed"


def test_failed_run_is_in_the_bucket_too(failed):
    made, _, keys = failed
    assert f"finops/2026-10/{made.name}/03_optimization.html" in keys
    assert "finops/index.html" in keys
