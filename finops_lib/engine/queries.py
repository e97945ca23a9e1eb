"""Every billing aggregation, once: a table of line items or of the daily cube in, an expression out.

Both tables carry the same column names, so each query runs on either, but for those that need
hours or resources and say `lines`. Every query sums both cost bases side by side. A missing value of a
dimension is a group of its own: nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis import _

from finops_lib.period import Period
from finops_lib.schema import DAILY_CUBE, TAG_PREFIX

MEASURES = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost", "ConsumedQuantity")

CUBE_DIMENSIONS = tuple(
    column.name
    for column in DAILY_CUBE.columns
    if column.kind in ("text", "time") and column.name != "ChargeDay"
)

SERVERLESS = ("AWSLambda", "AmazonECS", "AmazonEKS")
"""Services whose usage a Compute Savings Plan covers without an instance type (Fargate, Lambda)."""


def moment(table: ir.Table) -> ir.Value:
    """When a row's charge began, as exactly as the table knows."""
    return table.ChargeDay if "ChargeDay" in table.columns else table.ChargePeriodStart


def day(table: ir.Table) -> ir.Value:
    """The UTC day of a row."""
    if "ChargeDay" in table.columns:
        return table.ChargeDay
    return table.ChargePeriodStart.truncate("D").cast("timestamp")


def month(table: ir.Table) -> ir.Value:
    """The calendar month in which the charge fell (an invoice has its own, BillingPeriodStart)."""
    return moment(table).truncate("M").cast("timestamp")


def within(table: ir.Table, period: Period) -> ir.Table:
    """The rows whose charge began in the period."""
    return table.filter(_between(moment(table), period))


def tag_columns(table: ir.Table) -> list[str]:
    """The promoted tag columns of the table."""
    return [name for name in table.columns if name.startswith(TAG_PREFIX)]


def sums(table: ir.Table) -> dict[str, ir.Value]:
    """The sums of every measure, and EffectiveCost of the charges whose ListCost is known."""
    listed = (
        table.x_ListedEffectiveCost.sum()
        if "x_ListedEffectiveCost" in table.columns
        else table.EffectiveCost.sum(where=table.ListCost.notnull())
    )
    return {**{name: table[name].sum() for name in MEASURES}, "x_ListedEffectiveCost": listed}


def line_count(table: ir.Table) -> ir.Value:
    """The number of line items behind the rows."""
    return table.x_LineItems.sum() if "x_LineItems" in table.columns else table.count()


def total(table: ir.Table) -> ir.Table:
    """One row: the sums of every measure and the number of line items."""
    return table.aggregate(**sums(table), x_LineItems=line_count(table))


def spend_by(table: ir.Table, dimensions: Sequence[str]) -> ir.Table:
    """The sums of every measure by these columns."""
    return table.group_by(list(dimensions)).aggregate(**sums(table))


def spend_by_month(table: ir.Table, dimensions: Sequence[str] = ()) -> ir.Table:
    """Month and dimensions: the sums of every measure."""
    keys = {"Month": month(table), **{name: table[name] for name in dimensions}}
    return table.group_by(**keys).aggregate(**sums(table))


def spend_by_day(table: ir.Table, dimensions: Sequence[str] = ()) -> ir.Table:
    """ChargeDay and dimensions: the sums of every measure and the number of line items."""
    keys = {"ChargeDay": day(table), **{name: table[name] for name in dimensions}}
    return table.group_by(**keys).aggregate(**sums(table), x_LineItems=line_count(table))


def months(table: ir.Table) -> ir.Table:
    """Month, first and last day with a charge: which months are whole."""
    return table.group_by(Month=month(table)).aggregate(
        first_day=day(table).min(), last_day=day(table).max()
    )


def cube(lines: ir.Table) -> ir.Table:
    """The daily cube: line items added up per day, dimension and promoted tag (DAILY_CUBE)."""
    keys = {"ChargeDay": day(lines)}
    keys |= {name: lines[name] for name in (*CUBE_DIMENSIONS, *tag_columns(lines))}
    return lines.group_by(**keys).aggregate(**sums(lines), x_LineItems=lines.count())


