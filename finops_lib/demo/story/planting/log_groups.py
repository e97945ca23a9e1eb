"""CloudWatch log groups; each is told when its events go, so that none is waste."""

from __future__ import annotations

from typing import Any

from moto.logs.models import logs_backends

from finops_lib.demo.story.ledger import Ledger
from finops_lib.demo.story.planting.backends import born

RETENTION_DAYS = 30


def plant_log_groups(ledger: Ledger) -> None:
    """Every group of the ledger, as old as it says."""
    for item in ledger.of_kind("log_group"):
        backend: Any = logs_backends[item.account][item.region]
        group = backend.create_log_group(item.id, dict(item.tags))
        group.retention_in_days = RETENTION_DAYS
        group.creation_time = born(item)
