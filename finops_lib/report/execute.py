"""One notebook, executed by papermill in a process of its own: `python execute.py JOB`.

The job is JSON. It writes a line of JSON per finished cell to stdout, and ends with a
line that says how it went. The exit code is 0 whenever that last line was written.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from finops_lib import errors
from finops_lib.errors import FinopsError, ReportError


def main() -> None:
    """Execute the job that the first argument holds."""
    job = json.loads(sys.argv[1])
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    try:
        _execute(job)
    except Exception as error:
        _tell(status=_status(error), error=in_words(error, job["output"]))
    else:
        _tell(status="completed", error="")


def in_words(error: BaseException, output: str) -> str:
    """What went wrong as one short message: no stack trace, and what to do where we know it."""
    if isinstance(error, PapermillExecutionError):
        message = str(error.evalue).strip()
        ours = isinstance(getattr(errors, error.ename, None), type)
        return message if ours else f"Cell {error.cell_index + 1} raised {error.ename}: {_first_line(message)}"  # fmt: skip
    if isinstance(error, FinopsError):
        return str(error)
    if isinstance(error, DeadKernelError):
        return "The kernel died while a cell ran, most often for lack of memory. Give the run more memory or a smaller input."
    if isinstance(error, CellTimeoutError):
        return "A cell ran longer than it may. Raise the cell timeout, or look at the last cell of the partial report."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk that holds {Path(output).parent} is full. Free some space, or choose another outputs folder."
    return f"{type(error).__name__}: {_first_line(str(error))}"


def unfinished_cell(notebook: Any) -> int | None:
    """The position of the first code cell that has not completed (papermill takes exit() for success)."""
    for position, cell in enumerate(notebook.cells):
        marks = cell.get("metadata", {}).get("papermill", {})
        if cell.cell_type == "code" and cell.source.strip() and marks.get("status") != "completed":
            return position
        if any(out.get("ename") == "SystemExit" for out in cell.get("outputs", [])):
            return position
    return None


def _execute(job: dict[str, Any]) -> None:
    notebook = papermill.execute_notebook(
        job["path"],
        job["output"],
        parameters=job["parameters"],
        progress_bar=False,
        cwd=job["cwd"],
        execution_timeout=job["cell_timeout_s"],
        config=_kernel_config(),
        on_cell_executed=_cell_done,
    )
    position = unfinished_cell(notebook)
    if position is not None:
        raise ReportError(f"The notebook stopped by itself at cell {position + 1}, before its end.")


def _kernel_config() -> Config:
    # Sockets as files of this run's own: on TCP another run can be handed the same port, and by
    # default ipc names its sockets in the working directory, which two kernels share.
    if os.name == "nt":
        return Config()
    sockets = Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "kernel"
    return Config({"KernelManager": {"transport": "ipc", "ip": str(sockets)}})


def _cell_done(cell: Any, cell_index: int, **_: Any) -> None:
    _tell(cell=cell_index + 1)


def _status(error: BaseException) -> str:
    if isinstance(error, CellTimeoutError):
        return "timeout"
    return "died" if isinstance(error, DeadKernelError) else "failed"


def _first_line(message: str) -> str:
    line = message.splitlines()[0] if message else "no message"
    return line if len(line) <= 300 else line[:299] + "…"


def _tell(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
