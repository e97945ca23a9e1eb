"""The one way in which AWS is asked: clients, pages, counted requests, errors that become gaps."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from finops_lib.errors import AccessError

PAID = {"ce": 0.01}
"""Dollars per request of the services that charge for being asked
(https://aws.amazon.com/aws-cost-management/pricing/: 0.01 USD per Cost Explorer request)."""

BAD_CREDENTIALS = {
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId",
    "UnrecognizedClientException", "AuthFailure", "SignatureDoesNotMatch", "InvalidAccessKeyId",
}  # fmt: skip
"""Error codes that say that nothing at all can be read with these credentials."""

UNREACHABLE = (EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError)


@dataclass(frozen=True)
class AwsSource:
    """Which account to read and how; what is empty comes from the standard AWS variables."""

    profile: str | None = None
    role_name: str | None = None
    role_arns: tuple[str, ...] = ()
    external_id: str | None = None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    endpoint_url: str | None = None
    max_paid_requests: int = 100
    paid_advice: bool = False
    cache: Path | None = None
    metric_days: int = 14
    max_workers: int = 8
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    max_attempts: int = 8


class NotReadError(Exception):
    """One read that failed in a way that becomes a gap: the provider's code and its words."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class PartlyReadError(NotReadError):
    """A table of which some questions were refused: `records` hold what was told all the same."""

    def __init__(self, records: list[dict[str, Any]], refused: list[NotReadError]) -> None:
        super().__init__(
            refused[0].code,
            f"{len(refused)} questions about single rows were refused, so that they lack facts. "
            f"The first: {refused[0]}",
        )
        self.records = records


@dataclass
class Session:
    """One run's connection to AWS: a boto3 session per account, clients shared by threads, counters."""

    source: AwsSource
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    cached: Counter[tuple[str, str]] = field(default_factory=Counter)
    _sessions: dict[str, Any] = field(default_factory=dict)
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def home(self) -> str:
        """The account of the given credentials; raises AccessError where there are none that work."""
        try:
            session = boto3.Session(profile_name=self.source.profile)
        except ProfileNotFound as error:
            raise AccessError(
                f"{error}. Name one of: {', '.join(boto3.Session().available_profiles)}."
            ) from None
        self._sessions[""] = session
        try:
            identity = self.client("", "", "sts").get_caller_identity()
        except (NoCredentialsError, PartialCredentialsError):
            raise AccessError(
                "No AWS credentials were found. Set AWS_PROFILE or AWS_ACCESS_KEY_ID, or log in with "
                "`aws sso login`; for a bill alone give --billing and no account."
            ) from None
        except ClientError as error:
            raise _credentials_error(error) from None
        except BotoCoreError as error:
            raise AccessError(
                f"AWS cannot be reached: {error}. Check the network and source.endpoint_url."
            ) from None
        account = str(identity["Account"])
        self._sessions[account] = session
        return account

    def assume(self, account: str) -> None:
        """Make calls to another account possible by its role; raises NotReadError where it is refused."""
        if account in self._sessions:
            return
        arn = self._role(account)
        extra: dict[str, str] = (
            {"ExternalId": self.source.external_id} if self.source.external_id else {}
        )
        try:
            role = self.client("", "", "sts").assume_role(
                RoleArn=arn, RoleSessionName="finops", **extra
            )
        except ClientError as error:
            raise NotReadError(
                error.response["Error"]["Code"], f"{arn} cannot be assumed: {_words(error)}"
            ) from None
        keys = role["Credentials"]
        self._sessions[account] = boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def _role(self, account: str) -> str:
        given = {arn.split(":")[4]: arn for arn in self.source.role_arns}
        if account in given:
            return given[account]
        if not self.source.role_name:
            raise NotReadError(
                "NoRole", f"No role is given for account {account}: set source.role_name."
            )
        return f"arn:aws:iam::{account}:role/{self.source.role_name}"

    def client(self, account: str, region: str, service: str) -> Any:
        """A client whose every request is counted, retries included."""
        key = (account, region, service)
        with self._lock:
            if key not in self._clients:
                config = Config(
                    retries={"mode": "adaptive", "max_attempts": self.source.max_attempts},
                    connect_timeout=self.source.connect_timeout_s,
                    read_timeout=self.source.read_timeout_s,
                    user_agent_extra="ml-finops-workbook",
                )
                client = self._sessions[account].client(
                    service,
                    region_name=region or self._sessions[account].region_name or "us-east-1",
                    endpoint_url=self.source.endpoint_url,
                    config=config,
                )
                client.meta.events.register("before-send", partial(self._count, service))
                self._clients[key] = client
            return self._clients[key]

    def _count(self, service: str, event_name: str, **_: Any) -> None:
        with self._lock:
            self.requests[service, event_name.rsplit(".", 1)[-1]] += 1


def _credentials_error(error: ClientError) -> AccessError:
    code = error.response["Error"]["Code"]
    hint = (
        "Log in again (`aws sso login`, or new keys)"
        if "Expired" in code
        else "Check the credentials"
    )
    return AccessError(
        f"AWS refuses the credentials ({code}). {hint} and run again; nothing was read."
    )


@dataclass(frozen=True)
class Asker:
    """Asks one account in one region; what the readers are given."""

    session: Session
    account_id: str
    region: str
    as_of: datetime

    def pages(self, service: str, operation: str, **parameters: Any) -> list[dict[str, Any]]:
        """Every page of the operation; raises NotReadError for a refusal, AccessError for credentials."""
        found: list[dict[str, Any]] = self._safely(
            service, operation, lambda client: _all_pages(client, operation, parameters)
        )
        return found

    def one(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """The one answer of the operation; raises as `pages` does."""
        found: dict[str, Any] = self._safely(
            service, operation, lambda client: getattr(client, operation)(**parameters)
        )
        return found

    def optional(
        self, service: str, operation: str, absent: tuple[str, ...], **parameters: Any
    ) -> dict[str, Any] | None:
        """The answer, or None where the provider says with one of these codes that there is none."""
        try:
            return self.one(service, operation, **parameters)
        except NotReadError as error:
            if error.code in absent:
                return None
            raise

    def paid(
        self, service: str, operation: str, key: str, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A paid request, answered from the cache where `key` was asked before.

        Raises NotReadError before it would exceed the cap on paid requests.
        """
        session = self.session
        name = "".join(part.capitalize() for part in operation.split("_"))
        digest = hashlib.sha256(
            json.dumps(
                [self.account_id, service, operation, key, parameters], sort_keys=True, default=str
            ).encode()
        )
        file = (
            session.source.cache / f"{digest.hexdigest()[:32]}.json"
            if session.source.cache
            else None
        )
        if file and file.exists():
            session.cached[service, name] += 1
            return dict(json.loads(file.read_text()))
        sent = sum(n for (asked, _), n in session.requests.items() if asked in PAID)
        if sent >= session.source.max_paid_requests:
            raise NotReadError(
                "PaidRequestCap",
                f"{sent} paid requests were sent, the most that source.max_paid_requests allows. "
                "Raise it, or give a billing export, which costs nothing to read.",
            )
        answer = self.one(service, operation, **parameters)
        answer.pop("ResponseMetadata", None)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(answer, default=str))
        return answer

    def _safely(self, service: str, operation: str, ask: Callable[[Any], Any]) -> Any:
        try:
            return ask(self.session.client(self.account_id, self.region, service))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in BAD_CREDENTIALS:
                raise _credentials_error(error) from None
            raise NotReadError(
                code, f"{service}:{operation} was refused: {_words(error)}"
            ) from None
        except UNREACHABLE as error:
            raise NotReadError(
                "Unreachable", f"{service} in {self.region} did not answer: {error}"
            ) from None
        except (BotoCoreError, ResponseParserError) as error:
            said = str(error).splitlines()[0].removesuffix(" Further retries may succeed:")
            raise NotReadError(
                type(error).__name__,
                f"{service}:{operation} gave no answer that can be read: {said}",
            ) from None


def _all_pages(client: Any, operation: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    if client.can_paginate(operation):
        return list(client.get_paginator(operation).paginate(**parameters))
    return [getattr(client, operation)(**parameters)]


def _words(error: ClientError) -> str:
    """The provider's words without what names a person or a key; of a web page its title alone."""
    details = error.response["Error"]
    said = str(details.get("Message", ""))
    page = re.search(r"<title>(.*?)</title>", said, re.DOTALL | re.IGNORECASE)
    words = " ".join(re.sub(r"<[^>]+>", " ", page[1] if page else said).split())
    message = words.split(" is not authorized to perform")
    allowed = f"not authorized to perform{message[1]}" if len(message) > 1 else message[0]
    code = str(details["Code"])
    return (allowed if allowed.startswith(code) else f"{code}: {allowed}").strip(": ")
