"""What commitments cost today, asked of the services that sell them, for what the bill has in use.

One item stands for its family in its region, so a handful of requests tells every rate that may be
needed. Each is free, kept for its day, and where it is refused the rate card and the price book remain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd

from finops_lib.sources.aws.calls import Asker, NotReadError, Session
from finops_lib.sources.aws.replies import kept
from finops_lib.sources.shape import Record, offerings

TABLE = "commitment_rates"
"""How a gap names what is missing: the committed terms among the prices."""

RATE_PERMISSIONS = (
    "savingsplans:DescribeSavingsPlansOfferingRates", "ec2:DescribeReservedInstancesOfferings",
    "rds:DescribeReservedDBInstancesOfferings", "elasticache:DescribeReservedCacheNodesOfferings",
)  # fmt: skip

PLAN_TYPES = ("Compute", "EC2Instance", "SageMaker")
PLAN_SERVICES = ("AmazonEC2", "AWSLambda", "AmazonECS", "AmazonEKS", "AmazonSageMaker")
USAGE_TYPES_AT_ONCE = 50
MAX_WORKERS = 8

Asked = tuple[str, str | None, Callable[[], list[Record]]]
"""Service, region (None: everywhere) and the call."""


def read_rates(
    session: Session, account: str, items: pd.DataFrame, as_of: datetime
) -> tuple[list[Record], list[Record]]:
    """PRICES records of the terms reserved and savings_plan for `items`, and what was refused (GAPS).

    `items` are the rows of `analysis.commitments.items.items_in_use`; `account` asks, as what is
    offered is the same for all. `valid_from` of each rate is the day on which it was asked for.
    """
    asks = list(_asks(session, account, items, as_of))
    with ThreadPoolExecutor(MAX_WORKERS) as pool:
        answers = list(pool.map(partial(_tried, account), asks))
    day = datetime.combine(as_of.date(), datetime.min.time())
    found = [{**record, "valid_from": day} for records, _ in answers for record in records]
    return found, [gap for _, gap in answers if gap]


def _asks(session: Session, account: str, items: pd.DataFrame, as_of: datetime) -> Iterator[Asked]:
    """Each of the requests that `items` need."""
    rows = items.astype("object").where(items.notna(), None).to_dict("records")
    asker = Asker(session, account, "us-east-1", as_of)
    plans = [row for row in rows if row["service_code"] in PLAN_SERVICES]
    for first in range(0, len(plans), USAGE_TYPES_AT_ONCE):
        yield (
            "savingsplans",
            None,
            partial(_plan_rates, asker, plans[first : first + USAGE_TYPES_AT_ONCE]),
        )
    for region in sorted({row["region"] for row in rows}):
        there = Asker(session, account, region, as_of)
        own = [row for row in rows if row["region"] == region and row["platform"]]
        if machines := [row for row in own if row["service_code"] == "AmazonEC2"]:
            yield "ec2", region, partial(_instances, there, machines)
        for row in own:
            if row["service_code"] == "AmazonRDS":
                yield "rds", region, partial(_databases, there, row)
            if row["service_code"] == "AmazonElastiCache":
                yield "elasticache", region, partial(_caches, there, row)


def _tried(account: str, asked: Asked) -> tuple[list[Record], Record | None]:
    service, region, ask = asked
    try:
        return ask(), None
    except NotReadError as error:
        code, words = error.code, str(error)
    except (KeyError, TypeError, ValueError) as error:
        code, words = "Misread", f"{service} answers in another form than it documents ({error!r})."
    return [], {
        "service": service, "account_id": account, "region": region, "table": TABLE, "error": code,
        "reason": f"{words} Its rates are taken from the rate card, the bill or the price book.",
    }  # fmt: skip


def _plan_rates(ask: Asker, rows: Sequence[Record]) -> list[Record]:
    wanted = {
        "savingsPlanTypes": list(PLAN_TYPES),
        "serviceCodes": sorted({row["service_code"] for row in rows}),
        "usageTypes": sorted({row["usage_type"] for row in rows}),
        "operations": sorted({row["operation"] for row in rows if row["operation"]}),
        "maxResults": 1000,
    }
    pages = kept(ask, "savingsplans", "describe_savings_plans_offering_rates", wanted, token_pages)
    return offerings.plan_rates(pages, rows)


def _instances(ask: Asker, rows: Sequence[Record]) -> list[Record]:
    platforms = sorted({row["platform"] for row in rows})
    filters = [
        {"Name": "instance-type", "Values": sorted({row["item"] for row in rows})},
        {"Name": "product-description", "Values": platforms},
        {"Name": "scope", "Values": ["Region"]},
    ]
    pages = kept(
        ask, "ec2", "describe_reserved_instances_offerings",
        {"Filters": filters, "IncludeMarketplace": False, "InstanceTenancy": "default"},
    )  # fmt: skip
    return offerings.instances(pages, rows)


def _databases(ask: Asker, row: Record) -> list[Record]:
    wanted = {
        "DBInstanceClass": row["item"],
        "ProductDescription": row["platform"],
        "MultiAZ": offerings.is_multi_az(row["usage_type"]),
    }
    return offerings.databases(
        kept(ask, "rds", "describe_reserved_db_instances_offerings", wanted), row
    )


def _caches(ask: Asker, row: Record) -> list[Record]:
    wanted = {
        "CacheNodeType": row["item"],
        "ProductDescription": row["platform"],
    }
    return offerings.caches(
        kept(ask, "elasticache", "describe_reserved_cache_nodes_offerings", wanted), row
    )


def token_pages(ask: Asker, service: str, operation: str, **wanted: Any) -> list[dict[str, Any]]:
    """Every page of an operation of Savings Plans, whose pages boto3 does not turn by itself."""
    pages = [ask.one(service, operation, **wanted)]
    while token := pages[-1].get("nextToken"):
        pages.append(ask.one(service, operation, **wanted, nextToken=token))
    return pages
