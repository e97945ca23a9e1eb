"""What was done, line by line on disk before and after each call, so that nothing is done twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from finops_lib.errors import PlanError
from finops_lib.plans.executors import Results

Entry = dict[str, Any]


def append(path: Path, entry: Entry, clock: Callable[[], datetime]) -> None:
    """Write one entry and force it to the disk; a line that a crash cut off is closed first."""
    line = json.dumps({"at": clock().isoformat(), **entry}, sort_keys=True, default=str) + "\n"
    with path.open("ab+") as file:
        if file.tell() and not _ends_line(file):
            line = "\n" + line
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_line(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def entries(path: Path) -> list[Entry]:
    """Every whole line; one that a crash cut off says nothing. Raises PlanError where a line is no entry."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    if any("event" not in entry for entry in found):
        raise PlanError(f"{path} is not a journal of a plan.")
    return found


def results(found: list[Entry], step: str) -> Results:
    """What each finished call of the step returned."""
    return {e["call"]: e["result"] for e in found if e["event"] == "after" and e["step"] == step}


def ended(found: list[Entry], event: str = "end") -> dict[str, Entry]:
    """The last entry of that event by step."""
    return {entry["step"]: entry for entry in found if entry["event"] == event}
