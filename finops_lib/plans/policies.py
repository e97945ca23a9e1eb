"""Least-privilege IAM policies, generated from what actions declare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from finops_lib.plans.actions import ACTIONS
from finops_lib.plans.executors import EXECUTORS


def policy(permissions: Iterable[str]) -> dict[str, Any]:
    """An IAM policy that allows exactly these actions, one statement a service."""
    by_service: dict[str, list[str]] = {}
    for permission in sorted(set(permissions)):
        by_service.setdefault(permission.partition(":")[0], []).append(permission)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": service.replace("-", ""), "Effect": "Allow", "Action": actions, "Resource": "*"}
            for service, actions in by_service.items()
        ],
    }


def applying(actions: Iterable[str] | None = None) -> dict[str, Any]:
    """What carrying out these actions needs; None for every action that has an executor."""
    names = EXECUTORS if actions is None else actions
    return policy(permission for name in names for permission in ACTIONS[name].permissions)
