import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from finops_lib import report
from finops_lib.errors import ParameterError
from finops_lib.report.notebooks import read_notebook

CASES = {
    "completes": ["print(month)"],
    "finops_error": ["from finops_lib.errors import BillingError", "raise BillingError('x.csv is cut off. Fetch it again.')"],
    "other_error": ["print('seen')", "1 / 0"],
    "exits": ["import sys", "sys.exit(0)", "print('never')"],
    "dies": ["import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"],
    "slow_cell": ["import time", "time.sleep(600)"],
}  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, write_notebook):
    """Every case run once, two at a time, as a scheduler would meet them."""
    sources, folder = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("run")
    cells = ('month = "2026-09"', "parameters")
    notebooks = [
        report.Notebook(
            name,
            write_notebook(sources / f"{name}.ipynb", cells, *sources_of),
            {"month": "2026-10"},
        )
        for name, sources_of in CASES.items()
    ]
    seen = []
    found = report.run_notebooks(
        notebooks, folder, cell_timeout_s=4, progress=lambda *step: seen.append(step)
    )
    return folder, {outcome.name: outcome for outcome in found}, seen


def executed(folder, name):
    return read_notebook(folder / "notebooks" / f"{name}.ipynb")


def text_of(notebook):
    return "".join(o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", []))


def test_run_notebooks_complete_notebook_has_its_parameters(outcomes):
    folder, found, _ = outcomes
    assert (found["completes"].status, found["completes"].error) == ("completed", "")
    assert text_of(executed(folder, "completes")) == "2026-10\n"


def test_run_notebooks_one_failure_leaves_the_others_alone(outcomes):
    _, found, _ = outcomes
    assert {name: outcome.status for name, outcome in found.items()} == {
        "completes": "completed",
        "finops_error": "failed",
        "other_error": "failed",
        "exits": "failed",
        "dies": "died",
        "slow_cell": "timeout",
    }


def test_run_notebooks_own_error_is_told_in_its_own_words(outcomes):
    assert outcomes[1]["finops_error"].error == "x.csv is cut off. Fetch it again."


def test_run_notebooks_foreign_error_is_told_by_its_cause_and_cell(outcomes):
    assert outcomes[1]["other_error"].error == "Cell 4 raised ZeroDivisionError: division by zero"


def test_run_notebooks_exit_with_success_is_no_success(outcomes):
    assert outcomes[1]["exits"].error == "The notebook stopped by itself at cell 4, before its end."


def test_run_notebooks_dead_kernel_is_told_apart(outcomes):
    assert outcomes[1]["dies"].error.startswith("The kernel died while a cell ran")


def test_run_notebooks_cell_over_its_time_is_stopped(outcomes):
    assert outcomes[1]["slow_cell"].error.startswith("A cell ran longer than it may.")


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 64 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root on Linux")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_run_notebooks_full_disk_is_named(small_disk, tmp_path, write_notebook):
    path = write_notebook(tmp_path / "n.ipynb", "print('x' * 200_000)")
    (outcome,) = report.run_notebooks([report.Notebook("n", path)], small_disk)
    assert outcome.status == "failed"
    assert outcome.error.startswith(f"The disk that holds {small_disk}")
    assert "is full. Free some space" in outcome.error


@pytest.mark.parametrize("name", ["finops_error", "other_error", "dies", "slow_cell"])
def test_run_notebooks_failed_notebook_keeps_its_cells_and_the_error_in_words(outcomes, name):
    folder, found, _ = outcomes
    notebook = executed(folder, name)
    assert notebook.metadata["finops"] == {"error": found[name].error}
    assert [o for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "error"] == []  # fmt: skip


def test_run_notebooks_partial_report_shows_what_was_done(outcomes):
    assert text_of(executed(outcomes[0], "other_error")) == "seen\n"


def test_run_notebooks_progress_counts_the_cells_of_each(outcomes):
    steps = [step for step in outcomes[2] if step[0] == "completes"]
    assert steps[-1] == ("completes", 2, 2)
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)


def test_run_notebooks_over_the_wall_clock_limit_is_stopped(tmp_path, write_notebook):
    path = write_notebook(tmp_path / "slow.ipynb", "import time", "time.sleep(600)")
    (outcome,) = report.run_notebooks([report.Notebook("slow", path)], tmp_path, timeout_s=3)
    assert outcome.status == "timeout"
    assert outcome.error.startswith("The notebook ran longer than 3 seconds and was stopped.")
    assert executed(tmp_path, "slow").metadata["finops"]["error"] == outcome.error


def test_run_notebooks_unknown_parameter_stops_before_anything_runs(tmp_path, write_notebook):
    path = write_notebook(
        tmp_path / "n.ipynb", ("month = '2026-10'\ntop_n = 5", "parameters"), "print(month)"
    )
    with pytest.raises(ParameterError, match=r"has no parameter mnth. It takes month, top_n"):
        report.run_notebooks([report.Notebook("n", path, {"mnth": "2026-09"})], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_run_notebooks_nobody_watches_so_no_widget_is_made(tmp_path, write_notebook):
    path = write_notebook(
        tmp_path / "n.ipynb", "from finops_lib import present\nprint(present.headless())"
    )
    report.run_notebooks([report.Notebook("n", path)], tmp_path)
    assert text_of(executed(tmp_path, "n")) == "True\n"


def test_run_notebooks_worker_that_ends_without_a_word_is_an_outcome(
    tmp_path, write_notebook, monkeypatch
):
    monkeypatch.setattr("sys.executable", "/bin/false")
    path = write_notebook(tmp_path / "n.ipynb", "1")
    (outcome,) = report.run_notebooks([report.Notebook("n", path)], tmp_path)
    assert outcome.status == "died"
    assert "ended" in outcome.error


def test_run_notebooks_stopped_from_outside_stops_its_workers(
    tmp_path, write_notebook, monkeypatch
):
    class Interrupted(ThreadPoolExecutor):
        def map(self, *work):
            super().map(*work)
            time.sleep(3)
            raise KeyboardInterrupt

    path = write_notebook(tmp_path / "slow.ipynb", "import time", "time.sleep(600)")
    monkeypatch.setattr("finops_lib.report.notebooks.ThreadPoolExecutor", Interrupted)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        report.run_notebooks(
            [report.Notebook("a", path), report.Notebook("b", path)], tmp_path, timeout_s=90
        )
    assert time.monotonic() - started < 45
