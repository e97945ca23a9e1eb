"""The line items as AWS's FOCUS 1.2 export writes them.

What differs from the Cost and Usage Report: usage that a commitment covers is billed at zero and
its negation is left out; a commitment's fee is a Purchase whose unused part is a row of its own.
Specification: https://focus.finops.org/focus-specification/v1-2/.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from finops_lib.demo.story.ledger import Ledger
from finops_lib.demo.story.services import REGIONS, SERVICES
from finops_lib.demo.story.tagmap import details_column, tag_column
from finops_lib.demo.story.teams import ACCOUNTS, PAYER, REQUIRED_KEYS
from finops_lib.demo.story.timeline import AS_OF

CHARGE_CATEGORIES = {
    "Usage": "Usage", "DiscountedUsage": "Usage", "SavingsPlanCoveredUsage": "Usage",
    "RIFee": "Purchase", "SavingsPlanRecurringFee": "Purchase", "Fee": "Purchase", "Tax": "Tax",
    "Credit": "Credit", "EdpDiscount": "Credit", "BundledDiscount": "Credit", "Refund": "Adjustment",
}  # fmt: skip
FEES = ("RIFee", "SavingsPlanRecurringFee")
COST_EXPLORER_COLUMNS = [
    "ChargePeriodStart", "BilledCost", "EffectiveCost", "ListCost", "ConsumedQuantity", "SubAccountId",
    "SubAccountName", "RegionId", "AvailabilityZone", "ServiceName", "ChargeCategory", "PricingCategory",
    "InvoiceIssuerName", "CommitmentDiscountId", "CommitmentDiscountType", "CommitmentDiscountStatus",
    "x_UsageType", "x_Operation", "x_InstanceType", "x_LineItemType",
]  # fmt: skip
COVERED = ("DiscountedUsage", "SavingsPlanCoveredUsage")


def focus_rows(lines: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """The lines in FOCUS 1.2 columns, before tags; and what only Cost Explorer tells of them.

    Beside the export's columns: `resource` (its place in the ledger), `x_LineItemType` and
    `x_InstanceType`.
    """
    rows = _with_unused_rows(lines)
    parts = (_who(rows), _when(rows), _what(rows), _which_commitment(rows, ledger), _how_much(rows))
    hidden = {"resource": rows["resource"], "x_LineItemType": rows["line_type"],
              "x_InstanceType": rows["instance_type"]}  # fmt: skip
    return pd.DataFrame({k: v for part in (*parts, hidden) for k, v in part.items()}, copy=False)


def focus(rows: pd.DataFrame, ledger: Ledger) -> pa.Table:
    """The export: FOCUS 1.2 and AWS's own `x_` columns, times as naive UTC."""
    names = sorted(set(rows.columns) - {"resource", "x_LineItemType", "x_InstanceType"})
    table = pa.Table.from_pandas(rows[names], preserve_index=False)
    table = table.append_column("SkuPriceDetails", details_column(rows["x_InstanceType"]))
    return table.append_column("Tags", tag_column(rows["resource"], ledger))


