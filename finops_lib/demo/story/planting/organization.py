"""The organization: the payer, its linked accounts, and the one budget that nobody looks at."""

from __future__ import annotations

from datetime import datetime

from moto.budgets.models import budgets_backends
from moto.organizations.models import organizations_backends

from finops_lib.demo.story.ledger import Ledger
from finops_lib.demo.story.teams import PAYER

FOUNDED = datetime(2024, 3, 1)
BUDGET_LIMIT = 30_000
"""Set when the company was smaller; without an alert to anybody."""


def plant_organization(ledger: Ledger) -> None:
    """The organization's accounts under their own numbers."""
    backend = organizations_backends[PAYER]["aws"]
    backend.create_organization("us-east-1", FeatureSet="ALL")
    payer = backend.accounts[0]
    payer.name, payer.create_time = ledger.accounts[PAYER], FOUNDED
    for account, name in ledger.accounts.items():
        if account != PAYER:
            backend.create_account(AccountName=name, Email=f"{name}@halcyon.example")
            member = backend.accounts[-1]
            organizations_backends.master_accounts[account] = (
                organizations_backends.master_accounts.pop(member.id)
            )
            member.id, member.create_time = account, FOUNDED


def plant_budget() -> None:
    """The forgotten budget of the payer."""
    budgets_backends[PAYER]["aws"].create_budget(
        PAYER,
        {
            "BudgetName": "all-of-aws-2025",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": str(BUDGET_LIMIT), "Unit": "USD"},
            "TimePeriod": {"Start": 1735689600, "End": 3706473600},
        },
        [],
    )
