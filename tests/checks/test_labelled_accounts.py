"""The benchmark's labelled accounts, small ones: everything found, no trap hit, every dollar right."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import labelled_account
import waste

from finops_lib.schema import ESTATE_TABLES


@pytest.mark.parametrize("seed", [0, 1])
def test_labelled_account_is_found_exactly(seed):
    account = labelled_account.labelled_account(250, seed)
    findings, _ = waste.examine(account.tables, labelled_account.AS_OF)
    got = waste.score(findings, account.key)
    assert got.missed.empty, got.missed
    assert got.false.empty, got.false
    assert got.unknown_told == got.unknown > 0
    assert got.worst <= 0.01


def test_labelled_account_without_metrics_wastes_nothing_that_metrics_would_tell():
    account = labelled_account.labelled_account(250, 3)
    blind = {**account.tables, "metrics": ESTATE_TABLES["metrics"].empty()}
    findings, _ = waste.examine(blind, labelled_account.AS_OF)
    silent = {"idle_ec2_instances", "idle_gpu_instances", "idle_rds_instances", "idle_ebs_volumes",
              "idle_nat_gateways", "idle_notebook_instances", "idle_sagemaker_endpoints"}  # fmt: skip
    found = findings[findings["check_id"].isin(silent)]
    assert len(found) > 10
    assert not (found["status"] == "waste").any()


def test_score_tells_a_miss_and_a_false_alarm():
    account = labelled_account.labelled_account(60, 0)
    findings, _ = waste.examine(account.tables, labelled_account.AS_OF)
    wasted = findings.index[findings["status"] == "waste"]
    findings.loc[wasted[0], "status"] = "ok"
    healthy = findings.index[findings["status"] == "ok"][-1]
    findings.loc[healthy, "status"] = "waste"
    got = waste.score(findings, account.key)
    assert (len(got.missed), len(got.false)) == (1, 1)
