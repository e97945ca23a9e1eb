"""`python -m finops_lib.demo.emulator --port N`: the account as a process of its own."""

from __future__ import annotations

import argparse
import sys
from threading import Event

from finops_lib.demo import emulator


def main() -> None:
    """Serve an empty account until interrupted; prints where it answers."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    with emulator.start(arguments.port, seed=arguments.seed) as account:
        sys.stdout.write(f"{account.endpoint_url}\n")
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
