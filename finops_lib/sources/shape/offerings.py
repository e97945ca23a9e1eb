"""What is offered for commitment, as PRICES records; and the reservations of databases and caches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from finops_lib.sources.shape import Page, Record, items

YEAR_S = 365 * 86_400


def is_multi_az(usage_type: str) -> bool:
    """Whether a database's usage type pays for a standby too."""
    return "Multi-AZ" in usage_type


def plan_rates(pages: Iterable[Page], rows: Sequence[Record]) -> list[Record]:
    """DescribeSavingsPlansOfferingRates, of exactly the usage types and operations of `rows`."""
    wanted = {(row["service_code"], row["usage_type"], row["operation"]): row for row in rows}
    return list(_plan_records(items(pages, "searchResults"), wanted))


def _plan_records(
    found: Iterable[dict[str, Any]], wanted: dict[tuple[str, str, str], Record]
) -> Iterator[Record]:
    for rate in found:
        row = wanted.get((rate["serviceCode"], rate["usageType"], rate.get("operation", "")))
        said = {p["name"]: p["value"] for p in rate.get("properties") or []}
        if row and said.get("region", row["region"]) == row["region"] and _is_shared(said):
            offer = rate["savingsPlanOffering"]
            terms = (int(offer["durationSeconds"]), offer["paymentOption"], offer["planType"])
            yield _record(
                row, "savings_plan", terms, price=float(rate["rate"]), currency=offer["currency"],
                unit=rate.get("unit") or "Hrs",
            )  # fmt: skip


def _is_shared(properties: dict[str, str]) -> bool:
    return properties.get("tenancy", "shared").casefold() in ("shared", "default")


def instances(pages: Iterable[Page], rows: Sequence[Record]) -> list[Record]:
    """DescribeReservedInstancesOfferings, of the types and platforms of `rows`."""
    wanted = {(row["item"], row["platform"]): row for row in rows}
    return [
        _reserved(wanted[key], raw, raw.get("OfferingClass", "standard"))
        for raw in items(pages, "ReservedInstancesOfferings")
        if (key := (raw["InstanceType"], raw["ProductDescription"])) in wanted
    ]


def databases(pages: Iterable[Page], row: Record) -> list[Record]:
    """DescribeReservedDBInstancesOfferings of the one class and engine of `row`."""
    return [_reserved(row, raw, "standard") for raw in items(pages, "ReservedDBInstancesOfferings")]


def caches(pages: Iterable[Page], row: Record) -> list[Record]:
    """DescribeReservedCacheNodesOfferings of the one node type and engine of `row`."""
    return [_reserved(row, raw, "standard") for raw in items(pages, "ReservedCacheNodesOfferings")]


def _reserved(row: Record, raw: dict[str, Any], offering_class: str) -> Record:
    return _record(
        row, "reserved", (int(raw["Duration"]), raw["OfferingType"], offering_class),
        price=_hourly(raw), upfront=float(raw.get("FixedPrice") or 0.0),
        currency=raw.get("CurrencyCode") or "USD",
    )  # fmt: skip


def _record(
    row: Record, term: str, terms: tuple[int, str, str], **price: float | str | None
) -> Record:
    seconds, payment, kind = terms
    years, words = round(seconds / YEAR_S), payment.lower().replace(" ", "_")
    return {
        "service": row["service_code"], "region": row["region"], "item": row["item"], "unit": "Hrs",
        "term": term, "detail": f"{years}yr/{words}/{kind}", "source": "offering_api", **price,
    }  # fmt: skip


def _hourly(raw: dict[str, Any]) -> float:
    charges = raw.get("RecurringCharges") or []
    recurring = sum(
        float(c.get("Amount", c.get("RecurringChargeAmount", 0.0)))
        for c in charges
        if c.get("Frequency", c.get("RecurringChargeFrequency")) == "Hourly"
    )
    return recurring + float(raw.get("UsagePrice") or 0.0)


def reserved_databases(pages: Iterable[Page]) -> list[Record]:
    """DescribeReservedDBInstances as commitments."""
    return [
        {
            **_held(raw, "RDS", "DBInstanceClass", int(raw["DBInstanceCount"])),
            "commitment_id": raw.get("ReservedDBInstanceArn") or raw["ReservedDBInstanceId"],
            "scope": "Multi-AZ" if raw.get("MultiAZ") else "Single-AZ",
        }
        for raw in items(pages, "ReservedDBInstances")
    ]


def reserved_caches(pages: Iterable[Page]) -> list[Record]:
    """DescribeReservedCacheNodes as commitments."""
    return [
        {
            **_held(raw, "ElastiCache", "CacheNodeType", int(raw["CacheNodeCount"])),
            "commitment_id": raw.get("ReservationARN") or raw["ReservedCacheNodeId"],
        }
        for raw in items(pages, "ReservedCacheNodes")
    ]


def _held(raw: dict[str, Any], product: str, type_key: str, count: int) -> Record:
    """What a reservation of either service says alike; its end follows from its start and duration."""
    start, seconds = raw.get("StartTime"), int(raw.get("Duration", 0))
    return {
        "kind": "reserved_instance",
        "product": product,
        "instance_type": raw[type_key],
        "family": raw[type_key].rpartition(".")[0],
        "platform": raw.get("ProductDescription"),
        "count": count,
        "offering_class": "standard",
        "term_years": round(seconds / YEAR_S) or None,
        "payment_option": raw.get("OfferingType"),
        "upfront_cost": float(raw.get("FixedPrice") or 0.0) * count,
        "recurring_hourly_cost": _hourly(raw) * count,
        "start_time": start,
        "end_time": start + timedelta(seconds=seconds) if start else None,
        "state": raw["State"],
    }
