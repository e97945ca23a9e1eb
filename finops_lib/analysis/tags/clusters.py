"""Spellings of tag values that very likely mean one value, for a person to confirm as aliases."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rapidfuzz import fuzz

from finops_lib.analysis.tags.values import plain

SAME = 85.0
"""Indel similarity in percent of two plain spellings above which they are taken for one word."""

SHORTEST_PART = 4
"""Letters that a value must have before another that begins with it is taken for its long form."""


def value_clusters(
    values: pd.Series, costs: pd.Series, *, allowed: Sequence[str] = (), similarity: float = SAME
) -> pd.DataFrame:
    """suggested, value, rows, cost, reason: each value that has other spellings, the costliest as suggestion.

    `reason` says why a value stands beside its suggestion: "case and separators", "begins with the
    same word", or the similarity (Levenshtein's, without substitutions). Values that stand alone are left out; values whose
    digits differ ("cc-1001", "cc-1002") are never one.
    """
    known = values.notna() & values.astype("str").str.strip().ne("")
    table = pd.DataFrame({"value": values[known].astype("str"), "cost": costs[known]})
    sums = table.groupby("value", as_index=False).agg(rows=("cost", "size"), cost=("cost", "sum"))
    sums["allowed"] = sums["value"].isin(list(allowed))
    ranked = sums.sort_values(["allowed", "cost", "value"], ascending=[False, False, True])
    heads: list[str] = []
    found = []
    for row in ranked.itertuples():
        match = next(((h, why) for h in heads if (why := _same(h, row.value, similarity))), None)
        if match is None or row.allowed:
            heads.append(row.value)
            match = (row.value, "most cost")
        found.append((match[0], row.value, row.rows, row.cost, match[1]))
    clusters = pd.DataFrame(found, columns=["suggested", "value", "rows", "cost", "reason"])
    return clusters[clusters.duplicated("suggested", keep=False)].sort_values(
        ["suggested", "cost"], ascending=[True, False], ignore_index=True
    )


def _same(head: str, value: str, similarity: float) -> str | None:
    """Why the two are one value, or None."""
    one, other = plain(head), plain(value)
    if one == other:
        return "case and separators"
    if _digits(one) != _digits(other):
        return None
    short, long = sorted((one, other), key=len)
    if len(short) >= SHORTEST_PART and long.startswith(short):
        return "begins with the same word"
    ratio = fuzz.ratio(one, other)
    return f"{ratio:.0f} % alike" if ratio >= similarity else None


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
