"""An AWS of our own on 127.0.0.1: moto's server, with what it lacks and faults on demand in front."""

from finops_lib.demo.emulator.faults import Faults
from finops_lib.demo.emulator.server import Emulator, at, start

__all__ = ["Emulator", "Faults", "at", "start"]
