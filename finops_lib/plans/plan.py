"""From findings to one ordered plan in which every dollar is saved once.

Findings that share a claim key would save the same dollars. On one claim at most one action of a
category is taken, in the order terminate, schedule, resize, storage, commit; each keeps a share of
what the earlier ones leave, so a resize after a schedule is worth the resized share of the hours
that still run. Which actions are taken is chosen exactly: every combination on a claim is priced,
and where effort is limited the best set over all claims comes from an integer program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from finops_lib.params.plan import PlanParams
from finops_lib.plans.actions import ACTIONS, CATEGORIES
from finops_lib.plans.executors import carried_out
from finops_lib.plans.marks import permissions
from finops_lib.schema import CONFIDENCES, FINDINGS, PLAN, RISKS, conform

SAVINGS = ("monthly_saving", "monthly_saving_low", "monthly_saving_high")


def build_plan(findings: pd.DataFrame, params: PlanParams) -> pd.DataFrame:
    """The PLAN with the largest net saving that the constraints allow, quick wins first.

    Takes FINDINGS; only priced waste with an action takes part. `naive_saving` is what each step
    would save alone, `monthly_saving` what it saves after the steps before it on the same claim.
    """
    candidates = eligible(findings, params)
    if candidates.empty:
        return PLAN.empty()
    chosen = _choose(list(_options(candidates)), params.effort_hours)
    rows = [row for option in chosen for row in option.rows]
    if not rows:
        return PLAN.empty()
    steps = candidates.iloc[rows].assign(naive_saving=candidates["monthly_saving"])
    steps[list(SAVINGS)] = np.array([s for o in chosen for s in o.savings]).reshape(-1, 3)
    steps = steps[steps["monthly_saving"] >= params.min_monthly_saving]
    return _ordered(steps)


def eligible(findings: pd.DataFrame, params: PlanParams) -> pd.DataFrame:
    """The findings that the constraints let a plan act on, with category, risk and effort."""
    waste = findings[
        (findings["status"] == "waste")
        & (findings["monthly_saving"] > 0)
        & findings["action"].isin(list(ACTIONS))
    ].copy()
    actions = waste["action"].map(ACTIONS)
    waste["category"] = [action.category for action in actions]
    waste["effort_hours"] = [action.effort_hours for action in actions]
    waste["risk"] = waste["risk"].where(waste["risk"].notna(), [a.risk for a in actions])
    waste["claim_key"] = waste["claim_key"].fillna(waste["finding_id"])
    return waste[_allowed(waste, params)].sort_values("finding_id", ignore_index=True)


def _allowed(waste: pd.DataFrame, params: PlanParams) -> pd.Series:
    risk_limit = RISKS.index(params.max_risk)
    trusted = CONFIDENCES[: CONFIDENCES.index(params.min_confidence) + 1]
    left_alone = "|".join(f"(?:{pattern})" for pattern in params.excluded_resources)
    allowed = waste["risk"].map(RISKS.index) <= risk_limit
    allowed &= waste["confidence"].isin(trusted)
    allowed &= ~waste["check_id"].isin(params.excluded_checks)
    allowed &= ~waste["action"].isin(params.excluded_actions)
    allowed &= ~waste["team"].isin(params.excluded_teams)
    if left_alone:
        allowed &= ~waste["resource_id"].map(lambda name: bool(re.search(left_alone, name)))
    return allowed


@dataclass(frozen=True)
class _Option:
    """One combination of actions on one claim: rows of the candidates and what each saves in order."""

    claim: str
    rows: tuple[int, ...]
    savings: tuple[tuple[float, float, float], ...]
    effort_hours: float

    @property
    def saving(self) -> float:
        return sum(likely for likely, _, _ in self.savings)


def _options(candidates: pd.DataFrame) -> Iterator[_Option]:
    """Every combination on every claim that another one of it does not beat in saving and effort."""
    shares = _shares(candidates)
    costs = candidates["monthly_cost"].fillna(candidates["monthly_saving"]).to_numpy(float)
    effort = candidates["effort_hours"].to_numpy(float)
    ranks = candidates["category"].map(CATEGORIES.index).to_numpy(int)
    for claim, rows in candidates.groupby("claim_key", sort=True).indices.items():
        yield from _undominated(
            [
                _Option(str(claim), c, _priced(c, costs, shares), float(effort[list(c)].sum()))
                for c in _combinations(rows, ranks)
            ]
        )


def _shares(candidates: pd.DataFrame) -> NDArray[np.float64]:
    """Rows x (likely, low, high): the share of its cost that each action saves."""
    likely = candidates["monthly_saving"]
    savings = np.column_stack([candidates[c].fillna(likely).to_numpy(float) for c in SAVINGS])
    costs = candidates["monthly_cost"].fillna(likely).to_numpy(float)[:, None]
    shares = np.divide(savings, costs, out=np.zeros_like(savings), where=costs > 0)
    clipped: NDArray[np.float64] = np.clip(shares, 0.0, 1.0)
    return clipped


def _combinations(rows: Sequence[int], ranks: NDArray[np.int_]) -> Iterator[tuple[int, ...]]:
    """At most one row of each category, in the order of the categories; never none at all."""
    by_category = [
        [None, *(int(row) for row in rows if ranks[row] == rank)]
        for rank in sorted({int(ranks[row]) for row in rows})
    ]
    for combination in product(*by_category):
        if taken := tuple(row for row in combination if row is not None):
            yield taken


def _priced(
    taken: tuple[int, ...], costs: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[tuple[float, float, float], ...]:
    """What each action saves of what the ones before it leave: likely, low, high."""
    left = [1.0, 1.0, 1.0]
    savings = []
    for row in taken:
        savings.append(tuple(float(costs[row] * shares[row, k] * left[k]) for k in range(3)))
        left = [left[k] * (1.0 - float(shares[row, k])) for k in range(3)]
    return tuple(savings)  # type: ignore[arg-type]


def _undominated(options: Sequence[_Option]) -> list[_Option]:
    """Options in falling saving, each kept only if it takes less effort than all that save more."""
    ranked = sorted(options, key=lambda o: (-o.saving, o.effort_hours, len(o.rows)))
    kept: list[_Option] = []
    for option in ranked:
        if not kept or option.effort_hours < kept[-1].effort_hours:
            kept.append(option)
    return kept


def _choose(options: Sequence[_Option], effort_hours: float | None) -> list[_Option]:
    """One option of each claim at most: the best set within the effort, exactly."""
    if effort_hours is None:
        best: dict[str, _Option] = {}
        for option in options:
            best.setdefault(option.claim, option)
        return list(best.values())
    claims = sorted({option.claim for option in options})
    one_each = np.array([[o.claim == claim for o in options] for claim in claims], dtype=float)
    effort = np.array([[o.effort_hours for o in options]])
    answer = milp(
        -np.array([option.saving for option in options]),
        constraints=[
            LinearConstraint(one_each, -np.inf, 1.0),
            LinearConstraint(effort, -np.inf, effort_hours),
        ],
        integrality=np.ones(len(options)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    return [option for option, taken in zip(options, answer.x, strict=True) if taken > 0.5]


def _ordered(steps: pd.DataFrame) -> pd.DataFrame:
    """PLAN rows: categories in order, and within one the safest and largest first."""
    ranked = (
        steps.assign(
            _category=steps["category"].map(CATEGORIES.index), _risk=steps["risk"].map(RISKS.index)
        )
        .sort_values(
            ["_category", "_risk", "monthly_saving", "finding_id"],
            ascending=[True, True, False, True],
        )
        .reset_index(drop=True)
    )
    actions = [ACTIONS[name] for name in ranked["action"]]
    ranked["step"] = range(1, len(ranked) + 1)
    ranked["prerequisite"] = [action.prerequisite for action in actions]
    ranked["undo"] = [action.undo for action in actions]
    done = map(carried_out, ranked[["action", "parameters", "resource_id"]].to_dict("records"))
    ranked["permissions"] = [" ".join(permissions(row["action"])) for row in done]
    ranked["not_before"] = ranked["as_of"] + pd.to_timedelta(
        [action.grace_days for action in actions], unit="D"
    )
    ranked["before_state"] = ranked["evidence"]
    ranked["status"] = "proposed"
    return conform(ranked[[name for name in PLAN.names if name in ranked]], PLAN)


def waterfall(plan: pd.DataFrame, monthly_cost: float) -> pd.DataFrame:
    """category, naive, overlap, net, net_low, net_high: one row a category, then the total.

    `overlap` is what a plain sum would have counted twice; `remaining` is the bill after the
    category and all before it, from `monthly_cost` down.
    """
    sums = plan.groupby("category")[
        ["naive_saving", "monthly_saving", "monthly_saving_low", "monthly_saving_high"]
    ].sum()
    table = sums.reindex(list(CATEGORIES)).fillna(0.0)
    table.columns = pd.Index(["naive", "net", "net_low", "net_high"])
    table["overlap"] = table["naive"] - table["net"]
    table["remaining"] = monthly_cost - table["net"].cumsum()
    total = table.drop(columns="remaining").sum()
    total["remaining"] = monthly_cost - total["net"]
    table.loc["total"] = total
    return table.rename_axis("category").reset_index()[
        ["category", "naive", "overlap", "net", "net_low", "net_high", "remaining"]
    ]


def bridge(findings: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """category, naive, overlap, left_out, net, net_low, net_high: from every finding to the PLAN.

    `naive` adds up every finding that saves anything; `overlap` is what it counts twice, against
    the plan without constraints; `left_out` is what the constraints leave of that one (negative where
    they make room for another action on the same resource). naive - overlap - left_out = net.
    """
    free = PlanParams(min_confidence="low", min_monthly_saving=0.0)
    every = _by_category(eligible(findings, free))
    unbound = _by_category(build_plan(findings, free))
    net = waterfall(plan, 0.0).set_index("category")[["net", "net_low", "net_high"]]
    table = net.drop(index="total")
    table.insert(0, "naive", every)
    table.insert(1, "overlap", every - unbound)
    table.insert(2, "left_out", unbound - table["net"])
    table.loc["total"] = table.sum()
    return table.reset_index()


def _by_category(rows: pd.DataFrame) -> pd.Series:
    return (
        rows.groupby("category")["monthly_saving"].sum().reindex(list(CATEGORIES), fill_value=0.0)
    )


def naive_sum(findings: pd.DataFrame) -> float:
    """What adding up every priced finding would promise, dollars counted twice included."""
    waste = findings[findings["status"] == "waste"]
    return float(conform(waste, FINDINGS)["monthly_saving"].sum())
