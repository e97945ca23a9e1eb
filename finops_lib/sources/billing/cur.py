"""The AWS Cost and Usage Report, legacy and 2.0, as COSTS columns.

Effective cost by line item type follows AWS's own amortization rules
(https://docs.aws.amazon.com/cur/latest/userguide/cur-ris.html and cur-sp.html): what a reservation or
a Savings Plan covers costs its share of the fees, the unused rest stays on the fee's line, and the
fees and negations themselves cost nothing.
"""

from __future__ import annotations

from finops_lib.sources.billing.columns import NUMBER, TIME, Columns, instance_type, text

REQUIRED = (
    "line_item_line_item_type",
    "line_item_usage_start_date",
    "line_item_unblended_cost",
    "line_item_currency_code",
    "bill_billing_period_start_date",
)
"""Without these it is no Cost and Usage Report, or one that cannot be added up."""

KNOWN_TYPES = (
    "Usage", "DiscountedUsage", "RIFee", "SavingsPlanCoveredUsage", "SavingsPlanNegation",
    "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee", "Fee", "Tax", "Credit", "Refund",
    "BundledDiscount", "EdpDiscount", "PrivateRateDiscount", "RiVolumeDiscount", "SppDiscount",
)  # fmt: skip

CATEGORY = {
    "Usage": "Usage", "DiscountedUsage": "Usage", "SavingsPlanCoveredUsage": "Usage",
    "SavingsPlanNegation": "Usage", "RIFee": "Purchase", "SavingsPlanRecurringFee": "Purchase",
    "SavingsPlanUpfrontFee": "Purchase", "Fee": "Purchase", "Tax": "Tax", "Credit": "Credit",
}  # fmt: skip
"""FOCUS charge category of a line item type; every other type is an Adjustment."""


def costs(columns: Columns) -> dict[str, str]:
    """COSTS column to SQL over the raw report (tags apart)."""
    kind = columns.get("line_item_line_item_type")
    billed = f"COALESCE({columns.get('line_item_unblended_cost', kind=NUMBER)}, 0)"
    return {
        **_who(columns),
        **_when(columns),
        **_what(columns, kind),
        **_commitment(columns, kind),
        **_money(columns, kind, billed),
    }


def effective_cost(columns: Columns) -> str:
    """SQL of the amortized cost of a line."""
    kind = columns.get("line_item_line_item_type")
    return _effective(
        columns, kind, f"COALESCE({columns.get('line_item_unblended_cost', kind=NUMBER)}, 0)"
    )


AMORTIZED = {
    "DiscountedUsage": "reservation_effective_cost",
    "RIFee": "reservation_unused_recurring_fee",
    "SavingsPlanCoveredUsage": "savings_plan_savings_plan_effective_cost",
    "SavingsPlanRecurringFee": "savings_plan_total_commitment_to_date",
}
"""What tells the effective cost of a line item type; without the column it is taken for zero."""


def dirt(columns: Columns) -> dict[str, str]:
    """What to count of the raw rows: a sentence to the SQL condition of the rows it is true of."""
    kind = columns.get("line_item_line_item_type")
    known = ", ".join(map(text, KNOWN_TYPES))
    found = {
        "line item type that is not documented, kept as an adjustment": f"{kind} NOT IN ({known})"
    }
    amount = columns.get("line_item_unblended_cost", kind=NUMBER)
    found["line_item_unblended_cost missing, counted as zero"] = f"{amount} IS NULL"
    for name, column in AMORTIZED.items():
        if columns.get(column) == columns.get():
            found[
                f"{name} whose effective cost is unknown and counts as zero: no column {column}"
            ] = f"{kind} = {text(name)}"
    return found


def _number(columns: Columns, name: str) -> str:
    return f"COALESCE({columns.get(name, kind=NUMBER)}, 0)"


def _effective(columns: Columns, kind: str, billed: str) -> str:
    period = "for_billing_period"
    unused_fee = (
        f"{_number(columns, 'reservation_unused_recurring_fee')}"
        f" + {_number(columns, f'reservation_unused_amortized_upfront_fee_{period}')}"
    )
    unused_plan = (
        f"{_number(columns, 'savings_plan_total_commitment_to_date')}"
        f" - {_number(columns, 'savings_plan_used_commitment')}"
    )
    return f"""CASE {kind}
        WHEN 'DiscountedUsage' THEN {_number(columns, "reservation_effective_cost")}
        WHEN 'RIFee' THEN {unused_fee}
        WHEN 'SavingsPlanCoveredUsage' THEN {_number(columns, "savings_plan_savings_plan_effective_cost")}
        WHEN 'SavingsPlanRecurringFee' THEN {unused_plan}
        WHEN 'SavingsPlanNegation' THEN 0
        WHEN 'SavingsPlanUpfrontFee' THEN 0
        WHEN 'Fee' THEN CASE WHEN {_reservation(columns)} IS NULL THEN {billed} ELSE 0 END
        ELSE {billed} END"""


