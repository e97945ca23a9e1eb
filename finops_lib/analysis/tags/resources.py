"""Every resource of an inventory as one frame: its tags in the policy's words, its price, its relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from finops_lib.analysis.tags.values import canonical, plain
from finops_lib.params.tags import TagKey
from finops_lib.schema import KEY, RESOURCE_COSTS, TAG_PREFIX
from finops_lib.units import HOURS_PER_MONTH

RELATIONS = (
    "name", "asg_name", "vpc_id", "attached_instance_id", "instance_id", "volume_id", "snapshot_id",
    "image_id", "cluster_id", "domain_id",
)  # fmt: skip
"""Columns of the inventory that tell to what a resource belongs."""

TAGGED_BY_PROVIDER = {
    "aws:cloudformation:stack-name": "stack",
    "aws:autoscaling:groupName": "asg_name",
    "aws:createdBy": "creator",
}
"""Tags that AWS sets itself, and the relation that each one states."""


def tagged_resources(
    inventory: Mapping[str, pd.DataFrame], costs: pd.DataFrame, tags: Mapping[str, TagKey]
) -> pd.DataFrame:
    """Keys, kind (the inventory table), relations, raw tags, monthly_cost and `x_tag_` columns.

    Takes inventory tables by name and RESOURCE_COSTS. Only resources whose tags were read are here,
    once each; `monthly_cost` is effective, per month of 730 hours, NA where the bill does not name it.
    """
    known = [
        _rows(name, frame) for name, frame in inventory.items() if "tags" in frame and len(frame)
    ]
    columns = ["kind", *KEY, *RELATIONS, "stack", "creator", "tags"]
    if not known:
        return pd.DataFrame(columns=[*columns, "monthly_cost", *(TAG_PREFIX + key for key in tags)])
    found = pd.concat(known, ignore_index=True).drop_duplicates(["kind", *KEY])
    texts = {name: "str" for name in columns if name != "tags"}
    found = found.reindex(columns=columns).astype(texts).reset_index(drop=True)
    found["monthly_cost"] = _monthly_cost(found, costs)
    for key, policy in tags.items():
        values = pd.Series([tag_value(t, key, policy) for t in found["tags"]], dtype="str")
        found[TAG_PREFIX + key] = canonical(values, allowed=policy.allowed, aliases=policy.aliases)
    return found


def tag_value(tags: Mapping[str, str], key: str, policy: TagKey) -> str | None:
    """The value under the policy's key or any spelling of it, the right spelling first."""
    by_plain = {plain(name.removeprefix("user:")): value for name, value in tags.items()}
    if key in tags:
        return tags[key]
    return next((by_plain[s] for s in map(plain, (key, *policy.spellings)) if s in by_plain), None)


def _rows(kind: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of one inventory table whose tags are known, with what AWS's own tags say."""
    rows = frame[frame["tags"].notna()]
    if "name" not in rows and f"{kind[:-1]}_name" in rows:
        rows = rows.rename(columns={f"{kind[:-1]}_name": "name"})
    kept = rows[[c for c in (*KEY, *RELATIONS, "tags") if c in rows]].assign(kind=kind)
    for tag, column in TAGGED_BY_PROVIDER.items():
        stated = pd.Series([t.get(tag) for t in rows["tags"]], index=rows.index, dtype="str")
        kept[column] = kept[column].fillna(stated) if column in kept else stated
    return kept


def _monthly_cost(found: pd.DataFrame, costs: pd.DataFrame) -> pd.Series:
    """Effective cost a month by resource; an ARN in the bill counts for the id that ends it."""
    if costs.empty:
        return pd.Series(None, index=found.index, dtype="float64")
    held = costs[list(RESOURCE_COSTS.names)]
    rate = held["effective_cost"] / held["window_hours"] * HOURS_PER_MONTH
    whole = rate.groupby(held["resource_id"]).sum()
    ends = whole.groupby(whole.index.map(_last_part)).sum()
    exact = found["resource_id"].map(whole)
    return exact.fillna(found["resource_id"].map(_last_part).map(ends))


def _last_part(resource_id: Any) -> str:
    return str(resource_id).rpartition("/")[2].rpartition(":")[2]
