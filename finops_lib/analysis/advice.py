"""AWS's own advice beside our findings, resource by resource; the two savings are never added."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

AGREE, DIFFER, ONLY_AWS, ONLY_OURS = "agree", "differ", "only AWS", "only ours"
SOURCES = {
    "compute_optimizer": "Compute Optimizer", "cost_optimization_hub": "Cost Optimization Hub",
    "cost_explorer": "Cost Explorer",
}  # fmt: skip
NOBODY, NOTHING = "none of them", "says nothing"

IDS = {"instance": r"^i-", "volume": r"^vol-", "database": r":db:", "function": r":function:"}
"""How the ids of what AWS advises on look; "only ours" is said of these alone."""

ACTIONS = {
    "remove": r"^(?:terminate|stop|delete|release)_", "schedule": r"^schedule_", "resize": "",
}  # fmt: skip
"""The words of the advice, and the actions of ours that they are; AWS has no word for a schedule."""

ASKED_BY = {"remove": r"^(?:idle|unattached|long_stopped)_", "resize": r"^(?:oversized|gp3)_"}
"""The checks that answer the question that the advice is about, where none of them found waste."""

COLUMNS = [
    "verdict", "resource_id", "source", "aws", "aws_target", "aws_saving", "ours", "our_target",
    "our_saving", "why", "account_id", "region",
]  # fmt: skip


def beside(findings: pd.DataFrame, advice: pd.DataFrame) -> pd.DataFrame:
    """One row per resource and source of advice, and one per finding of ours that AWS says nothing of.

    verdict: agree (same action and, of a resize, same target; or both find nothing), differ, only AWS,
    only ours. `aws` is AWS's own word, `ours` our action or what we found instead, `why` our reason. Of
    several findings on one resource the dearest is taken, of those whose action AWS's is like first.
    Savings are dollars a month, each as stated: 0 where a side looked and found none, else missing.
    """
    ours = _ours(findings)
    told = _told(advice)
    named, kinds = set(told["key"]), re.compile("|".join(IDS.values()))
    rows = [_judged(row, ours.get(row.key, [])) for row in told.itertuples()]
    looked = set(advice["account_id"])
    rows += [
        _alone(held, 0.0 if held.account_id in looked else np.nan) for key, found in ours.items() if key not in named
        if (held := _wasted(found)) is not None and kinds.search(held.resource_id)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS)
    worth = table[["aws_saving", "our_saving"]].astype("float64").max(axis=1)
    order = table.assign(worth=worth).sort_values(
        ["worth", "resource_id", "source"], ascending=[False, True, True]
    )
    return order[COLUMNS].reset_index(drop=True)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """source, verdict, resources, aws_saving, our_saving: how often, and each side's own dollars."""
    return rows.groupby(["source", "verdict"], as_index=False).agg(
        resources=("resource_id", "nunique"),
        aws_saving=("aws_saving", lambda s: s.sum(min_count=1)),
        our_saving=("our_saving", lambda s: s.sum(min_count=1)),
    )


def tail(resource_id: pd.Series) -> pd.Series:
    """The last part of an ARN: a bill, an inventory and an advisor spell the same thing differently."""
    return resource_id.str.split("/").str[-1].str.split(":").str[-1]


def _told(advice: pd.DataFrame) -> pd.DataFrame:
    """The advice that asks for something, and of the rest what AWS finds well sized, one a source."""
    keyed = advice.assign(key=advice["account_id"] + "/" + tail(advice["resource_id"]))
    ordered = keyed.assign(asks=keyed["action"].notna(), ends=keyed["action"].eq("remove"))
    ordered = ordered.sort_values(["asks", "ends", "monthly_saving"], ascending=False)
    return ordered.drop_duplicates(["key", "source"]).sort_values(["key", "source"])


def _ours(findings: pd.DataFrame) -> dict[str, list[Any]]:
    """Key to the findings of a resource, waste first and the dearest before the others."""
    keys = findings["account_id"] + "/" + tail(findings["resource_id"])
    rank = findings["status"].map({"waste": 0, "unknown": 1, "ok": 2})
    ordered = findings.assign(key=keys, rank=rank).sort_values(
        ["rank", "monthly_saving", "check_id"], ascending=[True, False, True]
    )
    found: dict[str, list[Any]] = {}
    for row in ordered.itertuples():
        found.setdefault(str(row.key), []).append(row)
    return found


def _wasted(found: list[Any]) -> Any:
    return next((row for row in found if row.status == "waste"), None)


def _judged(row: Any, found: list[Any]) -> list[object]:
    action = None if pd.isna(row.action) else row.action
    like = [f for f in found if f.status == "waste" and _acts(f) == action]
    ours = like[0] if like else _wasted(found)
    if action is None:
        verdict = AGREE if ours is None else DIFFER
    elif ours is None:
        verdict = ONLY_AWS
    else:
        verdict = AGREE if _same(row, ours) else DIFFER
    saving = 0.0 if action is None else row.monthly_saving
    return [verdict, row.resource_id, SOURCES.get(row.source, row.source), row.finding,
            "" if pd.isna(row.target) else row.target, saving, *_side(ours, found),
            _why(found, ours, action), row.account_id, row.region]  # fmt: skip


def _why(found: list[Any], ours: Any, action: str | None) -> str | None:
    """Our reason; of what we call no waste, that of the check that asked what AWS answers."""
    if ours is not None:
        return str(ours.reason)
    asked = [f for f in found if action and re.match(ASKED_BY[action], f.check_id)]
    return next((str(f.reason) for f in [*asked, *found]), None)


def _alone(ours: Any, aws_saving: float) -> list[object]:
    return [ONLY_OURS, ours.resource_id, NOBODY, NOTHING, "", aws_saving, *_side(ours, []), ours.reason,
            ours.account_id, ours.region]  # fmt: skip


def _side(ours: Any, found: list[Any]) -> list[object]:
    """Our action, target and saving; of what we call no waste that we do not, or do not know."""
    if ours is not None:
        return [ours.action, _target(ours) or "", ours.monthly_saving]
    if not found:
        return ["not examined", "", np.nan]
    known = all(row.status == "ok" for row in found)
    return ["no waste", "", 0.0] if known else ["unknown", "", np.nan]


def _acts(ours: Any) -> str:
    return next(word for word, pattern in ACTIONS.items() if re.match(pattern, ours.action))


def _target(ours: Any) -> str | None:
    given = ours.parameters or {}
    target = given.get("instance_type") or given.get("instance_class") or given.get("type")
    return None if target is None else str(target)


def _same(row: Any, ours: Any) -> bool:
    if row.action != _acts(ours):
        return False
    target = _target(ours)
    is_named = row.action == "resize" and target is not None and not pd.isna(row.target)
    return not is_named or str(row.target).split(" ")[0] == target
