"""The Price List service, from the price book that is shipped with the project."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from finops_lib.demo.emulator.answers import RefusedError
from finops_lib.demo.emulator.paging import page, with_token
from finops_lib.demo.emulator.requests import Asked
from finops_lib.demo.emulator.state import State
from finops_lib.demo.story import rates

Body = dict[str, Any]
PAGE = 100
REGIONS = {"us-east-1": ("US East (N. Virginia)", ""), "us-west-2": ("US West (Oregon)", "USW2-")}
"""Location and what usage types begin with; the two regions have the same prices."""

COMPUTE = {"tenancy": "Shared", "operatingSystem": "Linux", "preInstalledSw": "NA",
           "capacitystatus": "Used", "licenseModel": "No License required"}  # fmt: skip


class Product(NamedTuple):
    """How the service describes what an item of the price book is."""

    service_code: str
    family: str
    usage_type: str
    operation: str = ""
    more: tuple[tuple[str, str], ...] = ()


PRODUCTS = {
    ("AmazonEC2", "standard"): Product("AmazonEC2", "Storage", "EBS:VolumeUsage"),
    ("AmazonEC2", "io1"): Product("AmazonEC2", "Storage", "EBS:VolumeUsage.piops"),
    ("AmazonEC2", "io1-iops"): Product("AmazonEC2", "System Operation", "EBS:VolumeP-IOPS.piops"),
    ("AmazonEC2", "gp3-throughput"): Product("AmazonEC2", "Provisioned Throughput", "EBS:VolumeP-Throughput.gp3"),
    ("AmazonEC2", "snapshot"): Product("AmazonEC2", "Storage Snapshot", "EBS:SnapshotUsage"),
    ("AmazonVPC", "nat-gateway"): Product("AmazonEC2", "NAT Gateway", "NatGateway-Hours", "NatGateway"),
    ("AmazonVPC", "nat-gateway-data"): Product("AmazonEC2", "NAT Gateway", "NatGateway-Bytes", "NatGateway"),
    ("AmazonVPC", "public-ipv4"): Product("AmazonVPC", "", "PublicIPv4:IdleAddress", "", (("group", "VPCPublicIPv4Address"),)),
    ("AmazonVPC", "interface-endpoint"): Product("AmazonVPC", "VpcEndpoint", "VpcEndpoint-Hours"),
    ("AmazonVPC", "interface-endpoint-data"): Product("AmazonVPC", "VpcEndpoint", "VpcEndpoint-Bytes"),
    ("AWSELB", "classic"): Product("AWSELB", "Load Balancer", "LoadBalancerUsage", "LoadBalancing"),
    ("AWSELB", "application"): Product("AWSELB", "Load Balancer-Application", "LoadBalancerUsage", "LoadBalancing:Application"),
    ("AWSELB", "network"): Product("AWSELB", "Load Balancer-Network", "LoadBalancerUsage", "LoadBalancing:Network"),
    ("AWSELB", "gateway"): Product("AWSELB", "Load Balancer-Gateway", "LoadBalancerUsage", "LoadBalancing:Gateway"),
    ("AmazonS3", "s3-standard"): Product("AmazonS3", "Storage", "TimedStorage-ByteHrs"),
    ("AmazonS3", "s3-standard-ia"): Product("AmazonS3", "Storage", "TimedStorage-SIA-ByteHrs"),
    ("AmazonS3", "s3-one-zone-ia"): Product("AmazonS3", "Storage", "TimedStorage-ZIA-ByteHrs"),
    ("AmazonS3", "s3-intelligent-tiering-frequent"): Product("AmazonS3", "Storage", "TimedStorage-INT-FA-ByteHrs"),
    ("AmazonS3", "s3-intelligent-tiering-infrequent"): Product("AmazonS3", "Storage", "TimedStorage-INT-IA-ByteHrs"),
    ("AmazonS3", "s3-glacier-instant"): Product("AmazonS3", "Storage", "TimedStorage-GIR-ByteHrs"),
    ("AmazonS3", "s3-glacier-flexible"): Product("AmazonS3", "Storage", "TimedStorage-GlacierByteHrs"),
    ("AmazonS3", "s3-glacier-deep-archive"): Product("AmazonS3GlacierDeepArchive", "", "TimedStorage-GDA-ByteHrs"),
    ("AmazonCloudWatch", "log-storage"): Product("AmazonCloudWatch", "Storage Snapshot", "TimedStorage-ByteHrs"),
    ("AmazonSageMaker", "serverless-inference"): Product("AmazonSageMaker", "ML Serverless", "ServerlessInf:Mem-1GB", "Invoke-Endpoint"),
    ("AmazonES", "domain-gp2"): Product("AmazonES", "Amazon OpenSearch Service Volume", "ES:GP2-Storage"),
    ("AmazonES", "domain-gp3"): Product("AmazonES", "Amazon OpenSearch Service Volume", "ES:GP3-Storage"),
    ("AmazonECS", "fargate-vcpu"): Product("AmazonECS", "Compute", "Fargate-vCPU-Hours:perCPU"),
    ("AmazonECS", "fargate-gib"): Product("AmazonECS", "Compute", "Fargate-GB-Hours"),
    ("AmazonECS", "fargate-vcpu-arm64"): Product("AmazonECS", "Compute", "Fargate-ARM-vCPU-Hours:perCPU"),
    ("AmazonECS", "fargate-gib-arm64"): Product("AmazonECS", "Compute", "Fargate-ARM-GB-Hours"),
    ("AmazonEKS", "eks-cluster"): Product("AmazonEKS", "Compute", "AmazonEKS-Hours:perCluster"),
    ("AWSGlue", "glue-dpu"): Product("AWSGlue", "AWS Glue", "DEVED-DPU-Hour"),
    ("AWSLambda", "lambda-gib-second"): Product("AWSLambda", "Serverless", "Lambda-GB-Second"),
    ("AWSLambda", "lambda-gib-second-arm64"): Product("AWSLambda", "Serverless", "Lambda-GB-Second-ARM"),
    ("AWSLambda", "lambda-provisioned-gib-second"): Product("AWSLambda", "Serverless", "Lambda-Provisioned-Concurrency"),
    ("AWSLambda", "lambda-provisioned-gib-second-arm64"): Product("AWSLambda", "Serverless", "Lambda-Provisioned-Concurrency-ARM"),
    ("AmazonDynamoDB", "read-capacity-unit"): Product("AmazonDynamoDB", "Provisioned IOPS", "ReadCapacityUnit-Hrs", "", (("group", "DDB-ReadUnits"),)),
    ("AmazonDynamoDB", "write-capacity-unit"): Product("AmazonDynamoDB", "Provisioned IOPS", "WriteCapacityUnit-Hrs", "", (("group", "DDB-WriteUnits"),)),
    ("AmazonDynamoDB", "read-request-unit"): Product("AmazonDynamoDB", "Amazon DynamoDB PayPerRequest Throughput", "ReadRequestUnits", "", (("group", "DDB-ReadUnits"),)),
    ("AmazonDynamoDB", "write-request-unit"): Product("AmazonDynamoDB", "Amazon DynamoDB PayPerRequest Throughput", "WriteRequestUnits", "", (("group", "DDB-WriteUnits"),)),
    ("AmazonDynamoDB", "table-storage"): Product("AmazonDynamoDB", "Database Storage", "TimedStorage-ByteHrs"),
    ("AmazonDynamoDB", "table-storage-ia"): Product("AmazonDynamoDB", "Database Storage", "IA-TimedStorage-ByteHrs"),
}  # fmt: skip
"""Items of the book that are no machine; service codes, families and usage types are AWS's own."""

