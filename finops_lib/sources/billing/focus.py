"""FOCUS 1.0, 1.1 and 1.2 of any provider as COSTS columns, its dirt named and counted.

Specification: https://focus.finops.org/focus-specification/. What differs between the versions is
which columns are there, so one reading serves them all.
"""

from __future__ import annotations

from finops_lib.schema import COSTS
from finops_lib.sources.billing.columns import (
    NUMBER,
    TEXT,
    TIME,
    Columns,
    instance_type,
    quoted,
    text,
)

REQUIRED = (
    "BilledCost",
    "EffectiveCost",
    "ChargePeriodStart",
    "BillingPeriodStart",
    "BillingCurrency",
)

SPELLED = {
    "ChargeCategory": ("Usage", "Purchase", "Tax", "Credit", "Adjustment"),
    "ChargeFrequency": ("One-Time", "Recurring", "Usage-Based"),
    "PricingCategory": ("Standard", "Dynamic", "Committed", "Other"),
    "CommitmentDiscountStatus": ("Used", "Unused"),
    "CommitmentDiscountCategory": ("Spend", "Usage"),
    "ChargeClass": ("Correction",),
}
"""Columns whose values the specification fixes; other capitals of them are put right."""

KINDS = {"number": NUMBER, "time": TIME, "text": TEXT}

OLD_NAMES = {"ProviderName": "Provider", "PublisherName": "Publisher"}


def spelled(name: str) -> str:
    """The column as the specification spells it, whatever its capitals; a foreign one as it is."""
    return _SPELLINGS.get(name.lower(), name)


def costs(columns: Columns) -> dict[str, str]:
    """COSTS column to SQL over the raw FOCUS export (tags apart)."""
    found = {
        column.name: columns.get(
            column.name, OLD_NAMES.get(column.name, column.name), kind=KINDS[column.kind]
        )
        for column in COSTS.columns
        if column.kind in KINDS
    }
    for name in ("BillingAccountId", "SubAccountId"):
        found[name] = columns.account(name)
    for name, allowed in SPELLED.items():
        found[name] = _spelled(found[name], allowed)
    for name in ("BilledCost", "EffectiveCost"):
        found[name] = f"COALESCE({found[name]}, 0)"
    found["BillingCurrency"] = f"upper({found['BillingCurrency']})"
    start, month = found["ChargePeriodStart"], found["BillingPeriodStart"]
    found["ChargePeriodStart"] = f"COALESCE({start}, {month})"
    found["ChargePeriodEnd"] = f"COALESCE({found['ChargePeriodEnd']}, {found['ChargePeriodStart']})"
    found["BillingPeriodStart"] = f"date_trunc('month', COALESCE({month}, {start}))"
    found["BillingPeriodEnd"] = f"{found['BillingPeriodStart']} + INTERVAL 1 MONTH"
    usage_type = columns.get("x_UsageType", "SkuMeter")
    found["x_InstanceType"] = f"COALESCE({found['x_InstanceType']}, {instance_type(usage_type)})"
    for name in extras(columns):
        found.setdefault(name, columns.get(name))
    return found


def extras(columns: Columns) -> list[str]:
    """Columns that the provider added under the `x_` prefix of the specification."""
    return [name for name in columns.names if name.startswith("x_")]


def strays(columns: Columns) -> list[str]:
    """Columns that neither the specification nor the `x_` prefix explains."""
    known = {*COSTS.names, *OLD_NAMES.values(), *LATER}
    return [n for n in columns.names if n not in known and not n.startswith("x_")]


LATER = {
    "BillingAccountType", "CapacityReservationId", "CapacityReservationStatus",
    "CommitmentDiscountQuantity", "CommitmentDiscountUnit", "InvoiceId", "PricingCurrency",
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice", "SkuMeter", "SkuPriceDetails", "SubAccountType", "Region",
    "ChargeType", "ChargeSubcategory",
}  # fmt: skip
"""Columns of the specification's versions that the workbook does not use."""


_SPELLINGS = {
    name.lower(): name for name in (*COSTS.names, *OLD_NAMES.values(), *LATER)
}  # fmt: skip


def dirt(columns: Columns) -> dict[str, str]:
    """What to count of the raw rows: a sentence to the SQL condition of the rows it is true of."""
    found = {}
    for name, allowed in SPELLED.items():
        if columns.has(name):
            raw = (
                f"NULLIF(NULLIF(TRIM(CAST({quoted(columns.names[name])} AS VARCHAR)), ''), 'NULL')"
            )
            listed = ", ".join(map(text, allowed))
            found[f"{name} spelled otherwise than the specification does"] = (
                f"{raw} NOT IN ({listed})"
            )
    for name in ("ContractedCost", "ListCost", "BilledCost", "EffectiveCost"):
        found[f"{name} missing"] = f"{columns.get(name, kind=NUMBER)} IS NULL"
    for name in ("ChargePeriodStart", "BillingPeriodStart"):
        found[f"{name} missing, taken from the other"] = f"{columns.get(name, kind=TIME)} IS NULL"
    texts = [
        n for n, spelling in columns.names.items() if columns.types.get(spelling, TEXT) == TEXT
    ]
    literal = " OR ".join(f"TRIM({quoted(columns.names[n])}) = 'NULL'" for n in texts)
    if literal:
        found["the literal NULL in place of an empty value"] = literal
    for name in ("ChargePeriodStart", "BillingPeriodStart"):
        if columns.types.get(columns.names.get(name, ""), "") == TEXT:
            zoned = f"regexp_matches(TRIM({quoted(columns.names[name])}), '(Z|UTC|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
            found[f"{name} without a time zone, read as UTC"] = f"NOT {zoned}"
    return found


def _spelled(expression: str, allowed: tuple[str, ...]) -> str:
    cases = " ".join(f"WHEN lower({text(value)}) THEN {text(value)}" for value in allowed)
    return f"CASE lower({expression}) {cases} ELSE {expression} END"
