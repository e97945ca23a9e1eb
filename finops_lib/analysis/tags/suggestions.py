"""What a missing tag should say, and why: told by the resources to which an untagged one belongs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from finops_lib.analysis.tags.compliance import EVERY, carries
from finops_lib.params.tags import TagKey
from finops_lib.schema import KEY, TAG_PREFIX

COLUMNS = (
    "kind", *KEY, "name", "monthly_cost", "key", "value", "current_value", "reason", "confidence", "agreement",
    "witnesses",
)  # fmt: skip
"""One row per resource and key: the value to set, what it says now, and how far the suggestion can be trusted."""


@dataclass(frozen=True)
class Kinship:
    """One way in which resources belong together; strangers with the same `column` agree this often."""

    column: str
    reason: str
    confidence: str
    min_agreement: float = 0.8
    min_witnesses: int = 1


KINSHIPS = (
    Kinship("_instance", "same instance {}", "high"),
    Kinship("_volume", "taken of or from volume {}", "high"),
    Kinship("_asg", "same Auto Scaling group {}", "high"),
    Kinship("_stack", "same CloudFormation stack {}", "high"),
    Kinship("_stem", "its name begins like {}", "medium", 0.8, 2),
    Kinship("_creator", "same creator {}", "medium", 0.8, 3),
    Kinship("_project", "project {} is always this team's", "medium", 0.9, 3),
    Kinship("_team_environment", "team and environment {} always have it", "medium", 0.9, 3),
    Kinship("_team", "team {} always has it", "medium", 0.9, 3),
    Kinship("_owner", "owner {} always has it", "medium", 0.9, 3),
    Kinship("_cost_center", "cost center {} always has it", "medium", 0.9, 3),
    Kinship("_word", "names that begin with {} have it", "low", 0.8, 5),
    Kinship("_vpc", "most of network {} has it", "low", 0.6, 5),
    Kinship("_account", "most of account {} has it", "low", 0.5, 5),
)
"""In order: the first that has enough agreeing witnesses gives the value."""


def suggest_tags(resources: pd.DataFrame, tags: Mapping[str, TagKey]) -> pd.DataFrame:
    """COLUMNS: a value for each required tag that a resource lacks, where its kin agree on one.

    Takes `tagged_resources`. `agreement` is the share of the `witnesses` (tagged kin) that carry the
    value. A value taught by a suggestion may teach the next kinship, never by itself the same one.
    Values that the policy does not allow are replaced too: `current_value` is what stands there now.
    """
    held = carries(resources, tags).drop(columns=EVERY)
    values = {key: resources[TAG_PREFIX + key].where(held[key]) for key in held}
    current = {key: resources[TAG_PREFIX + key] for key in held}
    found = [
        pd.DataFrame(
            columns=["row", "key", *COLUMNS[7:8], "reason", "confidence", "agreement", "witnesses"]
        )
    ]
    for kinship in KINSHIPS:
        kin = _kin(resources, values, kinship.column)
        learned = {key: _told(kin, values[key], kinship) for key in held}
        for key, told in learned.items():
            values[key] = values[key].fillna(told["value"])
            found.append(told.assign(key=key).rename_axis("row").reset_index())
    rows = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    about = resources.reindex(rows["row"]).reset_index(drop=True)
    rows["current_value"] = [
        current[k].get(r) for r, k in zip(rows["row"], rows["key"], strict=True)
    ]
    for column in ("kind", *KEY, "name", "monthly_cost"):
        rows[column] = about[column]
    return rows[list(COLUMNS)].sort_values(
        ["monthly_cost", "resource_id", "key"], ascending=[False, True, True], ignore_index=True
    )


def dearest_untagged(
    resources: pd.DataFrame,
    suggestions: pd.DataFrame,
    tags: Mapping[str, TagKey],
    *,
    top_n: int = 10,
) -> pd.DataFrame:
    """kind, keys, name, monthly_cost, missing, suggestion, reason: the costliest resources with a gap.

    `suggestion` is "key=value" for each missing key that has one, `reason` the reasons in that order;
    both are NA where nobody can tell.
    """
    held = carries(resources, tags)
    worst = resources[~held[EVERY]].nlargest(top_n, "monthly_cost")
    keys = [key for key in held if key != EVERY]
    missing = [", ".join(k for k in keys if not held.loc[row, k]) for row in worst.index]
    texts = suggestions.assign(suggestion=suggestions["key"] + "=" + suggestions["value"])
    joined = texts.groupby(["kind", *KEY], as_index=False).agg(
        suggestion=("suggestion", ", ".join),
        reason=("reason", lambda r: "; ".join(dict.fromkeys(r))),
    )
    table = worst[["kind", *KEY, "name", "monthly_cost"]].assign(missing=missing)
    return table.merge(joined, on=["kind", *KEY], how="left")


def _told(kin: pd.Series, values: pd.Series, kinship: Kinship) -> pd.DataFrame:
    """Per row without a value: what most of its kin carry, if they are enough and agree."""
    witnesses = pd.DataFrame({"kin": kin, "value": values}).dropna()
    counts = witnesses.value_counts().rename("n").reset_index()
    counts["witnesses"] = counts.groupby("kin")["n"].transform("sum")
    counts["agreement"] = counts["n"] / counts["witnesses"]
    best = counts.sort_values(["n", "value"], ascending=[False, True]).drop_duplicates("kin")
    trusted = best[
        (best["agreement"] >= kinship.min_agreement) & (best["witnesses"] >= kinship.min_witnesses)
    ].set_index("kin")
    open_rows = kin[values.isna() & kin.isin(trusted.index)]
    told = trusted.reindex(open_rows)[["value", "agreement", "witnesses"]]
    return told.set_index(open_rows.index).assign(
        reason=[kinship.reason.format(group) for group in open_rows], confidence=kinship.confidence
    )


def _kin(resources: pd.DataFrame, values: Mapping[str, pd.Series], column: str) -> pd.Series:
    """The group to which each resource belongs in one kinship; NA where it belongs to none."""
    missing = pd.Series(None, index=resources.index, dtype="str")
    is_kind = resources["kind"].eq
    scope = resources["account_id"] + "/"
    match column:
        case "_instance":
            attached = resources["attached_instance_id"].fillna(resources["instance_id"])
            return attached.mask(is_kind("instances"), resources["resource_id"])
        case "_volume":
            return resources["volume_id"].mask(is_kind("volumes"), resources["resource_id"])
        case "_asg":
            own = resources["name"].where(is_kind("auto_scaling_groups"))
            return scope + resources["asg_name"].fillna(own)
        case "_stack" | "_creator":
            return resources[column[1:]].astype("str")
        case "_stem":
            return scope + pd.Series(
                [_stem(n) for n in resources["name"]], resources.index, dtype="str"
            )
        case "_word":
            words = resources["name"].astype("str").str.extract(r"^([A-Za-z]{3,})[-_. ]")[0]
            return scope + words
        case "_vpc":
            return resources["vpc_id"]
        case "_account":
            return resources["account_id"]
        case "_team_environment":
            both = [values.get(key, missing) for key in ("team", "environment")]
            return both[0] + ", " + both[1]
        case _:
            return values.get(column[1:], missing)


def _stem(name: object) -> str | None:
    """A name without the numbers at its end and its last word: fraud-rules-07 is of fraud-rules."""
    if not isinstance(name, str):
        return None
    stem = re.sub(r"([-_. ]?(\d+|[a-f0-9]{6,}))+$", "", name)
    return stem if len(stem) > 2 else None