def tag_coverage(table: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Month; per basis all dollars and, per policy key, those of rows that carry it ("billed_team" …)."""
    carried = {
        f"{basis}_{key}": table[column]
        .sum(where=table[f"{TAG_PREFIX}{key}"].notnull())
        .fill_null(0.0)
        for key in keys
        for basis, column in (("billed", "BilledCost"), ("effective", "EffectiveCost"))
    }
    return table.group_by(Month=month(table)).aggregate(
        billed=table.BilledCost.sum(), effective=table.EffectiveCost.sum(), **carried
    )


def usage_by_instance_type(table: ir.Table, dimensions: Sequence[str] = ()) -> ir.Table:
    """Month, service, usage type, instance type, purchase option and dimensions of instance usage.

    ConsumedQuantity is instance hours: only rows with an instance type and a unit of hours count.
    """
    unit = table.ConsumedUnit.lower()
    used = table.filter(
        table.x_InstanceType.notnull(),
        table.ChargeCategory == "Usage",
        unit.startswith("hour") | unit.startswith("hrs"),
    )
    names = (
        "x_ServiceCode", "ServiceName", "x_UsageType", "x_InstanceType", "RegionId",
        "PricingCategory", "CommitmentDiscountType", *dimensions,
    )  # fmt: skip
    keys = {"Month": month(used), **{name: used[name] for name in names}}
    return used.group_by(**keys).aggregate(**sums(used))


def spend_by_resource(lines: ir.Table) -> ir.Table:
    """Account, region, resource, service, usage type and tags: the sums, first and last charge."""
    named = lines.filter(lines.ResourceId.notnull())
    keys = {
        "account_id": named.SubAccountId.fill_null(named.BillingAccountId),
        "region": named.RegionId.fill_null("global"),
        "resource_id": named.ResourceId,
        "service": named.ServiceName,
        "usage_type": named.x_UsageType,
        "instance_type": named.x_InstanceType,
        "unit": named.ConsumedUnit,
        **{tag: named[tag] for tag in tag_columns(lines)},
    }
    return named.group_by(**keys).aggregate(
        consumed_quantity=named.ConsumedQuantity.sum(),
        billed_cost=named.BilledCost.sum(),
        effective_cost=named.EffectiveCost.sum(),
        list_cost=named.ListCost.sum(),
        first_charge_at=named.ChargePeriodStart.min(),
        last_charge_end=named.ChargePeriodEnd.max(),
    )


def new_resources(lines: ir.Table, period: Period, since: datetime) -> ir.Table:
    """Account, region and resource first charged at `since` or later: its cost in the period, costliest first."""
    named = lines.filter(lines.ResourceId.notnull())
    found = named.group_by(
        account_id=named.SubAccountId.fill_null(named.BillingAccountId),
        resource_id=named.ResourceId,
    ).aggregate(
        region=named.RegionId.max().fill_null("global"),
        effective_cost=named.EffectiveCost.sum(where=_between(moment(named), period)),
        first_charge_at=named.ChargePeriodStart.min(),
    )
    new = found.filter(found.first_charge_at >= ibis.timestamp(since), found.effective_cost > 0)
    return new.order_by([ibis.desc("effective_cost"), "account_id", "resource_id"])


DRIVER_KEYS = (
    "SubAccountId", "RegionId", "ServiceName", "x_UsageType", "ConsumedUnit", "ResourceId",
)  # fmt: skip


def usage_in_both(
    table: ir.Table, before: Period, after: Period, keys: Sequence[str] = DRIVER_KEYS
) -> ir.Table:
    """Keys; costs and quantity of either period side by side, in one pass over the table.

    What `analysis.drivers` explains; on the cube give keys without ResourceId.
    """
    side = {
        "before": _between(moment(table), before),
        "after": _between(moment(table), after),
    }
    both = table.mutate(_before=side["before"], _after=side["after"]).filter(_._before | _._after)
    measures = {
        "billed": both.BilledCost,
        "effective": both.EffectiveCost,
        "quantity": both.ConsumedQuantity,
    }
    return both.group_by(list(keys)).aggregate(
        **{
            f"{name}_{when}": value.sum(where=both[f"_{when}"])
            for name, value in measures.items()
            for when in side
        }
    )


def _between(time: ir.Value, period: Period) -> ir.Value:
    return (time >= ibis.timestamp(period.start)) & (time < ibis.timestamp(period.end))


def hourly_usage(lines: ir.Table) -> ir.Table:
    """Hour, service, account, region, platform, usage and instance type: on-demand dollars and quantity.

    What commitments could cover: usage at standard on-demand prices, of instances and of what a
    Compute Savings Plan covers without one. `charge_hours` is the length of the charges: 24 where
    an export was daily, so that such rows are not taken for one hour.
    """
    usage = lines.filter(lines.ChargeCategory == "Usage", lines.PricingCategory == "Standard")
    eligible = usage.filter(
        usage.x_InstanceType.notnull() | usage.x_ServiceCode.isin(list(SERVERLESS))
    )
    platform = eligible.x_Platform if "x_Platform" in eligible.columns else ibis.null("string")
    seconds = eligible.ChargePeriodEnd.epoch_seconds() - eligible.ChargePeriodStart.epoch_seconds()
    return eligible.group_by(
        hour=eligible.ChargePeriodStart.truncate("h"),
        account_id=eligible.SubAccountId.fill_null(eligible.BillingAccountId),
        region=eligible.RegionId.fill_null("global"),
        service_code=eligible.x_ServiceCode,
        instance_type=eligible.x_InstanceType,
        usage_type=eligible.x_UsageType,
        operation=eligible.x_Operation,
        platform=platform,
        unit=eligible.ConsumedUnit,
        charge_hours=seconds / 3600,
    ).aggregate(
        consumed_quantity=eligible.ConsumedQuantity.sum(),
        on_demand_cost=eligible.BilledCost.sum(),
        list_cost=eligible.ListCost.sum(),
    )


def commitment_usage(lines: ir.Table, resources: Sequence[str] = ()) -> ir.Table:
    """Hour, account, region, service, types and, of the named resources, the resource: dollars on demand.

    Like `hourly_usage`, and with what commitments covered already, at its list price: the demand that
    existing and new commitments are replayed on together. `unlisted` counts covered rows whose list
    price the bill does not know. Spot is no such usage.
    """
    used = lines.filter(
        lines.ChargeCategory == "Usage",
        lines.PricingCategory.isin(["Standard", "Committed"]),
        lines.CommitmentDiscountStatus.fill_null("Used") == "Used",
        lines.x_InstanceType.notnull() | lines.x_ServiceCode.isin(list(SERVERLESS)),
    )
    covered = used.PricingCategory == "Committed"
    seconds = used.ChargePeriodEnd.epoch_seconds() - used.ChargePeriodStart.epoch_seconds()
    return used.group_by(
        hour=used.ChargePeriodStart.truncate("h"),
        account_id=used.SubAccountId.fill_null(used.BillingAccountId),
        region=used.RegionId.fill_null("global"),
        service_code=used.x_ServiceCode,
        instance_type=used.x_InstanceType,
        usage_type=used.x_UsageType,
        operation=used.x_Operation,
        resource_id=used.ResourceId.isin(list(resources)).ifelse(
            used.ResourceId, ibis.null("string")
        )
        if resources
        else ibis.null("string"),
        charge_hours=seconds / 3600,
    ).aggregate(
        consumed_quantity=used.ConsumedQuantity.sum(),
        on_demand_cost=covered.ifelse(used.ListCost, used.BilledCost).sum(),
        unlisted=(covered & used.ListCost.isnull()).sum(),
    )


def commitment_charges(lines: ir.Table) -> ir.Table:
    """Month, account, region, commitment and what it is: its fees and its used and unused cost.

    Fees are cash; used and unused are amortized. `list_cost` is the on-demand price of what was covered.
    """
    charged = lines.filter(lines.CommitmentDiscountId.notnull())
    is_used = (charged.CommitmentDiscountStatus == "Used").fill_null(False)
    is_unused = (charged.CommitmentDiscountStatus == "Unused").fill_null(False)
    return charged.group_by(
        Month=month(charged),
        account_id=charged.SubAccountId.fill_null(charged.BillingAccountId),
        region=charged.RegionId.fill_null("global"),
        commitment_id=charged.CommitmentDiscountId,
        discount_type=charged.CommitmentDiscountType,
        service_code=charged.x_ServiceCode,
        usage_type=charged.x_UsageType,
        instance_type=charged.x_InstanceType,
        is_used=is_used,
    ).aggregate(
        rows=charged.count(),
        fee_rows=(~is_used & (charged.BilledCost > 0)).sum(),
        fee=charged.BilledCost.sum(where=~is_used).fill_null(0.0),
        used_cost=charged.EffectiveCost.sum(where=is_used).fill_null(0.0),
        unused_cost=charged.EffectiveCost.sum(where=is_unused).fill_null(0.0),
        list_cost=charged.ListCost.sum(where=is_used),
    )
