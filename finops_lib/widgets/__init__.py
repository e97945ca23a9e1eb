"""Explorers for whoever sits at a notebook: around the functions that the static cells call.

Each returns None where nobody is there to move it (`present.headless`), so that a scheduled run of the
same notebook makes none.
"""

from finops_lib.widgets.allocation import explore_allocation
from finops_lib.widgets.commitments import explore_commitments
from finops_lib.widgets.findings import review_findings
from finops_lib.widgets.scenario import try_scenario
from finops_lib.widgets.spend import explore_spend

__all__ = [
    "explore_allocation",
    "explore_commitments",
    "explore_spend",
    "review_findings",
    "try_scenario",
]
