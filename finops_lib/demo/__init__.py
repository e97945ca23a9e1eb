"""The embedded demo account: an emulated AWS with a company's story planted in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from finops_lib.demo.emulator import Emulator

BillFormat = Literal["focus", "cur"]


@dataclass(frozen=True)
class Demo:
    """A running demo account: where it answers, where its bill lies, and what time it is there."""

    endpoint_url: str
    bill_url: str
    as_of: datetime
    environment: dict[str, str]
    emulator: Emulator


@contextmanager
def serve_demo(port: int = 0, *, seed: int = 42, bill: BillFormat = "focus") -> Iterator[Demo]:
    """Start the emulated account on 127.0.0.1 with the whole story in it, and stop it afterwards.

    `bill` is the export's format: FOCUS 1.2 or CUR 2.0, Parquet per billing month in the payer's S3.
    `environment` are the standard AWS variables with which boto3 finds the account.
    """
    # The emulator takes a second to import; nobody pays for it who does not start it.
    from finops_lib.demo.emulator import start
    from finops_lib.demo.story.company import company
    from finops_lib.demo.story.plant import plant
    from finops_lib.demo.story.timeline import AS_OF

    with start(port, seed=seed) as emulator:
        bill_url = plant(company(seed), emulator, bill)
        yield Demo(emulator.endpoint_url, bill_url, AS_OF, emulator.environment(), emulator)
