import pandas as pd
import pytest

from finops_lib.analysis.workloads import RULES, WORKLOADS, classify


def classified(service, usage, tag=None):
    frame = pd.DataFrame(
        {"x_ServiceCode": [service], "x_UsageType": [usage], "x_tag_workload_type": [tag]}
    )
    return classify(frame)[["workload_type", "workload_rule"]].iloc[0].tolist()


@pytest.mark.parametrize(("usage", "workload"), [
    ("USE1-Train:ml.p3.2xlarge", "training"), ("USE1-Host:ml.g4dn.xlarge", "inference"),
    ("USE1-Tsform:ml.m5.xlarge", "inference"), ("USE1-Notebk:ml.t3.medium", "notebooks"),
    ("USE1-Studio:JupyterLab-ml.t3.medium", "notebooks"), ("USE1-Processing:ml.m5.xlarge", "data"),
    ("USE1-Something:else", "platform"),
])  # fmt: skip
def test_classify_sagemaker_is_told_by_its_usage_type(usage, workload):
    assert classified("AmazonSageMaker", usage)[0] == workload


@pytest.mark.parametrize(("service", "usage", "expected"), [
    ("AmazonS3", "TimedStorage-ByteHrs", ["data", "data_services"]),
    ("AmazonEC2", "NatGateway-Hours", ["platform", "network_of_ec2"]),
    ("AmazonEC2", "BoxUsage:p3.2xlarge", ["unknown", "none"]),
    ("AmazonBedrock", "USE1-ModelInference", ["inference", "model_services"]),
    (None, None, ["unknown", "none"]),
])  # fmt: skip
def test_classify_keeps_the_rule_and_leaves_an_untagged_machine_unknown(service, usage, expected):
    assert classified(service, usage) == expected


def test_classify_a_tag_counts_before_every_rule():
    assert classified("AmazonS3", "TimedStorage-ByteHrs", " Training ") == ["training", "tag"]


def test_classify_without_the_tag_column_uses_the_rules():
    frame = pd.DataFrame({"x_ServiceCode": ["awskms"], "x_UsageType": ["KMS-Keys"]})
    assert classify(frame)["workload_type"].tolist() == ["platform"]


def test_rules_name_known_workloads_once():
    assert {rule.workload for rule in RULES} <= set(WORKLOADS)
    assert len({rule.name for rule in RULES}) == len(RULES)
