"""From what size on an anomaly is told, and which events are known already."""

from __future__ import annotations

from datetime import date

from pydantic import Field, model_validator

from finops_lib.params.section import Section


class KnownEvent(Section):
    """Something that moved, or will move, the spend of a part of the bill; patterns as in a shell."""

    name: str = Field(description="what happened, in the words of the report")
    start: date = Field(description="its first day")
    end: date | None = Field(None, description="its last day; empty: only the first")
    service: str = "*"
    account: str = Field("*", description="account id")
    region: str = "*"
    usage_type: str = "*"

    @model_validator(mode="after")
    def _ends_after_it_started(self) -> KnownEvent:
        if self.end and self.end < self.start:
            raise ValueError("end lies before start")
        return self


class Anomalies(Section):
    """Both floors must be reached; a known event is shown as explained."""

    min_impact: float = Field(25.0, ge=0, description="dollars above or below the expected")
    min_share: float = Field(0.2, ge=0, description="the same as a share of the expected")
    known: tuple[KnownEvent, ...] = ()
