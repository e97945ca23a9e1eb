"""Raw answers of the AWS APIs as records of the inventory tables: pure, no boto3, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Page = dict[str, Any]
Record = dict[str, Any]


def tag_map(tags: Iterable[dict[str, str]] | None) -> dict[str, str]:
    """AWS's list of Key and Value as a map; no list is an untagged resource."""
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def items(pages: Iterable[Page], key: str) -> list[dict[str, Any]]:
    """Everything under `key`, of all pages."""
    return [item for page in pages for item in page.get(key) or []]
