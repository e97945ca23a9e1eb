"""Lambda functions: more memory than they use, environments kept warm for nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from finops_lib.checks.measures import (
    COMPLETE_SHARE,
    age_days,
    is_complete,
    looked_up,
    measured,
    number,
    too_young,
    windowed,
)
from finops_lib.checks.pricing import list_prices, priced, run_rate
from finops_lib.checks.registry import check
from finops_lib.schema import KEY
from finops_lib.units import HOURS_PER_DAY, HOURS_PER_MONTH, MIB_PER_GIB

COLUMNS = [
    *KEY, "status", "reason", "evidence", "confidence", "parameters", "monthly_cost", "monthly_saving",
    "price_basis",
]  # fmt: skip

NAMESPACE = "AWS/Lambda"
INSIGHTS = "LambdaInsights"
SERVICE = "AWS Lambda"
MIB_PER_VCPU = 1769.0
"""Memory at which a function has one whole processor
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)."""

LEAST_MIB, STEP_MIB = 128, 64
DURATION = r"Lambda-GB-Second"
WARM = r"Lambda-Provisioned-Concurrency"


@check(
    title="Unused Lambda memory",
    why="A function bills its memory for every millisecond, used or not.",
    needs=("functions", "metrics", "resource_costs", "prices"),
    permissions=("lambda:ListFunctions", "cloudwatch:GetMetricData"),
    action="resize_function",
    service=SERVICE,
    guard="Memory and processor time as Lambda Insights measures them, in every hour in which it was called; "
    "without Insights it is unknown. Less memory is a smaller processor, so the longer runs are priced.",
)
def unused_lambda_memory(
    functions: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    headroom: float = 0.2,
    max_slowdown: float = 0.25,
    min_saving_share: float = 0.1,
) -> pd.DataFrame:
    """Functions that less memory would serve for less, running at most `max_slowdown` longer.

    The memory is that of the largest use with headroom, and at least what keeps the slowdown: of a run's
    mean duration, its processor time grows as its share of a processor shrinks (a whole one at 1,769 MiB), the
    rest waits as long as before. The saving is the billed cost times (1 - memory x duration after / now).
    Undo: set the memory back.
    """
    found = functions[functions["scope"] == "function"]
    recent = windowed(metrics, as_of, window_days)
    ids = found["resource_id"]
    used = measured(recent, INSIGHTS, "used_memory_max", "Maximum")
    calls = measured(recent, NAMESPACE, "Invocations", "Sum")
    spent = looked_up(ids, measured(recent, INSIGHTS, "cpu_total_time", "Sum")["total"])
    duration = looked_up(ids, measured(recent, NAMESPACE, "Duration", "Sum")["total"])
    found = found.assign(
        used=looked_up(ids, used["maximum"]), calls=looked_up(ids, calls["total"]),
        cores=spent / duration, age=age_days(found["last_modified_at"], as_of),
    )  # fmt: skip
    seen = looked_up(ids, used["hours"]) >= COMPLETE_SHARE * looked_up(ids, _busy_hours(recent))
    found = _with_memory(found, headroom, max_slowdown)
    young = found["age"] < window_days
    fits = (found["need"] < found["memory_mib"]) & (found["share"] <= 1 - min_saving_share)
    status = np.select(
        [young, ~seen | found["cores"].isna() | found["used"].isna(), fits],
        ["ok", "unknown", "waste"], "ok",
    )  # fmt: skip
    book = list_prices(prices, "AWSLambda", as_of)
    monthly = duration / 1000 * HOURS_PER_MONTH / (window_days * HOURS_PER_DAY)
    listed = monthly * found["memory_mib"] / MIB_PER_GIB * _rate(found, book, "lambda-gib-second")
    found = priced(found.assign(status=status), run_rate(resource_costs, DURATION), listed)
    saving = found["monthly_cost"] * (1 - found["share"])
    found = found.assign(monthly_saving=saving.where(found["status"] == "waste"))
    return found.assign(
        reason=[_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "used_mib_max": number(row.used), "memory_mib": number(row.memory_mib),
                "processors_used": number(row.cores), "invocations": number(row.calls),
                "window_days": window_days, "headroom": headroom, "cost_share": number(row.share),
                "age_days": number(row.age),
            }
            for row in found.itertuples()
        ],
        parameters=[
            {"memory_mib": int(row.need)} if row.status == "waste" else None
            for row in found.itertuples()
        ],
        confidence="medium",
    )[COLUMNS]  # fmt: skip


def _busy_hours(recent: pd.DataFrame) -> pd.Series:
    """Hours in which each function was called."""
    calls = recent[
        (recent["namespace"] == NAMESPACE)
        & (recent["metric"] == "Invocations")
        & recent["dimension"].isna()
        & (recent["value"] > 0)
    ]
    return calls.groupby("resource_id")["period_s"].sum() / 3600


def _with_memory(found: pd.DataFrame, headroom: float, max_slowdown: float) -> pd.DataFrame:
    """`found` with need (MiB) and share (of the present cost that it would have)."""
    # A run has as many threads as it was seen to use, and one at least; more processors do not help it.
    threads = found["cores"].clip(lower=1.0)
    speed = np.fmin(found["memory_mib"] / MIB_PER_VCPU, threads)
    working = (found["cores"] / speed).clip(upper=1.0)
    waiting = 1 - working
    least_vcpu = working * speed / (1 + max_slowdown - waiting)
    need = np.fmax(found["used"] / (1 - headroom), least_vcpu * MIB_PER_VCPU).clip(lower=LEAST_MIB)
    need = np.fmin(np.ceil(need / STEP_MIB) * STEP_MIB, found["memory_mib"])
    after = waiting + working * speed / np.fmin(need / MIB_PER_VCPU, threads)
    return found.assign(need=need, share=need / found["memory_mib"] * after)


def _rate(found: pd.DataFrame, book: pd.Series, item: str) -> pd.Series:
    """The price of a GiB-second of each row's architecture."""
    arm = found["architecture"] == "arm64"
    values = np.where(arm, book.get(f"{item}-arm64", np.nan), book.get(item, np.nan))
    return pd.Series(values, index=found.index)