MACHINES = {
    "AmazonElastiCache": (
        "Cache Instance", "NodeUsage:{}", "CreateCacheCluster:0002", (("cacheEngine", "Redis"),),
    ),
    "AmazonES": ("Amazon OpenSearch Service Instance", "ESInstance:{}", "ESDomain", ()),
    "AmazonRedshift": ("Compute Instance", "Node:{}", "RunComputeNode:0001", ()),
}  # fmt: skip
"""Service to the family, usage type, operation and further attributes of its machines."""

COMPONENTS = {"Hosting": "Host", "Training": "Train", "Notebook": "Notebk"}
"""What SageMaker runs machines for, and how its usage types begin."""


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
    """The book's rows that hold today, and the story's SageMaker and RDS, as the service writes products."""
    return tuple(
        _product(product, row, region)
        for product, row in (*_of_book(), *_of_story())
        for region in REGIONS
    )


def _of_book() -> Iterator[tuple[Product, dict[str, str]]]:
    for book in sorted(files("finops_lib.data").iterdir(), key=lambda file: file.name):
        if book.name.endswith(".csv"):
            for row in csv.DictReader(book.read_text().splitlines()):
                if row.get("term") == "on_demand" and not row.get("valid_to"):
                    product = _described(row["service"], row["item"])
                    yield from [(product, row)] if product else []


