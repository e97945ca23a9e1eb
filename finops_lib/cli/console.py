"""What the command prints: progress and results to people, errors as one message."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from finops_lib.errors import FinopsError

PIPED_WIDTH = 160
"""Characters of a line of a table that goes to a pipe or file, where no terminal says how wide it is."""

out = Console(
    soft_wrap=True,
    highlight=False,
    width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH,
)
err = Console(stderr=True, soft_wrap=True, highlight=False)

INTERRUPTED = 130
TERMINATED = 143
DISK_FULL = 28

GRACE_S = 5.0
"""Seconds in which what is under way may end after SIGTERM: schedulers do not wait for long."""

GO_ON = "What was finished is kept; run the same command again to go on."

WHAT_TO_DO = {
    errno.ENOENT: " Make its folder first, or name another.",
    errno.EACCES: " Name a place that may be written to.",
    errno.EPERM: " Name a place that may be written to.",
    errno.EROFS: " Name a place that may be written to.",
}


class TerminatedError(BaseException):
    """SIGTERM, raised where a Ctrl-C would be: no `except Exception` holds it up."""


class Bars:
    """One progress bar per thing that is being done; a line each where nobody watches a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, object] = {}

    def __call__(self, what: str, share: float) -> None:
        """Show that `share` (0 to 1) of `what` is done."""
        topic = what.split(":")[0]
        if topic not in self._tasks:
            self._tasks[topic] = self._progress.add_task(what, total=1.0)
            if not err.is_terminal:
                err.print(f"  {what} …")
        self._progress.update(self._tasks[topic], completed=share, description=what)  # type: ignore[arg-type]


@contextmanager
def progress() -> Iterator[Bars]:
    """Bars on standard error while the block runs."""
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bars:
        yield Bars(bars)


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Turn every error that a user can meet into one message and an exit code; no stack trace."""
    # Pools wait for what they have begun: after the grace the command ends in any case.
    last = threading.Timer(GRACE_S, os._exit, (TERMINATED,))
    last.daemon = True

    def terminate(number: int, frame: FrameType | None) -> None:
        if not last.is_alive():
            last.start()
        raise TerminatedError

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except FinopsError as error:
        _fail(str(error), error.exit_code)
    except TerminatedError:
        _fail(f"Stopped by SIGTERM. {GO_ON}", TERMINATED)
    except (KeyboardInterrupt, SystemExit) as error:
        # Typer turns a Ctrl-C into an exit without a word.
        if isinstance(error, SystemExit) and error.code != INTERRUPTED:
            raise
        _fail(f"Stopped. {GO_ON}", INTERRUPTED)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            said = f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")
            hint = WHAT_TO_DO.get(error.errno or 0, "")
            _fail(f"{said}{'.' if hint else ''}{hint}", 1)
        _fail(
            "The disk is full. Nothing that was whole is lost; free some room and run again.",
            DISK_FULL,
        )
    except Exception as error:
        log = Path(tempfile.mkdtemp(prefix="finops-")) / "error.log"
        log.write_text("".join(traceback.format_exception(error)))
        _fail(
            f"Something happened that this program does not know: {type(error).__name__}: {error}. "
            f"The details are in {log}; report them with the command that you ran.",
            1,
        )
    finally:
        last.cancel()
        signal.signal(signal.SIGTERM, before)


def _fail(message: str, code: int) -> None:
    err.print(f"[bold red]Error:[/] {_escape(message)}")
    sys.exit(code)


def _escape(text: str) -> str:
    return text.replace("[", r"\[")
