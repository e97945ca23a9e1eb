"""Every operation that is answered here instead of by moto, by service and name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finops_lib.demo.emulator import cost_explorer
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Operation = Callable[[State, Asked, dict[str, Any]], dict[str, Any]]
"""From what the account holds, the request and its parameters to the answer; raises Refused."""

SERVICES = {
    "ce": (cost_explorer.OPERATIONS,),
}

OPERATIONS: dict[tuple[str, str], Operation] = {
    (service, name): operation
    for service, tables in SERVICES.items()
    for table in tables
    for name, operation in table.items()
}
