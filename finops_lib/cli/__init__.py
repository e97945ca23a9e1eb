"""The `finops` command: a thin shell over the rooms of the library."""

from finops_lib.cli.app import main

__all__ = ["main"]
