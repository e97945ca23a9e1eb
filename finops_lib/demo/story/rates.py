"""What the invented company's provider charges: AWS list prices, us-east-1 (us-west-2 has the same).

On-demand prices of EC2 as of 2026-07-20 (unchanged over the story's 13 months), unit prices as of
2024, SageMaker and RDS as published for us-east-1. The savings rates are one-year, no upfront.
"""

from __future__ import annotations

EC2 = {
    "t3.medium": 0.0416, "t3.large": 0.0832, "t3.xlarge": 0.1664,
    "m5.large": 0.096, "m5.xlarge": 0.192, "m5.2xlarge": 0.384, "m5.4xlarge": 0.768,
    "c5.xlarge": 0.17, "c5.2xlarge": 0.34, "c5.4xlarge": 0.68, "c5.9xlarge": 1.53,
    "r5.large": 0.126, "r5.xlarge": 0.252, "r5.2xlarge": 0.504, "r5.4xlarge": 1.008,
    "g4dn.xlarge": 0.526, "g4dn.2xlarge": 0.752, "g5.2xlarge": 1.212, "g5.12xlarge": 5.672,
    "p3.2xlarge": 3.06, "p3.8xlarge": 12.24,
}  # fmt: skip
"""Linux, shared tenancy, dollars an hour."""

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

EBS_GIB_MONTH = {"gp2": 0.10, "gp3": 0.08, "io1": 0.125, "io2": 0.125, "st1": 0.045, "sc1": 0.015}
EBS_IOPS_MONTH = {"gp3": 0.005, "io1": 0.065, "io2": 0.065}
EBS_MIBPS_MONTH = {"gp3": 0.04}
SNAPSHOT_GIB_MONTH = 0.05

S3_GIB_MONTH = {
    "StandardStorage": 0.023,
    "StandardIAStorage": 0.0125,
    "GlacierStorage": 0.0036,
}
S3_STANDARD_NEXT_TIER = 0.022
"""Standard storage beyond the organization's first 50 TiB."""

S3_FIRST_TIER_GIB = 50 * 1024.0
S3_TIER1_REQUEST = 0.005 / 1000
S3_TIER2_REQUEST = 0.0004 / 1000

RDS_GIB_MONTH = 0.115
NOTEBOOK_GIB_MONTH = 0.14
NAT_HOUR = 0.045
NAT_GIB = 0.045
ADDRESS_HOUR = 0.005
LOAD_BALANCER_HOUR = {"application": 0.0225, "network": 0.0225, "classic": 0.025}
LCU_HOUR = 0.008
CROSS_ZONE_GIB = 0.01
INTER_REGION_GIB = 0.02
INTERNET_GIB = 0.09
INTERNET_GIB_NEXT_TIER = 0.085
ENDPOINT_HOUR = 0.01
LOG_GIB = 0.50
CUSTOM_METRIC_MONTH = 0.30
DPU_HOUR = 0.44
CLUSTER_HOUR = 0.10
SHARD_HOUR = 0.015
LAMBDA_GIB_SECOND = 0.0000166667
KEY_MONTH = 1.0
CACHE_HOUR = {"cache.r5.large": 0.216}
CDN_GIB = 0.085
