"""What stands on the title page of every report of one run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from finops_lib.period import Period
from finops_lib.present import date, month

STATEMENT = "statement_"
"""What the names of the teams' reports begin with."""

PLACE = re.compile(r"(.*) \(([^()]+, [^()]+)\)", re.DOTALL)
"""A reason and the account and region at its end."""


@dataclass(frozen=True)
class Cover:
    """Whose bill it is, of when, and how far it could be read.

    `gaps` are sentences, one per thing that could not be read; `provenance` (label: text) is the
    only part of a report that may differ between two runs on the same Estate.
    """

    title: str
    period: Period
    as_of: datetime
    accounts: tuple[str, ...] = ()
    currency: str = "USD"
    basis: str = "effective"
    notice: str = ""
    gaps: tuple[str, ...] = ()
    reports: tuple[tuple[str, str], ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def period_name(self) -> str:
        """The period in words, labelled where it is not over yet."""
        whole = "_" not in self.period.label
        name = month(self.period.start) if whole else self.period.label.replace("_", " to ")
        return f"{name}, partial" if self.period.is_partial(self.as_of) else name

    def facts(self) -> list[tuple[str, str]]:
        """The labelled facts under the title."""
        many = len(self.accounts) > 3
        accounts = f"{len(self.accounts)} accounts" if many else ", ".join(self.accounts)
        bases = {"effective": "Effective (amortized)", "billed": "Billed (cash)"}
        return [
            ("Period", self.period_name),
            ("As of", f"{date(self.as_of)} UTC"),
            ("Accounts" if many or len(self.accounts) > 1 else "Account", accounts or "unknown"),
            ("Cost basis", f"{bases.get(self.basis, self.basis)}, {self.currency}"),
        ]

    def of_all(self) -> list[tuple[str, str]]:
        """Name and title of the reports that are about the whole bill."""
        return [report for report in self.reports if not report[0].startswith(STATEMENT)]

    def of_teams(self) -> list[tuple[str, str]]:
        """Name and title of the teams' statements."""
        return [report for report in self.reports if report[0].startswith(STATEMENT)]

    def gap_lines(self) -> list[str]:
        """The gaps, those of one reason on one line."""
        return one_line_per_reason(self.gaps)

    def gaps_headline(self) -> str:
        """How many things could not be read."""
        many = len(self.gaps) != 1
        return (
            f"{len(self.gaps)} {'things' if many else 'thing'} could not be read; "
            "figures that depend on them say unknown"
        )


def one_line_per_reason(gaps: Sequence[str]) -> list[str]:
    """Sentences such as "volumes: denied (a)" and "images: denied (b)" as "volumes, images: denied (a; b)"."""
    told: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for gap in gaps:
        table, _, reason = gap.partition(": ")
        placed = PLACE.fullmatch(reason)
        words, place = placed.groups() if placed else (reason, "")
        tables, places = told.setdefault(words, ({}, {}))
        tables[table] = None
        places |= {place: None} if place else {}
    return [_line(words, list(tables), list(places)) for words, (tables, places) in told.items()]


def _line(words: str, tables: list[str], places: list[str]) -> str:
    where = f" ({'; '.join(places)})" if places else ""
    return f"{', '.join(tables)}: {words}{where}" if words else ", ".join(tables)
