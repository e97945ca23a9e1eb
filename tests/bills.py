"""Bills for tests: one small bill with every line item type, rendered as every export that is read."""

import gzip
import zipfile
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SHARED = Path(__file__).parents[2] / "shared" / "data"
REAL_CUR = SHARED / "aws_cur_legacy"
TAG_KEYS = {
    "environment": ["env"],
    "team": ["department"],
    "cost_center": [],
    "project": ["workload"],
}

LINES = [
    # type, cost, service, account, tags, extra columns
    ("Usage", 10.0, "AmazonEC2", "111", {"team": "a", "cost_center": "c1"}, {}),
    ("Usage", 5.5, "AmazonS3", "222", {}, {}),
    ("DiscountedUsage", 0.0, "AmazonEC2", "111", {"team": "a"}, {"reservation_effective_cost": 3.25}),
    ("RIFee", 4.0, "AmazonEC2", "111", {}, {
        "reservation_unused_recurring_fee": 0.5,
        "reservation_unused_amortized_upfront_fee_for_billing_period": 0.25,
    }),
    ("SavingsPlanCoveredUsage", 8.0, "AmazonEC2", "222", {"team": "b"},
     {"savings_plan_savings_plan_effective_cost": 5.0}),
    ("SavingsPlanNegation", -8.0, "AmazonEC2", "222", {"team": "b"}, {}),
    ("SavingsPlanRecurringFee", 6.0, "ComputeSavingsPlans", "111", {}, {
        "savings_plan_total_commitment_to_date": 6.0, "savings_plan_used_commitment": 5.0,
    }),
    ("SavingsPlanUpfrontFee", 100.0, "ComputeSavingsPlans", "111", {}, {}),
    ("Fee", 50.0, "AmazonEC2", "111", {}, {"reservation_reservation_a_r_n": "arn:ri"}),
    ("Fee", 29.0, "AWSSupport", "111", {}, {}),
    ("Tax", 2.0, "AmazonEC2", "111", {}, {}),
    ("Credit", -7.0, "AmazonEC2", "222", {}, {}),
    ("Refund", -1.0, "AmazonS3", "222", {}, {}),
    ("BundledDiscount", -0.5, "AmazonS3", "222", {}, {}),
    ("EdpDiscount", -0.75, "AmazonEC2", "111", {"team": "a"}, {}),
]  # fmt: skip

BILLED = sum(cost for _, cost, *_ in LINES)
EFFECTIVE = 10 + 5.5 + 3.25 + 0.75 + 5 + 0 + 1 + 0 + 0 + 29 + 2 - 7 - 1 - 0.5 - 0.75


def small_bill() -> pd.DataFrame:
    """The lines as a legacy report in snake case, one column per tag."""
    records = []
    for number, (kind, cost, code, account, tags, extra) in enumerate(LINES):
        day = f"2026-10-{1 + number % 3:02}"
        records.append(
            {
                "identity_line_item_id": f"line{number}",
                "identity_time_interval": f"{day}T00:00:00Z/{day}T01:00:00Z",
                "bill_payer_account_id": "111",
                "bill_billing_period_start_date": "2026-10-01T00:00:00Z",
                "line_item_usage_account_id": account,
                "line_item_line_item_type": kind,
                "line_item_usage_start_date": f"{day}T00:00:00Z",
                "line_item_usage_end_date": f"{day}T01:00:00Z",
                "line_item_product_code": code,
                "line_item_usage_type": "BoxUsage:m5.large",
                "line_item_currency_code": "USD",
                "line_item_unblended_cost": cost,
                "line_item_usage_amount": 1.0,
                "product_product_name": f"Amazon {code}",
                "product_region": "us-east-1",
                "pricing_public_on_demand_cost": str(abs(cost)),
                "resource_tags_user_team": tags.get("team", ""),
                "resource_tags_user_cost_center": tags.get("cost_center", ""),
                "resource_tags_aws_created_by": "IAMUser:secret-name",
                **dict.fromkeys(("reservation_effective_cost", "reservation_unused_recurring_fee", "reservation_unused_amortized_upfront_fee_for_billing_period", "savings_plan_savings_plan_effective_cost", "savings_plan_total_commitment_to_date", "savings_plan_used_commitment"), 0.0),
                "reservation_reservation_a_r_n": "",
                **extra,
            }
        )  # fmt: skip
    return pd.DataFrame(records)


def legacy_name(column: str) -> str:
    """`line_item_unblended_cost` as the CSV report spells it: `lineItem/UnblendedCost`."""
    for prefix, spelled in (
        ("line_item_", "lineItem/"), ("savings_plan_", "savingsPlan/"), ("identity_", "identity/"),
        ("bill_", "bill/"), ("product_", "product/"), ("pricing_", "pricing/"),
        ("reservation_", "reservation/"),
    ):  # fmt: skip
        if column.startswith(prefix):
            words = column.removeprefix(prefix).split("_")
            return spelled + "".join(word.capitalize() for word in words)
    if column.startswith("resource_tags_user_"):
        return "resourceTags/user:" + column.removeprefix("resource_tags_user_")
    return column.replace("resource_tags_aws_", "resourceTags/aws:")


def as_legacy_csv(bill: pd.DataFrame, path: Path) -> Path:
    bill.rename(columns=legacy_name).to_csv(path, index=False)
    return path


def as_gzip(bill: pd.DataFrame, path: Path) -> Path:
    with gzip.open(path, "wt") as out:
        bill.rename(columns=legacy_name).to_csv(out, index=False)
    return path


