"""The line items as a Cost and Usage Report 2.0 (CUR) writes them: every line type, tags in a map.

Columns: https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from finops_lib.demo.story.ledger import Ledger
from finops_lib.demo.story.services import REGIONS, SERVICES
from finops_lib.demo.story.tagmap import tag_column, user_key
from finops_lib.demo.story.teams import ACCOUNTS, PAYER
from finops_lib.demo.story.timeline import AS_OF


def cur(lines: pd.DataFrame, ledger: Ledger) -> pa.Table:
    """The lines in CUR 2.0 columns, times as naive UTC."""
    frame = pd.DataFrame(
        _bill(lines) | _line_item(lines) | _product(lines) | _commitment(lines, ledger)
    )
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return table.append_column("resource_tags", tag_column(lines["resource"], ledger, user_key))


def _bill(lines: pd.DataFrame) -> dict[str, object]:
    month = lines["start"].dt.to_period("M")
    first = month.dt.to_timestamp().astype("datetime64[us]")
    closed = first < pd.Timestamp(AS_OF.year, AS_OF.month, 1)
    return {
        "bill_bill_type": lines["line_type"]
        .map({"Refund": "Refund", "Fee": "Purchase"})
        .fillna("Anniversary"),
        "bill_billing_entity": "AWS",
        "bill_billing_period_start_date": first,
        "bill_billing_period_end_date": (month + 1).dt.to_timestamp().astype("datetime64[us]"),
        "bill_invoice_id": ("INV-" + first.dt.strftime("%Y%m")).where(closed),
        "bill_invoicing_entity": "Amazon Web Services, Inc.",
        "bill_payer_account_id": PAYER,
        "bill_payer_account_name": ACCOUNTS[PAYER],
    }


def _line_item(lines: pd.DataFrame) -> dict[str, object]:
    quantity = lines["quantity"]
    return {
        "line_item_availability_zone": lines["zone"],
        "line_item_currency_code": "USD",
        "line_item_legal_entity": "Amazon Web Services, Inc.",
        "line_item_line_item_description": lines["description"],
        "line_item_line_item_type": lines["line_type"],
        "line_item_operation": lines["operation"],
        "line_item_product_code": lines["service"],
        "line_item_resource_id": lines["resource_id"],
        "line_item_unblended_cost": lines["cost"],
        "line_item_unblended_rate": (lines["cost"] / quantity).map("{:.10f}".format),
        "line_item_blended_cost": lines["cost"],
        "line_item_usage_account_id": lines["account"],
        "line_item_usage_account_name": lines["account"].map(ACCOUNTS),
        "line_item_usage_amount": quantity,
        "line_item_usage_start_date": lines["start"],
        "line_item_usage_end_date": lines["end"],
        "line_item_usage_type": lines["usage_type"],
    }


def _product(lines: pd.DataFrame) -> dict[str, object]:
    is_usage = lines["list_cost"] > 0
    return {
        "pricing_public_on_demand_cost": lines["list_cost"],
        "pricing_public_on_demand_rate": lines["rate"].where(is_usage),
        "pricing_term": lines["line_type"].map({"DiscountedUsage": "Reserved", "RIFee": "Reserved",
                                                "Usage": "OnDemand"}),
        "pricing_unit": lines["unit"],
        "product_instance_type": lines["instance_type"],
        "product_region_code": lines["region"],
        "product_location": lines["region"].map(REGIONS),
        "product_servicecode": lines["service"],
        "product_product_name": lines["service"].map({code: s.name for code, s in SERVICES.items()}),
    }  # fmt: skip


def _commitment(lines: pd.DataFrame, ledger: Ledger) -> dict[str, object]:
    kind = lines["commitment_id"].map({c.id: c.kind for c in ledger.commitments})
    arn = lines["commitment_id"].map({c.id: c.arn for c in ledger.commitments})
    is_fee = lines["line_type"] == "SavingsPlanRecurringFee"
    is_ri_usage = lines["line_type"] == "DiscountedUsage"
    is_ri_fee = lines["line_type"] == "RIFee"
    is_plan_usage = lines["line_type"] == "SavingsPlanCoveredUsage"
    used = (lines["cost"] - lines["unused_cost"]).where(is_fee)
    return {
        "reservation_reservation_a_r_n": arn.where(kind == "reserved_instance"),
        "reservation_effective_cost": lines["effective_cost"].where(is_ri_usage),
        "reservation_unused_recurring_fee": lines["unused_cost"].where(is_ri_fee),
        "reservation_unused_amortized_upfront_fee_for_billing_period": lines["cost"].where(
            is_ri_fee
        )
        * 0.0,
        "savings_plan_savings_plan_a_r_n": arn.where(kind == "savings_plan"),
        "savings_plan_savings_plan_effective_cost": lines["effective_cost"].where(is_plan_usage),
        "savings_plan_savings_plan_rate": lines["paid_rate"].where(is_plan_usage),
        "savings_plan_offering_type": pd.Series("ComputeSavingsPlans", index=lines.index).where(
            kind == "savings_plan"
        ),
        "savings_plan_total_commitment_to_date": lines["cost"].where(is_fee),
        "savings_plan_used_commitment": used,
    }
