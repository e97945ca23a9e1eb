"""From hours of usage and a plan to purchases: what is left, what it costs, what to buy."""

import itertools
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analysis.commitments import curves, rates, recommend
from finops_lib.analysis.commitments.after_plan import slots_of, spread, traced, usage_after
from finops_lib.analysis.commitments.pools import Pool, capacities, eligible, pools_of
from finops_lib.analysis.commitments.portfolio import best_portfolio
from finops_lib.analysis.commitments.replay import Demand
from finops_lib.analysis.commitments.solve import Purchase, markets, solve
from finops_lib.analysis.schedule import as_ranges
from finops_lib.params.commitments import Commitments, Rate
from finops_lib.period import Period
from finops_lib.schema import COMMITMENTS, PRICES, conform

MONDAY = datetime(2026, 10, 5)
WEEK = Period(MONDAY, datetime(2026, 10, 12))
NO_SHARES = pd.DataFrame(columns=rates.OFFER_COLUMNS)


def usage(hours=168, **values):
    """Hourly usage of one m5.xlarge at a dollar an hour, from Monday on."""
    frame = pd.DataFrame({"hour": pd.date_range(MONDAY, periods=hours, freq="h")})
    return frame.assign(
        account_id="1", region="us-east-1", service_code="AmazonEC2", instance_type="m5.xlarge",
        usage_type="BoxUsage:m5.xlarge", operation="RunInstances", resource_id="i-1",
        charge_hours=1.0, consumed_quantity=1.0, on_demand_cost=1.0, unlisted=0,
    ).assign(**values)  # fmt: skip


def step(category, **values):
    return {"resource_id": "i-1", "category": category, "parameters": None, "before_state": None,
            **values}  # fmt: skip


def offer(product="ec2_standard", family="m5", share=0.6, **values):
    return {
        "product": product, "region": "us-east-1", "family": family, "years": 1,
        "payment": "no_upfront", "price_share": share, "source": "rate_card",
        "priced_at": pd.Timestamp("2026-10-01"), "seen_on": family, "true_share": share, **values,
    }  # fmt: skip


def pools(frame, held=None, months=1):
    none = capacities(COMMITMENTS.empty(), pd.Series(dtype=float), NO_SHARES)
    ahead = [Period.month(f"2026-{11 + n}") for n in range(months)]
    return pools_of(eligible(frame), WEEK, none if held is None else held, ahead)


def advise(frame, *offers, factors=None, **kwargs):
    factors = factors or {"low": 0.5, "likely": 1.0, "high": 1.5}
    return recommend.recommend(pools(frame, **kwargs), pd.DataFrame(offers), NO_SHARES, factors)


@given(st.lists(st.booleans(), min_size=168, max_size=168))
def test_slots_of_reads_back_what_as_ranges_says(bits):
    needed = np.array(bits)
    assert (slots_of(as_ranges(needed)) == needed).all()


def test_slots_of_other_words_is_an_error():
    with pytest.raises(ValueError, match="no schedule like"):
        slots_of("office hours")


def test_spread_of_a_daily_charge_is_even_and_keeps_its_sum():
    frame = usage(hours=1, charge_hours=24.0, on_demand_cost=48.0, consumed_quantity=24.0)
    rows = spread(frame)
    assert rows["on_demand_cost"].tolist() == [2.0] * 24
    assert rows["hour"].tolist() == list(pd.date_range(MONDAY, periods=24, freq="h"))


@pytest.mark.parametrize(
    ("steps", "dollars"),
    [
        ([step("terminate")], 0.0),
        ([step("schedule", parameters={"schedule": "Mon-Fri 08:00-20:00 UTC"})], 60.0),
        ([step("resize", parameters={"instance_type": "m5.large"},
               before_state={"price_share": 0.5, "instance_type": "m5.xlarge"})], 84.0),
        ([step("schedule", parameters={"schedule": "Mon-Fri 08:00-20:00 UTC"}),
          step("resize", parameters={"instance_type": "m5.large"},
               before_state={"price_share": 0.5})], 30.0),
        ([step("resize", parameters={"instance_type": "m5.large"})], 168.0),
        ([step("terminate", before_state={"variant": "b"}, monthly_saving=365.0)], 84.0),
        ([step("terminate", before_state={"variant": "all"}, monthly_saving=729.0)], 0.0),
        ([step("storage")], 168.0),
        ([step("terminate", resource_id="i-2")], 168.0),
    ],
)  # fmt: skip
def test_usage_after_leaves_what_the_steps_leave(steps, dollars):
    left = usage_after(usage(), pd.DataFrame(steps))
    assert left["on_demand_cost"].sum() == pytest.approx(dollars)