def as_zip(bill: pd.DataFrame, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("report-1.csv", bill.rename(columns=legacy_name).to_csv(index=False))
    return path


def as_cur2(bill: pd.DataFrame, path: Path) -> Path:
    """CUR 2.0 as Data Exports writes it: maps for tags and the product."""
    tags = [c for c in bill if c.startswith("resource_tags_")]
    products = [c for c in bill if c.startswith("product_") and c != "product_region"]
    plain = bill.drop(columns=[*tags, *products]).rename(
        columns={"product_region": "product_region_code"}
    )
    rows = bill.to_dict("records")
    tag_maps = [
        [
            ("user_" + c.removeprefix("resource_tags_user_"), r[c])
            for c in tags
            if "user_" in c and r[c]
        ]
        for r in rows
    ]
    maps = [
        [(c.removeprefix("product_"), str(r[c])) for c in products if pd.notna(r[c])] for r in rows
    ]
    kind = pa.map_(pa.string(), pa.string())
    table = pa.Table.from_pandas(plain, preserve_index=False)
    table = table.append_column("resource_tags", pa.array(tag_maps, kind))
    pq.write_table(table.append_column("product", pa.array(maps, kind)), path)
    return path


def as_focus(lake: Path, path: Path) -> Path:
    """A lake of ours written out as a provider's FOCUS 1.2 export: no column of ours, tags as JSON."""
    duckdb.execute(
        f"COPY (SELECT * EXCLUDE (Tags) , CAST(to_json(Tags) AS VARCHAR) AS Tags FROM "
        f"(SELECT COLUMNS(c -> c NOT LIKE 'x_tag_%') FROM read_parquet('{lake}/*/*.parquet', "
        f"hive_partitioning=false, union_by_name=true))) TO '{path}' (FORMAT csv, HEADER)"
    )
    return path


def totals(lake: Path) -> dict[str, pd.DataFrame]:
    """Both costs by service, account, day and promoted tag."""
    rows = f"read_parquet('{lake}/*/*.parquet', hive_partitioning=false, union_by_name=true)"
    return {
        name: duckdb.sql(
            f"SELECT {by} AS key, round(sum(BilledCost), 6) AS billed, round(sum(EffectiveCost), 6) AS effective "
            f"FROM {rows} GROUP BY ALL ORDER BY ALL"
        ).df()
        for name, by in {
            "service": "ServiceName", "account": "SubAccountId",
            "day": "CAST(ChargePeriodStart AS DATE)", "team": "x_tag_team",
            "cost_center": "x_tag_cost_center",
        }.items()
    }  # fmt: skip


HOURLY = 0.2
"""Dollars an hour of each machine of `hourly_machines` on demand."""


def hourly_machines(month, machines, covered):
    """Hourly line items of m5.xlarge: so many machines, of which so many under a plan at 60 %."""
    start = pd.Timestamp(f"{month}-01")
    hours = pd.date_range(start, start + pd.offsets.MonthBegin(1), freq="h", inclusive="left")
    template = small_bill().iloc[0].to_dict() | {
        "bill_billing_period_start_date": f"{start:%Y-%m-%dT00:00:00Z}",
        "product_instance_type": "m5.xlarge", "line_item_usage_type": "BoxUsage:m5.xlarge",
        "line_item_operation": "RunInstances", "savings_plan_savings_plan_a_r_n": "",
        "pricing_unit": "Hrs", "line_item_unblended_cost": HOURLY, "line_item_resource_id": "",
        "pricing_public_on_demand_cost": str(HOURLY), "resource_tags_user_team": "a",
    }  # fmt: skip
    plan = {"savings_plan_savings_plan_a_r_n": "arn:aws:savingsplans::111:savingsplan/sp-1"}
    frames = []
    for number in range(machines):
        kind = {"line_item_resource_id": f"i-{number}"}
        if number < covered:
            kind |= plan | {
                "line_item_line_item_type": "SavingsPlanCoveredUsage",
                "savings_plan_savings_plan_effective_cost": 0.6 * HOURLY,
            }
        frames.append(_every_hour(template | kind, hours, f"u{number}"))
    if covered:
        fee = template | plan | {
            "line_item_line_item_type": "SavingsPlanRecurringFee", "product_instance_type": "",
            "line_item_product_code": "ComputeSavingsPlans",
            "line_item_unblended_cost": 0.6 * HOURLY * covered,
            "savings_plan_total_commitment_to_date": 0.6 * HOURLY * covered,
            "savings_plan_used_commitment": 0.6 * HOURLY * min(covered, machines),
        }  # fmt: skip
        negation = template | plan | {
            "line_item_line_item_type": "SavingsPlanNegation",
            "line_item_unblended_cost": -HOURLY * min(covered, machines), "product_instance_type": "",
        }  # fmt: skip
        frames += [_every_hour(fee, hours, "fee"), _every_hour(negation, hours, "negation")]
    return pd.concat(frames, ignore_index=True)


def _every_hour(row, hours, name):
    ends = hours + pd.Timedelta(hours=1)
    return pd.DataFrame([row]).loc[[0] * len(hours)].assign(
        identity_line_item_id=[f"{name}-{hour:%Y%m%d%H}" for hour in hours],
        identity_time_interval=[f"{a:%Y-%m-%dT%H:00:00Z}/{b:%Y-%m-%dT%H:00:00Z}" for a, b in zip(hours, ends, strict=True)],
        line_item_usage_start_date=hours.strftime("%Y-%m-%dT%H:00:00Z"),
        line_item_usage_end_date=ends.strftime("%Y-%m-%dT%H:00:00Z"),
    )  # fmt: skip
