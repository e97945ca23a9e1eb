"""The demo company: how many of everything, how carelessly tagged, and what its answer key says."""

import numpy as np
import pandas as pd
import pytest

from finops_lib.demo.story.answers import answers
from finops_lib.demo.story.company import UNTAGGABLE, company
from finops_lib.demo.story.metrics import series
from finops_lib.demo.story.teams import REQUIRED_KEYS
from finops_lib.demo.story.timeline import AS_OF


@pytest.fixture(scope="module")
def ledger():
    return company(seed=42)


@pytest.fixture(scope="module")
def key(ledger):
    return answers(ledger)


@pytest.fixture(scope="module")
def cpu(ledger):
    roles = {r.id: r.role for r in ledger.of_kind("instance")}
    found = [s for s in series(ledger) if (s.namespace, s.metric) == ("AWS/EC2", "CPUUtilization")]
    return {roles[s.dimensions["InstanceId"]]: s.values for s in found}


@pytest.mark.parametrize(
    ("role", "count"),
    [
        ("idle_instance", 12),
        ("over_provisioned", 45),
        ("unattached_volume", 85),
        ("old_snapshot", 520),
        ("idle_address", 8),
        ("idle_load_balancer", 3),
        ("empty_bucket", 2),
        ("idle_gpu", 1),
    ],
)
def test_company_has_as_many_of_each_role_as_the_story_tells(ledger, role, count):
    assert len(ledger.of_role(role)) == count


def test_company_unattached_volumes_hold_eight_and_a_half_thousand_gib(ledger):
    assert sum(v.spec["size_gib"] for v in ledger.of_role("unattached_volume")) == 8500


def test_company_old_snapshots_are_of_fifteen_thousand_gib_and_store_less_than_half(ledger):
    old = ledger.of_role("old_snapshot")

    assert sum(s.spec["size_gib"] for s in old) == 15_000
    assert sum(s.spec["stored_gib"] for s in old) < 7_500
    assert all((AS_OF - s.start).days >= 100 for s in old)


def test_company_identifiers_are_unique_within_account_and_region(ledger):
    keys = [(r.kind, r.account, r.region, r.id) for r in ledger.resources]

    assert len(set(keys)) == len(keys)


def test_company_tags_are_complete_on_a_fifth_of_its_resources(ledger):
    taggable = [r for r in ledger.resources if r.kind not in UNTAGGABLE]
    complete = [r for r in taggable if all(key in r.tags for key in REQUIRED_KEYS)]

    assert len(complete) / len(taggable) == pytest.approx(0.20, abs=0.01)


def test_company_team_tags_have_misspelled_values(ledger):
    values = {r.tags["team"] for r in ledger.resources if "team" in r.tags}

    assert {"ml-platform", "ML-Platform", "mlplatform", "data-science", "DataScience"} <= values


def test_answers_waste_by_check_has_the_storys_counts_and_list_costs(key):
    waste = key[key["expected"] == "waste"].groupby("check_id")
    table = pd.DataFrame(
        {"count": waste.size(), "monthly": waste["monthly_list_cost"].sum().round(2)}
    )
    expected = {
        "empty_s3_buckets": (2, 0.0),
        "idle_ec2_instances": (12, 4212.39),
        "idle_elastic_ips": (8, 29.20),
        "idle_gpu_instances": (1, 2233.80),
        "idle_load_balancers": (3, 51.10),
        "idle_nat_gateways": (1, 32.85),
        "idle_notebook_instances": (4, 1003.57),
        "idle_rds_instances": (2, 341.19),
        "idle_sagemaker_endpoints": (3, 1042.0),
        "unattached_ebs_volumes": (85, 895.50),
    }

    got = {
        k: (int(r["count"]), float(r["monthly"]))
        for k, r in table.drop("old_ebs_snapshots").iterrows()
    }
    assert got == expected


def test_answers_traps_and_waste_never_name_the_same_resource(key):
    assert not key.duplicated(["check_id", "account_id", "region", "id"]).any()


def test_series_nightly_batch_looks_idle_on_average_and_is_not(cpu):
    assert cpu["nightly_batch"].mean() < 5
    assert cpu["nightly_batch"].max() == 95


def test_series_idle_instances_never_reach_five_percent(cpu):
    assert cpu["idle_instance"].max() < 5


def test_series_over_provisioned_instances_need_less_than_half_of_their_cpu(cpu):
    assert np.percentile(cpu["over_provisioned"], 99.5) < 40
    assert cpu["over_provisioned"].mean() == pytest.approx(15, abs=0.5)


def test_series_busy_gpu_has_idle_cpu_and_a_full_gpu(ledger, cpu):
    machine = ledger.of_role("busy_gpu")[0]
    gpu = [s for s in series(ledger) if s.metric == "nvidia_smi_utilization_gpu"
           and s.dimensions["InstanceId"] == machine.id]  # fmt: skip

    assert cpu["busy_gpu"].mean() < 5
    assert gpu[0].values.mean() == pytest.approx(96, abs=0.5)


@pytest.mark.parametrize("role", ["unmeasured", "unmeasured_database", "unattached_volume"])
def test_series_of_unmeasured_resources_do_not_exist(ledger, role):
    ids = {r.id for r in ledger.of_role(role)}

    assert not [s for s in series(ledger) if ids & set(s.dimensions.values())]


def test_series_predictions_of_october_are_five_million(ledger):
    october = [
        s.values[(s.times >= np.datetime64("2026-10-01")) & (s.times < np.datetime64("2026-11-01"))].sum()
        for s in series(ledger)
        if (s.namespace, s.metric) == ("AWS/SageMaker", "Invocations")
    ]  # fmt: skip

    assert sum(october) == pytest.approx(5_330_000, rel=0.001)
