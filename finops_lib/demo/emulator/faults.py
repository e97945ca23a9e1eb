"""Faults on demand: throttled, denied, dead, expired or slow, decided before the request is served."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from finops_lib.demo.emulator.answers import Answer, error
from finops_lib.demo.emulator.requests import Asked


@dataclass(frozen=True)
class Faults:
    """What goes wrong. `denied` names services or `service:Operation`; seconds are added per service."""

    throttle_share: float = 0.0
    denied: frozenset[str] = frozenset()
    denied_accounts: frozenset[str] = frozenset()
    dead_regions: frozenset[str] = frozenset()
    expired_token: bool = False
    slow_seconds: Mapping[str, float] = field(default_factory=dict)


class FaultInjector:
    """Answers in place of the account where a fault says so; the same requests fail in every run."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._numbers = count()

    def answer(self, request: Asked) -> Answer | None:
        """The error for the request, or None where nothing is wrong with it."""
        faults = self.faults
        time.sleep(faults.slow_seconds.get(request.service, 0.0))
        if faults.expired_token:
            return error(
                request,
                "ExpiredToken",
                "The security token included in the request is expired",
                403,
            )
        if request.region in faults.dead_regions:
            return error(request, "ServiceUnavailable", f"{request.region} does not answer", 503)
        named = {request.service, f"{request.service}:{request.operation}"}
        if named & faults.denied or (
            request.account in faults.denied_accounts and request.service != "sts"
        ):
            return error(
                request, "AccessDenied",
                f"User is not authorized to perform: {request.service}:{request.operation}", 403,
            )  # fmt: skip
        draw = zlib.crc32(f"{next(self._numbers)}".encode()) / 2**32
        if draw < faults.throttle_share:
            return error(request, "ThrottlingException", "Rate exceeded", 400)
        return None
