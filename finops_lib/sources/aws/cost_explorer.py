"""A bill from Cost Explorer, for an account without an export: daily, paged, cached, each request counted.

One request groups by two dimensions at the most, so the bill is asked for by service and usage type
within each account and region; tags come as totals of their own, for they cannot be crossed with both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from finops_lib.errors import AccessError
from finops_lib.period import Period
from finops_lib.schema import COSTS, conform
from finops_lib.sources.aws.calls import Asker, NotReadError
from finops_lib.sources.shape import Record

METRICS = ["UnblendedCost", "AmortizedCost", "UsageQuantity"]
NO_REGION = ("NoRegion", "", "global")

PERMISSIONS = ("ce:GetCostAndUsage",)


def read_cost_explorer(asker: Asker, period: Period, *, payer: str) -> pd.DataFrame:
    """COSTS of the period from Cost Explorer: one row a day, account, region, service and usage type.

    Resources, hours, list prices and tags are not known from it and stay missing. Raises AccessError
    where it is denied or the cap on paid requests is reached: a part of a bill is no bill.
    """
    try:
        records = [record for month in _months(period) for record in _month(asker, month)]
    except NotReadError as error:
        raise AccessError(
            f"Cost Explorer could not be read whole ({error}). Allow ce:GetCostAndUsage, raise "
            "source.max_paid_requests, or give a billing export with source.billing."
        ) from None
    frame = pd.DataFrame.from_records(records)
    return conform(frame.assign(BillingAccountId=payer), COSTS) if len(frame) else COSTS.empty()


def estimated_requests(months: int, accounts: int, regions: int) -> int:
    """How many paid requests a read of so many months will send at least."""
    return months * (1 + accounts * max(1, regions))


def _months(period: Period) -> Iterable[Period]:
    start = period.start
    while start < period.end:
        month = Period.month(f"{start:%Y-%m}")
        yield Period(start, min(month.end, period.end))
        start = month.end


def _month(asker: Asker, month: Period) -> list[Record]:
    found = []
    for account, region in _account_regions(asker, month):
        where = {"And": [_equals("LINKED_ACCOUNT", account), _equals("REGION", region)]}
        for day, (service, usage_type), amounts in _groups(
            asker, month, ("SERVICE", "USAGE_TYPE"), where
        ):
            found.append(_record(day, account, region, service, usage_type, amounts))
    return found


def _account_regions(asker: Asker, month: Period) -> list[tuple[str, str]]:
    keys = {keys for _, keys, _ in _groups(asker, month, ("LINKED_ACCOUNT", "REGION"), None)}
    return sorted((account, region) for account, region in keys)


def _equals(dimension: str, value: str) -> dict[str, Any]:
    return {"Dimensions": {"Key": dimension, "Values": [value]}}


def _groups(
    asker: Asker, month: Period, dimensions: Sequence[str], where: dict[str, Any] | None
) -> Iterable[tuple[datetime, tuple[str, str], dict[str, float]]]:
    """Day, group keys and amounts of every page; a month that is over is asked for once and for all."""
    parameters: dict[str, Any] = {
        "TimePeriod": {"Start": f"{month.start:%Y-%m-%d}", "End": f"{month.end:%Y-%m-%d}"},
        "Granularity": "DAILY",
        "Metrics": METRICS,
        "GroupBy": [{"Type": "DIMENSION", "Key": name} for name in dimensions],
    }
    if where:
        parameters["Filter"] = where
    closed = month.end + timedelta(days=7) < asker.as_of
    key = "closed" if closed else f"{asker.as_of:%Y-%m-%d}"
    while True:
        answer = asker.paid("ce", "get_cost_and_usage", key, parameters)
        for result in answer["ResultsByTime"]:
            day = datetime.fromisoformat(result["TimePeriod"]["Start"])
            for group in result["Groups"]:
                amounts = {m: float(group["Metrics"][m]["Amount"]) for m in METRICS}
                yield day, tuple(group["Keys"]), amounts
        if not answer.get("NextPageToken"):
            return
        parameters["NextPageToken"] = answer["NextPageToken"]


def _record(
    day: datetime,
    account: str,
    region: str,
    service: str,
    usage_type: str,
    amounts: dict[str, float],
) -> Record:
    month = Period.month(f"{day:%Y-%m}")
    return {
        "BilledCost": amounts["UnblendedCost"],
        "EffectiveCost": amounts["AmortizedCost"],
        "ConsumedQuantity": amounts["UsageQuantity"],
        "BillingCurrency": "USD",
        "BillingPeriodStart": month.start,
        "BillingPeriodEnd": month.end,
        "ChargePeriodStart": day,
        "ChargePeriodEnd": day + timedelta(days=1),
        "ChargeCategory": "Tax" if service == "Tax" else "Usage",
        "ProviderName": "AWS",
        "SubAccountId": account,
        "RegionId": None if region in NO_REGION else region,
        "ServiceName": service,
        "x_ServiceCode": service,
        "x_UsageType": usage_type,
        "Tags": {},
    }