def test_traced_shows_what_each_resource_lost_beside_what_its_steps_claim():
    both = pd.concat(
        [usage(), usage(resource_id="i-2"), usage(resource_id=None)], ignore_index=True
    )
    steps = pd.DataFrame([
        step("schedule", parameters={"schedule": "Mon-Fri 08:00-20:00 UTC"}, monthly_saving=450.0),
        step("terminate", resource_id="i-2", monthly_saving=700.0),
        step("terminate", resource_id="vol-1", monthly_saving=9.0),
    ])  # fmt: skip
    table = traced(both, usage_after(both, steps), steps)
    assert table["resource_id"].tolist() == ["i-2", "i-1"]
    assert table["removed"].tolist() == pytest.approx([730.0, 730.0 * 108 / 168])
    assert table["claimed"].tolist() == [700.0, 450.0]


def test_usage_after_resize_moves_the_usage_to_the_target():
    resize = step(
        "resize", parameters={"instance_type": "c6.large"}, before_state={"price_share": 0.5}
    )
    assert set(usage_after(usage(), pd.DataFrame([resize]))["instance_type"]) == {"c6.large"}


def test_eligible_leaves_out_clusters_and_requests():
    rows = pd.concat(
        [usage(1), usage(1, service_code="AmazonEKS", instance_type=None, usage_type="EKS-Hours"),
         usage(1, service_code="AmazonECS", instance_type=None, usage_type="Fargate-vCPU-Hours"),
         usage(1, service_code="AWSLambda", instance_type=None, usage_type="Request"),
         usage(1, service_code="AWSLambda", instance_type=None, usage_type="Lambda-GB-Second")],
        ignore_index=True,
    )  # fmt: skip
    assert eligible(rows)["family"].tolist() == ["m5", "fargate", "lambda"]


def test_offers_of_prices_divide_by_the_on_demand_price_and_spread_the_upfront():
    rows = [
        ("on_demand", None, 0.2, None), ("reserved", "1yr/all_upfront/standard", 0.0, 876.0),
        ("savings_plan", "3yr/no_upfront/Compute", 0.09, None), ("reserved", "odd", 0.1, None),
    ]  # fmt: skip
    prices = conform(
        pd.DataFrame(
            [{"service": "AmazonEC2", "region": "us-east-1", "item": "m5.xlarge", "unit": "Hrs",
              "term": term, "detail": detail, "price": price, "upfront": upfront, "currency": "USD",
              "valid_from": pd.Timestamp("2026-01-01"), "source": "price_list_api"}
             for term, detail, price, upfront in rows]
        ), PRICES,
    )  # fmt: skip
    found = rates.offers_of_prices(prices, datetime(2026, 10, 1))
    assert found[["product", "years", "payment"]].to_numpy().tolist() == [
        ["ec2_standard", 1, "all_upfront"], ["compute_plan", 3, "no_upfront"],
    ]  # fmt: skip
    assert found["price_share"].tolist() == pytest.approx([0.5, 0.45])


