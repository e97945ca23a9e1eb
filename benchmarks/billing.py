"""Seconds and peak memory of the notebooks' billing queries: ours, raw DuckDB SQL, polars and pandas.

    python benchmarks/billing.py --rows 1000000 10000000 --engines ours sql polars pandas

Line items are generated once per size (deterministic for a seed) or taken from --folder, a lake of COSTS
columns. Each engine runs in a process of its own; all must give the same number of rows to every question.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from finops_lib.engine import queries
from finops_lib.engine.connect import MONTH_FILES, connect, daily_cube, frame, line_items
from finops_lib.engine.cube import build_cube
from finops_lib.params import Engine
from finops_lib.period import Period
from finops_lib.schema import COSTS

ENGINES = ("ours", "sql", "polars", "pandas")
BEFORE, AFTER = Period.month("2026-08"), Period.month("2026-09")
MONTHS = [f"2026-{month:02d}" for month in range(1, 10)]
TAG_KEYS = ("team", "project", "environment")
SERIES = ["ServiceName", "SubAccountId", "RegionId", "x_UsageType"]
SUMS = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost", "ConsumedQuantity")
Answers = Mapping[str, Callable[[], pd.DataFrame]]

SERVICES = """
    ('AmazonEC2', 'Amazon Elastic Compute Cloud', 'BoxUsage:m5.xlarge', 'm5.xlarge', 0.192, 'Hrs'),
    ('AmazonEC2', 'Amazon Elastic Compute Cloud', 'BoxUsage:p3.2xlarge', 'p3.2xlarge', 3.06, 'Hrs'),
    ('AmazonEC2', 'Amazon Elastic Compute Cloud', 'SpotUsage:g4dn.xlarge', 'g4dn.xlarge', 0.1578, 'Hrs'),
    ('AmazonEC2', 'Amazon Elastic Compute Cloud', 'EBS:VolumeUsage.gp3', NULL, 0.08, 'GB-Mo'),
    ('AmazonSageMaker', 'Amazon SageMaker', 'Train:ml.p3.2xlarge', 'ml.p3.2xlarge', 3.825, 'Hrs'),
    ('AmazonSageMaker', 'Amazon SageMaker', 'Host:ml.g4dn.xlarge', 'ml.g4dn.xlarge', 0.7364, 'Hrs'),
    ('AmazonSageMaker', 'Amazon SageMaker', 'Notebk:ml.t3.medium', 'ml.t3.medium', 0.05, 'Hrs'),
    ('AmazonS3', 'Amazon Simple Storage Service', 'TimedStorage-ByteHrs', NULL, 0.023, 'GB-Mo'),
    ('AmazonS3', 'Amazon Simple Storage Service', 'Requests-Tier1', NULL, 0.000005, 'Requests'),
    ('AmazonRDS', 'Amazon Relational Database Service', 'InstanceUsage:db.r5.large', 'db.r5.large', 0.25, 'Hrs'),
    ('AmazonVPC', 'Amazon Virtual Private Cloud', 'NatGateway-Bytes', NULL, 0.045, 'GB'),
    ('AWSGlue', 'AWS Glue', 'ETL-DPU-Hour', NULL, 0.44, 'DPU-Hour')
