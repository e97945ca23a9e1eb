"""The weekly mail as one stack of its own: it reads the bill every week, draws it and mails it."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr

from finops_lib.params.governance import Governance
from finops_lib.params.tags import TagKey
from finops_lib.plans.budgets import PREFIX
from finops_lib.plans.builds.detector import COLLECT
from finops_lib.plans.builds.project import RUN, Job, no_stack
from finops_lib.plans.builds.project import stack as stack_of
from finops_lib.plans.builds.source import PARAMETERS, parameters
from finops_lib.plans.shutdown.stack import allow
from finops_lib.plans.stacks import Stack
from finops_lib.plans.weekly_mail import SES

STACK = PREFIX + "weekly-mail"
COMMANDS = (
    COLLECT,
    f"{RUN} govern mail --estate estate --params {PARAMETERS} --execute",
)


def stack(governance: Governance, tags: Mapping[str, TagKey]) -> Stack:
    """The stack of these parameters; without a bill, somebody to mail, a server or a bucket none is wanted."""
    alerts, bill = governance.alerts, governance.weekly_mail.bill
    if not (governance.artifacts and bill and alerts.emails and alerts.smtp):
        return no_stack(STACK)
    given = parameters(
        bill, tags,
        {"alerts": alerts, "budgets": governance.budgets, "weekly_mail": governance.weekly_mail},
    )  # fmt: skip
    return stack_of(job(governance), given)


def job(governance: Governance) -> Job:
    """When the mail is sent, from what; through Amazon SES its role may send from the one address."""
    sender = parseaddr(governance.alerts.sender)[1]
    from_sender = {"Condition": {"StringEquals": {"ses:FromAddress": sender}}}
    sends = {**allow(["ses:SendRawEmail"], "*"), **from_sender}
    through_ses = governance.alerts.smtp.startswith(SES)
    return Job(STACK, "Mails budgets, anomalies and pictures of the bill every week.", COMMANDS,
               governance.weekly_mail.cron, governance.weekly_mail.bill, governance.artifacts,
               more=(sends,) if through_ses else ())  # fmt: skip
