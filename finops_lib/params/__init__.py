"""Every parameter and threshold, validated before anything runs."""

from finops_lib.params.notebooks import NOTEBOOKS, NotebookParameters
from finops_lib.params.plan import PlanParams, Roi
from finops_lib.params.report import Exclusion, Report
from finops_lib.params.run import Params, load_params, save_params
from finops_lib.params.section import Section, nearest, validated
from finops_lib.params.source import Basis, Engine, Source
from finops_lib.params.tags import TagKey, default_tag_keys

__all__ = [
    "NOTEBOOKS", "Basis", "Engine", "Exclusion", "NotebookParameters", "Params", "PlanParams", "Report", "Roi", "Section", "Source", "TagKey",
    "default_tag_keys", "load_params", "nearest", "save_params", "validated",
]  # fmt: skip
