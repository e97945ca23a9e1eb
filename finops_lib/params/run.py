"""The parameters of one run: a YAML file, validated whole before anything is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, field_validator

from finops_lib.errors import ParameterError
from finops_lib.params.allocation import AllocationPolicy
from finops_lib.params.anomalies import Anomalies
from finops_lib.params.commitments import Commitments
from finops_lib.params.governance import Governance
from finops_lib.params.notebooks import NOTEBOOKS, PER_TEAM, NotebookParameters
from finops_lib.params.plan import PlanParams, Roi
from finops_lib.params.report import Exclusion, Report
from finops_lib.params.section import Section, nearest, validated
from finops_lib.params.source import Basis, Engine, Source
from finops_lib.params.tags import TagKey, default_tag_keys
from finops_lib.period import Period, naive_utc


class Params(Section):
    """One run."""

    title: str = Field("ML platform", description="whose bill it is, shown on every report")
    notice: str = Field("", description="a sentence shown on every report")
    month: str | None = Field(
        None, description="YYYY-MM; empty: the last month that the bill has whole"
    )
    as_of: datetime | None = Field(
        None, description="moment that ages are counted to; empty: now, or the end of an old bill"
    )
    basis: Basis = Field("effective", description="effective (amortized) or billed (cash)")
    source: Source = Source()
    engine: Engine = Engine()
    tags: dict[str, TagKey] = Field(default_factory=default_tag_keys)
    checks: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="check id: its thresholds"
    )
    exclusions: tuple[Exclusion, ...] = ()
    allocation: AllocationPolicy = AllocationPolicy()
    anomalies: Anomalies = Anomalies()
    plan: PlanParams = PlanParams()
    commitments: Commitments = Commitments()
    roi: Roi = Roi()
    governance: Governance = Governance()
    report: Report = Report()
    notebooks: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="notebook: its parameters"
    )

    @field_validator("month")
    @classmethod
    def _is_month(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                Period.month(value)
            except ParameterError as error:
                raise ValueError(str(error)) from None
        return value

    @field_validator("as_of")
    @classmethod
    def _is_naive_utc(cls, value: datetime | None) -> datetime | None:
        return value if value is None else naive_utc(value)

    @property
    def tag_spellings(self) -> dict[str, tuple[str, ...]]:
        """Policy key to the spellings under which a bill may carry it."""
        return {name: key.spellings for name, key in self.tags.items()}

    def notebook(self, name: str, **given: Any) -> NotebookParameters:
        """The validated parameters of the notebook of that name, `given` on top of the file's."""
        values = {"basis": self.basis, **self.notebooks.get(name, {}), **given}
        return validated({**NOTEBOOKS, **PER_TEAM}[name], values, f"notebooks.{name}")

    def digest(self) -> str:
        """A hash of every parameter, so that two runs can be told to have had the same ones."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_params(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Params:
    """The parameters in the YAML file with `overrides` ("source.endpoint_url": …) put on top.

    Raises ParameterError for a missing or unreadable file, and for every unknown or wrong
    parameter, with the nearest right name. Without a file every parameter has its default.
    """
    values = _read_yaml(path) if path else {}
    for dotted, value in (overrides or {}).items():
        _set(values, dotted.split("."), value)
    params = validated(Params, values, str(path) if path else "parameters")
    for name in params.notebooks:
        if name not in (known := {**NOTEBOOKS, **PER_TEAM}):
            raise ParameterError(f"There is no notebook '{name}'. {nearest(name, known)}")
        params.notebook(name)
    return params


def save_params(params: Params, path: Path) -> None:
    """Write the parameters as YAML that `load_params` reads back to the same ones."""
    path.write_text(yaml.safe_dump(params.model_dump(mode="json"), sort_keys=False))


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        near = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        hint = f" {nearest(path.name, near)}" if near else ""
        raise ParameterError(f"There is no parameter file {path}.{hint}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path} is not YAML: {error}") from None
    if not isinstance(values, dict):
        raise ParameterError(f"{path} must hold 'name: value' lines.")
    return values


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value
