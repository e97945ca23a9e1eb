"""What is handed round, and what it may show."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from finops_lib.params.section import Section


class Report(Section):
    """The reports of a run."""

    formats: tuple[Literal["html", "slides", "pdf", "markdown"], ...] = Field(
        ("html", "slides", "markdown"), description="what is rendered besides the notebooks"
    )
    outputs: str = Field(
        "outputs", description="where runs are kept: a folder, or s3://bucket/prefix"
    )
    keep_runs: int = Field(12, ge=1, description="good runs of each period that are kept whole")
    workers: int = Field(2, ge=1, description="notebooks that run at once")
    mask: bool = Field(
        False,
        description="write masked/ too, in which accounts, resources and people are pseudonyms",
    )
    mask_key: str = Field(
        "",
        description="a secret of yours: with the same one a pseudonym stays the same over the runs",
    )


class Exclusion(Section):
    """Resources that a check, or every check, leaves alone, with who answers for it and until when."""

    reason: str = Field(description="why it is left alone")
    owner: str = Field(description="who answers for it")
    expires: date | None = Field(None, description="from when it no longer holds; empty: never")
    checks: tuple[str, ...] = Field((), description="checks it holds for; empty: every one")
    resource_ids: tuple[str, ...] = Field((), description="resources, by id")
    id_pattern: str | None = Field(None, description="resources whose id matches this expression")
    tags: dict[str, str] = Field(
        default_factory=dict, description="resources that carry these tags (* stands for any value)"
    )
    max_age_days: float | None = Field(None, description="resources that are younger")
    below_monthly_cost: float | None = Field(None, description="resources that cost less a month")
