"""Every dollar finds an owner, and all statements together are the bill."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analysis.allocation.daily import daily_costs, pool_parts
from finops_lib.analysis.allocation.ledger import ledger, whole_cents
from finops_lib.analysis.allocation.pools import UNALLOCATED, split_pool
from finops_lib.analysis.allocation.statements import (
    allocate,
    deciding_rules,
    statement_lines,
    statements,
)
from finops_lib.errors import ParameterError
from finops_lib.params import TagKey, default_tag_keys, validated
from finops_lib.params.allocation import AllocationPolicy, Pool, TaxonomyRule, default_rules

TAGS = default_tag_keys()


def bill(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows of a daily cube with only what is given; the rest is plain usage of EC2."""
    plain = {
        "SubAccountId": "111111111111", "SubAccountName": "research", "ServiceName": "EC2",
        "x_UsageType": "BoxUsage:m5.large", "ChargeCategory": "Usage",
        "CommitmentDiscountStatus": None, "BilledCost": 0.0, "EffectiveCost": 0.0,
        "ListCost": None, "x_tag_team": None, "x_tag_project": None, "x_tag_cost_center": None,
    }  # fmt: skip
    frame = pd.DataFrame([plain | row for row in rows], columns=list(plain))
    money = dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost"), "float64")
    return frame.astype({c: money.get(c, "str") for c in frame})


def cost(amount: float, **more: object) -> dict[str, object]:
    return {"BilledCost": amount, "EffectiveCost": amount, **more}


def policy(*pools: Pool, rules: tuple[TaxonomyRule, ...] = default_rules()) -> AllocationPolicy:
    return AllocationPolicy(rules=rules, pools=pools)


def totals(frame: pd.DataFrame, given_policy: AllocationPolicy, **more: object) -> dict[str, float]:
    allocated = allocate(frame, given_policy, TAGS)
    table = statements(statement_lines(allocated, given_policy, **more), allocated)
    return dict(zip(table["team"], table["total"].round(2), strict=True))


def test_allocate_the_first_rule_that_fits_decides_and_is_kept():
    rules = (
        *default_rules(),
        TaxonomyRule(name="research account", accounts="research", team="research", project="lab"),
        TaxonomyRule(name="everything else", team="platform"),
    )
    frame = bill([cost(1, x_tag_team="ads"), cost(1), cost(1, SubAccountName="prod")])
    found = allocate(frame, policy(rules=rules), TAGS)
    assert found[["team", "rule"]].to_numpy().tolist() == [
        ["ads", "team tag"],
        ["research", "research account"],
        ["platform", "everything else"],
    ]
    assert found["project"].fillna("").tolist() == ["lab", "lab", ""]


@pytest.mark.parametrize(
    ("condition", "column"),
    [
        ({"services": "EC2"}, "ServiceName"),
        ({"usage_types": "boxusage:*"}, "x_UsageType"),
        ({"accounts": "1111*"}, "SubAccountId"),
        ({"tags": {"project": "fraud*"}}, "x_tag_project"),
        ({"resources": "i-*"}, "ResourceId"),
        ({"creators": "*:jo"}, "x_tag_created_by"),
    ],
)
def test_allocate_each_condition_of_a_rule_looks_at_its_column(condition, column):
    frame = bill([cost(1, x_tag_project="Fraud Detection"), cost(1)])
    frame["ResourceId"] = pd.Series(["i-1", None], dtype="str")
    frame["x_tag_created_by"] = pd.Series(["IAMUser:jo", None], dtype="str")
    frame.loc[1, column] = "something else"
    rule = TaxonomyRule(name="r", team="found", **condition)
    assert allocate(frame, policy(rules=(rule,)), TAGS)["team"].fillna("").tolist() == ["found", ""]


def test_allocate_a_condition_on_a_column_that_the_frame_lacks_fits_nothing():
    rule = TaxonomyRule(name="by name", resources="*", team="found")
    assert allocate(bill([cost(1)]), policy(rules=(rule,)), TAGS)["team"].isna().all()


def test_allocate_spellings_of_a_team_are_one_team():
    frame = bill(
        [cost(1, x_tag_team=t) for t in ("Base Load", "BaseLoad", "Base", "APP", "App", "App")]
    )
    one = AllocationPolicy(team_aliases={"Base Load": ("Base",)})
    assert allocate(frame, one, TAGS)["team"].tolist() == ["Base Load"] * 3 + ["App"] * 3


def test_allocate_an_allowed_value_of_the_tag_gives_the_spelling():
    frame = bill([cost(1, x_tag_team="DATA_science")])
    tags = {"team": TagKey(allowed=("data-science",))}
    assert allocate(frame, AllocationPolicy(), tags)["team"].tolist() == ["data-science"]


