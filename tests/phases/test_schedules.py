"""What schedules save, from the hours that the bill has and those that it has not."""

from datetime import datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from finops_lib.params import Params
from finops_lib.phases.schedules import adoption, schedule_savings

FIRST, END = datetime(2026, 10, 12), datetime(2026, 10, 19)
"""A week, Monday to Sunday."""

PARAMS = Params.model_validate({"governance": {"schedules": [{"name": "office"}]}})


def line(resource: str, hours: float, cost: float, usage: str = "BoxUsage:m5.large") -> dict:
    return {"resource_id": resource, "usage_type": usage, "consumed_quantity": hours,
            "effective_cost": cost, "first_charge_at": FIRST, "last_charge_end": END}  # fmt: skip


def a_book(lines: list[dict], tags: dict[str, dict | None]) -> SimpleNamespace:
    instances = pd.DataFrame({"resource_id": list(tags), "tags": list(tags.values())})
    estate = {"instances": instances, "resource_costs": pd.DataFrame(lines)}
    return SimpleNamespace(estate=estate, params=PARAMS, basis="effective")


def test_schedule_savings_are_the_hours_off_at_the_machine_s_own_rate():
    lines = [
        line("i-1", 50.0, 5.0), line("i-1", 999.0, 9.0, "EBSOptimized"), line("i-2", 168.0, 16.8),
        line("i-3", 100.0, 10.0),
    ]  # fmt: skip
    tags = {"i-1": {"finops:schedule": "office"}, "i-2": {"finops:schedule": "office"}, "i-3": None}
    found = schedule_savings(a_book(lines, tags)).set_index("resource_id")
    assert found.index.tolist() == ["i-1", "i-2"]
    assert found.loc["i-1"].to_dict() == {
        "schedule": "office", "hours": 168.0, "schedule_hours": 50.0, "billed_hours": 50.0,
        "off_hours": 118.0, "hourly_cost": 0.1, "saving": 11.8,
    }  # fmt: skip
    assert found.loc["i-2", "saving"] == 0.0


def test_schedule_savings_end_where_the_bill_of_machines_ends_not_where_a_fee_does():
    fee = {**line("plan", 1.0, 9.0, "ComputeSP"), "last_charge_end": datetime(2026, 11, 1)}
    found = schedule_savings(
        a_book([line("i-1", 50.0, 5.0), fee], {"i-1": {"finops:schedule": "office"}})
    )
    assert found["hours"].item() == 168.0


def test_schedule_savings_of_what_the_bill_does_not_name_are_unknown():
    found = schedule_savings(
        a_book([line("i-9", 1.0, 1.0)], {"i-1": {"finops:schedule": "office"}})
    )
    assert np.isnan(found["saving"].item())


def test_schedule_savings_know_the_hours_that_a_plan_wrote_on_the_machine():
    tags = {"i-1": {"finops:schedule": "Mon-Fri 12:00-22:00 UTC"}}
    found = schedule_savings(a_book([line("i-1", 50.0, 5.0)], tags))
    assert found["schedule_hours"].item() == 50.0


def test_schedule_savings_of_an_unknown_schedule_are_measured_all_the_same():
    found = schedule_savings(
        a_book([line("i-1", 68.0, 6.8)], {"i-1": {"finops:schedule": "of somebody"}})
    )
    assert np.isnan(found["schedule_hours"].item())
    assert found["off_hours"].item() == 100.0


def off_hours(resource, team, status, saving=np.nan):
    return {"check_id": "off_hours_ec2_instances", "resource_id": resource, "team": team,
            "status": status, "monthly_saving": saving}  # fmt: skip


def test_adoption_counts_followers_and_those_that_could_by_team():
    rows = [
        off_hours("i-1", "nlp", "waste", 40.0), off_hours("i-2", "NLP", "ok"),
        off_hours("i-3", "nlp", "waste", 9.0), off_hours("i-4", None, "ok"),
    ]  # fmt: skip
    tags = [None, {"finops:schedule": "office-hours"}, None, None]
    instances = pd.DataFrame({"resource_id": ["i-1", "i-2", "i-3", "i-4"], "tags": tags})
    book = SimpleNamespace(
        findings=pd.DataFrame(rows), params=Params(), estate={"instances": instances}
    )
    found = adoption(book).set_index("team")
    assert found.loc["nlp"].to_dict() == pytest.approx(
        {"scheduled": 1, "could_follow": 2, "saving_left": 49.0, "adoption_share": 1 / 3}
    )
    assert np.isnan(found.loc["nobody's", "adoption_share"])


def test_adoption_counts_a_machine_at_rest_by_its_own_tag_and_what_is_scheduled_is_not_left():
    rows = [off_hours("i-1", "nlp", "waste", 40.0), off_hours("i-2", "nlp", "waste", 9.0)]
    resting = {"finops:schedule": "nights", "Team": "nlp"}
    instances = pd.DataFrame(
        {"resource_id": ["i-1", "i-2", "i-9"], "tags": [None, {"finops:schedule": "x"}, resting]}
    )
    params = Params.model_validate({"tags": {"team": {"spellings": ["Team"]}}})
    book = SimpleNamespace(
        findings=pd.DataFrame(rows), params=params, estate={"instances": instances}
    )
    assert adoption(book).to_dict("records") == [
        {
            "team": "nlp",
            "scheduled": 2,
            "could_follow": 1,
            "saving_left": 40.0,
            "adoption_share": 2 / 3,
        }
    ]
