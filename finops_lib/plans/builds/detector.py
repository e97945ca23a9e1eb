"""The scheduled detector as one stack: it reads the bill every day and tells of each anomaly once."""

from __future__ import annotations

from collections.abc import Mapping

from finops_lib.params.governance import Governance
from finops_lib.params.tags import TagKey
from finops_lib.plans.budgets import PREFIX
from finops_lib.plans.builds.project import RUN, Job, no_stack
from finops_lib.plans.builds.project import stack as stack_of
from finops_lib.plans.builds.source import PARAMETERS, parameters
from finops_lib.plans.stacks import Stack

STACK = PREFIX + "detector"
STATE = f"{STACK}/told.json"
"""Which anomalies were told already; it goes with the stack."""

COLLECT = (
    f'{RUN} collect --params {PARAMETERS} --output estate --as-of "$(date -u +%Y-%m-%dT%H:%M:%S)"'
)
"""Read the bill up to now: alone it would be read to the end of its last month."""

COMMANDS = (
    COLLECT,
    f"{RUN} govern alert --estate estate --params {PARAMETERS} --state $STATE --execute",
)


def stack(governance: Governance, tags: Mapping[str, TagKey]) -> Stack:
    """The stack of these parameters; without a bill to read, an address to tell or a bucket none is wanted."""
    bill, alerts = governance.detector.bill, governance.alerts
    if not (governance.artifacts and bill and alerts.urls):
        return no_stack(STACK)
    return stack_of(job(governance), parameters(bill, tags, {"alerts": alerts}))


def job(governance: Governance) -> Job:
    """When the detector runs, on what."""
    told = "Looks for cost anomalies by a schedule and tells of each once."
    return Job(STACK, told, COMMANDS, governance.detector.cron, governance.detector.bill,
               governance.artifacts, STATE)  # fmt: skip