def cost_explorer(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """What Cost Explorer knows: COSTS columns, and each required tag as an `x_tag_…` column."""
    tags = pd.DataFrame(
        [{f"x_tag_{k}": r.tags.get(k) for k in REQUIRED_KEYS} for r in ledger.resources]
    )
    of_rows = {name: tags[name].reindex(rows["resource"]).to_numpy() for name in tags}
    return rows[COST_EXPLORER_COLUMNS].assign(**of_rows)


def _with_unused_rows(lines: pd.DataFrame) -> pd.DataFrame:
    """Without negations; fees lose their amortized cost to a second row that says what went unused."""
    lines = lines[lines["line_type"] != "SavingsPlanNegation"]
    is_fee = lines["line_type"].isin(FEES)
    unused = lines[is_fee & (lines["unused_cost"] > 0)]
    bought = lines.assign(
        effective_cost=lines["effective_cost"].mask(is_fee, 0.0),
        cost=lines["cost"].mask(lines["line_type"].isin(COVERED), 0.0),
        is_unused=False,
    )
    left = unused.assign(
        cost=0.0, list_cost=0.0, effective_cost=unused["unused_cost"], is_unused=True
    )
    return pd.concat([bought, left], ignore_index=True)


def _who(rows: pd.DataFrame) -> dict[str, object]:
    return {
        "BillingAccountId": PAYER,
        "BillingAccountName": ACCOUNTS[PAYER],
        "BillingAccountType": "Management account",
        "SubAccountId": rows["account"],
        "SubAccountName": rows["account"].map(ACCOUNTS),
        "SubAccountType": "Account",
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "ProviderName": "AWS",
        "PublisherName": "AWS",
    }


def _when(rows: pd.DataFrame) -> dict[str, object]:
    month = rows["start"].dt.to_period("M")
    first = month.dt.to_timestamp().astype("datetime64[us]")
    closed = first < pd.Timestamp(AS_OF.year, AS_OF.month, 1)
    return {
        "BillingPeriodStart": first,
        "BillingPeriodEnd": (month + 1).dt.to_timestamp().astype("datetime64[us]"),
        "ChargePeriodStart": rows["start"],
        "ChargePeriodEnd": rows["end"],
        "InvoiceId": ("INV-" + first.dt.strftime("%Y%m")).where(closed),
    }


def _what(rows: pd.DataFrame) -> dict[str, object]:
    service = rows["service"].map(SERVICES)
    category = rows["line_type"].map(CHARGE_CATEGORIES).mask(rows["is_unused"], "Usage")
    return {
        "AvailabilityZone": rows["zone"],
        "ChargeCategory": category,
        "ChargeClass": pd.Series(None, index=rows.index, dtype="str"),
        "ChargeDescription": rows["description"],
        "ChargeFrequency": category.map({"Purchase": "Recurring", "Usage": "Usage-Based"}).fillna(
            "One-Time"
        ),
        "RegionId": rows["region"],
        "RegionName": rows["region"].map(REGIONS),
        "ResourceId": rows["resource_id"],
        "ServiceName": service.str[0],
        "ServiceCategory": service.str[1],
        "ServiceSubcategory": service.str[2],
        "SkuMeter": rows["usage_type"],
        "SkuId": rows["usage_type"],
        "SkuPriceId": rows["usage_type"] + ":" + rows["operation"].fillna(""),
        "x_ServiceCode": rows["service"],
        "x_UsageType": rows["usage_type"],
        "x_Operation": rows["operation"],
    }


def _which_commitment(rows: pd.DataFrame, ledger: Ledger) -> dict[str, object]:
    kinds = {c.id: c.kind for c in ledger.commitments}
    kind = rows["commitment_id"].map(kinds)
    status = pd.Series(None, index=rows.index, dtype="str")
    status = status.mask(rows["line_type"].isin(COVERED), "Used").mask(rows["is_unused"], "Unused")
    is_committed = rows["line_type"].isin(COVERED) | rows["is_unused"]
    spot_types = [name for name in rows["usage_type"].unique() if "SpotUsage" in name]
    is_spot = rows["usage_type"].isin(spot_types)
    has_price = rows["line_type"].isin(("Usage", *COVERED)) | rows["is_unused"]
    pricing = (
        pd.Series("Standard", index=rows.index)
        .mask(is_spot, "Dynamic")
        .mask(is_committed, "Committed")
    )
    return {
        "CommitmentDiscountId": rows["commitment_id"].map({c.id: c.arn for c in ledger.commitments}),
        "CommitmentDiscountCategory": kind.map({"savings_plan": "Spend", "reserved_instance": "Usage"}),
        "CommitmentDiscountType": kind.map({"savings_plan": "Compute Savings Plan",
                                            "reserved_instance": "Reserved Instance"}),
        "CommitmentDiscountStatus": status,
        "PricingCategory": pricing.where(has_price),
    }  # fmt: skip


def _how_much(rows: pd.DataFrame) -> dict[str, object]:
    is_usage = rows["line_type"].isin(("Usage", *COVERED))
    quantity, unit = rows["quantity"].where(is_usage), rows["unit"].where(is_usage)
    rate = rows["rate"].where(is_usage)
    contracted = rows["list_cost"].where(rows["line_type"].isin(COVERED), rows["cost"])
    return {
        "BilledCost": rows["cost"],
        "EffectiveCost": rows["effective_cost"],
        "ListCost": rows["list_cost"],
        "ContractedCost": contracted.mask(rows["line_type"].isin(FEES), 0.0),
        "BillingCurrency": "USD",
        "PricingCurrency": "USD",
        "ConsumedQuantity": quantity,
        "ConsumedUnit": unit,
        "PricingQuantity": rows["quantity"],
        "PricingUnit": rows["unit"],
        "ListUnitPrice": rate,
        "ContractedUnitPrice": rate,
    }