def test_offers_of_the_estate_go_before_the_rate_card_and_that_before_the_bill():
    card = Rate(
        product="ec2_standard",
        family="m5",
        region="us-east-1",
        price_share=0.7,
        priced_at=date(2026, 10, 1),
    )
    held = conform(
        pd.DataFrame([{"account_id": "1", "region": "us-east-1", "commitment_id": "ri-1",
                       "kind": "reserved_instance", "product": "EC2", "offering_class": "standard",
                       "term_years": 1, "payment_option": "No Upfront", "state": "active"}]),
        COMMITMENTS,
    )  # fmt: skip
    use = pd.DataFrame([{"commitment_id": "arn:x/ri-1", "service_code": "AmazonEC2",
                         "Month": pd.Timestamp("2026-10-01"), "region": "us-east-1", "is_used": True,
                         "instance_type": "m5.xlarge", "list_cost": 10.0, "used_cost": 6.0}])  # fmt: skip
    bill = rates.offers(PRICES.empty(), use, held, Commitments(), datetime(2026, 11, 1))
    assert bill[["source", "price_share"]].to_numpy().tolist() == [["bill", 0.6]]
    both = rates.offers(
        PRICES.empty(), use, held, Commitments(rate_card=(card,)), datetime(2026, 11, 1)
    )
    assert both[["source", "price_share"]].to_numpy().tolist() == [["rate_card", 0.7]]


def test_capital_factor_is_one_without_upfront_and_an_annuity_with():
    assert rates.capital_factor("no_upfront", 3, 0.08) == 1.0
    monthly = 1.08 ** (1 / 12) - 1
    worth = sum((1 + monthly) ** -month for month in range(1, 13))
    assert rates.capital_factor("all_upfront", 1, 0.08) == pytest.approx(12 / worth)
    assert rates.capital_factor("all_upfront", 1, 0.0) == 1.0


@pytest.mark.parametrize(
    ("on_demand", "committed", "discount", "month"),
    [(1843.0, 1180.0, 0.36, 8), (1843.0, 963.0, 0.48, 19)],
)
def test_reserved_closing_figures_of_the_reference_solution(on_demand, committed, discount, month):
    # 1,843 -> 1,180 is 36 %, -> 963 (three years) is 48 %: 10,560 a year.
    years = 1 if discount == 0.36 else 3
    hourly = usage(on_demand_cost=on_demand / 730)
    row = recommend.purchases(
        advise(hourly, offer("ec2_instance_plan", share=committed / on_demand, years=years))
    ).iloc[0]
    assert round(1 - row["break_even_utilisation"], 2) == discount
    assert row["monthly_saving"] == pytest.approx(on_demand - committed, abs=1.5)
    assert row["break_even_month"] == month
    if years == 3:
        assert row["monthly_saving"] * 12 == pytest.approx(10_560, abs=15)


def test_off_hours_closing_figures_of_the_reference_solution():
    # 60 of 168 hours on: 36 % on and 64 % off, 1,000 -> 360 (357.14 before rounding).
    schedule = "Mon-Fri 08:00-20:00 UTC"
    on = slots_of(schedule)
    assert (on.sum(), round(on.mean(), 2), round(1 - on.mean(), 2)) == (60, 0.36, 0.64)
    hourly = usage(on_demand_cost=1000 / 168)
    left = usage_after(hourly, pd.DataFrame([step("schedule", parameters={"schedule": schedule})]))
    assert left["on_demand_cost"].sum() == pytest.approx(1000 * 60 / 168)


def test_recommend_does_not_commit_to_what_runs_in_office_hours_only():
    # On in 36 % of the hours: below the 64 % at which a discount of 36 % breaks even.
    schedule = step("schedule", parameters={"schedule": "Mon-Fri 08:00-20:00 UTC"})
    left = usage_after(usage(), pd.DataFrame([schedule]))
    assert recommend.purchases(advise(left, offer(share=0.64))).empty
    assert len(recommend.purchases(advise(usage(), offer(share=0.64)))) == 1


def test_recommend_buys_whole_reservations_and_takes_the_cheapest_product():
    frame = pd.concat([usage(on_demand_cost=1.0), usage(on_demand_cost=1.4, consumed_quantity=1.4)])
    table = recommend.purchases(
        advise(
            frame,
            offer(share=0.6),
            offer("ec2_convertible", share=0.65),
            offer("ec2_instance_plan", share=0.7),
        )
    )
    assert table[["product", "units", "unit_type"]].to_numpy().tolist() == [
        ["ec2_standard", 2, "m5.xlarge"]
    ]
    # Two at 0.6 cover 2.0 of 2.4; the part of a third (0.4 for 0.6) would cost more than it covers.
    assert table["hourly_commitment"].tolist() == pytest.approx([1.2])
    assert table["monthly_saving"].tolist() == pytest.approx([0.8 * 730])


