"""Whether this process may have a file to itself, as the operating system keeps it."""

from __future__ import annotations

import os
from typing import IO, Any


def taken(file: IO[Any]) -> bool:
    """Lock the open file; False where another process has it.

    The lock goes with the process, however that ends. Windows has no such lock: there it is always given.
    """
    if os.name == "nt":
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
