from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finops_lib.engine.connect import connect, line_items
from finops_lib.params import Engine
from finops_lib.schema import COSTS, conform

TAGS = ("team", "project", "workload_type")


def _line(start="2026-10-01", hours=1, billed=1.0, tags=None, **columns):
    """One line item with sane defaults; `tags` are kept in the map and promoted."""
    begin = pd.Timestamp(start)
    month = begin.normalize().replace(day=1)
    tags = tags or {}
    return {
        "BilledCost": billed,
        "EffectiveCost": billed,
        "ListCost": billed,
        "ContractedCost": billed,
        "BillingAccountId": "100",
        "SubAccountId": "100",
        "BillingCurrency": "USD",
        "BillingPeriodStart": month,
        "BillingPeriodEnd": month + pd.offsets.MonthBegin(1),
        "ChargeCategory": "Usage",
        "PricingCategory": "Standard",
        "ChargePeriodStart": begin,
        "ChargePeriodEnd": begin + pd.Timedelta(hours=hours),
        "ServiceName": "Amazon Elastic Compute Cloud",
        "x_ServiceCode": "AmazonEC2",
        "ConsumedQuantity": float(hours),
        "ConsumedUnit": "Hrs",
        "RegionId": "us-east-1",
        "Tags": tags,
        **{f"x_tag_{key}": tags.get(key) for key in TAGS},
        **columns,
    }


def _write(lines, folder: Path) -> Path:
    """The lines as a lake under `folder`."""
    costs = conform(pd.DataFrame(lines), COSTS)
    schema = pa.schema([(c.name, _ARROW[c.kind]) for c in COSTS.columns]
                       + [(name, pa.string()) for name in costs.columns if name not in COSTS.names])  # fmt: skip
    costs["Tags"] = [None if tags is None else list(tags.items()) for tags in costs["Tags"]]
    for month, rows in costs.groupby("BillingPeriodStart"):
        target = folder / f"BillingPeriod={month:%Y-%m}" / "part.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pandas(rows, schema=schema, preserve_index=False), target)
    return folder


_ARROW = {
    "text": pa.string(),
    "number": pa.float64(),
    "time": pa.timestamp("us"),
    "map": pa.map_(pa.string(), pa.string()),
}


@pytest.fixture(scope="session")
def line():
    return _line


@pytest.fixture(scope="session")
def write_lake():
    return _write


@pytest.fixture
def bill(tmp_path):
    """Line items as a DuckDB table: bill([line(...), ...])."""
    return lambda lines: line_items(connect(Engine()), _write(lines, tmp_path / "lake"))


@pytest.fixture(scope="session")
def many_lines():
    """Two months of a small, varied bill: 3,000 lines, a third of them untagged, credits among them."""
    random = np.random.default_rng(7)
    services = [
        ("Amazon Elastic Compute Cloud", "AmazonEC2", "BoxUsage:m5.xlarge", "m5.xlarge", "Hrs"),
        ("Amazon SageMaker", "AmazonSageMaker", "Train:ml.p3.2xlarge", "ml.p3.2xlarge", "Hrs"),
        ("Amazon Simple Storage Service", "AmazonS3", "TimedStorage-ByteHrs", None, "GB-Mo"),
        ("AWS Lambda", "AWSLambda", "Lambda-GB-Second", None, "Second"),
    ]
    lines = []
    for number in range(3000):
        name, code, usage, instance, unit = services[random.integers(len(services))]
        team = (None, "research", "serving")[random.integers(3)]
        billed = float(np.round(random.gamma(1.5, 4.0) - 0.5, 6))
        lines.append(_line(
            start=pd.Timestamp("2026-09-01") + pd.Timedelta(hours=int(random.integers(61 * 24))),
            billed=billed, EffectiveCost=billed * 0.8, ListCost=None if number % 10 == 0 else billed * 1.2,
            ServiceName=name, x_ServiceCode=code, x_UsageType=usage, x_InstanceType=instance,
            ConsumedUnit=unit, ConsumedQuantity=float(random.integers(1, 50)),
            SubAccountId=("100", "200")[number % 2], RegionId=("us-east-1", None, "eu-west-1")[number % 3],
            ResourceId=None if number % 7 == 0 else f"r-{number % 40}",
            PricingCategory=("Standard", "Dynamic", "Committed")[number % 3],
            ChargeCategory="Credit" if billed < 0 else "Usage",
            tags={"team": team} if team else {},
        ))  # fmt: skip
    return lines