def test_recommend_with_cost_of_capital_prefers_no_upfront_of_nearly_the_same_price():
    upfront = offer(share=0.59, true_share=0.59 * 1.043, payment="all_upfront")
    table = recommend.purchases(advise(usage(), offer(share=0.6), upfront))
    assert table["payment"].tolist() == ["no_upfront"]


def test_recommend_without_a_rate_buys_nothing_and_says_so():
    advice = advise(usage(), offer(family="c5"))
    assert recommend.purchases(advice).empty
    missing = recommend.unpriced(advice)
    assert missing["family"].tolist() == ["m5"]
    assert missing["monthly_usage"].tolist() == pytest.approx([730.0])


def test_offers_of_all_families_are_of_instances_and_not_of_functions():
    everything = pd.DataFrame([offer("ec2_instance_plan", "*"), offer("compute_plan", "*", 0.7)])
    products = ["ec2_instance_plan", "compute_plan"]
    assert len(rates.offers_for(everything, products, "us-east-1", "g5")) == 2
    assert rates.offers_for(everything, products, "us-east-1", "lambda").empty


def held_reservation(end, start="2026-01-01", instance_type="m5.xlarge"):
    frame = conform(
        pd.DataFrame([{"account_id": "1", "region": "us-east-1", "commitment_id": "ri-1",
                       "kind": "reserved_instance", "product": "EC2", "instance_type": instance_type,
                       "platform": "Linux/UNIX", "count": 1, "state": "active",
                       "start_time": pd.Timestamp(start), "end_time": end}]),
        COMMITMENTS,
    )  # fmt: skip
    prices = pd.Series({("us-east-1", instance_type): 1.0})
    return capacities(frame, prices, NO_SHARES)


def test_recommend_honours_what_is_held_and_buys_for_what_expires():
    lasting = held_reservation(pd.Timestamp("2027-06-01"))
    assert recommend.purchases(advise(usage(), offer(), held=lasting, months=2)).empty
    # Ends after one of two months: needed in half the hours, below the 60 % at which it breaks even.
    ending = held_reservation(pd.Timestamp("2026-12-01"))
    assert recommend.purchases(advise(usage(), offer(), held=ending, months=2)).empty
    cheaper = advise(usage(), offer(share=0.4), held=ending, months=2)
    assert recommend.purchases(cheaper)["units"].tolist() == [1]
    # In the month ahead the held one covers all: the new one is a cost.
    assert recommend.first_month(cheaper)["monthly_saving"].sum() == pytest.approx(-0.4 * 730)


def test_first_month_tells_each_purchase_as_demand_goes_and_adds_up():
    frame = pd.concat([usage(), usage(instance_type="c5.xlarge", usage_type="BoxUsage:c5.xlarge")])
    advice = advise(frame, offer(share=0.6), offer(family="c5", share=0.7))
    table = recommend.first_month(advice).set_index("family")
    assert table["monthly_saving"].to_dict() == pytest.approx({"m5": 0.4 * 730, "c5": 0.3 * 730})
    # At half the demand half of each is paid for nothing; at more, the same machines are covered.
    low = {"m5": (0.5 - 0.6) * 730, "c5": (0.5 - 0.7) * 730}
    assert table["monthly_saving_low"].to_dict() == pytest.approx(low)
    assert table["monthly_saving_high"].to_dict() == pytest.approx(
        table["monthly_saving"].to_dict()
    )


def test_recommend_counts_a_queued_reservation_from_its_start():
    queued = held_reservation(pd.Timestamp("2028-01-01"), start="2026-12-01")
    dear = advise(usage(), offer(share=0.6), held=queued, months=2)
    assert recommend.purchases(dear).empty
    assert len(recommend.purchases(advise(usage(), offer(share=0.6), held=queued, months=1))) == 1


