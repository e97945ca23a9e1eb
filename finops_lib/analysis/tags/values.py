"""The spellings of one tag value brought together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import pandas as pd


def plain(value: str) -> str:
    """A value without case and separators: "Base Load", "BaseLoad" and "base_load" are one.

    An accent counts, however it is encoded (Unicode's NFKC form); what has no width does not.
    """
    text = unicodedata.normalize("NFKC", value)
    return re.sub(r"[\s_\-./:\u200b-\u200d\ufeff]+", "", text).casefold()


def canonical(
    values: pd.Series,
    *,
    allowed: Sequence[str] = (),
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> pd.Series:
    """Each value in its one right spelling; missing and blank ones are NA.

    An allowed value or the head of an alias gives the spelling; spellings of any other value that
    differ in case or separators alone become the commonest of them (the first in the alphabet of two).
    """
    texts = values.astype("str").str.strip().str.normalize("NFC")
    texts = texts.mask(texts.eq(""))
    counts = texts.value_counts()
    spellings = sorted(counts.index, key=lambda text: (-counts[text], text))
    right = {plain(text): text for text in reversed(spellings)}
    right |= {plain(text): text for text in allowed}
    for head, others in (aliases or {}).items():
        right |= {plain(text): head for text in (head, *others)}
    return texts.map({text: right[plain(text)] for text in spellings}).astype("str")
