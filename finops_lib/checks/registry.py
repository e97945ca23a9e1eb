"""What a check is, the registry of all of them, and the one function that runs them.

A check takes the tables that it names and keyword thresholds, and returns one row per resource it
looked at: the key columns, status (waste, ok, unknown), reason, evidence, confidence, and for waste
monthly_cost, monthly_saving (with _low and _high for a band) and price_basis. All else is derived.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from finops_lib.checks.exclusions import excluded
from finops_lib.errors import ParameterError
from finops_lib.params import Exclusion, nearest
from finops_lib.schema import COVERAGE, FINDINGS, GAPS, KEY, TAG_PREFIX, conform, rows

Tables = Mapping[str, pd.DataFrame]
OWNERSHIP = ("team", "project", "environment", "owner")
NO_ACCOUNT = "account"
"""The service of the gaps of a run that read a bill alone."""
SAID_OF_NO_REGION = ("resource_costs", "gaps")
"""Tables whose rows may name no region, or one as the bill spells it."""
EVERYWHERE = "any"
"""The region of a price that is the same in all of them."""


@dataclass(frozen=True)
class Check:
    """One check with what its documentation, policy and plan are derived from."""

    id: str
    title: str
    why: str
    function: Callable[..., pd.DataFrame]
    needs: tuple[str, ...]
    permissions: tuple[str, ...]
    action: str
    service: str
    false_positive_guard: str

    @property
    def thresholds(self) -> dict[str, Any]:
        """Threshold names and their defaults: the function's keyword-only parameters but `as_of`."""
        parameters = inspect.signature(self.function).parameters.values()
        return {
            p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "as_of"
        }

    @property
    def description(self) -> str:
        """How it measures, in the words of the function."""
        return inspect.getdoc(self.function) or ""


CHECKS: dict[str, Check] = {}
"""Every check by its id."""


