"""Faults on demand: throttled, denied, dead, expired or slow, decided before a request is served."""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from finops_lib.demo.emulator.answers import Answer, error
from finops_lib.demo.emulator.requests import Asked

CODES = {
    "ec2": ("RequestLimitExceeded", "UnauthorizedOperation"),
    "s3": ("SlowDown", "AccessDenied"),
}
"""How services say throttled and denied where it is not as most do."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong.

    `denied` names services or `service:Operation` as IAM policies spell them; `denied_accounts`
    refuse to be entered (AssumeRole) and to answer; `slow_seconds` are added per service.
    """

    throttle_share: float = 0.0
    denied: frozenset[str] = frozenset()
    denied_accounts: frozenset[str] = frozenset()
    dead_regions: frozenset[str] = frozenset()
    expired_token: bool = False
    slow_seconds: Mapping[str, float] = field(default_factory=dict)


class FaultInjector:
    """Answers in place of the account where a fault says so; the same requests fail in every run."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self._seed = seed
        self._seen: Counter[tuple[str, str, str, int]] = Counter()

    def answer(self, request: Asked) -> Answer | None:
        """The error for the request, or None where nothing is wrong with it."""
        faults = self.faults
        service, _, _ = request.permission.partition(":")
        time.sleep(faults.slow_seconds.get(service, 0.0))
        throttled, denied = CODES.get(service, ("ThrottlingException", _denied(request)))
        if faults.expired_token:
            code = "ExpiredTokenException" if _denied(request) != "AccessDenied" else "ExpiredToken"
            code = "RequestExpired" if service == "ec2" else code
            return error(
                request, code, "The security token included in the request is expired", 403
            )
        if request.region in faults.dead_regions:
            return error(request, "ServiceUnavailable", f"{request.region} does not answer", 503)
        if self._is_denied(request):
            user = f"arn:aws:iam::{request.account}:user/demo"
            words = f"User: {user} is not authorized to perform: {request.permission}"
            return error(request, denied, words, 403)
        if self._draw(request) < faults.throttle_share:
            return error(request, throttled, "Rate exceeded", 503 if service in CODES else 400)
        return None

    def _is_denied(self, request: Asked) -> bool:
        service, _, _ = request.permission.partition(":")
        if {service, request.permission} & self.faults.denied:
            return True
        if request.account in self.faults.denied_accounts:
            return True
        entered = request.operation == "AssumeRole"
        return entered and any(a.encode() in request.body for a in self.faults.denied_accounts)

    def _draw(self, request: Asked) -> float:
        """A number in [0, 1) that depends on the request and on how often it was made, not on when."""
        known = (request.account, request.region, request.permission, zlib.crc32(request.body))
        self._seen[known] += 1
        return Random(repr((self._seed, known, self._seen[known]))).random()


def _denied(request: Asked) -> str:
    is_form = request.content_type.startswith("application/x-www-form-urlencoded")
    return "AccessDenied" if is_form else "AccessDeniedException"
