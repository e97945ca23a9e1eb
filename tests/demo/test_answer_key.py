"""The planted waste is found exactly, and its dollars are right."""

import pytest

from finops_lib.checks import run_checks
from finops_lib.demo.story.answers import answers
from finops_lib.demo.story.company import company


def plain(resource_id: str) -> str:
    """An ARN's last part, which is how the answer key names a resource."""
    return resource_id.split("/")[-1].split(":")[-1]


@pytest.fixture(scope="module")
def found(demo_read):
    estate, params = demo_read.estate, demo_read.params
    findings, _ = run_checks(
        {**estate.tables},
        as_of=estate.as_of,
        thresholds=params.checks,
        exclusions=params.exclusions,
    )
    return findings.assign(id=findings["resource_id"].map(plain))


@pytest.fixture(scope="module")
def key():
    table = answers(company(42))
    return table.assign(id=table["id"].map(plain))


CHECKS = sorted(set(answers(company(42))["check_id"]))


@pytest.mark.parametrize("check_id", CHECKS)
def test_planted_waste_is_found_with_no_miss_and_no_extra(found, key, check_id):
    planted = key[(key["check_id"] == check_id) & (key["expected"] == "waste")]
    wasted = found[(found["check_id"] == check_id) & (found["status"] == "waste")]
    assert set(wasted["id"]) == set(planted["id"])


@pytest.mark.parametrize("check_id", CHECKS)
def test_planted_traps_are_what_they_are(found, key, check_id):
    traps = key[(key["check_id"] == check_id) & (key["expected"] != "waste")]
    status = found[found["check_id"] == check_id].groupby("id")["status"].agg(set)
    expected = traps["expected"].replace({"protected": "ok"})
    for resource, wanted in zip(traps["id"], expected, strict=True):
        assert status.get(resource, {"ok"}) == {wanted}, resource


@pytest.mark.parametrize("check_id", [c for c in CHECKS if c != "empty_s3_buckets"])
def test_stated_dollars_are_within_one_percent_of_the_planted_ones(found, key, check_id):
    planted = key[(key["check_id"] == check_id) & (key["expected"] == "waste")]
    wasted = found[(found["check_id"] == check_id) & (found["status"] == "waste")]
    assert wasted["monthly_saving"].sum() == pytest.approx(
        planted["monthly_list_cost"].sum(), rel=0.01
    )
    assert wasted["monthly_saving"].notna().all()