def _reason(row: Any, window_days: int) -> str:
    if row.age < window_days:
        return too_young("Changed", row.age, window_days)
    if row.status == "unknown":
        return f"Lambda Insights does not measure its memory and processor over {window_days} days."
    use = f"At most {row.used:.0f} of {row.memory_mib:.0f} MiB and {row.cores:.2f} processors over {window_days} days"
    if row.status == "ok":
        return f"{use}: less memory would not cost less."
    return f"{use}: {row.need:.0f} MiB cost {100 * (1 - row.share):.0f} % less."


@check(
    title="Unused provisioned concurrency",
    why="Environments that are kept warm bill by the second, called or not.",
    needs=("functions", "metrics", "resource_costs", "prices"),
    permissions=("lambda:ListFunctions", "lambda:ListProvisionedConcurrencyConfigs",
                 "cloudwatch:GetMetricData"),
    action="lower_provisioned_concurrency",
    service=SERVICE,
    guard="The highest utilisation over a full window with headroom; data that lack make it unknown; what "
    "was changed within the window is left alone.",
)  # fmt: skip
def unused_lambda_concurrency(
    functions: pd.DataFrame,
    metrics: pd.DataFrame,
    resource_costs: pd.DataFrame,
    prices: pd.DataFrame,
    *,
    as_of: datetime,
    window_days: int = 14,
    headroom: float = 0.2,
) -> pd.DataFrame:
    """Aliases and versions that keep more environments warm than were ever busy at once.

    The saving is the share of them that is not needed, of what the bill charges for the function's
    provisioned concurrency, else at list. Undo: set the old number again.
    """
    found = functions[functions["scope"] == "qualifier"]
    recent = windowed(metrics, as_of, window_days)
    busy = measured(
        recent,
        NAMESPACE,
        "ProvisionedConcurrencyUtilization",
        "Maximum",
        ("resource_id", "dimension"),
    )
    keys = pd.MultiIndex.from_frame(found[["resource_id", "qualifier"]])

    def of(name: str) -> pd.Series:
        return pd.Series(busy[name].reindex(keys).to_numpy(dtype="float64"), index=found.index)

    kept = found["provisioned_concurrency"]
    found = found.assign(
        part=found["qualifier"],
        utilisation=of("maximum"),
        age=age_days(found["last_modified_at"], as_of),
    )
    found["need"] = np.ceil(kept * found["utilisation"] / (1 - headroom))
    status = np.select(
        [found["age"] < window_days, ~is_complete(of("hours"), window_days), found["need"] < kept],
        ["ok", "unknown", "waste"], "ok",
    )  # fmt: skip
    seconds = HOURS_PER_MONTH * 3600
    rate = _rate(found, list_prices(prices, "AWSLambda", as_of), "lambda-provisioned-gib-second")
    listed = kept * found["memory_mib"] / MIB_PER_GIB * seconds * rate
    found = priced(found.assign(status=status), run_rate(resource_costs, WARM), listed)
    of_function = kept / kept.groupby(found["resource_id"]).transform("sum")
    found["monthly_cost"] *= of_function.where(found["price_basis"] == "billed", 1.0)
    saving = found["monthly_cost"] * (1 - found["need"] / kept)
    found = found.assign(monthly_saving=saving.where(found["status"] == "waste"))
    return found.assign(
        claim_key=found["account_id"] + "/" + found["resource_id"] + "/" + found["qualifier"],
        reason=[_warm_reason(row, window_days) for row in found.itertuples()],
        evidence=[
            {
                "utilisation_max": number(row.utilisation), "window_days": window_days,
                "provisioned": number(row.provisioned_concurrency), "needed": number(row.need),
                "variant": row.qualifier, "headroom": headroom, "age_days": number(row.age),
            }
            for row in found.itertuples()
        ],
        parameters=[
            {"qualifier": row.qualifier, "provisioned_concurrency": int(row.need)}
            if row.status == "waste"
            else None
            for row in found.itertuples()
        ],
        confidence="high",
    )[[*COLUMNS, "claim_key", "part"]]  # fmt: skip


def _warm_reason(row: Any, window_days: int) -> str:
    if row.age < window_days:
        return too_young("Changed", row.age, window_days)
    if row.status == "unknown":
        return f"Its utilisation is not measured over the whole window of {window_days} days."
    return (
        f"At most {100 * row.utilisation:.0f} % of {row.provisioned_concurrency:g} environments were busy "
        f"over {window_days} days; {row.need:.0f} are needed."
    )