def check(
    *,
    title: str,
    why: str,
    needs: tuple[str, ...],
    permissions: tuple[str, ...],
    action: str,
    service: str,
    guard: str,
) -> Callable[[Callable[..., pd.DataFrame]], Callable[..., pd.DataFrame]]:
    """Register the function below as a check; its name becomes the check's id."""

    def register(function: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
        name = function.__name__
        CHECKS[name] = Check(name, title, why, function, needs, permissions, action, service, guard)
        return function

    return register


def threshold_names() -> dict[str, list[str]]:
    """Check id to the thresholds that parameters may set."""
    return {name: list(found.thresholds) for name, found in CHECKS.items()}


def run_checks(
    tables: Tables,
    *,
    as_of: datetime,
    thresholds: Mapping[str, Mapping[str, Any]] | None = None,
    exclusions: Sequence[Exclusion] = (),
    only: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """FINDINGS and COVERAGE of every check on these tables (by name; `gaps` says what was not read).

    `only` names the checks to run; without names all are run. Raises ParameterError for a threshold or
    a check that does not exist, with the nearest right name.
    """
    given = thresholds or {}
    _refuse_unknown(given, only)
    chosen = [c for name, c in CHECKS.items() if name in only or not only]
    tables = {"gaps": GAPS.empty(), **tables}
    parts = _by_region(tables)
    found = [_run(c, tables, parts, as_of, given.get(c.id, {})) for c in chosen]
    findings = (
        pd.concat([f for f in found if len(f)], ignore_index=True) if any(map(len, found)) else None
    )
    finished = (
        FINDINGS.empty() if findings is None else _finished(findings, tables, as_of, exclusions)
    )
    return finished, _coverage(finished, tables, chosen)


def _refuse_unknown(given: Mapping[str, Mapping[str, Any]], only: Sequence[str]) -> None:
    for check_id in (*given, *only):
        if check_id not in CHECKS:
            raise ParameterError(f"There is no check '{check_id}'. {nearest(check_id, CHECKS)}")
    for check_id, values in given.items():
        for name in values:
            known = CHECKS[check_id].thresholds
            if name not in known:
                raise ParameterError(
                    f"checks.{check_id} has no threshold '{name}'. {nearest(name, known)}"
                )


def _run(
    c: Check,
    tables: Tables,
    parts: Mapping[str, Mapping[str, pd.DataFrame]],
    as_of: datetime,
    thresholds: Mapping[str, Any],
) -> pd.DataFrame:
    if any(name not in tables for name in c.needs):
        return FINDINGS.empty()
    runs = [c.function(*inputs, as_of=as_of, **thresholds) for inputs in _inputs(c, tables, parts)]
    told = [found for found in runs if len(found)]
    if not told:
        return FINDINGS.empty()
    found = pd.concat(told, ignore_index=True)
    wasted = found["status"] == "waste"
    return found.assign(
        check_id=c.id,
        service=c.service,
        action=found.get("action", pd.Series(c.action, index=found.index, dtype="object")).where(
            wasted, None
        ),
        claim_key=found.get("claim_key", found["account_id"] + "/" + found["resource_id"]),
    )


def _by_region(tables: Tables) -> dict[str, dict[str, pd.DataFrame]]:
    """Each table that says where its rows are, by region."""
    return {
        name: {str(region): rows for region, rows in table.groupby("region", sort=False)}
        for name, table in tables.items()
        if "region" in table and name not in SAID_OF_NO_REGION
    }


def _inputs(
    c: Check, tables: Tables, parts: Mapping[str, Mapping[str, pd.DataFrame]]
) -> list[list[pd.DataFrame]]:
    """What the check is run on: all at once, or one region at a time where it needs prices of a region."""
    if tables[c.needs[0]].empty:
        return []
    if "prices" not in c.needs:
        return [[tables[name] for name in c.needs]]
    held = [parts[name] for name in c.needs if name in parts and name not in ("prices", "metrics")]
    regions = sorted({region for by_region in held for region in by_region})
    return [
        [_in_region(name, tables[name], parts.get(name), region, regions) for name in c.needs]
        for region in regions
    ]


def _in_region(
    name: str,
    table: pd.DataFrame,
    by_region: Mapping[str, pd.DataFrame] | None,
    region: str,
    regions: Sequence[str],
) -> pd.DataFrame:
    """The region's rows; a charge or a refusal that names no region may be of any, and stays."""
    if name in SAID_OF_NO_REGION:
        return table[~table["region"].isin(set(regions) - {region})]
    if by_region is None:
        return table
    found = by_region.get(region, table.iloc[:0])
    everywhere = by_region.get(EVERYWHERE) if name == "prices" else None
    return found if everywhere is None else pd.concat([found, everywhere])


def _finished(
    findings: pd.DataFrame, tables: Tables, as_of: datetime, exclusions: Sequence[Exclusion]
) -> pd.DataFrame:
    findings = findings.assign(as_of=as_of, finding_id=_identities(findings))
    priced = findings["monthly_saving"].notna()
    findings["price_basis"] = findings["price_basis"].where(priced)
    findings = _with_owners(findings, tables)
    findings = excluded(findings, exclusions, as_of)
    known = [name for name in FINDINGS.names if name in findings]
    return conform(
        findings[known].sort_values(["check_id", *KEY, "finding_id"], ignore_index=True), FINDINGS
    )


def _identities(findings: pd.DataFrame) -> list[str]:
    part = (
        findings["part"].fillna("") if "part" in findings else pd.Series("", index=findings.index)
    )
    columns = [findings[name] for name in ("check_id", *KEY)]
    texts = ("|".join(parts) for parts in zip(*columns, part, strict=True))
    return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]


def _with_owners(findings: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Team, project, environment and owner: from the resource's tags, else from the bill's."""
    tags = _inventory_tags(tables)
    own = pd.Series(
        [
            tags.get(key, {})
            for key in zip(findings["account_id"], findings["resource_id"], strict=True)
        ],
        index=findings.index,
    )
    findings = findings.assign(_tags=own)
    billed = _billed_owners(tables)
    for name in OWNERSHIP:
        from_tags = own.map(lambda t, name=name: t.get(name) or None)
        from_bill = findings["resource_id"].map(billed.get(name, {}))
        findings[name] = from_tags.where(from_tags.notna(), from_bill)
    return findings


def _inventory_tags(tables: Tables) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for frame in tables.values():
        if "tags" in frame and "resource_id" in frame:
            for account, resource, tags in zip(
                frame["account_id"], frame["resource_id"], frame["tags"], strict=True
            ):
                lowered = {k.lower().replace("-", "_"): v for k, v in (tags or {}).items()}
                found[account, resource] = {**(tags or {}), **lowered}
    return found


def _billed_owners(tables: Tables) -> dict[str, dict[str, str]]:
    costs = tables.get("resource_costs")
    if costs is None:
        return {}
    found = {}
    for name in OWNERSHIP:
        column = f"{TAG_PREFIX}{name}"
        if column in costs:
            known = costs.dropna(subset=[column])
            found[name] = dict(zip(known["resource_id"], known[column], strict=True))
    return found


def _coverage(findings: pd.DataFrame, tables: Tables, chosen: Sequence[Check]) -> pd.DataFrame:
    gaps = tables.get("gaps")
    counted = findings.assign(
        unpriced=(findings["status"] == "waste") & findings["monthly_saving"].isna()
    ).groupby(["check_id", "account_id", "region"])
    records = [
        {
            "check_id": check_id, "account_id": account, "region": region, "examined": len(group),
            "waste": int((group["status"] == "waste").sum()),
            "unknown": int((group["status"] == "unknown").sum()),
            "unpriced": int(group["unpriced"].sum()), "not_read": 0, "reason": None,
        }
        for (check_id, account, region), group in counted
    ]  # fmt: skip
    for c in chosen:
        records += _unread(c, gaps)
    table = rows(COVERAGE, records)
    return table.sort_values(["check_id", "account_id", "region"], ignore_index=True)


def _unread(c: Check, gaps: pd.DataFrame | None) -> list[dict[str, Any]]:
    """One row per account and region in which a table that the check needs could not be read."""
    if gaps is None or gaps.empty:
        return []
    # A table that several services fill has a gap for each: only those that the check asks are its own.
    asked = {permission.split(":")[0] for permission in c.permissions}
    touching = gaps[
        (gaps["table"].isin(c.needs) & gaps["service"].isin([*asked, NO_ACCOUNT]))
        | (gaps["table"] == "every table")
    ]
    where = touching.assign(
        account_id=touching["account_id"].fillna("all"), region=touching["region"].fillna("all")
    ).groupby(["account_id", "region"])
    return [
        {
            "check_id": c.id, "account_id": account, "region": region, "examined": 0, "waste": 0,
            "unknown": 0, "unpriced": 0, "not_read": group["table"].nunique(),
            "reason": " ".join(sorted(set(group["reason"]))),
        }
        for (account, region), group in where
    ]  # fmt: skip
