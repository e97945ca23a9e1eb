"""Compliance counted both ways, suggestions with their reasons, spellings brought together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analysis.tags.clusters import value_clusters
from finops_lib.analysis.tags.compliance import (
    EVERY,
    compliance,
    compliance_in_dollars,
    tagged_with_any,
)
from finops_lib.analysis.tags.resources import tag_value, tagged_resources
from finops_lib.analysis.tags.suggestions import dearest_untagged, suggest_tags
from finops_lib.analysis.tags.values import canonical
from finops_lib.engine import queries
from finops_lib.engine.connect import connect, frame, line_items
from finops_lib.params import Engine, TagKey, default_tag_keys
from finops_lib.schema import INVENTORY, RESOURCE_COSTS, rows
from finops_lib.sources.billing import read_bill

TABLES = {table.name: table for table in INVENTORY}
TAGS = {"team": TagKey(), "owner": TagKey(), "note": TagKey(required=False)}
WHERE = {"account_id": "1", "region": "us-east-1"}
BILL_2018 = Path(__file__).parents[3] / "shared" / "data" / "aws_cur_legacy"


def instance(name: str, tags: dict[str, str] | None = None, **more: object) -> dict[str, object]:
    known = {"instance_type": "m5.large", "state": "running", "tags": tags or {}, "name": name}
    return {**WHERE, "resource_id": f"i-{name}", **known, **more}


def volume(name: str, tags: dict[str, str] | None = None, **more: object) -> dict[str, object]:
    known = {"volume_type": "gp3", "size_gib": 1.0, "state": "in-use", "tags": tags or {}}
    return {**WHERE, "resource_id": f"vol-{name}", **known, **more}


def resources(tags: dict[str, TagKey] = TAGS, **inventory: list[dict[str, object]]) -> pd.DataFrame:
    tables = {name: rows(TABLES[name], records) for name, records in inventory.items()}
    named = [record for records in inventory.values() for record in records]
    costs = rows(RESOURCE_COSTS, [
        {
            **WHERE, "resource_id": record["resource_id"], "service": "EC2", "billed_cost": 0.0,
            "effective_cost": 10.0 * place, "first_charge_at": "2026-10-01",
            "last_charge_end": "2026-11-01", "window_hours": 730.0,
        }
        for place, record in enumerate(named, start=1)
    ])  # fmt: skip
    return tagged_resources(tables, costs, tags)


BOTH = {"team": "ads", "owner": "jo"}


def suggested(found: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    keyed = found.set_index(["resource_id", "key"])
    return dict(zip(keyed.index, zip(keyed["value"], keyed["reason"], strict=True), strict=True))


@pytest.mark.parametrize(
    ("tags", "value"),
    [
        ({"CostCenter": "a"}, "a"),
        ({"user:cost-center": "a"}, "a"),
        ({"Cost Centre": "a"}, "a"),
        ({"CostCenter": "a", "cost_center": "b"}, "b"),
        ({"cost": "a"}, None),
    ],
)
def test_tag_value_finds_every_spelling_of_a_key(tags, value):
    assert tag_value(tags, "cost_center", TagKey(spellings=("cost_centre",))) == value


def test_canonical_brings_spellings_to_the_commonest_and_blank_ones_to_missing():
    values = pd.Series(["Base Load", "BaseLoad", "BaseLoad", "base_load", " ", None], dtype="str")
    assert canonical(values).fillna("-").tolist() == ["BaseLoad"] * 4 + ["-", "-"]


@given(st.lists(st.none() | st.text("aB _-1", max_size=4), max_size=20))
@settings(max_examples=50, deadline=None)
def test_canonical_applied_twice_changes_nothing(values):
    once = canonical(pd.Series(values, dtype="str"))
    pd.testing.assert_series_equal(canonical(once), once)


def test_tagged_resources_without_read_tags_are_not_counted_as_untagged():
    found = resources(instances=[instance("a", BOTH), {**instance("b"), "tags": None}])
    assert found["resource_id"].tolist() == ["i-a"]


def test_compliance_counts_resources_and_dollars_against_the_target():
    found = resources(
        instances=[instance("a", BOTH), instance("b", {"team": "ads"}), instance("c")]
    )
    table = compliance(found, TAGS, target=0.5)
    expected = pd.DataFrame({
        "group": "all", "key": ["team", "owner", EVERY], "resources": 3, "tagged": [2, 1, 1],
        "share": [2 / 3, 1 / 3, 1 / 3], "cost": 60.0, "tagged_cost": [30.0, 10.0, 10.0],
        "cost_share": [0.5, 1 / 6, 1 / 6], "gap": [0.0, 20.0, 20.0],
        "on_target": [True, False, False],
    })  # fmt: skip
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)


def test_compliance_by_kind_adds_up_to_all():
    found = resources(instances=[instance("a", BOTH)], volumes=[volume("a"), volume("b", BOTH)])
    table = compliance(found, TAGS, target=0.95, by="kind")
    every = table[table["key"].eq(EVERY)].set_index("kind")
    assert every[["resources", "tagged", "cost"]].to_dict("index") == {
        "instances": {"resources": 1, "tagged": 1, "cost": 10.0},
        "volumes": {"resources": 2, "tagged": 1, "cost": 50.0},
    }


def test_compliance_a_value_that_the_policy_does_not_allow_does_not_comply():
    strict = {"team": TagKey(allowed=("ads",)), "owner": TagKey(pattern=r"\w+@x\.org")}
    found = resources(strict, instances=[
        instance("a", {"team": "ADS", "owner": "jo@x.org"}), instance("b", {"team": "?", "owner": "jo"}),
    ])  # fmt: skip
    assert compliance(found, strict, target=0.95)["tagged"].tolist() == [1, 1, 1]


def test_compliance_in_dollars_counts_charges_without_a_resource_too():
    bill = pd.DataFrame({
        "Month": pd.to_datetime(["2026-10-01", "2026-10-01", "2026-11-01"]),
        "BilledCost": [0.0, 0.0, 0.0], "EffectiveCost": [30.0, 70.0, 10.0],
        "x_tag_team": pd.Series(["ads", None, "ads"], dtype="str"),
        "x_tag_owner": pd.Series(["jo", None, None], dtype="str"),
    })  # fmt: skip
    table = compliance_in_dollars(bill, TAGS, target=0.95, by="Month")
    shares = table.pivot_table(index="Month", columns="key", values="cost_share")
    assert shares[["team", "owner", EVERY]].to_numpy().tolist() == [
        [0.3, 0.3, 0.3],
        [1.0, 0.0, 0.0],
    ]
    assert tagged_with_any(bill, TAGS) == pytest.approx(40 / 110)


def test_suggest_tags_a_volume_has_what_its_instance_has():
    found = resources(
        instances=[instance("a", BOTH)], volumes=[volume("x", attached_instance_id="i-a")]
    )
    assert suggested(suggest_tags(found, TAGS)) == {
        ("vol-x", "team"): ("ads", "same instance i-a"),
        ("vol-x", "owner"): ("jo", "same instance i-a"),
    }


@pytest.mark.parametrize(
    ("kin", "reason"),
    [
        ({"asg_name": "web"}, "same Auto Scaling group 1/web"),
        ({"aws": "aws:cloudformation:stack-name"}, "same CloudFormation stack web"),
        ({"name": "web-01"}, "its name begins like 1/web"),
        ({"aws": "aws:createdBy"}, "same creator web"),
        ({"vpc_id": "vpc-1"}, "most of network vpc-1 has it"),
    ],
)
def test_suggest_tags_of_resources_that_belong_together_say_why(kin, reason):
    stated = {kin["aws"]: "web"} if "aws" in kin else {}
    more = {key: value for key, value in kin.items() if key != "aws"}
    fleet = [instance(letter, {"team": "ads", **stated}) | more for letter in "abcdef"]
    fleet = [one | {"resource_id": f"i-{n}"} for n, one in enumerate(fleet)]
    fleet[0]["tags"] = stated
    found = suggest_tags(resources({"team": TagKey()}, instances=fleet), {"team": TagKey()})
    assert suggested(found) == {("i-0", "team"): ("ads", reason)}


def test_suggest_tags_says_nothing_where_kin_disagree():
    fleet = [instance(str(n), {"team": f"t{n}"}, asg_name="web") for n in range(6)]
    found = suggest_tags(
        resources({"team": TagKey()}, instances=[*fleet, instance("x", asg_name="web")]),
        {"team": TagKey()},
    )
    assert found.empty


def test_suggest_tags_keeps_the_wrong_value_beside_its_replacement():
    strict = {"team": TagKey(allowed=("ads",))}
    found = suggest_tags(
        resources(strict, instances=[
            instance("a", {"team": "ads"}, asg_name="web"), instance("b", {"team": "adz"}, asg_name="web"),
        ]),
        strict,
    )  # fmt: skip
    assert found[["resource_id", "value", "current_value"]].to_numpy().tolist() == [
        ["i-b", "ads", "adz"]
    ]


def test_dearest_untagged_names_what_is_missing_and_what_it_should_say():
    found = resources(
        instances=[instance("a", BOTH), instance("cheap"), instance("lost", {"owner": "x"})],
        volumes=[volume("x", {"owner": "jo"}, attached_instance_id="i-a")],
    )
    table = dearest_untagged(found, suggest_tags(found, TAGS), TAGS, top_n=2)
    shown = table[["resource_id", "monthly_cost", "missing", "suggestion", "reason"]].astype(
        "object"
    )
    assert shown.where(shown.notna(), None).to_numpy().tolist() == [
        ["vol-x", 40.0, "team", "team=ads", "same instance i-a"],
        ["i-lost", 30.0, "team", None, None],
    ]


def test_value_clusters_bring_misspellings_together_but_never_numbers():
    values = pd.Series(
        ["ml-platform", "ML Platform", "ml-platfrom", "cc-1001", "cc-1002", "data", None, ""]
    )
    table = value_clusters(values, pd.Series([9.0, 1, 2, 5, 5, 1, 1, 1]))
    assert table[["suggested", "value", "reason"]].to_numpy().tolist() == [
        ["ml-platform", "ml-platform", "most cost"],
        ["ml-platform", "ml-platfrom", "90 % alike"],
        ["ml-platform", "ML Platform", "case and separators"],
    ]


def test_value_clusters_an_allowed_value_is_the_suggestion_whatever_it_costs():
    table = value_clusters(pd.Series(["prod", "PROD"]), pd.Series([1.0, 99.0]), allowed=["prod"])
    assert set(table["suggested"]) == {"prod"}


@pytest.fixture(scope="module")
def lines_2018(tmp_path_factory: pytest.TempPathFactory):
    """The line items of the workshop bill of 2018."""
    if not BILL_2018.is_dir():
        pytest.skip("the 2018 bill is not beside the repository (../shared/data/aws_cur_legacy)")
    folder = tmp_path_factory.mktemp("lake")
    keys = {name: key.spellings for name, key in default_tag_keys().items()}
    read_bill([str(BILL_2018)], folder, tag_keys=keys)
    return line_items(connect(Engine()), folder)


@pytest.fixture(scope="module")
def bill_2018(lines_2018) -> pd.DataFrame:
    """The bill added up per month and tag."""
    return frame(queries.spend_by_month(lines_2018, queries.tag_columns(lines_2018)))


def test_tagged_with_any_of_the_2018_bill_is_9_5_and_16_percent_with_a_december_like_its_end(
    lines_2018,
):
    # The two files end with November; a third month at the rate of their last five days, with November's fees.
    tags = queries.tag_columns(lines_2018)
    names = ["ChargeCategory", "CommitmentDiscountStatus", *tags]
    days = frame(queries.spend_by_day(lines_2018, names))
    is_fee = days["ChargeCategory"].eq("Purchase") | days["CommitmentDiscountStatus"].eq("Unused")
    end = days[~is_fee & days["ChargeDay"].ge("2018-11-26")]
    fees = days[is_fee & days["ChargeDay"].ge("2018-11-01")]
    costs = ["BilledCost", "EffectiveCost"]
    december = [end.assign(**{c: end[c] * 31 / 5 for c in costs}), fees]
    whole = pd.concat([days, *december], ignore_index=True)
    keys = default_tag_keys()
    assert tagged_with_any(whole, keys, basis="billed") == pytest.approx(0.095, abs=0.0015)
    assert tagged_with_any(whole, keys, basis="effective") == pytest.approx(0.160, abs=0.003)


def test_tagged_with_any_of_the_2018_bill_is_low_on_either_basis(bill_2018):
    tags = default_tag_keys()
    assert tagged_with_any(bill_2018, tags, basis="billed") == pytest.approx(0.0929, abs=5e-5)
    assert tagged_with_any(bill_2018, tags, basis="effective") == pytest.approx(0.1404, abs=5e-5)


def test_value_clusters_of_the_2018_bill_bring_its_spellings_of_base_load_together(bill_2018):
    table = value_clusters(bill_2018["x_tag_project"], bill_2018["EffectiveCost"])
    assert table["value"].tolist() == ["BaseLoad", "Base Load", "Base"]
    assert set(table["suggested"]) == {"BaseLoad"}
