"""Answers in the wire formats that AWS clients read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from finops_lib.demo.emulator.requests import Asked

XML_ERRORS = {
    "s3": "<Error>{}<RequestId>emulated</RequestId></Error>",
    "ec2": "<Response><Errors><Error>{}</Error></Errors><RequestID>emulated</RequestID></Response>",
}
XML_ERROR = (
    "<ErrorResponse><Error><Type>Sender</Type>{}</Error>"
    "<RequestId>emulated</RequestId></ErrorResponse>"
)
REST_XML_SERVICES = ("s3", "cloudfront", "route53")


class RefusedError(Exception):
    """A request that the service refuses, with its error code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Answer:
    """Status, content type and body."""

    status: int
    content_type: str
    body: bytes
    error_code: str | None = None

    def send(self, start_response: Any) -> Iterable[bytes]:
        """Send it through WSGI."""
        headers = [("Content-Type", self.content_type), ("Content-Length", str(len(self.body)))]
        if self.error_code:
            headers.append(("x-amzn-ErrorType", self.error_code))
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", headers)
        return [self.body]


def ok(content: Mapping[str, Any]) -> Answer:
    """A JSON answer; times become seconds since the epoch, as the protocol has them."""
    text = json.dumps(content, default=_plain)
    return Answer(200, "application/x-amz-json-1.1", text.encode())


def error(request: Asked, code: str, message: str, status: int) -> Answer:
    """An error in the request's own format."""
    is_form = request.content_type.startswith("application/x-www-form-urlencoded")
    if is_form or request.service in REST_XML_SERVICES:
        inner = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        body = XML_ERRORS.get(request.service, XML_ERROR).format(inner)
        return Answer(status, "text/xml", body.encode())
    if "cbor" in request.content_type:
        fields = {"__type": code, "message": message}
        return Answer(status, "application/cbor", _cbor(fields), code)
    text = json.dumps({"__type": code, "message": message, "Message": message})
    return Answer(status, "application/x-amz-json-1.1", text.encode(), code)


def _cbor(fields: dict[str, str]) -> bytes:
    """A map of texts in CBOR (RFC 8949): major types 5 and 3, lengths in two bytes."""
    texts = [text.encode() for pair in fields.items() for text in pair]
    return bytes([0xA0 | len(fields)]) + b"".join(
        b"\x79" + len(text).to_bytes(2, "big") + text for text in texts
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} has no JSON form")