def test_split_pool_by_each_method_shares_out_whole_cents():
    own = {"a": 30.0, "b": 10.0, "c": -5.0}
    assert split_pool(10.0, Pool(name="p"), own, {}) == {"a": 7.5, "b": 2.5}
    even = split_pool(10.0, Pool(name="p", method="even"), own, {})
    assert {t: round(v, 2) for t, v in even.items()} == {"a": 3.34, "b": 3.33, "c": 3.33}
    fixed = Pool(name="p", method="fixed", shares={"a": 0.5, "b": 0.3})
    assert split_pool(10.0, fixed, own, {}) == pytest.approx({"a": 5, "b": 3, UNALLOCATED: 2})
    metric = Pool(name="p", method="metric", metric="jobs", teams=("a", "c"))
    assert split_pool(10.0, metric, own, {"jobs": {"a": 1, "b": 9, "c": 1}}) == {"a": 5, "c": 5}


def test_split_pool_that_nobody_can_bear_stays_unallocated():
    assert split_pool(10.0, Pool(name="p"), {}, {}) == {UNALLOCATED: 10.0}


def test_split_pool_without_its_metric_is_refused():
    pool = Pool(name="p", method="metric", metric="jobs")
    with pytest.raises(ParameterError, match="business_metrics"):
        split_pool(1.0, pool, {"a": 1.0}, {})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "fixed"}, "needs shares"),
        ({"method": "fixed", "shares": {"a": 0.7, "b": 0.4}}, "more than 1"),
        ({"method": "metric"}, "must name one"),
    ],
)
def test_pool_that_cannot_be_split_is_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        validated(Pool, {"name": "p", **wrong}, "pool")


def test_statements_a_tagged_charge_stays_with_its_team_unless_the_pool_takes_it():
    frame = bill(
        [
            cost(6, x_tag_team="a"),
            cost(2, x_tag_team="b"),
            cost(4, x_tag_team="a", ServiceName="NAT"),
        ]
    )
    nat = {"name": "nat", "services": "NAT"}
    assert totals(frame, policy(Pool(**nat))) == {"a": 10.0, "b": 2.0}
    assert totals(frame, policy(Pool(**nat, includes_owned=True))) == {"a": 9.0, "b": 3.0}


def test_statements_show_own_credit_shared_benefit_and_untagged_share():
    rules = (*default_rules(), TaxonomyRule(name="rest of the lab", accounts="lab", team="a"))
    frame = bill([
        cost(60, x_tag_team="a", ListCost=100, CommitmentDiscountStatus="Used"),
        cost(20, SubAccountName="lab", ListCost=25),
        cost(-5, x_tag_team="a", ChargeCategory="Credit"), cost(20, x_tag_team="b"),
        cost(10, ChargeCategory="Tax"), cost(3),
    ])  # fmt: skip
    with_tax = policy(Pool(name="tax", categories="Tax"), rules=rules)
    allocated = allocate(frame, with_tax, TAGS)
    table = statements(statement_lines(allocated, with_tax), allocated)
    expected = pd.DataFrame({
        "team": ["a", "b", UNALLOCATED], "own": [80.0, 20.0, 0.0], "credit": [-5.0, 0.0, 0.0],
        "shared": [8.0, 2.0, 0.0], "unallocated": [0.0, 0.0, 3.0], "total": [83.0, 22.0, 3.0],
        "share": [83 / 108, 22 / 108, 3 / 108], "commitment_benefit": [40.0, None, None],
        "untagged_share": [20 / 75, 0.0, None],
    }).astype({"team": "str"})  # fmt: skip
    pd.testing.assert_frame_equal(table, expected)


def test_deciding_rules_say_what_took_each_dollar():
    frame = bill([cost(6, x_tag_team="a"), cost(2, ChargeCategory="Tax"), cost(1)])
    found = deciding_rules(allocate(frame, policy(Pool(name="tax", categories="Tax")), TAGS))
    assert found.fillna("-").drop(columns="billed_cost").to_numpy().tolist() == [
        ["a", "team tag", "-", 6.0],
        ["-", "-", "tax", 2.0],
        ["-", "-", "-", 1.0],
    ]


