"""The parameters of each notebook; the `parameters` cell of the notebook is held to its model."""

from __future__ import annotations

from pydantic import Field

from finops_lib.params.section import Section
from finops_lib.params.source import Basis


class NotebookParameters(Section):
    """What every notebook takes."""

    estate: str = Field("", description="folder of an Estate; empty: the newest under outputs/")
    params: str = Field("", description="parameter file; empty: the one beside the Estate")
    basis: Basis = Field("effective", description="effective (amortized) or billed (cash)")


class Visibility(NotebookParameters):
    """01_visibility."""

    top_n: int = Field(10, ge=1, description="rows of a ranking before the rest becomes one row")


class Allocation(NotebookParameters):
    """02_allocation."""

    top_n: int = Field(10, ge=1, description="rows of a ranking")


class TeamStatement(NotebookParameters):
    """team_statement, run once per team."""

    top_n: int = Field(10, ge=1, description="rows of a ranking")
    team: str = Field("", description="whose statement; empty: the team that pays most")


class Optimization(NotebookParameters):
    """03_optimization."""

    top_n: int = Field(20, ge=1, description="rows of a ranking")
    evidence_n: int = Field(6, ge=0, description="findings whose metric trace is drawn")


class Governance(NotebookParameters):
    """04_governance."""

    top_n: int = Field(10, ge=1, description="rows of a ranking")
    controls: str = Field(
        "", description="file of `finops govern status --output`; empty: what the Estate shows"
    )


class ExecutiveSummary(NotebookParameters):
    """05_executive_summary."""

    top_n: int = Field(5, ge=1, description="rows of a ranking")


NOTEBOOKS: dict[str, type[NotebookParameters]] = {
    "01_visibility": Visibility,
    "02_allocation": Allocation,
    "03_optimization": Optimization,
    "04_governance": Governance,
    "05_executive_summary": ExecutiveSummary,
}
"""Every notebook in the order in which a report shows them."""

TEAM_NOTEBOOK = "team_statement"
"""The notebook that a run executes once per team, after the others."""

PER_TEAM: dict[str, type[NotebookParameters]] = {TEAM_NOTEBOOK: TeamStatement}
"""Notebooks of one team, which a run executes as often as it has teams."""
