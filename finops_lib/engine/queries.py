"""Every billing aggregation, once: a table of line items or of the daily cube in, an expression out.

Both tables carry the same column names, so each query runs on either; the day of a row is
`ChargeDay` in the cube and the day of `ChargePeriodStart` in the line items.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from finops_lib.period import Period
from finops_lib.schema import TAG_PREFIX

MEASURES = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost", "ConsumedQuantity")

CUBE_DIMENSIONS = (
    "BillingPeriodStart", "BillingAccountId", "SubAccountId", "SubAccountName", "ProviderName",
    "RegionId", "ServiceName", "x_ServiceCode", "x_UsageType", "x_Operation", "x_InstanceType",
    "ChargeCategory", "PricingCategory", "CommitmentDiscountStatus", "ConsumedUnit",
)  # fmt: skip


def day(table: ir.Table) -> ir.Value:
    """The UTC day of a row."""
    if "ChargeDay" in table.columns:
        return table.ChargeDay
    return table.ChargePeriodStart.truncate("D").cast("timestamp")


def month(table: ir.Table) -> ir.Value:
    """The calendar month in which the charge fell, for comparing periods (an invoice has its own)."""
    return day(table).truncate("M")


def within(table: ir.Table, period: Period) -> ir.Table:
    """The rows whose charge began in the period."""
    moment = day(table)
    return table.filter(moment >= ibis.timestamp(period.start), moment < ibis.timestamp(period.end))


def tag_columns(table: ir.Table) -> list[str]:
    """The promoted tag columns of the table."""
    return [name for name in table.columns if name.startswith(TAG_PREFIX)]


def sums(table: ir.Table) -> dict[str, ir.Value]:
    """The sums of every measure."""
    return {name: table[name].sum() for name in MEASURES}


def total(table: ir.Table) -> ir.Table:
    """One row: the sums of every measure and the number of line items."""
    items = table.x_LineItems.sum() if "x_LineItems" in table.columns else table.count()
    return table.aggregate(**sums(table), x_LineItems=items)


def spend_by(table: ir.Table, dimensions: Sequence[str]) -> ir.Table:
    """The sums of every measure by these columns; a missing value is a group of its own."""
    return table.group_by(list(dimensions)).aggregate(**sums(table))


def spend_by_month(table: ir.Table, dimensions: Sequence[str] = ()) -> ir.Table:
    """Month and dimensions: the sums of every measure."""
    return table.group_by(Month=month(table), **{d: table[d] for d in dimensions}).aggregate(
        **sums(table)
    )


def spend_by_day(table: ir.Table, dimensions: Sequence[str] = ()) -> ir.Table:
    """ChargeDay and dimensions: the sums of every measure."""
    return table.group_by(ChargeDay=day(table), **{d: table[d] for d in dimensions}).aggregate(
        **sums(table)
    )


def cube(lines: ir.Table) -> ir.Table:
    """The daily cube: line items added up per day, dimension and promoted tag."""
    dimensions = {name: lines[name] for name in (*CUBE_DIMENSIONS, *tag_columns(lines))}
    return lines.group_by(ChargeDay=day(lines), **dimensions).aggregate(
        **sums(lines), x_LineItems=lines.count()
    )


def spend_by_resource(lines: ir.Table) -> ir.Table:
    """Account, region, resource, service, usage type and tags: the sums, first and last charge."""
    named = lines.filter(lines.ResourceId.notnull())
    tags = tag_columns(lines)
    keys = {
        "account_id": named.SubAccountId.fill_null(named.BillingAccountId),
        "region": named.RegionId.fill_null("global"),
        "resource_id": named.ResourceId,
        "service": named.ServiceName,
        "usage_type": named.x_UsageType,
        "instance_type": named.x_InstanceType,
        "unit": named.ConsumedUnit,
        **{tag: named[tag] for tag in tags},
    }
    return named.group_by(**keys).aggregate(
        consumed_quantity=named.ConsumedQuantity.sum(),
        billed_cost=named.BilledCost.sum(),
        effective_cost=named.EffectiveCost.sum(),
        list_cost=named.ListCost.sum(),
        first_charge_at=named.ChargePeriodStart.min(),
        last_charge_end=named.ChargePeriodEnd.max(),
    )


def tag_coverage(table: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Month, and per policy key the billed and effective dollars of rows that carry it."""
    carried = {
        f"{basis}_{key}": ibis.ifelse(
            table[f"{TAG_PREFIX}{key}"].notnull(), table[column], 0.0
        ).sum()
        for key in keys
        for basis, column in (("billed", "BilledCost"), ("effective", "EffectiveCost"))
    }
    return table.group_by(Month=month(table)).aggregate(
        billed=table.BilledCost.sum(), effective=table.EffectiveCost.sum(), **carried
    )


def hourly_usage(lines: ir.Table) -> ir.Table:
    """Hour, service, account, region and instance type: on-demand cost and hours of usage.

    What commitments could cover: usage at standard on-demand prices, charged by the hour.
    """
    eligible = lines.filter(
        lines.ChargeCategory == "Usage",
        lines.PricingCategory == "Standard",
        lines.x_InstanceType.notnull(),
    )
    return eligible.group_by(
        Hour=eligible.ChargePeriodStart.truncate("h"),
        x_ServiceCode=eligible.x_ServiceCode,
        SubAccountId=eligible.SubAccountId,
        RegionId=eligible.RegionId,
        x_InstanceType=eligible.x_InstanceType,
    ).aggregate(
        BilledCost=eligible.BilledCost.sum(), ConsumedQuantity=eligible.ConsumedQuantity.sum()
    )


def months(table: ir.Table) -> ir.Table:
    """Month, first and last day with a charge: which months are whole."""
    moment = day(table)
    return table.group_by(Month=month(table)).aggregate(
        first_day=moment.min(), last_day=moment.max()
    )
