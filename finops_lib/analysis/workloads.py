"""What a charge was for: training, inference, notebooks, data or platform, and by which rule."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

WORKLOADS = ("training", "inference", "notebooks", "data", "platform")
UNKNOWN = "unknown"
TAG = "x_tag_workload_type"


class Rule(NamedTuple):
    """Charges of a service code and usage type (regular expressions) are of this workload."""

    name: str
    workload: str
    service: str
    usage: str


SAGEMAKER = "AmazonSageMaker"

RULES = (
    Rule("sagemaker_training", "training", SAGEMAKER, r"Train|HyperPod|Cluster:|Tuning"),
    Rule("sagemaker_inference", "inference", SAGEMAKER, r"Host|Inf\b|Inference|AsyncInf|Tsform|Serverless"),
    Rule("sagemaker_notebooks", "notebooks", SAGEMAKER,
         r"Notebk|Notebook|Studio|KernelGateway|JupyterLab|CodeEditor|RStudio|Canvas"),
    Rule("sagemaker_data", "data", SAGEMAKER, r"Processing|DataWrangler|FeatureStore|GroundTruth|Labeling"),
    Rule("sagemaker_rest", "platform", SAGEMAKER, r""),
    Rule("bedrock_customization", "training", r"AmazonBedrock", r"Customization|FineTun|Training"),
    Rule("model_services", "inference",
         r"AmazonBedrock|AmazonRekognition|comprehend|AmazonTextract|AmazonPolly|transcribe|translate", r""),
    Rule("data_services", "data",
         r"AWSGlue|ElasticMapReduce|AmazonAthena|AmazonRedshift|AmazonKinesis|AmazonMSK|AmazonS3|AmazonRDS|"
         r"AmazonDynamoDB|AmazonElastiCache|AmazonEFS|AmazonFSx|AmazonES|AWSLakeFormation|"
         r"AWSDatabaseMigrationSvc|AWSBackup|AmazonQuickSight", r""),
    Rule("network_of_ec2", "platform", r"AmazonEC2", r"NatGateway|DataTransfer|LoadBalancer|LCUUsage|ElasticIP"),
    Rule("platform_services", "platform",
         r"AmazonVPC|AWSELB|AmazonRoute53|AmazonCloudFront|AmazonCloudWatch|AWSCloudTrail|awskms|"
         r"AWSSecretsManager|AWSConfig|AmazonGuardDuty|AWSSecurityHub|AmazonECR|AmazonEKS|AmazonSNS|"
         r"AWSQueueService|AmazonStates|AWSSupport|AWSDeveloperSupport|AWSCodeBuild|AWSDirectConnect|awswaf",
         r""),
)  # fmt: skip
"""The first that fits counts. A machine of EC2 says nothing of its work: untagged, it stays unknown.

Usage types of SageMaker: https://docs.aws.amazon.com/sagemaker/latest/dg/ (billing report codes such as
Train:, Host:, Notebk:, Studio:, Tsform:, Processing:).
"""


def classify(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with workload_type and workload_rule: its tag where it has one, else the first rule.

    Needs x_ServiceCode and x_UsageType, and takes x_tag_workload_type where it is there. What neither a
    tag nor a rule names is "unknown", by the rule "none".
    """
    service, usage = (frame[name].fillna("") for name in ("x_ServiceCode", "x_UsageType"))
    workload = pd.Series(UNKNOWN, index=frame.index, dtype="str")
    rule = pd.Series("none", index=frame.index, dtype="str")
    for candidate in reversed(RULES):
        fits = service.str.contains(candidate.service) & usage.str.contains(candidate.usage)
        workload, rule = (
            workload.mask(fits, candidate.workload),
            rule.mask(fits, candidate.name),
        )
    if TAG in frame:
        tag = frame[TAG].astype("str").str.strip().str.lower()
        tagged = tag.notna() & tag.ne("")
        workload, rule = workload.mask(tagged, tag), rule.mask(tagged, "tag")
    return frame.assign(workload_type=workload, workload_rule=rule)
