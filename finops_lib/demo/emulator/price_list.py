"""The Price List service, from the price book that is shipped with the project."""

from __future__ import annotations

import csv
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State

Body = dict[str, Any]
PAGE = 100
LOCATIONS = {"us-east-1": "US East (N. Virginia)", "us-west-2": "US West (Oregon)"}
COMPUTE = {"tenancy": "Shared", "operatingSystem": "Linux", "preInstalledSw": "NA",
           "capacitystatus": "Used", "licenseModel": "No License required"}  # fmt: skip


def get_products(state: State, request: Asked, body: Body) -> Body:
    """Products of one service whose attributes equal the filters, each as a text of JSON.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
    """
    service = body.get("ServiceCode")
    if not any(service == product["serviceCode"] for product in products()):
        raise RefusedError("NotFoundException", f"Service {service} is not in the price list.")
    found = [
        json.dumps(product)
        for product in products()
        if product["serviceCode"] == service
        and all(_has(product["product"], f) for f in body.get("Filters") or [])
    ]
    listed, token = page(found, body.get("NextToken"), int(body.get("MaxResults") or PAGE))
    return with_token({"FormatVersion": "aws_v1", "PriceList": list(listed)}, "NextToken", token)


def describe_services(state: State, request: Asked, body: Body) -> Body:
    """The services that have prices, and the attributes of their products."""
    found: dict[str, set[str]] = {}
    for product in products():
        names = set(product["product"]["attributes"])
        found.setdefault(product["serviceCode"], set()).update(names)
    services = [
        {"ServiceCode": code, "AttributeNames": sorted(names)}
        for code, names in found.items()
        if body.get("ServiceCode") in (None, code)
    ]
    return {"FormatVersion": "aws_v1", "Services": services}


def _has(product: Body, wanted: Body) -> bool:
    value = wanted["Value"]
    if wanted["Field"] == "productFamily":
        return bool(product["productFamily"] == value)
    return bool(product["attributes"].get(wanted["Field"]) == value)


@cache
def products() -> tuple[Body, ...]:
    """The book's rows that are valid today (without an end), as the service writes products."""
    return tuple(
        _product(row)
        for book in sorted(files("finops_lib.data").iterdir(), key=lambda file: file.name)
        if book.name.endswith(".csv")
        for row in csv.DictReader(book.read_text().splitlines())
        if row.get("term") == "on_demand" and not row.get("valid_to")
    )


def _product(row: dict[str, str]) -> Body:
    sku = hashlib.sha256("/".join(row.values()).encode()).hexdigest()[:16].upper()
    is_machine = row["service"] == "AmazonEC2" and row["unit"] == "Hrs" and "." in row["item"]
    attributes = {
        "regionCode": row["region"],
        "location": LOCATIONS.get(row["region"], row["region"]),
        "servicecode": row["service"],
        "usagetype": f"BoxUsage:{row['item']}" if is_machine else row["item"],
    }
    if is_machine:
        attributes |= {"instanceType": row["item"], "operation": "RunInstances", **COMPUTE}
    elif "." in row["item"]:
        attributes |= {"instanceType": row["item"]}
    offer, rate = f"{sku}.JRTCKXETXF", f"{sku}.JRTCKXETXF.6YS6EN2CT7"
    price = {"rateCode": rate, "unit": row["unit"], "beginRange": "0", "endRange": "Inf",
             "appliesTo": [], "description": row["detail"], "pricePerUnit": {"USD": row["price"]}}  # fmt: skip
    term = {"sku": sku, "offerTermCode": "JRTCKXETXF", "termAttributes": {},
            "effectiveDate": f"{row['valid_from']}T00:00:00Z", "priceDimensions": {rate: price}}  # fmt: skip
    return {
        "serviceCode": row["service"],
        "product": {
            "sku": sku,
            "productFamily": "Compute Instance" if is_machine else row["service"],
            "attributes": attributes,
        },
        "terms": {"OnDemand": {offer: term}},
        "version": row["valid_from"],
        "publicationDate": f"{row['valid_from']}T00:00:00Z",
    }


OPERATIONS = {"GetProducts": get_products, "DescribeServices": describe_services}
