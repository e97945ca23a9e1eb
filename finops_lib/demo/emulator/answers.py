"""Answers in the wire formats that AWS clients read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from finops_lib.demo.emulator.requests import Asked

XML_SERVICES = {
    "ec2",
    "s3",
    "sts",
    "iam",
    "rds",
    "elasticloadbalancing",
    "autoscaling",
    "sns",
    "cloudformation",
}

STATUS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    503: "Service Unavailable",
}


class Refused(Exception):
    """A request that the service refuses, with its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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
        start_response(f"{self.status} {STATUS.get(self.status, 'Error')}", headers)
        return [self.body]


def ok(content: dict[str, Any]) -> Answer:
    """A JSON answer; times become seconds since the epoch, as the protocol has them."""
    text = json.dumps(content, default=_plain)
    return Answer(200, "application/x-amz-json-1.1", text.encode())


def error(request: Asked, code: str, message: str, status: int) -> Answer:
    """An error in the request's own format."""
    if request.service in XML_SERVICES:
        inner = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        if request.service == "s3":
            body = f"<Error>{inner}</Error>"
        elif request.service == "ec2":
            body = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>r</RequestID></Response>"
        else:
            body = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>r</RequestId></ErrorResponse>"
        return Answer(status, "text/xml", body.encode())
    text = json.dumps({"__type": code, "message": message, "Message": message})
    return Answer(status, "application/x-amz-json-1.1", text.encode(), code)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} has no JSON form")
