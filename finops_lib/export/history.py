"""Runs side by side: what each found, and what changed since the run before; read from manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from finops_lib.present import FORMATS, Kpi, usd


@dataclass(frozen=True)
class Run:
    """One finished run: its folder relative to the index, its manifest, and whether its pages are there."""

    href: str
    manifest: Mapping[str, Any]
    whole: bool = True

    @property
    def good(self) -> bool:
        """Whether every notebook completed."""
        return bool(self.manifest["status"] == "good")

    @property
    def kpis(self) -> dict[str, Mapping[str, Any]]:
        """The key figures by their label, the first of each name."""
        found: dict[str, Mapping[str, Any]] = {}
        for kpi in self.manifest["kpis"]:
            found.setdefault(kpi["label"], kpi)
        return found


@dataclass(frozen=True)
class Difference:
    """One line of what changed between two runs: before and now as people read them."""

    label: str
    before: str
    now: str


def by_title(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs of each title (a platform, a team, an account), newest first."""
    ordered = sorted(runs, key=lambda r: (r.manifest["title"], r.manifest["created"]))
    return {title: list(group)[::-1] for title, group in groupby(ordered, key=lambda r: r.manifest["title"])}  # fmt: skip


def trends(runs: Sequence[Run]) -> list[Kpi]:
    """The key figures of the newest good run, each with its course over the periods.

    A period counts once, with its newest good run; the change is against the period before.
    """
    newest: dict[str, Run] = {}
    for run in sorted((r for r in runs if r.good), key=lambda r: r.manifest["created"]):
        newest[run.manifest["period"]] = run
    course = [newest[period] for period in sorted(newest)]
    return [_trend(label, course) for label in dict.fromkeys(k["label"] for k in course[-1].manifest["kpis"])] if course else []  # fmt: skip


def differences(run: Run, before: Run | None) -> list[Difference]:
    """What changed from the run before to this one: key figures, totals, code, parameters, gaps."""
    if before is None:
        return []
    pairs = [*_kpi_pairs(run, before), *_total_pairs(run, before), *_origin_pairs(run, before)]
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def previous_of(run: Run, runs: Sequence[Run]) -> Run | None:
    """The good run of the same title that was made last before this one."""
    older = [
        r for r in runs
        if r.good
        and r.manifest["title"] == run.manifest["title"]
        and r.manifest["created"] < run.manifest["created"]
    ]  # fmt: skip
    return max(older, key=lambda r: r.manifest["created"], default=None)


def _trend(label: str, course: Sequence[Run]) -> Kpi:
    tiles = [run.kpis.get(label) for run in course]
    values = [tile["value"] for tile in tiles if tile and tile["value"] is not None]
    last = course[-1].kpis[label]
    before = tiles[-2]["value"] if len(tiles) > 1 and tiles[-2] else None
    change = (
        last["value"] / before - 1 if before and last["value"] is not None and before > 0 else None
    )
    return Kpi(
        label, last["value"], last["form"], change,
        versus=f"vs {course[-2].manifest['period']}" if change is not None else "",
        better=last["better"], trend=values,
    )  # fmt: skip


def _kpi_pairs(run: Run, before: Run) -> list[tuple[str, str, str]]:
    return [
        (label, _shown(before.kpis.get(label)), _shown(run.kpis.get(label)))
        for label in dict.fromkeys([*run.kpis, *before.kpis])
    ]


def _total_pairs(run: Run, before: Run) -> list[tuple[str, str, str]]:
    old, new = before.manifest["totals"], run.manifest["totals"]
    return [(name, usd(old.get(name), cents=True), usd(new.get(name), cents=True)) for name in {**new, **old}]  # fmt: skip


def _origin_pairs(run: Run, before: Run) -> list[tuple[str, str, str]]:
    old, new = before.manifest, run.manifest
    return [
        ("Period", old["period"], new["period"]),
        ("As of", old["as_of"], new["as_of"]),
        ("Code", old["commit"] or "not under git", new["commit"] or "not under git"),
        ("Parameters", old["parameters_hash"], new["parameters_hash"]),
        ("Could not be read", _sentences(old["gaps"]), _sentences(new["gaps"])),
    ]


def _shown(kpi: Mapping[str, Any] | None) -> str:
    return "not shown" if kpi is None else FORMATS[kpi["form"]](kpi["value"])


def _sentences(gaps: Sequence[str]) -> str:
    return " ".join(gaps) or "nothing"