def test_stages_count_a_held_reservation_of_which_nothing_runs_as_unused():
    idle = held_reservation(pd.Timestamp("2028-01-01"), instance_type="r4.2xlarge")
    now = pools(usage(), held=idle)
    advice = advise(usage(), offer(share=0.6), held=idle)
    table = recommend.stages(now, advice, pd.DataFrame([offer()]), NO_SHARES).set_index("stage")
    assert table.loc["today", "utilisation"] == 0.0
    assert table.loc["after_purchases", "coverage"] == pytest.approx(1.0)
    assert recommend.unpriced(advice).empty


def test_capacities_without_a_price_is_unknown_and_not_zero():
    held = capacities(
        conform(pd.DataFrame([{"account_id": "1", "region": "us-west-2", "commitment_id": "ri-1",
                               "kind": "reserved_instance", "product": "EC2", "count": 2,
                               "instance_type": "r4.2xlarge", "platform": "Linux/UNIX",
                               "state": "active"}]), COMMITMENTS),
        pd.Series({("us-east-1", "m5.xlarge"): 1.0}), NO_SHARES,
    )  # fmt: skip
    assert held["covers"].isna().tolist() == [True]


def test_regret_is_zero_for_the_demand_that_was_bought_for_and_never_negative():
    table = recommend.regret(advise(usage(), offer("ec2_instance_plan", share=0.6)))
    pivot = table.pivot_table(index="bought_for", columns="demand", values="monthly_regret")
    # 0.5, 1 and 1.5 dollars an hour: too little loses the 40 % saved, too much pays 60 % for nothing.
    scenarios = list(recommend.SCENARIOS)
    expected = [[0, 0.2, 0.4], [0.3, 0, 0.2], [0.6, 0.3, 0]]
    assert pivot.loc[scenarios, scenarios].to_numpy() / 730 == pytest.approx(np.array(expected))


def test_tranches_add_up_to_the_purchase_and_start_with_what_low_demand_needs():
    advice = advise(usage(), offer("ec2_instance_plan", share=0.6))
    table = recommend.tranches(advice, datetime(2026, 11, 4, 12), 3, 3)
    assert table["hourly_commitment"].tolist() == pytest.approx([0.3, 0.15, 0.15])
    assert table["buy_on"].dt.strftime("%Y-%m-%d").tolist() == [
        "2026-11-04",
        "2027-02-04",
        "2027-05-04",
    ]


def test_tranches_of_reservations_are_whole_ones():
    frame = usage(on_demand_cost=5.0, consumed_quantity=5.0)
    table = recommend.tranches(advise(frame, offer(share=0.6)), datetime(2026, 11, 4), 4, 3)
    assert (table["hourly_commitment"] / 0.6).tolist() == pytest.approx([2, 1, 1, 1])


def test_stages_show_coverage_and_use_before_and_after():
    frame = usage()
    advice = advise(frame, offer(share=0.6))
    table = recommend.stages(pools(frame), advice, pd.DataFrame([offer()]), NO_SHARES)
    rows = table.set_index("stage")[["on_demand", "new_cost", "coverage"]]
    assert rows.loc["today"].tolist() == pytest.approx([730, 0, 0])
    assert rows.loc["after_purchases"].tolist() == pytest.approx([0, 0.6 * 730, 1])


def test_recommend_without_eligible_usage_is_empty_tables_and_no_saving():
    frame = usage().iloc[:0]
    advice = recommend.recommend(
        pools(frame),
        pd.DataFrame([offer()]),
        NO_SHARES,
        recommend.demand_factors({}, (0.1, 0.5, 0.9)),
    )
    assert recommend.purchases(advice).empty
    assert recommend.stages({}, advice, pd.DataFrame([offer()]), NO_SHARES).empty
    assert recommend.tranches(advice, datetime(2026, 11, 4), 4, 3).empty
    assert recommend.first_month(advice).empty
    assert curves.duration(advice, "").empty
    assert curves.saving_curve(advice, "").empty


