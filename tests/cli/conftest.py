"""The demo account served by a process of its own, for commands that reach it as any account."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FINOPS = Path(sys.executable).with_name("finops")


@pytest.fixture
def served():
    """What `finops demo --serve` prints once it answers; it is interrupted afterwards, as by Ctrl-C."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    with subprocess.Popen(
        [FINOPS, "demo", "--serve"], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("Its bill:"):
                break
        yield printed
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
