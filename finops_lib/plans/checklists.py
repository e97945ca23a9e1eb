"""What is reviewed every month and quarter, and what to do when something happens, as the controls stand.

PARAMS, ESTATE, PLAN and JOURNAL stand for files of whoever reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from finops_lib.params.governance import Budget, Governance
from finops_lib.plans.budgets import PREFIX

WRONG = ("missing", "differs", "left over")
DEPLOY = "`finops govern deploy --params PARAMS --execute`"


def is_there(controls: pd.DataFrame, name: str) -> bool:
    """Whether the account was asked and has the control as the parameters say."""
    return bool((controls["control"].eq(name) & controls["status"].eq("deployed")).any())


def monthly(governance: Governance, controls: pd.DataFrame) -> list[str]:
    """What is to be done once a month; controls that are not as they should be come first, by part."""
    return [
        *_wrong(controls),
        "`finops report --params PARAMS`: read the executive summary, and see that every total ties.",
        *_budgets([b for b in governance.budgets if b.kind == "COST"], "above", "USD"),
        *_budgets([b for b in governance.budgets if b.kind != "COST"], "below", "%"),
        "`finops plan ESTATE --params PARAMS`, decide each step, `finops approve PLAN --approver NAME`, "
        "`finops apply PLAN --params PARAMS`, then with `--execute`; keep the journal.",
        "Anomalies of the month: each has a cause and an owner, or is dismissed with a reason.",
        "Exceptions that expire within the month: renew them with an owner, or let them go.",
        "`finops govern status --params PARAMS`: nothing is missing, different or left over.",
    ]


def _wrong(controls: pd.DataFrame) -> Iterator[str]:
    wrong = controls[controls["status"].isin(WRONG)]
    for (part, status), rows in wrong.groupby(["part", "status"], sort=False):
        yield f"Controls of {part}: {', '.join(rows['control'])} {_is(len(rows))} {status}: run {DEPLOY}."


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _budgets(budgets: Sequence[Budget], side: str, unit: str) -> Iterator[str]:
    if budgets:
        listed = ", ".join(f"{b.name} {side} {b.limit:,.10g} {unit}" for b in budgets)
        yield f"Budgets: explain each that was {side} its limit: {listed}."


def quarterly(governance: Governance) -> list[str]:
    """What is to be reviewed once a quarter."""
    limits, rules = governance.limits, governance.guardrails
    lines = [
        "Commitments: cover and use, those that end within two quarters, and `finops govern purchase list`.",
        f"Limits of a plan: {limits.max_steps} steps, {limits.max_percent:g} % of a service.",
        "Permissions: compare the roles in use with `finops govern policy apply` and `finops govern policy deploy`.",
        "Service quotas of GPU instances: no higher than what is used and approved.",
        "Undo one step of an old journal in a test account: `finops undo JOURNAL`.",
    ]
    if _switches(governance):
        lines += [
            f"Schedule {s.name}: holidays of the next quarter are in, the hours are still those of the place."
            for s in governance.schedules
        ]
    if rules.attach_to:
        families = ", ".join(rules.gpu_families)
        lines += [f"Guardrails: GPU families that need approval are still {families}."]
    return lines


def _switches(governance: Governance) -> bool:
    """Whether the parameters ask for the off-hours stack: it takes a schedule and a bucket for its zip."""
    return bool(governance.schedules and governance.artifacts)


def incidents(governance: Governance, controls: pd.DataFrame) -> list[tuple[str, str]]:
    """(situation, what to do) of what the parameters ask for; who is told only where that is deployed."""
    return [
        ("A cost anomaly", _anomaly(governance, controls)),
        ("A budget is over", "05_executive_summary says who and what; the plan says what can go first."),
        *(_of_schedules(governance) if _switches(governance) else ()),
        *_of_guardrails(governance),
        ("An apply was interrupted", "Run the same command again: it goes on from the journal and does nothing twice."),
        ("A change went wrong", "`finops undo JOURNAL`, first without and then with `--execute`."),
        ("A control is not as it was",
         f"`finops govern status --params PARAMS` names it, {DEPLOY} puts it back."),
        ("Everything must go",
         "`finops govern remove --params PARAMS --execute` leaves nothing of it behind."),
    ]  # fmt: skip


def _anomaly(governance: Governance, controls: pd.DataFrame) -> str:
    alerts = governance.alerts
    aws = controls[controls["part"].eq("anomaly alerts") & controls["status"].eq("deployed")]
    people = [*alerts.emails, *filter(None, [alerts.sns_topic])] if len(aws) else []
    ours = [f"{len(alerts.urls)} addresses of alerts.urls"] if is_there(controls, f"{PREFIX}detector") else []  # fmt: skip
    told = ", ".join([*people, *ours]) or "nobody by what is known to be deployed"
    return (
        f"Above {alerts.min_impact:g} USD it is told to {told}. Open 01_visibility, find the owner of its cause, "
        "stop or accept it, write down which."
    )


def _of_schedules(governance: Governance) -> Iterator[tuple[str, str]]:
    yield (
        "A machine must run at night",
        "Tag it `finops:keep-until` with a time such as 2027-01-31T23:00:00+00:00; one that was started by hand runs "
        "until its schedule's next closing time.",
    )
    yield (
        "A machine did not start or stop",
        f"Read the log group /finops/{PREFIX}off-hours in {governance.region}; the hour's schedule acts once, so start "
        "or stop it by hand.",
    )
    yield (
        "A schedule does harm",
        "Take the tag `finops:schedule` off the resource; for all of them set `governance.schedules` to [] and run "
        f"{DEPLOY}.",
    )


def _of_guardrails(governance: Governance) -> Iterator[tuple[str, str]]:
    rules = governance.guardrails
    if rules.attach_to:
        families = ", ".join(rules.gpu_families)
        yield (
            "A launch is refused",
            f"{families} need the tag `{rules.approval_tag}` with who approved; other reasons are a region or tags "
            "that the policies ask for. `finops govern status --params PARAMS` names the policies.",
        )
