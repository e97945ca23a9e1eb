"""Resources that are left alone on purpose, with who answers for it and until when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from finops_lib.params import Exclusion

PROTECTION_TAGS = ("finops:protected", "protected", "do-not-delete", "keep")
"""A resource that carries one of these tags with anything but a refusal stays, whatever it does."""

REFUSALS = {"false", "no", "0", ""}


def excluded(
    findings: pd.DataFrame, exclusions: Sequence[Exclusion], as_of: datetime
) -> pd.DataFrame:
    """The findings with excluded waste turned to ok, the exclusion as its reason; expired ones do not hold."""
    for exclusion in exclusions:
        if exclusion.expires and as_of.date() >= exclusion.expires:
            continue
        hit = (findings["status"] == "waste") & _matches(findings, exclusion)
        until = f" until {exclusion.expires}" if exclusion.expires else ""
        findings = _left_alone(
            findings, hit, f"Left alone{until} by {exclusion.owner}: {exclusion.reason}"
        )
    kept = (findings["status"] == "waste") & findings["_tags"].map(is_protected)
    return _left_alone(findings, kept, "Protected by its tag")


def is_protected(tags: dict[str, str] | None) -> bool:
    """Whether the tags say that the resource must stay."""
    found = {key.lower(): str(value).lower() for key, value in (tags or {}).items()}
    return any(key in found and found[key] not in REFUSALS for key in PROTECTION_TAGS)


def _left_alone(findings: pd.DataFrame, hit: pd.Series, why: str) -> pd.DataFrame:
    findings = findings.copy()
    findings.loc[hit, "reason"] = why + ". " + findings.loc[hit, "reason"]
    findings.loc[hit, "status"] = "ok"
    for column in ("monthly_saving", "monthly_saving_low", "monthly_saving_high"):
        findings.loc[hit, column] = float("nan")
    for column in ("price_basis", "action"):
        findings.loc[hit, column] = None
    return findings


def _matches(findings: pd.DataFrame, exclusion: Exclusion) -> pd.Series:
    hit = pd.Series(True, index=findings.index)
    if exclusion.checks:
        hit &= findings["check_id"].isin(exclusion.checks)
    if exclusion.resource_ids:
        hit &= findings["resource_id"].isin(exclusion.resource_ids)
    if exclusion.id_pattern:
        pattern = re.compile(exclusion.id_pattern)
        hit &= findings["resource_id"].map(lambda name: bool(pattern.search(name)))
    for key, value in exclusion.tags.items():
        hit &= findings["_tags"].map(lambda t, k=key, v=value: k in t and v in ("*", t[k]))
    if exclusion.max_age_days is not None:
        ages = findings["evidence"].map(lambda e: (e or {}).get("age_days", float("inf")))
        hit &= ages.astype(float) < exclusion.max_age_days
    if exclusion.below_monthly_cost is not None:
        hit &= findings["monthly_cost"] < exclusion.below_monthly_cost
    return hit