def _described(service: str, item: str) -> Product | None:
    if service == "AmazonEC2" and item.partition("-")[0] in rates.UNIT and "." not in item:
        family = "System Operation" if item.endswith("-iops") else "Storage"
        kind, _, operations = item.partition("-")
        usage = f"EBS:VolumeP-IOPS.{kind}" if operations else f"EBS:VolumeUsage.{kind}"
        return PRODUCTS.get((service, item)) or Product(service, family, usage)
    if service == "AmazonEC2":
        metal = " (bare metal)" if ".metal" in item else ""
        more = (("instanceType", item), *COMPUTE.items())
        return Product(
            service, f"Compute Instance{metal}", f"BoxUsage:{item}", "RunInstances", more
        )
    if service in MACHINES and "." in item:
        family, usage, operation, cache_engine = MACHINES[service]
        more = (("instanceType", item), *cache_engine)
        return Product(service, family, usage.format(item.removesuffix(".search")), operation, more)
    return PRODUCTS.get((service, item))


def _of_story() -> Iterator[tuple[Product, dict[str, str]]]:
    held = {"unit": "Hrs", "detail": "", "valid_from": "2024-02-01"}
    for item, price in rates.SAGEMAKER.items():
        for component, usage in COMPONENTS.items():
            more = (("instanceName", item), ("component", component))
            yield (
                Product("AmazonSageMaker", "ML Instance", f"{usage}:{item}", "RunInstance", more),
                {**held, "item": item, "price": str(price)},
            )
    for item, price in rates.RDS.items():
        for deployment, usage, machines in (
            ("Single-AZ", "InstanceUsage", 1),
            ("Multi-AZ", "Multi-AZUsage", 2),
        ):
            database = (("databaseEngine", "PostgreSQL"), ("deploymentOption", deployment))
            yield (
                Product("AmazonRDS", "Database Instance", f"{usage}:{item}", "CreateDBInstance:0014",
                        (("instanceType", item), *database)),
                {**held, "item": item, "price": str(price * machines)},
            )  # fmt: skip


def _product(product: Product, row: dict[str, str], region: str) -> Body:
    named = "/".join([*product[:4], region, row["price"], row["valid_from"]])
    sku = hashlib.sha256(named.encode()).hexdigest()[:16].upper()
    location, prefix = REGIONS[region]
    attributes = {
        "regionCode": region, "location": location, "locationType": "AWS Region",
        "servicecode": product.service_code, "usagetype": prefix + product.usage_type,
        "operation": product.operation, **dict(product.more),
    }  # fmt: skip
    offer, rate = f"{sku}.JRTCKXETXF", f"{sku}.JRTCKXETXF.6YS6EN2CT7"
    price = {"rateCode": rate, "unit": row["unit"], "beginRange": "0", "endRange": "Inf",
             "appliesTo": [], "description": row["detail"], "pricePerUnit": {"USD": row["price"]}}  # fmt: skip
    if row["unit"] == "MiBps-Mo":
        price |= {"unit": "GiBps-mo", "pricePerUnit": {"USD": str(float(row["price"]) * 1024)}}
    term = {"sku": sku, "offerTermCode": "JRTCKXETXF", "termAttributes": {},
            "effectiveDate": f"{row['valid_from']}T00:00:00Z", "priceDimensions": {rate: price}}  # fmt: skip
    return {
        "serviceCode": product.service_code,
        "product": {"sku": sku, "productFamily": product.family, "attributes": attributes},
        "terms": {"OnDemand": {offer: term}},
        "version": row["valid_from"],
        "publicationDate": f"{row['valid_from']}T00:00:00Z",
    }


OPERATIONS = {"GetProducts": get_products, "DescribeServices": describe_services}
