"""Stable pseudonyms for accounts, resources and people, in reports that leave the company."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from html import escape
from typing import Any

import pandas as pd
from nbformat import NotebookNode

from finops_lib.errors import ReportError
from finops_lib.export.cover import Cover

KINDS: Mapping[str, tuple[str, ...]] = {
    "account": ("account_id", "SubAccountId", "BillingAccountId", "SubAccountName", "BillingAccountName"),
    "resource": ("resource_id", "ResourceId", "ResourceName", "image_id", "volume_id", "snapshot_id", "instance_id"),
    "principal": ("owner", "principal", "principal_id", "created_by", "approver", "x_line_item_iam_principal"),
}  # fmt: skip
"""The columns that hold each kind of name, whichever table they are in."""

_PATTERNS = {
    "account": re.compile(r"(?<![\w.])\d{12}(?![\w.])"),
    "resource": re.compile(r"\b(?:i|vol|snap|ami|eni|eipalloc|nat|vpc|vpce|subnet|sg|db|fs|lt|rtb|igw|tgw)-[0-9a-f]{8,17}\b"),
    "principal": re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]*\w\b"),
}  # fmt: skip
"""Names that tell themselves by their form, known or not: account numbers, AWS ids, mail addresses."""

_WORD = re.compile(r"[A-Za-z0-9](?:[\w.@+-]*\w)?")
_TAG_OR_TEXT = re.compile(r"<[^>]*>|[^<]+")
_SPOKEN = re.compile(r'\b(alt|title|aria-label|data-v)="([^"]*)"')


@dataclass(frozen=True)
class Mask:
    """Replaces names by pseudonyms in any text: `mask("… 123456789012 …")`.

    The same name has the same pseudonym under the same key, in every report and every month;
    without the key it cannot be found by trying all accounts. `names` is each known name's kind.
    """

    key: str
    names: Mapping[str, str]
    kinds: tuple[str, ...] = tuple(KINDS)

    def __call__(self, text: str) -> str:
        """The text with every known name, and every one that tells itself by its form, replaced."""
        for spelled, name in self._phrases.items():
            text = text.replace(spelled, self.pseudonym(name))
        text = _WORD.sub(lambda m: self.pseudonym(m[0]) if m[0] in self.names else m[0], text)
        for kind in self.kinds:
            text = _PATTERNS[kind].sub(partial(self._pseudonym_of, kind), text)
        return text

    def markup(self, html: str) -> str:
        """HTML or SVG with its text and its spoken attributes masked, its tags left alone."""
        return _TAG_OR_TEXT.sub(
            lambda m: _SPOKEN.sub(lambda a: f'{a[1]}="{self(a[2])}"', m[0]) if m[0][0] == "<" else self(m[0]), html
        )  # fmt: skip

    def pseudonym(self, name: str, kind: str = "name") -> str:
        """The pseudonym of a known name, for example "account-5d41402a"."""
        digest = hmac.new(self.key.encode(), name.encode(), hashlib.sha256).hexdigest()
        return f"{self.names.get(name, kind)}-{digest[:8]}"

    def _pseudonym_of(self, kind: str, match: re.Match[str]) -> str:
        return self.pseudonym(match[0], kind)

    @cached_property
    def _phrases(self) -> dict[str, str]:
        """Names of more than one word, plain and as HTML spells them, the longest first."""
        many = sorted((n for n in self.names if not _WORD.fullmatch(n)), key=len, reverse=True)
        return {spelled: name for name in many for spelled in (name, escape(name))}


def mask_of(tables: Iterable[pd.DataFrame], key: str, kinds: Iterable[str] = tuple(KINDS)) -> Mask:
    """The mask of every account, resource and principal that the tables name.

    Of an ARN its last part is known as well, which is how people speak of it. Raises ReportError
    without a key: unkeyed pseudonyms of 12-digit numbers are found in seconds.
    """
    if not key:
        raise ReportError("Masking needs a key. Set one, keep it secret, and keep it: it makes the pseudonyms stable.")  # fmt: skip
    wanted = tuple(kinds)
    names: dict[str, str] = {}
    for frame in tables:
        for kind in wanted:
            for column in frame.columns.intersection(KINDS[kind]):
                for name in frame[column].dropna().astype(str).unique():
                    names |= dict.fromkeys(_spellings(name), kind)
    return Mask(key, names, wanted)


def mask_notebook(nb: NotebookNode, mask: Mask) -> NotebookNode:
    """A copy of the executed notebook with every text in it masked, figures and data included.

    Pixels cannot be masked: PNG and JPEG outputs, and the encoded picture beside an SVG, are left out.
    """
    masked = deepcopy(nb)
    for cell in masked.cells:
        cell["source"] = mask(cell.source)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            pixels = {"image/png", "image/jpeg"} | (
                {"text/html"} if "image/svg+xml" in data else set()
            )
            for mime in pixels & set(data):
                del data[mime]
        if "outputs" in cell:
            cell["outputs"] = _masked(cell.outputs, mask)
    masked["metadata"] = _masked(masked.metadata, mask)
    return masked


def mask_cover(cover: Cover, mask: Mask) -> Cover:
    """The title page with its accounts, gaps, notice and provenance masked."""
    return replace(
        cover,
        title=mask(cover.title),
        notice=mask(cover.notice),
        accounts=tuple(map(mask, cover.accounts)),
        gaps=tuple(map(mask, cover.gaps)),
        provenance={label: mask(text) for label, text in cover.provenance.items()},
    )


def leaks(text: str, mask: Mask) -> set[str]:
    """The known names with a digit in them that a finished page still shows; a masked one has none.

    Names of letters alone are words of the page too ("Print"), and prove nothing.
    """
    page = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    return {name for name in mask.names if re.search(r"\d", name) and name in page}


def _spellings(name: str) -> set[str]:
    last = re.split(r"[:/]", name)[-1]
    return {
        spelling
        for spelling in (name, last if name.startswith("arn:") else "")
        if len(spelling) > 2
    }


def _masked(value: Any, mask: Mask, mime: str = "") -> Any:
    if isinstance(value, str):
        return mask.markup(value) if mime in ("text/html", "image/svg+xml") else mask(value)
    if isinstance(value, dict):
        return type(value)({key: _masked(item, mask, key) for key, item in value.items()})
    return [_masked(item, mask) for item in value] if isinstance(value, list) else value
