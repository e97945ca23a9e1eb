"""The bucket that a run's outputs are put into: the one thing that a report writes outside its machine.

The credentials are the caller's own (the standard AWS variables), never the role that reads an account.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from finops_lib.errors import ParameterError, ReportError

SCHEME = "s3://"
TAKEN = 412

_TYPES = {".parquet": "application/vnd.apache.parquet", ".ipynb": "application/x-ipynb+json",
          ".md": "text/markdown", ".yaml": "application/yaml", ".csv": "text/csv"}  # fmt: skip
_TEXTS = (".html", ".md", ".csv", ".json", ".yaml", ".svg")


@dataclass(frozen=True)
class Bucket:
    """A place in S3; `prefix` is empty or ends with a slash, and keys are relative to it.

    Every method raises ReportError, with the permissions that it takes, where S3 refuses.
    """

    url: str
    name: str
    prefix: str
    client: Any

    def all_keys(self) -> list[str]:
        """Every key under the prefix."""
        with self._in_words("listed"):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.prefix)  # fmt: skip
            return [o["Key"][len(self.prefix) :] for page in pages for o in page.get("Contents", [])]  # fmt: skip

    def text(self, key: str) -> str:
        """The text of an object."""
        with self._in_words("read"):
            return self._text(key)

    def text_if_there(self, key: str) -> str | None:
        """The text of an object; None where there is none yet."""
        with self._in_words("read"):
            try:
                return self._text(key)
            except self.client.exceptions.NoSuchKey:
                return None

    def download(self, key: str, path: Path) -> None:
        """Bring an object to `path`, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.new")
        with self._in_words("read"):
            self.client.download_file(self.name, self.prefix + key, str(aside))
        aside.replace(path)

    def upload(self, path: Path, key: str) -> None:
        """Put a file there with the type by which a browser shows it."""
        told = {"ContentType": content_type(path.name)}
        with self._in_words("written"):
            self.client.upload_file(str(path), self.name, self.prefix + key, ExtraArgs=told)

    def put(self, text: str, key: str) -> None:
        """Put a text there, over what was there before."""
        with self._in_words("written"):
            self._put(text, key)

    def claim(self, text: str, key: str) -> bool:
        """Put a text there unless the key is taken; whether it was free."""
        with self._in_words("written"):
            try:
                self._put(text, key, IfNoneMatch="*")
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != TAKEN:
                    raise
                return False
        return True

    def _text(self, key: str) -> str:
        answer = self.client.get_object(Bucket=self.name, Key=self.prefix + key)
        return str(answer["Body"].read().decode())

    def _put(self, text: str, key: str, **condition: str) -> None:
        self.client.put_object(
            Bucket=self.name, Key=self.prefix + key, Body=text.encode(), ContentType=content_type(key), **condition
        )  # fmt: skip

    @contextmanager
    def _in_words(self, done: str) -> Iterator[None]:
        try:
            yield
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise ReportError(
                f"{self.url} cannot be {done}: {error}. Your own credentials need s3:ListBucket on the "
                "bucket, and s3:GetObject and s3:PutObject under the prefix."
            ) from None


def open_bucket(url: str) -> Bucket:
    """The place at s3://bucket/prefix; ParameterError where that is no such address."""
    name, _, prefix = url.removeprefix(SCHEME).partition("/")
    if not url.startswith(SCHEME) or not name:
        raise ParameterError(f"{url} is no address in S3; write s3://bucket/prefix.")
    prefix = prefix.strip("/")
    return Bucket(url.rstrip("/"), name, f"{prefix}/" if prefix else "", boto3.client("s3"))


def content_type(name: str) -> str:
    """The media type of a file of a run, with its encoding where it is text."""
    suffix = Path(name).suffix
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if suffix in _TEXTS else kind
