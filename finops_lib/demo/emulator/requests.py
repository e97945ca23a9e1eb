"""What a signed request asks for: account, region, service and operation."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from moto.iam.models import get_account_id_from

SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Asked:
    """One request, as the signature and the body tell it."""

    account: str
    region: str
    service: str
    operation: str
    body: bytes


def asked(environ: dict[str, Any]) -> Asked:
    """Read the request without using it up: the body is put back for who comes next."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    if length:
        environ["wsgi.input"] = io.BytesIO(body)
    found = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, service = found.groups() if found else ("", "", "")
    return Asked(get_account_id_from(key), region, service, _operation(environ, body), body)


def _operation(environ: dict[str, Any], body: bytes) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return str(target.rsplit(".", 1)[-1])
    path = environ.get("PATH_INFO", "")
    if "/operation/" in path:
        return str(path.rsplit("/", 1)[-1])
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return f"{environ.get('REQUEST_METHOD', 'GET')} {path.strip('/').split('/')[-1]}"
