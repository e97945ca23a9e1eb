"""What the invented company's provider charges: AWS list prices of us-east-1 (us-west-2 has the same).

What the shipped price book has is taken from it: the price that holds at the end of the story, which
for what the company uses held all through it. The rest (SageMaker, RDS and other managed services,
traffic) are list prices of us-east-1 as of 2026.
"""

from __future__ import annotations

import csv
from importlib.resources import files


def _book(name: str) -> dict[str, float]:
    """On-demand prices by item that hold still, from a table of the price book."""
    text = (files("finops_lib") / "data" / name).read_text(encoding="utf-8")
    return {
        row["item"]: float(row["price"])
        for row in csv.DictReader(text.splitlines())
        if row["term"] == "on_demand" and not row["valid_to"]
    }


EC2 = _book("ec2_on_demand.csv")
"""Linux, shared tenancy, dollars an hour."""

UNIT = _book("unit_prices.csv")

SPOT = {"g5.2xlarge": 0.48, "c5.4xlarge": 0.27}
"""What the company paid on average for Spot, dollars an hour."""

RESERVED = {"m5.xlarge": 0.121, "r4.2xlarge": 0.335}
"""Standard reservations, one year, no upfront, dollars an hour."""

SAVINGS_PLAN_SHARE = 0.73
"""A one-year, no-upfront Compute Savings Plan costs about this share of on demand (m5, c5, r5)."""

SAGEMAKER = {
    "ml.t3.medium": 0.05, "ml.t3.xlarge": 0.20, "ml.m5.large": 0.115, "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461, "ml.c5.xlarge": 0.204, "ml.c5.2xlarge": 0.408,
    "ml.g4dn.xlarge": 0.7364, "ml.g5.2xlarge": 1.515, "ml.p3.2xlarge": 3.825,
    "ml.p3.8xlarge": 14.688, "ml.p3.16xlarge": 28.152,
}  # fmt: skip

RDS = {
    "db.t3.medium": 0.072, "db.m5.large": 0.178, "db.m5.xlarge": 0.356, "db.m5.2xlarge": 0.712,
    "db.r5.large": 0.25, "db.r5.xlarge": 0.50, "db.r5.2xlarge": 1.00,
}  # fmt: skip
"""PostgreSQL in one zone; Multi-AZ is twice as much."""

EBS_GIB_MONTH = {kind: UNIT[kind] for kind in ("gp2", "gp3", "io1", "io2")}
EBS_IOPS_MONTH = {kind: UNIT[f"{kind}-iops"] for kind in ("gp3", "io1", "io2")}
SNAPSHOT_GIB_MONTH = UNIT["snapshot"]

S3_GIB_MONTH = {
    "StandardStorage": UNIT["s3-standard"],
    "StandardIAStorage": UNIT["s3-standard-ia"],
    "GlacierStorage": UNIT["s3-glacier-flexible"],
}
S3_STANDARD_NEXT_TIER = 0.022
"""Standard storage beyond the organization's first 50 TiB."""

S3_FIRST_TIER_GIB = 50 * 1024.0
S3_TIER1_REQUEST = 0.005 / 1000
S3_TIER2_REQUEST = 0.0004 / 1000

RDS_GIB_MONTH = 0.115
NOTEBOOK_GIB_MONTH = 0.14
NAT_HOUR = UNIT["nat-gateway"]
NAT_GIB = UNIT["nat-gateway-data"]
ADDRESS_HOUR = UNIT["public-ipv4"]
LOAD_BALANCER_HOUR = {kind: UNIT[kind] for kind in ("application", "network", "classic")}
LCU_HOUR = 0.008
CROSS_ZONE_GIB = 0.01
INTER_REGION_GIB = 0.02
INTERNET_GIB = 0.09
INTERNET_GIB_NEXT_TIER = 0.085
ENDPOINT_HOUR = UNIT["interface-endpoint"]
LOG_GIB = 0.50
CUSTOM_METRIC_MONTH = 0.30
DPU_HOUR = 0.44
CLUSTER_HOUR = 0.10
SHARD_HOUR = 0.015
LAMBDA_GIB_SECOND = 0.0000166667
KEY_MONTH = 1.0
CACHE_HOUR = {"cache.r5.large": 0.216}
CDN_GIB = 0.085
