"""What was done, line by line on disk before and after each call, so that nothing is done twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from finops_lib.errors import PlanError
from finops_lib.locks import taken
from finops_lib.plans.executors import Results

Entry = dict[str, Any]


def utc_now() -> datetime:
    """The wall clock as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


class Journal:
    """The file of one plan's execution; a line that a crash cut off says nothing.

    Raises PlanError where the file is something else.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self.path, self.clock = path, clock
        self.entries = list(_entries(path))

    def append(self, entry: Entry) -> None:
        """Write one entry and force it to the disk before returning.

        Raises PlanError where the disk does not take it: nothing may be done then that is not written down.
        """
        stamped = {"at": self.clock().isoformat(), **entry}
        line = json.dumps(stamped, sort_keys=True, default=str)
        try:
            _write(self.path, line)
        except OSError as error:
            raise PlanError(
                f"{self.path} cannot be written ({error.strerror or error}), so nothing more is done. Make room or give "
                "it another disk, then run the same command again: it goes on from what the journal holds."
            ) from error
        self.entries.append(json.loads(line))

    def results(self, step: str) -> Results:
        """What each finished call of the step returned."""
        mine = (e for e in self.entries if e["event"] == "after" and e["step"] == step)
        return {entry["call"]: entry["result"] for entry in mine}

    def last(self, event: str) -> dict[str, Entry]:
        """The last entry of that event by step."""
        return {entry["step"]: entry for entry in self.entries if entry["event"] == event}


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the journal until the block ends; PlanError where another apply or undo has it.

    The operating system gives it back when the process ends, however it ends. Windows has no such lock.
    """
    try:
        file = path.open("ab")
    except OSError as error:
        raise PlanError(f"{path} cannot be written: {error.strerror or error}. Give another --journal.") from error  # fmt: skip
    with file:
        if not taken(file):
            raise PlanError(
                f"{path} is in use by another apply or undo. Nothing was done; run the same command again when "
                "that has ended."
            )
        yield


def _write(path: Path, line: str) -> None:
    with path.open("ab+") as file:
        cut_off = file.tell() > 0 and not _ends_line(file)
        file.write(("\n" if cut_off else "").encode() + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _entries(path: Path) -> list[Entry]:
    found = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    if any("event" not in entry for entry in found):
        raise PlanError(f"{path} is not a journal of a plan.")
    return found


def _ends_line(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")
