"""What holds for every check, whatever it looks for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from finops_lib.checks import CHECKS, catalogue, run_checks
from finops_lib.errors import ParameterError
from finops_lib.schema import ESTATE_TABLES, FINDINGS, GAPS, conform, rows

AS_OF = datetime(2024, 11, 1)
DOCS = Path(__file__).parents[2] / "docs"
each_check = pytest.mark.parametrize("check", sorted(CHECKS))
measured_check = pytest.mark.parametrize(
    "check", sorted(name for name, found in CHECKS.items() if "metrics" in found.needs)
)
PROVEN_WITHOUT_METRICS = {
    "unattached_ebs_volumes", "idle_load_balancers", "old_generation_ec2_instances",
    "graviton_ec2_instances", "unlimited_log_groups", "extended_support_rds_instances",
    "empty_eks_clusters", "old_generation_rds_instances", "graviton_rds_instances",
}  # fmt: skip
"""No attachment, no target, a type, a size, a version prove waste by themselves."""

PRICED_BY_THE_BILL = {
    "empty_s3_buckets",
    "internet_egress",
    "inter_region_transfer",
    "cross_az_transfer",
}
"""Their price is nothing, or what the bill says."""


def of(findings: pd.DataFrame, check: str) -> pd.DataFrame:
    return findings[findings["check_id"] == check].reset_index(drop=True)


@pytest.fixture(scope="module")
def findings(account):
    return run_checks(account, as_of=AS_OF)[0]


@pytest.fixture(scope="module")
def turned(account):
    backwards = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in account.items()}
    return run_checks(backwards, as_of=AS_OF)[0]


@pytest.fixture(scope="module")
def blind(account):
    return run_checks({**account, "metrics": ESTATE_TABLES["metrics"].empty()}, as_of=AS_OF)[0]


@pytest.fixture(scope="module")
def unpriced(account):
    return run_checks({**account, "prices": ESTATE_TABLES["prices"].empty()}, as_of=AS_OF)[0]


@each_check
def test_check_wasted_resource_is_found(findings, check):
    assert (of(findings, check)["status"] == "waste").any()


@each_check
def test_check_waste_costs_what_it_saves_at_least(findings, check):
    waste = of(findings, check).query("status == 'waste'").dropna(subset=["monthly_saving"])
    assert (waste["monthly_saving"] <= waste["monthly_cost"] + 1e-9).all()


@each_check
def test_check_band_holds_its_likely_value(findings, check):
    band = of(findings, check).dropna(subset=["monthly_saving_low"])
    inside = band["monthly_saving"].between(band["monthly_saving_low"], band["monthly_saving_high"])
    assert inside.all()


@each_check
def test_check_healthy_resource_saves_nothing(findings, check):
    healthy = of(findings, check).query("status != 'waste'")
    assert healthy[["monthly_saving", "action"]].isna().all(axis=None)


@each_check
def test_check_other_row_order_gives_the_same_findings(turned, findings, check):
    pd.testing.assert_frame_equal(of(turned, check), of(findings, check))


@each_check
def test_check_empty_tables_give_no_finding(check):
    found = CHECKS[check]
    empty = [ESTATE_TABLES[name].empty() for name in found.needs]
    assert found.function(*empty, as_of=AS_OF).empty


@each_check
def test_check_rules_name_only_known_tables(check):
    assert set(CHECKS[check].needs) <= set(ESTATE_TABLES)


@measured_check
def test_check_without_metrics_nothing_is_idle(blind, check):
    found = of(blind, check)
    if check in PROVEN_WITHOUT_METRICS:
        pytest.skip("its evidence is not a metric")
    assert set(found["status"]) == {"unknown"}


@each_check
def test_check_unpriced_waste_has_no_saving(unpriced, check):
    waste = of(unpriced, check).query("status == 'waste'")
    priced = waste.dropna(subset=["monthly_saving"])
    assert priced["price_basis"].notna().all()
    assert check in PRICED_BY_THE_BILL or priced.empty


def test_run_checks_findings_keep_the_schema(findings):
    pd.testing.assert_frame_equal(conform(findings, FINDINGS), findings)


def test_run_checks_identities_are_unique_and_stable(account, findings):
    assert findings["finding_id"].is_unique
    assert list(run_checks(account, as_of=AS_OF)[0]["finding_id"]) == list(findings["finding_id"])


def test_run_checks_misspelled_threshold_names_the_nearest(account):
    with pytest.raises(ParameterError, match="cpu_limit_pct"):
        run_checks(account, as_of=AS_OF, thresholds={"idle_ec2_instances": {"cpu_limit": 3}})


def test_run_checks_misspelled_check_names_the_nearest(account):
    with pytest.raises(ParameterError, match="idle_ec2_instances"):
        run_checks(account, as_of=AS_OF, thresholds={"idle_ec2_instance": {}})


def test_run_checks_denied_table_is_named_in_the_coverage(account):
    gap = {
        "service": "ec2", "account_id": "111122223333", "region": "eu-west-1", "table": "addresses",
        "error": "AccessDenied", "reason": "Not allowed.",
    }  # fmt: skip
    _, coverage = run_checks({**account, "gaps": rows(GAPS, [gap])}, as_of=AS_OF)
    found = coverage[coverage["not_read"] > 0]
    assert found[["check_id", "region", "not_read", "reason"]].values.tolist() == [
        ["idle_elastic_ips", "eu-west-1", 1, "Not allowed."]
    ]


def test_catalogue_on_disk_is_fresh():
    assert (DOCS / "checks.md").read_text() == catalogue.catalogue()


def test_read_policy_only_reads():
    actions = catalogue.read_policy()["Statement"][0]["Action"]
    verbs = {action.split(":")[1] for action in actions}
    assert all(verb.startswith(("Describe", "Get", "List")) for verb in verbs)


def test_run_checks_of_chosen_checks_says_the_same_of_them_and_nothing_of_others(account, findings):
    chosen = ["idle_elastic_ips", "unattached_ebs_volumes"]
    alone, coverage = run_checks(account, as_of=AS_OF, only=chosen)
    same = findings[findings["check_id"].isin(chosen)].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, same)
    assert set(coverage["check_id"]) == set(chosen)


def test_run_checks_chosen_check_that_does_not_exist_is_refused_with_the_right_name(account):
    with pytest.raises(ParameterError, match="idle_elastic_ips"):
        run_checks(account, as_of=AS_OF, only=["idle_elastic_ip"])
