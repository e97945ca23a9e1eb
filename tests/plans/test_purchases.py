"""A purchase is held to what another person approved, and quotas to what runs."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from finops_lib.errors import PlanError
from finops_lib.params.governance import Limits
from finops_lib.plans.apply import apply_plan
from finops_lib.plans.executors import EXECUTORS
from finops_lib.plans.guards import check_limits
from finops_lib.plans.purchases import (
    Purchase,
    approve_purchase,
    check_purchase,
    purchase_steps,
    total,
)
from finops_lib.plans.quotas import quota_advice
from finops_lib.plans.review import document, sign

PLAN = Purchase(
    account_id="1", kind="savings_plan", product="Compute", scope="any", hourly_commitment=2.5,
    term_years=1, payment="No Upfront", monthly_saving=600.0,
)  # fmt: skip
AT, UNTIL = datetime(2026, 11, 1), datetime(2026, 11, 15)


def approved(**changes):
    given = {
        "approver": "Ada",
        "requester": "Bob",
        "reason": "steady use",
        "at": AT,
        "until": UNTIL,
    }
    return approve_purchase(PLAN, **(given | changes))


def test_check_purchase_passes_what_was_approved_in_its_time():
    record = approved()
    check_purchase(record, PLAN, datetime(2026, 11, 14, 23))
    assert record["total"] == total(PLAN) == 2.5 * 8760


@pytest.mark.parametrize(
    ("change", "words"),
    [({"term_years": 3}, "term_years"), ({"hourly_commitment": 3.0}, "hourly_commitment")],
)
def test_check_purchase_of_something_else_is_refused(change, words):
    with pytest.raises(PlanError, match=words):
        check_purchase(approved(), PLAN.model_copy(update=change), AT)


def test_check_purchase_after_its_time_or_of_a_changed_record_is_refused():
    record = approved()
    with pytest.raises(PlanError, match="held until 2026-11-15"):
        check_purchase(record, PLAN, UNTIL)
    forged = {**record, "purchase": {**record["purchase"], "term_years": 3}}
    with pytest.raises(PlanError, match="changed after"):
        check_purchase(forged, PLAN.model_copy(update={"term_years": 3}), AT)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"approver": "bob "}, "another person"),
        ({"reason": " "}, "a reason"),
        ({"until": AT}, "before it begins"),
    ],
)
def test_approve_purchase_needs_another_person_a_reason_and_time(changes, words):
    with pytest.raises(PlanError, match=words):
        approved(**changes)


def test_quota_advice_counts_running_on_demand_vcpus_by_group():
    kinds = [("p3.2xlarge", "running", "on-demand"), ("g5.xlarge", "running", "on-demand"),
             ("m5.large", "running", "on-demand"), ("m5.large", "stopped", "on-demand"),
             ("c5.large", "running", "spot"), ("inf1.xlarge", "running", "on-demand"),
             ("r5.large", "running", "on-demand")]  # fmt: skip
    instances = pd.DataFrame(kinds, columns=["instance_type", "state", "lifecycle"]).assign(
        account_id="1", region="us-east-1"
    )
    types = pd.DataFrame({"instance_type": ["p3.2xlarge", "g5.xlarge", "m5.large", "r5.large"],
                          "vcpu": [8, 4, 2, 2]})  # fmt: skip
    found = quota_advice(instances, types).set_index("quota_code")
    assert found["used_vcpus"].to_dict() == {"L-417A185B": 8, "L-DB2E81BA": 4, "L-1216C47A": 4}
    assert found["advised_vcpus"].to_dict() == {"L-417A185B": 10, "L-DB2E81BA": 5, "L-1216C47A": 5}
    unknown = quota_advice(instances, types.iloc[:-1]).set_index("quota_code")
    assert unknown["used_vcpus"].isna().to_dict() == {
        "L-417A185B": False, "L-DB2E81BA": False, "L-1216C47A": True,
    }  # fmt: skip


def bought(**values):
    row = {
        "pool": "compute", "product": "ec2_standard", "region": "us-east-1", "family": "m5",
        "operation": "RunInstances", "years": 1, "payment": "no_upfront", "hourly_commitment": 1.2,
        "units": 2, "unit_type": "m5.xlarge", "upfront_cost": 0.0, "monthly_cost": 876.0,
        "monthly_saving": 500.0, "utilisation": 1.0, "price_share": 0.6,
        "break_even_utilisation": 0.6, "break_even_month": 8, "rate_source": "offering_api",
        "rate_date": pd.Timestamp("2026-11-04"), "monthly_saving_low": 100.0,
        "monthly_saving_high": 500.0,
    }  # fmt: skip
    return {**row, **values}


def test_purchase_steps_follow_the_plan_and_are_left_to_a_person():
    plan = pd.DataFrame({"step": [1, 2]})
    shared = bought(product="compute_plan", family=None, operation=None, units=None, unit_type=None)
    steps = purchase_steps(pd.DataFrame([bought(), shared]), plan, "1", AT)
    assert steps["step"].tolist() == [3, 4]
    assert steps[["category", "action", "service"]].drop_duplicates().to_numpy().tolist() == [
        ["commit", "buy_commitment", "Amazon Elastic Compute Cloud"]
    ]
    assert steps[["permissions", "undo", "prerequisite"]].isna().all(axis=None)
    assert "buy_commitment" not in EXECUTORS
    assert steps["parameters"][0]["units"] == 2
    assert steps["parameters"][1].keys().isdisjoint({"units", "family"})
    assert steps["parameters"][0]["rate_date"] == "2026-11-04"
    assert "purchase-reserved-instances-offering" in steps["parameters"][0]["how"]
    assert "create-savings-plan" in steps["parameters"][1]["how"]
    assert steps["finding_id"].is_unique


def test_purchase_steps_keep_their_identity_when_the_amount_moves():
    first, later = (
        purchase_steps(pd.DataFrame([bought(hourly_commitment=c)]), pd.DataFrame(), "1", AT)
        for c in (1.2, 2.4)
    )
    assert first["finding_id"].tolist() == later["finding_id"].tolist()


def test_purchase_step_is_listed_signed_and_never_carried_out():
    steps = purchase_steps(pd.DataFrame([bought()]), pd.DataFrame(), "1", AT)
    signed = sign(document(steps), "Ada", [1])
    outcome = apply_plan(signed, clients=None, limits=Limits())
    assert outcome[["outcome", "reason"]].to_numpy().tolist() == [["skipped", "a person does it"]]


def test_purchase_steps_count_for_no_limit_of_resources():
    rows = [bought(), bought(family="c5"), bought(family="r5")]
    steps = purchase_steps(pd.DataFrame(rows), pd.DataFrame(), "1", AT)
    check_limits(document(steps)["steps"], Limits(max_percent=1), {})


def test_purchase_steps_of_nothing_to_buy_are_none():
    assert purchase_steps(pd.DataFrame(), pd.DataFrame(), "1", AT).empty