"""


def generate(rows: int, seed: int, folder: Path) -> Path:
    """A lake of `rows` hourly line items over nine months: resources of 12 kinds, 8 accounts, 4 regions.

    Every column is a hash of the resource or of resource and hour, so that a seed gives the same bill on
    every machine. A sixth of the dollars is untagged, a fifth of the hours under a Savings Plan.
    """
    lake = folder / f"{rows}-{seed}"
    if (lake / "complete").exists():
        return lake
    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{folder}'")
    connection.execute("SET memory_limit = '2GB'")
    connection.execute(
        "CREATE TABLE services AS SELECT row_number() OVER () - 1 AS number, * FROM "
        f"(VALUES {SERVICES}) AS t(code, name, usage_type, instance_type, rate, unit)"
    )
    each = rows // len(MONTHS)
    for number, month in enumerate(MONTHS):
        count = each + (rows % len(MONTHS) if number == 0 else 0)
        target = lake / f"BillingPeriod={month}" / "part.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"COPY ({_lines(month, count, rows, seed)}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
    (lake / "complete").touch()
    return lake


def _lines(month: str, count: int, rows: int, seed: int) -> str:
    """SQL of one month's line items, in every column of COSTS and three promoted tags."""
    resources = max(rows // 6552, 24)

    def pick(salt: int, modulo: int) -> str:
        return f"(hash(r, {salt}, {seed}) % {modulo})"

    tag = f"CASE WHEN {pick(7, 6)} = 0 THEN NULL ELSE"
    values = {
        "BilledCost": "cost * CASE WHEN covered THEN 0 ELSE 1 END",
        "EffectiveCost": "cost * CASE WHEN covered THEN 0.72 ELSE 1 END",
        "ListCost": "cost", "ContractedCost": "cost", "ListUnitPrice": "rate",
        "ContractedUnitPrice": "rate", "PricingQuantity": "quantity", "ConsumedQuantity": "quantity",
        "ConsumedUnit": "unit", "PricingUnit": "unit", "BillingCurrency": "'USD'",
        "BillingAccountId": "'100000000000'", "BillingAccountName": "'payer'",
        "SubAccountId": f"'10000000000' || {pick(1, 8)}", "SubAccountName": f"'account ' || {pick(1, 8)}",
        "RegionId": f"['us-east-1', 'us-west-2', 'eu-west-1', NULL][1 + {pick(2, 4)}::INT]",
        "BillingPeriodStart": f"TIMESTAMP '{month}-01'",
        "BillingPeriodEnd": f"TIMESTAMP '{month}-01' + INTERVAL 1 MONTH",
        "ChargePeriodStart": "started", "ChargePeriodEnd": "started + INTERVAL 1 HOUR",
        "ChargeCategory": "'Usage'", "ChargeFrequency": "'Usage-Based'", "ProviderName": "'AWS'",
        "PublisherName": "'AWS'", "InvoiceIssuerName": "'Amazon Web Services, Inc.'",
        "PricingCategory": "CASE WHEN covered THEN 'Committed' WHEN usage_type LIKE 'Spot%' THEN 'Dynamic' "
        "ELSE 'Standard' END",
        "CommitmentDiscountId": "CASE WHEN covered THEN 'arn:aws:savingsplans::1:savingsplan/' || r % 5 END",
        "CommitmentDiscountType": "CASE WHEN covered THEN 'Savings Plan' END",
        "CommitmentDiscountCategory": "CASE WHEN covered THEN 'Spend' END",
        "CommitmentDiscountStatus": "CASE WHEN covered THEN 'Used' END",
        "ResourceId": f"'arn:aws:' || code || ':resource/' || md5(r::VARCHAR || '{seed}')",
        "ServiceName": "name", "x_ServiceCode": "code", "x_UsageType": "usage_type",
        "x_Operation": f"'Operation' || {pick(5, 3)}", "x_InstanceType": "instance_type",
        "SkuId": "upper(substr(md5(usage_type), 1, 16))", "ChargeDescription": "'$' || rate || ' per ' || unit",
        "AvailabilityZone": f"['us-east-1a', 'us-east-1b'][1 + {pick(3, 2)}::INT]",
        "Tags": f"CASE WHEN {pick(7, 6)} = 0 THEN NULL ELSE "
        f"MAP {{'team': 'team-' || {pick(7, 6)}, 'project': 'project-' || {pick(8, 30)}}} END",
    }  # fmt: skip
    kinds = {
        "number": "DOUBLE",
        "time": "TIMESTAMP",
        "text": "VARCHAR",
        "map": "MAP(VARCHAR, VARCHAR)",
    }
    columns = [
        f"({values.get(c.name, 'NULL')})::{kinds[c.kind]} AS {c.name}" for c in COSTS.columns
    ]
    tags = [
        f"{tag} 'team-' || {pick(7, 6)} END AS x_tag_team",
        f"{tag} 'project-' || {pick(8, 30)} END AS x_tag_project",
        f"CASE {pick(9, 4)} WHEN 0 THEN 'prod' WHEN 1 THEN 'dev' WHEN 2 THEN 'test' END AS x_tag_environment",
    ]
    begin = f"TIMESTAMP '{month}-01'"
    hours = f"date_diff('hour', {begin}, {begin} + INTERVAL 1 MONTH)"
    return f"""SELECT {", ".join([*columns, *tags])} FROM (
        SELECT *, rate * quantity AS cost,
            instance_type IS NOT NULL AND hash(r, h, 11, {seed}) % 5 = 0 AS covered
        FROM (SELECT i % {resources} AS r, (i // {resources}) % {hours} AS h,
                {begin} + to_hours(((i // {resources}) % {hours})::INT) AS started,
                1 + (hash(i, 12, {seed}) % 100) / 100.0 AS quantity FROM range({count}) AS t(i)) AS lines
        JOIN services ON services.number = hash(r, 4, {seed}) % 12)"""


def ours(lake: Path) -> Answers:
    """The library's own expressions on the line items."""
    lines = line_items(connect(Engine()), lake)
    asked = {
        "monthly by service": queries.spend_by_month(lines, ["ServiceName"]),
        "daily by team": queries.spend_by_day(lines, ["x_tag_team"]),
        "resources": queries.spend_by_resource(queries.within(lines, AFTER)),
        "tag coverage": queries.tag_coverage(lines, TAG_KEYS),
        "cost bases": queries.spend_by(lines, ["ChargeCategory", "PricingCategory"]),
        "shared split": queries.spend_by_month(lines, ["x_tag_team", "x_tag_environment"]),
        "hourly usage": queries.hourly_usage(queries.within(lines, AFTER)),
        "series": queries.spend_by_day(lines, SERIES),
        "drivers": queries.usage_in_both(lines, BEFORE, AFTER),
    }
    return {name: lambda e=e: frame(e) for name, e in asked.items()}


def sql(lake: Path) -> Answers:
    """The same questions as an analyst would write them in DuckDB's SQL."""
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '2GB'")
    files = f"read_parquet('{lake / MONTH_FILES}', hive_partitioning=false, union_by_name=true)"
    sums = ", ".join(f"sum({m}) AS {m}" for m in SUMS)
    sums += ", sum(EffectiveCost) FILTER (WHERE ListCost IS NOT NULL) AS x_ListedEffectiveCost"
    day, month = "date_trunc('day', ChargePeriodStart)", "date_trunc('month', ChargePeriodStart)"
    last = f"ChargePeriodStart >= '{AFTER.start}' AND ChargePeriodStart < '{AFTER.end}'"
    first = f"ChargePeriodStart >= '{BEFORE.start}' AND ChargePeriodStart < '{BEFORE.end}'"
    keys = ", ".join(queries.DRIVER_KEYS)
    coverage = ", ".join(
        f"sum({c}) FILTER (WHERE x_tag_{k} IS NOT NULL)"
        for k in TAG_KEYS
        for c in ("BilledCost", "EffectiveCost")
    )
    sides = ", ".join(
        f"sum({c}) FILTER (WHERE {side}) AS {c}_{n}"
        for c in ("BilledCost", "EffectiveCost", "ConsumedQuantity")
        for n, side in enumerate((first, last))
    )
    asked = {
        "monthly by service": f"SELECT {month}, ServiceName, {sums} FROM {files} GROUP BY ALL",
        "daily by team": f"SELECT {day}, x_tag_team, {sums}, count(*) FROM {files} GROUP BY ALL",
        "resources": "SELECT coalesce(SubAccountId, BillingAccountId), coalesce(RegionId, 'global'), ResourceId, "
        "ServiceName, x_UsageType, x_InstanceType, ConsumedUnit, x_tag_team, x_tag_project, x_tag_environment, "
        "sum(BilledCost) AS billed_cost, sum(EffectiveCost), sum(ListCost), sum(ConsumedQuantity), "
        f"min(ChargePeriodStart), max(ChargePeriodEnd) FROM {files} WHERE {last} AND ResourceId IS NOT NULL "
        "GROUP BY ALL",
        "tag coverage": f"SELECT {month}, sum(BilledCost) AS billed, sum(EffectiveCost), {coverage} FROM {files} "
        "GROUP BY ALL",
        "cost bases": f"SELECT ChargeCategory, PricingCategory, {sums} FROM {files} GROUP BY ALL",
        "shared split": f"SELECT {month}, x_tag_team, x_tag_environment, {sums} FROM {files} GROUP BY ALL",
        "hourly usage": "SELECT date_trunc('hour', ChargePeriodStart), SubAccountId, coalesce(RegionId, 'global'), "
        "x_ServiceCode, x_InstanceType, x_UsageType, x_Operation, ConsumedUnit, "
        "epoch(ChargePeriodEnd - ChargePeriodStart) / 3600, sum(ConsumedQuantity), "
        f"sum(BilledCost) AS on_demand_cost, sum(ListCost) FROM {files} WHERE {last} AND ChargeCategory = 'Usage' "
        "AND PricingCategory = 'Standard' AND (x_InstanceType IS NOT NULL OR x_ServiceCode IN "
        f"{queries.SERVERLESS}) GROUP BY ALL",
        "series": f"SELECT {day}, {', '.join(SERIES)}, {sums}, count(*) FROM {files} GROUP BY ALL",
        "drivers": f"SELECT {keys}, {sides} FROM {files} WHERE ({first}) OR ({last}) GROUP BY ALL",
    }
    return {name: lambda q=q: connection.execute(q).df() for name, q in asked.items()}


COLUMNS = [
    "ChargePeriodStart", "ChargePeriodEnd", "ResourceId", "ChargeCategory", "PricingCategory", "BillingAccountId",
    "x_ServiceCode", "x_InstanceType", "x_Operation", "ConsumedUnit", "x_tag_team", "x_tag_project",
    "x_tag_environment", *SERIES, *SUMS,
]  # fmt: skip
"""What the nine questions need of the bill; pandas reads these once."""


def on_pandas(lake: Path) -> Answers:
    """The same questions on one frame of the needed columns."""
    held: dict[str, pd.DataFrame] = {}

    def bill() -> pd.DataFrame:
        if not held:
            parts = [pd.read_parquet(f, columns=COLUMNS) for f in sorted(lake.glob(MONTH_FILES))]
            lines = pd.concat(parts, ignore_index=True)
            start = lines["ChargePeriodStart"]
            lines["day"] = start.dt.floor("D")
            lines["month"] = start.to_numpy().astype("datetime64[M]").astype("datetime64[us]")
            lines["listed"] = lines["EffectiveCost"].where(lines["ListCost"].notna())
            held["lines"] = lines
        return held["lines"]

    def spend(*keys: str) -> pd.DataFrame:
        return bill().groupby(list(keys), dropna=False, observed=True)[[*SUMS, "listed"]].sum()

    def in_period(period: Period) -> pd.Series:
        start = bill()["ChargePeriodStart"]
        return (start >= period.start) & (start < period.end)

    def resources() -> pd.DataFrame:
        rows = bill()[in_period(AFTER)]
        keys = ["SubAccountId", "RegionId", "ResourceId", "ServiceName", "x_UsageType", "x_InstanceType",
                "ConsumedUnit", "x_tag_team", "x_tag_project", "x_tag_environment"]  # fmt: skip
        measures = dict.fromkeys(
            ("BilledCost", "EffectiveCost", "ListCost", "ConsumedQuantity"), "sum"
        )
        times = {"ChargePeriodStart": "min", "ChargePeriodEnd": "max"}
        return rows.groupby(keys, dropna=False).agg({**measures, **times})

    def coverage() -> pd.DataFrame:
        parts = [bill().groupby("month")[["BilledCost", "EffectiveCost"]].sum()]
        costs = bill()[["month", "BilledCost", "EffectiveCost"]]
        for key in TAG_KEYS:
            carried = costs[bill()[f"x_tag_{key}"].notna()]
            parts.append(carried.groupby("month").sum().add_suffix(key))
        return pd.concat(parts, axis=1)

    def hourly() -> pd.DataFrame:
        rows = bill()[in_period(AFTER)]
        rows = rows[(rows["ChargeCategory"] == "Usage") & (rows["PricingCategory"] == "Standard")
                    & (rows["x_InstanceType"].notna() | rows["x_ServiceCode"].isin(queries.SERVERLESS))]  # fmt: skip
        rows = rows.assign(hour=rows["ChargePeriodStart"].dt.floor("h"),
                           hours=(rows["ChargePeriodEnd"] - rows["ChargePeriodStart"]).dt.total_seconds() / 3600)  # fmt: skip
        keys = ["hour", "SubAccountId", "RegionId", "x_ServiceCode", "x_InstanceType", "x_UsageType",
                "x_Operation", "ConsumedUnit", "hours"]  # fmt: skip
        return rows.groupby(keys, dropna=False)[
            ["ConsumedQuantity", "BilledCost", "ListCost"]
        ].sum()

    def drivers() -> pd.DataFrame:
        measures = ["BilledCost", "EffectiveCost", "ConsumedQuantity"]
        sides = [bill()[in_period(p)].groupby(list(queries.DRIVER_KEYS), dropna=False)[measures].sum()
                 for p in (BEFORE, AFTER)]  # fmt: skip
        return sides[0].join(sides[1], how="outer", lsuffix="_0", rsuffix="_1")

    return {
        "monthly by service": lambda: spend("month", "ServiceName"),
        "daily by team": lambda: spend("day", "x_tag_team"),
        "resources": resources,
        "tag coverage": coverage,
        "cost bases": lambda: spend("ChargeCategory", "PricingCategory"),
        "shared split": lambda: spend("month", "x_tag_team", "x_tag_environment"),
        "hourly usage": hourly,
        "series": lambda: spend("day", *SERIES),
        "drivers": drivers,
    }


def on_polars(lake: Path) -> Answers:
    """The same questions as lazy polars queries, streaming."""
    import polars as pl

    lines = pl.scan_parquet(lake / MONTH_FILES, hive_partitioning=False).with_columns(
        day=pl.col("ChargePeriodStart").dt.truncate("1d"),
        month=pl.col("ChargePeriodStart").dt.truncate("1mo"),
    )
    sums = [pl.col(m).sum() for m in SUMS]
    sums.append(
        pl.col("EffectiveCost").filter(pl.col("ListCost").is_not_null()).sum().alias("listed")
    )

    def in_period(period: Period) -> Any:
        return pl.col("ChargePeriodStart").is_between(period.start, period.end, closed="left")

    def spend(*keys: str) -> Any:
        return lines.group_by(keys).agg(*sums, pl.len())

    resources = lines.filter(in_period(AFTER), pl.col("ResourceId").is_not_null()).group_by(
        "SubAccountId", "RegionId", "ResourceId", "ServiceName", "x_UsageType", "x_InstanceType", "ConsumedUnit",
        "x_tag_team", "x_tag_project", "x_tag_environment",
    ).agg(pl.col("BilledCost", "EffectiveCost", "ListCost", "ConsumedQuantity").sum(),
          pl.col("ChargePeriodStart").min(), pl.col("ChargePeriodEnd").max())  # fmt: skip
    coverage = lines.group_by("month").agg(
        pl.col("BilledCost", "EffectiveCost").sum(),
        *(pl.col(c).filter(pl.col(f"x_tag_{k}").is_not_null()).sum().alias(c + k)
          for k in TAG_KEYS for c in ("BilledCost", "EffectiveCost")),
    )  # fmt: skip
    hourly = lines.filter(
        in_period(AFTER), pl.col("ChargeCategory") == "Usage", pl.col("PricingCategory") == "Standard",
        pl.col("x_InstanceType").is_not_null() | pl.col("x_ServiceCode").is_in(queries.SERVERLESS),
    ).group_by(
        pl.col("ChargePeriodStart").dt.truncate("1h").alias("hour"), "SubAccountId", "RegionId", "x_ServiceCode",
        "x_InstanceType", "x_UsageType", "x_Operation", "ConsumedUnit",
        ((pl.col("ChargePeriodEnd") - pl.col("ChargePeriodStart")).dt.total_seconds() / 3600).alias("hours"),
    ).agg(pl.col("ConsumedQuantity", "BilledCost", "ListCost").sum())  # fmt: skip
    drivers = lines.filter(in_period(BEFORE) | in_period(AFTER)).group_by(queries.DRIVER_KEYS).agg(
        *(pl.col(c).filter(in_period(p)).sum().alias(f"{c}_{n}")
          for c in ("BilledCost", "EffectiveCost", "ConsumedQuantity") for n, p in enumerate((BEFORE, AFTER)))
    )  # fmt: skip
    asked = {
        "monthly by service": spend("month", "ServiceName"),
        "daily by team": spend("day", "x_tag_team"),
        "resources": resources,
        "tag coverage": coverage,
        "cost bases": spend("ChargeCategory", "PricingCategory"),
        "shared split": spend("month", "x_tag_team", "x_tag_environment"),
        "hourly usage": hourly,
        "series": spend("day", *SERIES),
        "drivers": drivers,
    }
    return {
        name: lambda q=q: q.collect(engine="streaming").to_pandas() for name, q in asked.items()
    }


def on_cube(lake: Path) -> Answers:
    """The daily cube: built once from the line items, then asked everything that a notebook asks."""
    path = Path(tempfile.mkdtemp()) / "cube.parquet"
    lines = line_items(connect(Engine()), lake)
    cube = {"table": None}

    def build() -> pd.DataFrame:
        build_cube(lines, path)
        cube["table"] = daily_cube(path)
        return frame(queries.total(cube["table"]))

    def ask(query: Callable[[Any], Any]) -> Callable[[], pd.DataFrame]:
        return lambda: frame(query(cube["table"]))

    keys = [key for key in queries.DRIVER_KEYS if key != "ResourceId"]
    return {
        "build": build,
        "monthly by service": ask(lambda t: queries.spend_by_month(t, ["ServiceName"])),
        "daily by team": ask(lambda t: queries.spend_by_day(t, ["x_tag_team"])),
        "tag coverage": ask(lambda t: queries.tag_coverage(t, TAG_KEYS)),
        "cost bases": ask(lambda t: queries.spend_by(t, ["ChargeCategory", "PricingCategory"])),
        "shared split": ask(
            lambda t: queries.spend_by_month(t, ["x_tag_team", "x_tag_environment"])
        ),
        "GPU usage": ask(queries.usage_by_instance_type),
        "series": ask(lambda t: queries.spend_by_day(t, SERIES)),
        "drivers": ask(lambda t: queries.usage_in_both(t, BEFORE, AFTER, keys)),
    }


WORKERS = {"ours": ours, "sql": sql, "polars": on_polars, "pandas": on_pandas, "cube": on_cube}


def work(engine: str, lake: Path) -> dict[str, Any]:
    """Run one engine's questions in this process: seconds and rows of each, peak memory."""
    seconds, rows = {}, {}
    used = time.process_time()
    for name, ask in WORKERS[engine](lake).items():
        began = time.perf_counter()
        rows[name] = len(ask())
        seconds[name] = time.perf_counter() - began
    used = time.process_time() - used
    return {"seconds": seconds, "cpu_s": used, "peak_mib": _peak_mib(), "rows": rows}


def _peak_mib() -> float:
    """Peak resident memory of this process alone (getrusage would carry the parent's over)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def measure(engine: str, lake: Path) -> dict[str, Any] | None:
    """`work` in a process of its own; None where the system killed it, as it does without memory left."""
    command = [sys.executable, __file__, "--worker", engine, "--folder", str(lake)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGKILL:
        print(f"{engine}: killed for want of memory")
        return None
    done.check_returncode()
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(lake: Path, label: str, engines: list[str]) -> None:
    """Print one size's table and hold the engines' answers to each other."""
    tried = {engine: measure(engine, lake) for engine in engines}
    found = {engine: result for engine, result in tried.items() if result}
    for engine, result in found.items():
        if result["rows"] != next(iter(found.values()))["rows"]:
            raise SystemExit(f"{engine} gives other rows: {result['rows']}")
    print(f"\n{label} line items: seconds\n")
    seconds = pd.DataFrame({engine: result["seconds"] for engine, result in found.items()})
    seconds.loc["total"] = seconds.sum()
    print(seconds.round(2).to_string())
    cpu = {engine: result["cpu_s"] for engine, result in found.items()}
    print(
        "CPU seconds (what a busy machine does not change):",
        {e: round(s, 1) for e, s in cpu.items()},
    )
    print("peak MiB:", {engine: round(result["peak_mib"]) for engine, result in found.items()})
    cube = measure("cube", lake) if "ours" in found else None
    if cube:
        totals = seconds.loc["total"]
        print("ratio to ours:", (totals / totals["ours"]).round(2).to_dict())
        print("ratio to ours, CPU:", {e: round(s / cpu["ours"], 2) for e, s in cpu.items()})
        asked = {name: s for name, s in cube["seconds"].items() if name != "build"}
        print(f"cube: built in {cube['seconds']['build']:.2f} s, slowest of {len(asked)} queries "
              f"{max(asked.values()):.3f} s, peak {cube['peak_mib']:.0f} MiB")  # fmt: skip


def main() -> None:
    """Read the arguments; generate what is missing; measure every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, help="a lake to measure; or where generated ones are kept"
    )
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        print(json.dumps(work(given.worker, given.folder)))
        return
    if given.folder and any(given.folder.glob(MONTH_FILES)):
        compare(given.folder, given.folder.name, given.engines)
        return
    home = given.folder or Path(tempfile.gettempdir()) / "finops-billing-benchmark"
    home.mkdir(parents=True, exist_ok=True)
    for rows in given.rows:
        compare(generate(rows, given.seed, home), f"{rows:,}", given.engines)


if __name__ == "__main__":
    main()
