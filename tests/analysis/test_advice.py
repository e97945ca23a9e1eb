"""AWS's advice beside our findings: agreement, difference, and dollars that are never added."""

import numpy as np
import pandas as pd

from finops_lib.analysis.advice import beside, summary

HERE = {"account_id": "111122223333", "region": "us-east-1"}


def finding(resource_id, status="waste", action="terminate_instance", **more):
    plain = {"check_id": "idle_ec2_instances", "parameters": None, "reason": "Ours.",
             "monthly_saving": 140.0 if status == "waste" else np.nan}  # fmt: skip
    acts = action if status == "waste" else None
    return {**HERE, "resource_id": resource_id, "status": status, "action": acts, **plain, **more}


def advice(resource_id, action="remove", **more):
    plain = {"source": "compute_optimizer", "kind": "instance", "finding": "Idle", "target": None,
             "monthly_saving": 150.0}  # fmt: skip
    return {**HERE, "resource_id": resource_id, "action": action, **plain, **more}


def laid(findings, advised):
    table = beside(pd.DataFrame(findings), pd.DataFrame(advised))
    return table.set_index("resource_id")


def resized(resource_id, target):
    return finding(resource_id, action="resize_instance", check_id="oversized_ec2_instances",
                   parameters={"instance_type": target})  # fmt: skip


def test_same_action_agrees_and_both_savings_stand_apart():
    row = laid([finding("i-1")], [advice("i-1")]).loc["i-1"]
    assert (row["verdict"], row["aws_saving"], row["our_saving"]) == ("agree", 150.0, 140.0)


def test_resizes_agree_on_the_target_alone():
    ours = [resized("i-1", "m5.large"), resized("i-2", "r5.large")]
    told = [
        advice(i, "resize", finding="Overprovisioned", target="m5.large") for i in ("i-1", "i-2")
    ]
    assert laid(ours, told)["verdict"].to_dict() == {"i-1": "agree", "i-2": "differ"}


def test_what_one_side_alone_says_is_said_so_with_our_reason():
    ours = [finding("i-1", "ok", reason="Protected."), finding("i-2"), finding("snap-1")]
    table = laid(ours, [advice("i-1"), advice("i-3")])
    assert table["verdict"].to_dict() == {"i-1": "only AWS", "i-3": "only AWS", "i-2": "only ours"}
    assert table.loc["i-1", "why"] == "Protected."
    ours = table[["ours", "our_saving"]].fillna(-1.0).apply(tuple, axis=1).to_dict()
    assert ours == {
        "i-1": ("no waste", 0.0), "i-3": ("not examined", -1.0), "i-2": ("terminate_instance", 140.0),
    }  # fmt: skip
    assert table["aws_saving"].to_dict() == {"i-1": 150.0, "i-3": 150.0, "i-2": 0.0}


def test_well_sized_to_aws_agrees_with_no_waste_and_differs_from_ours():
    ours = [finding("i-1", "ok"), finding("i-2")]
    told = [advice(i, None, finding="Optimized", monthly_saving=np.nan) for i in ("i-1", "i-2")]
    assert laid(ours, told)["verdict"].to_dict() == {"i-1": "agree", "i-2": "differ"}


def test_an_arn_and_a_plain_id_are_one_resource_of_one_account():
    arn = "arn:aws:rds:us-east-1:111122223333:db:old"
    ours = [finding(arn, action="delete_database", check_id="idle_rds_instances")]
    other = {**advice(arn), "account_id": "999999999999"}
    table = beside(pd.DataFrame(ours), pd.DataFrame([advice(arn, kind="database"), other]))
    assert sorted(table["verdict"]) == ["agree", "only AWS"]


def test_what_could_not_be_judged_has_an_unknown_saving_not_none():
    row = laid([finding("i-1", "unknown")], [advice("i-1")]).loc["i-1"]
    assert (row["ours"], str(row["our_saving"])) == ("unknown", "nan")


def test_ours_in_an_account_without_advice_leaves_awss_saving_unknown():
    other = advice("i-9") | {"account_id": "999999999999"}
    assert str(laid([finding("i-1")], [other]).loc["i-1", "aws_saving"]) == "nan"


def test_a_schedule_is_no_termination():
    ours = [finding("i-1", action="schedule_instance", check_id="off_hours_ec2_instances")]
    assert laid(ours, [advice("i-1")]).loc["i-1", "verdict"] == "differ"


def test_summary_counts_resources_and_keeps_each_sides_dollars():
    rows = beside(
        pd.DataFrame([finding("i-1"), finding("i-2")]),
        pd.DataFrame([advice("i-1"), advice("i-1", source="cost_explorer", monthly_saving=130.0)]),
    )
    table = summary(rows).set_index(["source", "verdict"])
    assert table.loc[("Compute Optimizer", "agree"), "aws_saving"] == 150.0
    assert table.loc[("Cost Explorer", "agree"), "aws_saving"] == 130.0
    assert table.loc[("none of them", "only ours"), "our_saving"] == 140.0
