"""The Price List: what is asked of it for an inventory, and its products as PRICES records."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import pandas as pd

from finops_lib.sources.shape import Page, Record

REGION_PREFIX = r"(?:(?!IA-)[A-Z]{2,4}\d?-)?"
"""What a usage type begins with outside us-east-1, for some services there too: USW2-, EU-, APN1-."""

UNITS = {"GiBps-mo": ("MiBps-Mo", 1024.0)}
"""The units that the list spells in another size than a bill of the same thing."""


class Ask(NamedTuple):
    """One question to the Price List: a service's products whose attributes equal the filters."""

    service_code: str
    filters: tuple[tuple[str, str], ...]


@cache
def rules() -> tuple[Mapping[str, str], ...]:
    """The shipped table: what is asked for which inventory, and which products become which item.

    Service codes, families and usage types are those of
    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html.
    """
    text = (files("finops_lib") / "data" / "price_list.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def asks(tables: Mapping[str, pd.DataFrame]) -> list[tuple[str, Ask]]:
    """Region and question for all that the inventory holds: no price is asked for what is not there."""
    found = {
        (region, _ask(rule)): None
        for rule in rules()
        if rule["table"] in tables
        for region in sorted(_concerned(tables[rule["table"]], rule["where"])["region"].unique())
    }
    return list(found)


def _ask(rule: Mapping[str, str]) -> Ask:
    pairs = (part.partition("=") for part in rule["filters"].split("&") if part)
    return Ask(rule["service_code"], tuple((name, value) for name, _, value in pairs))


def _concerned(table: pd.DataFrame, where: str) -> pd.DataFrame:
    column, _, values = where.partition("=")
    return table[table[column].isin(values.split("|"))] if column else table


def prices(ask: Ask, region: str, pages: Iterable[Page]) -> list[Record]:
    """PRICES records of the products that answer `ask` and have an item of ours."""
    mine = [rule for rule in rules() if _ask(rule) == ask]
    texts: Iterator[Any] = (text for page in pages for text in page.get("PriceList") or [])
    return [record for text in texts for record in _records(json.loads(text), mine, region)]


BILLED_BY = [
    "x_ServiceCode", "RegionId", "x_UsageType", "x_Operation", "ConsumedUnit", "ChargeCategory",
    "PricingCategory",
]  # fmt: skip
"""What the bill must be added up by for `of_bill`."""


def of_bill(spend: pd.DataFrame, since: datetime, currency: str) -> list[Record]:
    """PRICES records of what the bill charged on demand, at its list rates, by the same rules.

    `spend` is the bill by BILLED_BY, `since` the first moment that it covers. A rate is the mean of its
    tiers; what was not charged, or was charged for another operation than the rule's, has no record.
    """
    used = spend[
        spend["ChargeCategory"].eq("Usage")
        & spend["PricingCategory"].eq("Standard")
        & (spend["ConsumedQuantity"] > 0)
        & (spend["ListCost"] > 0)
        & spend[["x_UsageType", "RegionId", "ConsumedUnit"]].notna().all(axis=1)
    ]
    found = {}
    for row in used.itertuples():
        services = [r for r in rules() if row.x_ServiceCode in (r["service_code"], r["service"])]
        for rule, item in _items(services, row.x_UsageType, row.x_Operation):
            unit, parts = UNITS.get(row.ConsumedUnit, (row.ConsumedUnit, 1.0))
            record = _record(rule, row.RegionId, item, unit)
            record |= {"price": row.ListCost / row.ConsumedQuantity / parts, "currency": currency}
            found[rule["service"], row.RegionId, item, rule["detail"]] = record | {
                "valid_from": since, "source": "bill",
            }  # fmt: skip
    return list(found.values())


def _items(
    candidates: Sequence[Mapping[str, str]], usage_type: str, operation: str | None
) -> Iterator[tuple[Mapping[str, str], str]]:
    """Each rule that the usage type and the operation follow, with the item that it is of ours."""
    for rule in candidates:
        named = re.fullmatch(REGION_PREFIX + rule["usage_type"], usage_type)
        if named and rule["operation"] in ("", operation):
            yield rule, rule["item"].format(**named.groupdict())


def _record(rule: Mapping[str, str], region: str, item: str, unit: str) -> Record:
    return {
        "service": rule["service"], "region": region, "item": item, "unit": unit,
        "term": "on_demand", "detail": rule["detail"] or None, "upfront": None,
    }  # fmt: skip


def _records(
    product: dict[str, Any], mine: Sequence[Mapping[str, str]], region: str
) -> Iterator[Record]:
    attributes = product["product"]["attributes"]
    if attributes.get("locationType", "AWS Region") != "AWS Region":
        return
    for rule, item in _items(mine, attributes["usagetype"], attributes.get("operation")):
        for term in product.get("terms", {}).get("OnDemand", {}).values():
            yield from _rates(term, rule, region, item)


def _rates(
    term: dict[str, Any], rule: Mapping[str, str], region: str, item: str
) -> Iterator[Record]:
    """The first charged tier of an on-demand term: what the free allowance leaves, at small amounts."""
    tiers = sorted(term["priceDimensions"].values(), key=_begin)
    charged = [tier for tier in tiers if float(tier["pricePerUnit"].get("USD", 0.0)) > 0]
    if charged:
        unit, parts = UNITS.get(charged[0]["unit"], (charged[0]["unit"], 1.0))
        yield _record(rule, region, item, unit) | {
            "price": float(charged[0]["pricePerUnit"]["USD"]) / parts, "currency": "USD",
            "valid_from": _utc(term["effectiveDate"]), "source": "price_list_api",
        }  # fmt: skip


def _begin(tier: dict[str, Any]) -> float:
    return float(tier.get("beginRange") or 0.0)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).replace(tzinfo=None)
