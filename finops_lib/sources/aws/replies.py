"""Free answers that hold for a day, asked for once a day."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finops_lib.sources.aws.calls import Asker


def kept(
    ask: Asker, service: str, operation: str, wanted: dict[str, Any],
    turn: Callable[..., list[dict[str, Any]]] = Asker.pages,
) -> list[dict[str, Any]]:  # fmt: skip
    """Every page of the operation, from the cache where this was asked on this day before.

    `turn` turns the pages. Raises NotReadError for a refusal, AccessError for credentials.
    """
    file = _file(ask, service, operation, wanted)
    if file and file.exists():
        name = "".join(part.capitalize() for part in operation.split("_"))
        ask.session.cached[service, name] += 1
        return list(json.loads(file.read_text()))
    pages = turn(ask, service, operation, **wanted)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(pages, default=str))
    return pages


def _file(ask: Asker, service: str, operation: str, wanted: dict[str, Any]) -> Path | None:
    cache = ask.session.source.cache
    if cache is None:
        return None
    address = ask.session.client(ask.account_id, ask.region, service).meta.endpoint_url
    key = json.dumps([address, f"{ask.as_of:%Y-%m-%d}", operation, wanted], sort_keys=True)
    return cache / f"day-{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
