"""One emulated account for the tests of the demo, and real clients to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from finops_lib.demo import emulator

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def account() -> Iterator[emulator.Emulator]:
    """A running, empty account; it lives as long as the module's tests."""
    with emulator.start() as running:
        yield running


@pytest.fixture
def client(account: emulator.Emulator) -> Iterator[Callable[..., Any]]:
    """Makes boto3 clients of the account that do not retry; faults end with the test."""

    def make(service: str, **more: Any) -> Any:
        settings: dict[str, Any] = {
            "region_name": "us-east-1",
            "aws_access_key_id": "demo",
            "aws_secret_access_key": "demo",
            "endpoint_url": account.endpoint_url,
            "config": ONCE,
        }
        return boto3.client(service, **(settings | more))

    yield make
    account.faults = emulator.Faults()
