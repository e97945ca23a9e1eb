"""The notebooks of a run, executed side by side, each in a process and a kernel of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import nbformat

from finops_lib.errors import ParameterError
from finops_lib.present import FIGURES, HEADLESS

Status = Literal["completed", "failed", "timeout", "died"]


@dataclass(frozen=True)
class Notebook:
    """A notebook to run: the name of its report, its file, and parameters that are JSON values."""

    name: str
    path: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended; `error` is in words, empty when it completed."""

    name: str
    status: Status
    seconds: float
    error: str = ""


Progress = Callable[[str, int, int], None]
"""Told the notebook's name, the cells that are done and how many there are."""


def run_notebooks(
    notebooks: Sequence[Notebook],
    folder: Path,
    *,
    workers: int = 2,
    timeout_s: float = 600,
    cell_timeout_s: int = 300,
    keep_figures: bool = True,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Execute the notebooks, `workers` at once; the executed ones are `folder`/notebooks/<name>.ipynb.

    Raises ParameterError before anything runs for a parameter that a notebook does not have. A
    notebook that fails, dies or exceeds `timeout_s` is an Outcome: it keeps the cells that were
    done and the error in words, and the others go on. With `keep_figures` every figure is also kept
    as SVG, PNG and PDF in `folder`/figures/<name>/ (a quarter of a second each).
    """
    for notebook in notebooks:
        refuse_unknown_parameters(notebook)
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    live: set[subprocess.Popen[str]] = set()
    run = partial(
        _run_one, folder=folder, live=live, timeout_s=timeout_s, cell_timeout_s=cell_timeout_s, keep_figures=keep_figures,
        progress=progress or (lambda name, done, of: None),
    )  # fmt: skip
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            return list(pool.map(run, notebooks))
        except BaseException:
            # Stopped from outside: the workers are not told of it, and would go on alone.
            for process in live:
                process.kill()
            raise


def refuse_unknown_parameters(notebook: Notebook) -> None:
    """Raise ParameterError for a parameter that the notebook's `parameters` cell does not set.

    papermill itself only warns of one, and runs on with the default.
    """
    known = set(_declared(notebook.path))
    unknown = sorted(set(notebook.parameters) - known)
    if unknown:
        raise ParameterError(
            f"Notebook {notebook.name} has no parameter {', '.join(unknown)}. "
            f"It takes {', '.join(sorted(known)) or 'none'}."
        )


def read_notebook(path: Path) -> Any:
    """The notebook as an nbformat 4 node; OSError or ValueError where there is none or half of one."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def _declared(path: Path) -> list[str]:
    import papermill

    return list(papermill.inspect_notebook(str(path)))


def _run_one(
    notebook: Notebook, folder: Path, timeout_s: float, cell_timeout_s: int, keep_figures: bool, progress: Progress,
    live: set[subprocess.Popen[str]],
) -> Outcome:  # fmt: skip
    output = folder / "notebooks" / f"{notebook.name}.ipynb"
    total = len(read_notebook(notebook.path).cells)
    job = {
        "path": str(notebook.path.resolve()),
        "output": str(output.resolve()),
        "parameters": dict(notebook.parameters),
        "cwd": str(notebook.path.resolve().parent),
        "cell_timeout_s": cell_timeout_s,
    }
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fo-") as runtime:
        figures = folder / "figures" / notebook.name if keep_figures else None
        environment = _environment(Path(runtime), figures)
        ended = _spawn(
            job,
            environment,
            timeout_s,
            lambda cell: progress(notebook.name, min(cell, total), total),
            live,
        )
    outcome = Outcome(notebook.name, ended["status"], round(time.monotonic() - started, 3), ended["error"])  # fmt: skip
    if outcome.status != "completed":
        _write_error(output, notebook.path, outcome.error)
    progress(notebook.name, total, total)
    return outcome


def _environment(runtime: Path, figures: Path | None) -> dict[str, str]:
    # A runtime folder of its own: socket names stay short, and two runs never share a kernel file.
    return {
        **os.environ,
        HEADLESS: "1",
        FIGURES: str(figures.resolve()) if figures else "",
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "PYTHONHASHSEED": "0",
        # Notebooks run side by side already; threads of each one's linear algebra would contend for the cores.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _spawn(
    job: Mapping[str, Any], environment: Mapping[str, str], timeout_s: float, cell_done: Callable[[int], None],
    live: set[subprocess.Popen[str]],
) -> dict[str, Any]:  # fmt: skip
    """What the worker said last; its kernel notices by itself when the worker is killed.

    The process is in `live` while it runs.
    """
    # By its path, not as a module: the package around it imports what no worker needs.
    worker = Path(__file__).with_name("execute.py")
    command = [sys.executable, "-P", str(worker), json.dumps(job)]
    ended: dict[str, Any] = {}
    with tempfile.TemporaryFile("w+") as complaints, subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=complaints,
    ) as process:  # fmt: skip
        live.add(process)
        limit = threading.Timer(timeout_s, process.kill)
        limit.start()
        for line in process.stdout or ():
            message = json.loads(line)
            if "cell" in message:
                cell_done(message["cell"])
            else:
                ended = message
        process.wait()
        live.discard(process)
        timed_out = not limit.is_alive()
        limit.cancel()
        complaints.seek(0)
        return ended or _ended_without_a_word(timed_out, timeout_s, complaints.read())


def _ended_without_a_word(timed_out: bool, timeout_s: float, complaints: str) -> dict[str, Any]:
    if timed_out:
        error = f"The notebook ran longer than {timeout_s:g} seconds and was stopped. Raise the limit, or look at its last cell."
        return {"status": "timeout", "error": error}
    last = complaints.strip().splitlines()[-1:] or ["no message"]
    return {"status": "died", "error": f"The process that ran the notebook ended ({last[0]})."}


def _write_error(output: Path, source: Path, error: str) -> None:
    """Note the error in the notebook for its partial report, and take the stack traces out."""
    try:
        executed = read_notebook(output)
    except (OSError, ValueError):
        executed = read_notebook(source)
    executed.metadata["finops"] = {"error": error}
    for cell in executed.cells:
        cell.outputs = [o for o in cell.get("outputs", []) if o.output_type != "error"]
    try:
        nbformat.write(executed, output)  # type: ignore[no-untyped-call]
    except OSError:
        # A full disk: the outcome carries the error; there is nowhere to write it.
        return