def _money(columns: Columns, kind: str, billed: str) -> dict[str, str]:
    public = columns.get("pricing_public_on_demand_cost", kind=NUMBER)
    used = f"{kind} IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')"
    listed = f"CASE WHEN {used} THEN {public} END"
    amount = columns.get("line_item_usage_amount", kind=NUMBER)
    return {
        "BilledCost": billed,
        "EffectiveCost": _effective(columns, kind, billed),
        "ListCost": listed,
        "ContractedCost": f"CASE {kind} WHEN 'Usage' THEN {billed} ELSE {listed} END",
        "ListUnitPrice": columns.get("pricing_public_on_demand_rate", kind=NUMBER),
        "ContractedUnitPrice": f"CASE {kind} WHEN 'Usage' THEN "
        f"{columns.get('line_item_unblended_rate', kind=NUMBER)} END",
        "ConsumedQuantity": f"CASE WHEN {used} THEN {amount} END",
        "ConsumedUnit": f"CASE WHEN {used} THEN {columns.get('pricing_unit')} END",
        "PricingQuantity": amount,
        "PricingUnit": columns.get("pricing_unit"),
        "BillingCurrency": f"upper({columns.get('line_item_currency_code')})",
    }


def _who(columns: Columns) -> dict[str, str]:
    return {
        "BillingAccountId": columns.account("bill_payer_account_id"),
        "BillingAccountName": columns.get("bill_payer_account_name"),
        "SubAccountId": columns.account("line_item_usage_account_id"),
        "SubAccountName": columns.get("line_item_usage_account_name"),
        "ProviderName": "'AWS'",
        "InvoiceIssuerName": columns.get("bill_invoicing_entity", "line_item_legal_entity"),
        "PublisherName": columns.get("line_item_legal_entity", "bill_billing_entity"),
    }


def _when(columns: Columns) -> dict[str, str]:
    start = columns.get("line_item_usage_start_date", kind=TIME)
    month = columns.get("bill_billing_period_start_date", kind=TIME)
    end = columns.get("line_item_usage_end_date", kind=TIME)
    month_end = columns.get("bill_billing_period_end_date", kind=TIME)
    return {
        "ChargePeriodStart": f"COALESCE({start}, {month})",
        "ChargePeriodEnd": f"COALESCE({end}, {start}, {month_end})",
        "BillingPeriodStart": f"date_trunc('month', {month})",
        "BillingPeriodEnd": f"date_trunc('month', {month}) + INTERVAL 1 MONTH",
    }


def _what(columns: Columns, kind: str) -> dict[str, str]:
    usage_type = columns.get("line_item_usage_type")
    code = columns.get("line_item_product_code")
    category = " ".join(f"WHEN {text(k)} THEN {text(v)}" for k, v in CATEGORY.items())
    region = columns.get("product_region_code", "product_region")
    zone = columns.get("line_item_availability_zone")
    instance = columns.get("product_instance_type")
    return {
        "AvailabilityZone": zone,
        "RegionId": f"COALESCE({region}, NULLIF(regexp_replace({zone}, '[a-z]$', ''), ''))",
        "RegionName": columns.get("product_location"),
        "ResourceId": columns.get("line_item_resource_id"),
        "ResourceType": columns.get("product_product_family"),
        "ServiceName": f"COALESCE({columns.get('product_product_name', 'product_servicename')}, {code})",
        "ServiceCategory": columns.get("product_group"),
        "SkuId": columns.get("product_sku"),
        "SkuPriceId": columns.get("pricing_rate_code", "pricing_rate_id"),
        "ChargeCategory": f"CASE {kind} {category} ELSE 'Adjustment' END",
        "ChargeClass": f"CASE {kind} WHEN 'Refund' THEN 'Correction' END",
        "ChargeDescription": columns.get("line_item_line_item_description"),
        "ChargeFrequency": f"""CASE WHEN {kind} IN ('RIFee', 'SavingsPlanRecurringFee') THEN 'Recurring'
            WHEN {kind} IN ('Fee', 'SavingsPlanUpfrontFee', 'Refund') THEN 'One-Time'
            ELSE 'Usage-Based' END""",
        "x_ServiceCode": code,
        "x_UsageType": usage_type,
        "x_Operation": columns.get("line_item_operation"),
        "x_InstanceType": f"COALESCE({instance}, {instance_type(usage_type)})",
        "x_LineItemType": kind,
        "x_LineItemId": columns.get("identity_line_item_id"),
        "x_Platform": columns.get("product_operating_system"),
    }


def _reservation(columns: Columns) -> str:
    return columns.get("reservation_reservation_a_r_n", "reservation_reservation_arn")


def _plan(columns: Columns) -> str:
    return columns.get("savings_plan_savings_plan_a_r_n", "savings_plan_savings_plan_arn")


def _commitment(columns: Columns, kind: str) -> dict[str, str]:
    reserved = f"{kind} IN ('DiscountedUsage', 'RIFee')"
    planned = f"{kind} IN ('SavingsPlanCoveredUsage', 'SavingsPlanRecurringFee')"
    covered = f"{kind} IN ('DiscountedUsage', 'SavingsPlanCoveredUsage')"
    fee = f"{kind} IN ('RIFee', 'SavingsPlanRecurringFee')"
    spot = f"{columns.get('line_item_usage_type')} LIKE '%SpotUsage%'"
    return {
        "CommitmentDiscountId": f"COALESCE({_plan(columns)}, {_reservation(columns)})",
        "CommitmentDiscountCategory": f"CASE WHEN {planned} THEN 'Spend' WHEN {reserved} THEN 'Usage' END",
        "CommitmentDiscountType": f"CASE WHEN {planned} THEN 'Savings Plan' "
        f"WHEN {reserved} THEN 'Reserved Instance' END",
        "CommitmentDiscountStatus": f"CASE WHEN {covered} THEN 'Used' WHEN {fee} THEN 'Unused' END",
        "PricingCategory": f"CASE WHEN {covered} THEN 'Committed' WHEN {kind} <> 'Usage' THEN NULL "
        f"WHEN {spot} THEN 'Dynamic' ELSE 'Standard' END",
    }
