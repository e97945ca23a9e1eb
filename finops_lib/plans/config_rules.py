"""AWS Config rules on required tags: put, compared and removed; nobody else's rules are touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from finops_lib.params.tags import TagKey
from finops_lib.plans import tag_enforcement
from finops_lib.plans.budgets import DRIFT_COLUMNS, PREFIX

COMPARED = ("Description", "Source", "Scope", "InputParameters")
Rule = dict[str, Any]


def rules(tags: Mapping[str, TagKey]) -> dict[str, Rule]:
    """Name to ConfigRule of every rule that the tagging policy asks for."""
    made = tag_enforcement.config_rules(tags)
    named = ({**rule, "ConfigRuleName": PREFIX + rule["ConfigRuleName"]} for rule in made)
    return {rule["ConfigRuleName"]: rule for rule in named}


def drift(client: Any, wanted: Mapping[str, Rule]) -> pd.DataFrame:
    """DRIFT_COLUMNS: create, update or delete; empty where nothing differs."""
    pages = client.get_paginator("describe_config_rules").paginate()
    every = {rule["ConfigRuleName"]: rule for page in pages for rule in page["ConfigRules"]}
    held = {name: rule for name, rule in every.items() if name.startswith(PREFIX)}
    rows: list[tuple[str, str, Any, Any]] = [
        (name, "update" if name in held else "create", rule, held.get(name))
        for name, rule in wanted.items()
        if _comparable(rule) != _comparable(held.get(name, {}))
    ]
    rows += [(name, "delete", None, rule) for name, rule in held.items() if name not in wanted]
    return pd.DataFrame(rows, columns=list(DRIFT_COLUMNS))


def reconcile(client: Any, wanted: Mapping[str, Rule], *, dry_run: bool = True) -> pd.DataFrame:
    """The `drift`, removed from the account unless dry_run; a second run finds none."""
    found = drift(client, wanted)
    if not dry_run:
        for row in found.itertuples(index=False):
            if row.change == "delete":
                client.delete_config_rule(ConfigRuleName=row.name)
            else:
                client.put_config_rule(ConfigRule=row.wanted)
    return found


def _comparable(rule: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: rule.get(key) for key in COMPARED}
    return {**kept, "InputParameters": json.loads(rule.get("InputParameters") or "{}")}
