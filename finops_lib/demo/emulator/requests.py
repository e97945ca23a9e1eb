"""What a signed request asks for: account, region, service and operation."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from botocore.session import get_session

SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")

MODELS = {
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
    "tagging": "resourcegroupstaggingapi",
    "elasticfilesystem": "efs",
}
"""The client's name of a service where it is not the name that requests are signed for."""

PERMISSIONS = {"monitoring": "cloudwatch", "tagging": "tag"}
"""The name of a service in IAM policies where it is not the name that requests are signed for."""


@dataclass(frozen=True)
class Asked:
    """One request, as the signature and the body tell it."""

    account: str
    region: str
    service: str
    operation: str
    content_type: str
    body: bytes
    access_key: str
    token: str

    @property
    def permission(self) -> str:
        """The IAM action, for example `ec2:DescribeInstances`."""
        return f"{PERMISSIONS.get(self.service, self.service)}:{self.operation}"


def asked(environ: dict[str, Any]) -> Asked:
    """Read the request without using it up: the body is put back for who comes next."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    if length:
        environ["wsgi.input"] = io.BytesIO(body)
    found = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, service = found.groups() if found else ("", "", "s3")
    operation = _operation(environ, service, body)
    return Asked(
        _account(key), region, service, operation, environ.get("CONTENT_TYPE", ""), body,
        key, environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""),
    )  # fmt: skip


def _account(access_key: str) -> str:
    from moto.iam.models import get_account_id_from

    return str(get_account_id_from(access_key))


def _operation(environ: Mapping[str, Any], service: str, body: bytes) -> str:
    path, query = environ.get("PATH_INFO", "/"), environ.get("QUERY_STRING", "")
    if target := environ.get("HTTP_X_AMZ_TARGET", ""):
        return str(target.rsplit(".", 1)[-1])
    if "/service/" in path and "/operation/" in path:
        return str(path.rsplit("/", 1)[-1])
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return _rest_operation(service, environ.get("REQUEST_METHOD", "GET"), path, query)


def _rest_operation(service: str, method: str, path: str, query: str) -> str:
    """The operation of a REST request: the route that asks for most of what the query holds."""
    keys = set(parse_qs(query, keep_blank_values=True))
    found = [
        (len(needed), -len(pattern.pattern), -len(name), name)
        for name, verb, pattern, needed in _routes(service)
        if verb == method and needed <= keys and pattern.fullmatch(path)
    ]
    return max(found)[-1] if found else f"{method} {path}"


@cache
def _routes(service: str) -> tuple[tuple[str, str, re.Pattern[str], frozenset[str]], ...]:
    try:
        model = get_session().get_service_model(MODELS.get(service, service))
    except UnknownServiceError:
        return ()
    routes = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        http = operation.http
        uri, _, query = http["requestUri"].partition("?")
        needed = frozenset(parse_qs(query, keep_blank_values=True)) | _required(operation)
        routes.append((name, http["method"], _pattern(uri), needed))
    return tuple(routes)


def _required(operation: Any) -> frozenset[str]:
    """What the query must hold of an operation's own members: ListParts asks of an object, with an upload's id."""
    shape = operation.input_shape
    members = (
        {name: shape.members[name].serialization for name in shape.required_members}
        if shape
        else {}
    )
    return frozenset(
        found["name"] for found in members.values() if found.get("location") == "querystring"
    )


def _pattern(uri: str) -> re.Pattern[str]:
    escaped = re.sub(r"\\{[^}]*\\\+\\}", ".+", re.escape(uri))
    return re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", escaped) + "/?")
