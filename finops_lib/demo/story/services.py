"""The provider's services: their code, their name on the bill and their FOCUS category."""

from __future__ import annotations

from typing import NamedTuple


class Service(NamedTuple):
    """How a bill names a service."""

    name: str
    category: str
    subcategory: str


SERVICES = {
    "AmazonEC2": Service("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines"),
    "AmazonS3": Service("Amazon Simple Storage Service", "Storage", "Object Storage"),
    "AmazonVPC": Service("Amazon Virtual Private Cloud", "Networking", "Network Infrastructure"),
    "AWSELB": Service("Elastic Load Balancing", "Networking", "Application Networking"),
    "AmazonCloudFront": Service("Amazon CloudFront", "Networking", "Content Delivery"),
    "AmazonSageMaker": Service("Amazon SageMaker", "AI and Machine Learning", "AI Platforms"),
    "AmazonRDS": Service("Amazon Relational Database Service", "Databases", "Relational Databases"),
    "AmazonElastiCache": Service("Amazon ElastiCache", "Databases", "Caching"),
    "AmazonEKS": Service(
        "Amazon Elastic Container Service for Kubernetes", "Compute", "Containers"
    ),
    "AmazonCloudWatch": Service("AmazonCloudWatch", "Management and Governance", "Observability"),
    "AWSGlue": Service("AWS Glue", "Analytics", "Data Processing"),
    "AmazonKinesis": Service("Amazon Kinesis", "Analytics", "Streaming Analytics"),
    "AWSLambda": Service("AWS Lambda", "Compute", "Serverless Compute"),
    "awskms": Service("AWS Key Management Service", "Security", "Security"),
    "AWSDeveloperSupport": Service("AWS Support (Developer)", "Other", "Other (Other)"),
    "ComputeSavingsPlans": Service(
        "Savings Plans for AWS Compute usage", "Compute", "Other (Compute)"
    ),
}

REGIONS = {"us-east-1": "US East (N. Virginia)", "us-west-2": "US West (Oregon)"}