def test_default_policy_pools_what_nobody_can_tag():
    frame = bill([
        cost(50, x_tag_team="a"), cost(50, x_tag_team="b"), cost(8, ChargeCategory="Tax"),
        cost(6, CommitmentDiscountStatus="Unused"), cost(4, ChargeCategory="Purchase"),
        cost(2, ServiceName="AWS Support (Business)"), cost(2, x_UsageType="NatGateway-Hours"),
        cost(2, x_UsageType="USE1-DataTransfer-Out-Bytes"), cost(2, ServiceName="AWS CloudTrail"),
        cost(7),
    ])  # fmt: skip
    assert totals(frame, AllocationPolicy()) == {"a": 63.0, "b": 63.0, UNALLOCATED: 7.0}


def test_ledger_books_whole_cents_on_the_cost_centers_of_the_policy_then_of_the_tags():
    frame = bill([
        cost(10.004, x_tag_team="a", x_tag_cost_center="CC-1"), cost(10.004, x_tag_team="b"),
        cost(10.004, x_tag_team="c", x_tag_cost_center="CC-1"), cost(1.0),
    ])  # fmt: skip
    allocated = allocate(frame, policy(), TAGS)
    table = statements(statement_lines(allocated, policy()), allocated)
    booked = ledger(table, allocated, {"b": "CC-2"})
    assert booked.to_dict("list") == {
        "cost_center": ["CC-1", "CC-2", "unassigned"],
        "amount": [20.01, 10.0, 1.0],
    }


def test_allocate_spellings_that_look_alike_are_one_team_and_others_are_not():
    spelled = ("Équipe", "E\u0301quipe", "équipe", "Équi\u200bpe", "Equipe")
    frame = bill([cost(1, x_tag_team=team) for team in spelled])
    assert totals(frame, policy()) == {"Équipe": 4.0, "Equipe": 1.0}


def test_split_pool_whose_shares_name_what_is_unallocated_gives_each_team_its_own_share():
    pool = Pool(name="p", method="fixed", shares={"a": 0.2, UNALLOCATED: 0.3})
    assert split_pool(10.0, pool, {}, {}) == pytest.approx({"a": 2.0, UNALLOCATED: 8.0})


@pytest.mark.parametrize("jobs", [{}, {"a": 0.0}, {"a": -1.0}, {"a": float("nan")}])
def test_split_pool_by_a_metric_that_weighs_nobody_stays_unallocated(jobs):
    pool = Pool(name="credits", method="metric", metric="jobs")
    assert split_pool(-7.0, pool, {"a": 1.0}, {"jobs": jobs}) == {UNALLOCATED: -7.0}


def test_statements_where_every_charge_is_shared_leave_the_bill_with_nobody():
    frame = bill([cost(10, x_tag_team="a"), cost(-3)])
    assert totals(frame, policy(Pool(name="all", includes_owned=True))) == {UNALLOCATED: 7.0}
    even = Pool(name="all", includes_owned=True, method="even", teams=("x", "y"))
    assert totals(frame, policy(even)) == {"x": 3.5, "y": 3.5}
    assert totals(frame, policy(rules=())) == {UNALLOCATED: 7.0}


def test_policy_whose_aliases_go_round_in_a_circle_is_refused():
    with pytest.raises(ParameterError, match="team_aliases give a, b to two names"):
        validated(AllocationPolicy, {"team_aliases": {"a": ["B"], "b": ["a"]}}, "allocation")


