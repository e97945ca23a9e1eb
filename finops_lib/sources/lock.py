"""One process at a time where several runs keep the same files: the lake of a bill they share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from finops_lib.locks import taken

LOCK = ".lock"
_PAUSE_S = 0.2


@contextmanager
def only_one(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the folder until the block ends; `waiting` is called once where another run has it.

    The operating system gives the lock back when its process ends, however it ends. Windows has no such
    lock on a folder of a network; runs there need a folder of outputs each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as file:
        if not taken(file):
            waiting()
            while not taken(file):
                time.sleep(_PAUSE_S)
        yield
