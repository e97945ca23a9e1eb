"""The ledger planted into a running emulator: inventory, metrics, Cost Explorer and the bill."""

from __future__ import annotations

import io

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from finops_lib.demo import BillFormat
from finops_lib.demo.emulator import Emulator
from finops_lib.demo.story.bill import lines
from finops_lib.demo.story.cur import cur
from finops_lib.demo.story.focus import cost_explorer, focus, focus_rows
from finops_lib.demo.story.ledger import Ledger
from finops_lib.demo.story.metrics import series
from finops_lib.demo.story.planting import plant_inventory
from finops_lib.demo.story.planting.advice import plant_advice
from finops_lib.demo.story.planting.commitments import plant_commitments
from finops_lib.demo.story.planting.extras import plant_extras

BILL_BUCKET = "halcyon-billing-exports"
MONTH_COLUMNS = {"focus": "BillingPeriodStart", "cur": "bill_billing_period_start_date"}


def plant(ledger: Ledger, emulator: Emulator, bill_format: BillFormat = "focus") -> str:
    """Plant everything; returns the s3:// address under which the bill lies."""
    plant_inventory(ledger)
    plant_commitments(ledger, emulator)
    plant_extras(ledger, emulator)
    plant_advice(ledger, emulator)
    plant_metrics(ledger, emulator)
    bill = lines(ledger)
    rows = focus_rows(bill, ledger)
    emulator.put_costs(cost_explorer(rows, ledger))
    table = focus(rows, ledger) if bill_format == "focus" else cur(bill, ledger)
    return upload_bill(table, emulator, bill_format)


def plant_metrics(ledger: Ledger, emulator: Emulator) -> None:
    """Every series of the ledger, into the metric store of its account and region."""
    for one in series(ledger):
        emulator.put_metric(*one)


def upload_bill(table: pa.Table, emulator: Emulator, bill_format: BillFormat = "focus") -> str:
    """The bill as an export leaves it: one Parquet file per billing month, in the payer's S3."""
    environment = emulator.environment()
    s3 = boto3.client(
        "s3",
        endpoint_url=emulator.endpoint_url,
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    prefix = f"{bill_format}/halcyon/data"
    for month, body in _monthly_files(table, MONTH_COLUMNS[bill_format]):
        key = f"{prefix}/BILLING_PERIOD={month}/halcyon-00001.snappy.parquet"
        s3.put_object(Bucket=BILL_BUCKET, Key=key, Body=body)
    return f"s3://{BILL_BUCKET}/{prefix}/"


def _monthly_files(table: pa.Table, column: str) -> list[tuple[str, bytes]]:
    months = table.column(column)
    return [
        (f"{month:%Y-%m}", _parquet(table.filter(pc.equal(months, pa.scalar(month, months.type)))))
        for month in sorted(pc.unique(months).to_pylist())
    ]


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="snappy")
    return buffer.getvalue()
