"""What several rooms' tests share: the demo account, read once as a user reads it."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from finops_lib.collect import collect
from finops_lib.demo import Demo, serve_demo
from finops_lib.estate import Estate
from finops_lib.params import Params, load_params

# CI repeats one fixed set of examples, so that a commit passes or fails every time; elsewhere they are new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class DemoRead:
    """The Estate of the demo account, the parameters it was read with, and the running account."""

    estate: Estate
    params: Params
    account: Demo


@pytest.fixture(scope="module")
def demo_read(tmp_path_factory):
    """The demo account with its Estate, a new one for each file of tests.

    The emulator's state is the process's: another file's emulator would empty one that outlives its file.
    """
    folder = tmp_path_factory.mktemp("demo")
    with serve_demo() as account, pytest.MonkeyPatch.context() as patch:
        for name, value in account.environment.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        params = load_params(
            ROOT / "params" / "demo.yaml",
            {"source.billing": [account.bill_url], "as_of": account.as_of},
        )
        estate = collect(
            params,
            folder / "estate",
            cache=folder / "cache",
            now=account.as_of,
            progress=lambda *_: None,
        )
        yield DemoRead(estate, params, account)
