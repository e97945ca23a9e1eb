"""A purchase is held to what another person approved, and quotas to what runs."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from finops_lib.errors import PlanError
from finops_lib.plans.purchases import Purchase, approve_purchase, check_purchase, total
from finops_lib.plans.quotas import quota_advice

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