amounts = st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False)
METRICS = {"jobs": {"a": 2.0, "b": 1.0}, "nothing": {"a": 0.0, "b": -1.0, "c": float("nan")}}
names = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "A",
        " c ",
        "",
        "Équipe",
        "E\u0301quipe",
        "{team}",
        "nan",
        UNALLOCATED,
        "ß",
        "SS",
    ]
)
charges = st.fixed_dictionaries({
    "BilledCost": amounts, "EffectiveCost": amounts, "x_tag_team": st.none() | names,
    "SubAccountName": st.sampled_from(["lab", "prod"]),
    "ServiceName": st.sampled_from(["EC2", "Support", "NAT"]),
    "ChargeCategory": st.sampled_from(["Usage", "Tax", "Credit", "Purchase"]),
})  # fmt: skip
rule_sets = st.permutations([
    *default_rules(), TaxonomyRule(name="lab", accounts="lab", team="lab"),
    TaxonomyRule(name="nat", services="NAT", team="net", project="shared"),
    TaxonomyRule(name="by itself", team="{project}", project="{team}"),
    TaxonomyRule(name="nowhere", team="{no_such_key}"),
])  # fmt: skip
pool_sets = st.lists(
    st.builds(
        lambda n, extra, method, owned: Pool(name=str(n), includes_owned=owned, **extra, **method),
        st.integers(0, 10**6),
        st.sampled_from([{"services": "Support"}, {"categories": "Tax"}, {"accounts": "prod"}, {}]),
        st.sampled_from([
            {}, {"method": "even"}, {"method": "fixed", "shares": {"a": 0.3, "z": 0.1}},
            {"method": "fixed", "shares": {UNALLOCATED: 0.4, "a": 0.6}},
            {"method": "fixed", "shares": {"a": 0.0}}, {"method": "metric", "metric": "nothing"},
            {"method": "metric", "metric": "jobs"}, {"method": "even", "teams": ("a", "z")},
        ]),
        st.booleans(),
    ),
    max_size=4, unique_by=lambda pool: pool.name,
)  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(charges, min_size=1, max_size=25),
    rule_sets,
    pool_sets,
    st.sampled_from(["billed", "effective"]),
)
def test_statements_of_any_bill_policy_and_pools_add_up_to_the_bill(rows, rules, pools, basis):
    frame = bill(rows)
    any_policy = policy(*pools, rules=tuple(rules))
    allocated = allocate(frame, any_policy, TAGS)
    lines = statement_lines(allocated, any_policy, METRICS)
    table = statements(lines, allocated, basis=basis)
    whole = frame[{"billed": "BilledCost", "effective": "EffectiveCost"}[basis]].sum()
    assert len(allocated) == len(frame)
    assert abs(table["total"].sum() - whole) < 0.005
    assert ledger(table, allocated, {})["amount"].sum() == pytest.approx(
        round(whole, 2), abs=0.0051
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(charges, min_size=1, max_size=25), pool_sets)
def test_daily_costs_of_any_bill_add_up_to_each_day_of_it(rows, pools):
    any_policy = policy(*pools)
    days = bill(rows).assign(
        ChargeDay=pd.to_datetime(["2026-10-01", "2026-10-02"] * 13)[: len(rows)]
    )
    allocated = allocate(days, any_policy, TAGS)
    lines = statement_lines(allocated, any_policy, METRICS)
    told = daily_costs(allocated, pool_parts(allocated, lines, basis="billed"), basis="billed")
    whole = days.groupby("ChargeDay")["BilledCost"].sum()
    assert told.groupby("time")["value"].sum().to_dict() == pytest.approx(
        whole.to_dict(), abs=0.005
    )


def test_daily_costs_give_a_team_its_part_of_every_day_of_a_fixed_pool():
    pool = Pool(name="support", services="Support", method="fixed", shares={"a": 0.75})
    rows = bill(
        [cost(4, x_tag_team="a"), cost(8, ServiceName="Support"), cost(2, ServiceName="Support")]
    )
    days = rows.assign(ChargeDay=pd.to_datetime(["2026-10-01", "2026-10-01", "2026-10-02"]))
    allocated = allocate(days, policy(pool), TAGS)
    parts = pool_parts(allocated, statement_lines(allocated, policy(pool)), basis="billed")
    told = daily_costs(allocated, parts, basis="billed").pivot_table(
        index="time", columns="name", values="value"
    )
    assert told["a"].tolist() == [10.0, 1.5]
    assert told[UNALLOCATED].tolist() == [2.0, 0.5]


@settings(max_examples=40, deadline=None)
@given(st.lists(charges, min_size=1, max_size=15), rule_sets, pool_sets)
def test_statements_no_order_of_rules_changes_the_total(rows, rules, pools):
    frame = bill(rows)
    sums = []
    for order in (rules, rules[::-1]):
        one = policy(*pools, rules=tuple(order))
        allocated = allocate(frame, one, TAGS)
        sums.append(statement_lines(allocated, one, METRICS)["billed_cost"].sum())
    assert sums[0] == pytest.approx(sums[1], abs=0.005)


@settings(deadline=None)
@given(st.lists(amounts, min_size=1, max_size=40))
def test_whole_cents_add_up_to_the_rounded_sum_each_within_a_cent(values):
    series = pd.Series(values, dtype="float64")
    cents = whole_cents(series)
    assert abs(cents.sum() - series.sum() * 100) <= 0.5 + 1e-3
    assert (cents - series * 100).abs().max() <= 1.0 + 1e-3


def test_allocate_an_idle_pool_takes_what_a_check_found_idle_and_nobody_owns():
    frame = pd.DataFrame(
        {
            "x_tag_team": ["ads", None, None],
            "x_idle": [True, True, False],
            "ServiceName": "EC2",
        }
    )
    policy = AllocationPolicy(pools=(Pool(name="idle", idle=True),))
    assert allocate(frame, policy, {})["pool"].fillna("none").tolist() == ["none", "idle", "none"]
    assert allocate(frame.drop(columns="x_idle"), policy, {})["pool"].isna().all()
