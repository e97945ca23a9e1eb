"""Expensive ways of bytes as findings."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_lib.schema import ESTATE_TABLES, rows

GATEWAY = {
    "account_id": "111122223333", "region": "us-east-1", "endpoint_type": "Gateway", "vpc_id": "vpc-1",
}  # fmt: skip


@pytest.mark.parametrize(("services", "expected"), [(["s3", "dynamodb"], "ok"), (["s3"], "waste")])
def test_nat_gateway_endpoint_traffic_endpoints_decide(account, status, services, expected):
    there = [
        {**GATEWAY, "resource_id": f"vpce-{s}", "service_name": f"com.amazonaws.us-east-1.{s}"}
        for s in services
    ]
    tables = {**account, "vpc_endpoints": rows(ESTATE_TABLES["vpc_endpoints"], there)}
    assert status(tables, "nat_gateway_endpoint_traffic", "nat-busy") == expected


def test_cross_az_transfer_under_its_limit_is_ok(account, status):
    costs = account["resource_costs"]
    cheap = costs.assign(effective_cost=pd.Series(49.0, index=costs.index))
    tables = {**account, "resource_costs": cheap}
    assert status(tables, "cross_az_transfer", "i-large") == "ok"
