"""What the registry says of its checks: the catalogue for people and the policy for IAM."""

from __future__ import annotations

import inspect
from typing import Any

from finops_lib.checks.registry import CHECKS, Check

INTRODUCTION = """# Checks

Generated from the registry. Every check gives one row per resource that it looked at: `waste`, `ok`
or `unknown`. What is not measured is unknown, never waste and never healthy. A saving is the bill's own
run rate over 730 hours; a resource that the bill does not name is priced at list; without either it is
unpriced, not free. Every threshold can be set in a parameter file under `checks`.
"""


def read_policy() -> dict[str, Any]:
    """The least-privilege IAM policy that lets every check read what it needs."""
    actions = sorted({action for found in CHECKS.values() for action in found.permissions})
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    }


def catalogue() -> str:
    """The catalogue of every check in Markdown, by id."""
    return "\n".join([INTRODUCTION, *(_section(CHECKS[name]) for name in sorted(CHECKS))])


def _section(found: Check) -> str:
    signature = ", ".join(f"`{name}` = {value:g}" for name, value in found.thresholds.items())
    return "\n".join(
        [
            f"## {found.id}\n",
            f"**{found.title}.** {found.why}\n",
            inspect.cleandoc(found.description) + "\n",
            f"- Guard against false alarms: {found.false_positive_guard}",
            f"- Thresholds: {signature or 'none'}",
            f"- Reads: {', '.join(found.needs)}",
            f"- Permissions: {', '.join(f'`{name}`' for name in found.permissions)}",
            f"- Action: `{found.action}`\n",
        ]
    )