def test_saving_curve_is_highest_at_the_recommendation_where_its_demand_comes():
    advice = advise(usage(), offer("ec2_instance_plan", share=0.6))
    curve = curves.saving_curve(advice, "compute", points=5)
    assert curve["scale"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert (curve["likely"] / 730).tolist() == pytest.approx([0.0, 0.2, 0.4, 0.1, -0.2])


def test_duration_sorts_the_hours_and_never_covers_more_than_is_used():
    advice = advise(usage(on_demand_cost=np.arange(168.0)), offer("ec2_instance_plan", share=0.6))
    table = curves.duration(advice, "compute")
    assert table["usage"].is_monotonic_decreasing
    assert table["share"].iloc[-1] == 1.0
    assert (table["committed"] <= table["usage"] + 1e-9).all()
    # A level pays that is used in at least 60 % of the hours: the 67 dollars below the 101 busiest.
    assert table["committed"].max() == pytest.approx(67.0, abs=0.01)


def test_demand_factors_are_quantiles_of_days_around_the_window():
    frame = usage(on_demand_cost=np.repeat([1.0, 2, 3, 4, 5, 6, 7], 24))
    factors = recommend.demand_factors(pools(frame), (0.0, 0.5, 1.0))
    assert factors == {"low": 0.25, "likely": 1.0, "high": 1.75}


offers_small = st.tuples(st.sampled_from([0.5, None]), st.sampled_from([0.5, None]), st.booleans())
hours_small = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None)
@given(hours_small, offers_small, st.integers(0, 2))
def test_solve_equals_brute_force_over_all_levels_on_a_grid(hours, priced, held):
    # Usage in steps of 2 cents at half the price: every kink of the cost lies on the grid of a cent.
    families = ("m5", "c5")
    groups = pd.DataFrame({"region": "us-east-1", "family": families, "operation": "RunInstances",
                           "unit_type": None, "unit_price": np.nan})  # fmt: skip
    cents = np.array(hours, float) * 0.02
    pool = Pool("compute", groups, cents, ((1, np.array([0.02 * held, 0.0]), 0.0),))
    offered = [
        offer("ec2_instance_plan", f, s) for f, s in zip(families, priced, strict=False) if s
    ]
    offered += [offer("compute_plan", f, 0.5) for f in families] if priced[2] else []
    found = markets(pool, pd.DataFrame(offered, columns=list(offer())), NO_SHARES)
    chosen = solve(pool, found, gap=1e-9)
    grid = np.arange(5) * 0.01
    shared = np.arange(9) * 0.01 if priced[2] else [0.0]
    brute = min(
        Purchase(found[0], np.array([a, b]), c, 0.0).cost(pool)
        for a, b, c in itertools.product(
            grid if priced[0] else [0.0], grid if priced[1] else [0.0], shared
        )
    )
    assert chosen.cost(pool) == pytest.approx(brute, abs=1e-7)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_purchases_never_cost_more_than_nothing_and_add_up(seed):
    rng = np.random.default_rng(seed)
    frame = pd.concat(
        [usage(on_demand_cost=rng.gamma(2.0, 0.5, 168)),
         usage(instance_type="c5.large", on_demand_cost=rng.gamma(2.0, 0.3, 168))]
    )  # fmt: skip
    shares = rng.uniform(0.4, 0.95, 3)
    advice = advise(
        frame, offer(share=shares[0]), offer("compute_plan", share=shares[1]),
        offer("compute_plan", "c5", shares[2]), factors=dict.fromkeys(recommend.SCENARIOS, 1.0),
    )  # fmt: skip
    table = recommend.purchases(advice)
    before = advice.likely("compute").nothing().cost(advice.pools["compute"])
    after = advice.likely("compute").cost(advice.pools["compute"])
    assert 0 <= after <= before + 1e-9
    assert table["monthly_saving"].sum() == pytest.approx((before - after) * 730)
    assert table["monthly_saving"].sum() <= frame["on_demand_cost"].sum() / 168 * 730


def test_best_portfolio_of_a_day_in_seven_is_nothing():
    on = (np.arange(168) < 24).astype(float)[:, None]
    case = Demand.without_commitments(on, np.array([0.5]), np.array([0.3]))
    found = best_portfolio(case)
    assert (found.scoped[0], found.shared) == pytest.approx((0.0, 0.0))
