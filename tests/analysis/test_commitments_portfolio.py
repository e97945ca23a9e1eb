import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analysis.commitments.portfolio import best_portfolio
from finops_lib.analysis.commitments.replay import Demand, coverage, replay, utilization


def demand(usage, scoped, shared):
    return Demand.without_commitments(
        np.array(usage, float), np.array(scoped, float), np.array(shared, float)
    )


def cost(case: Demand, scoped, shared) -> float:
    paid = (sum(scoped) + shared) * len(case.usage)
    return paid + replay(case, np.array(scoped, float), shared).on_demand_cost


def test_replay_scoped_covers_its_own_group_before_shared_covers_the_rest():
    case = demand([[10.0, 4.0]], [0.5, 0.0], [0.2, 0.4])
    result = replay(case, np.array([2.0, 0.0]), 3.0)
    # 2 dollars cover 4 of the first group; the plan takes the 40 % group first (2.4 for 4), then 0.6 / 0.8.
    np.testing.assert_allclose(result.on_demand, [[10 - 4 - 0.75, 0.0]])
    np.testing.assert_allclose(result.used_shared, [3.0])
    np.testing.assert_allclose(result.value_shared, [1 / 0.8])


def test_replay_unused_commitment_is_paid_and_not_used():
    case = demand([[1.0], [0.0]], [0.5], [0.0])
    result = replay(case, np.array([1.0]), 0.0)
    assert result.on_demand_cost == 0
    assert utilization(case, result, np.array([1.0]), 0.0) == pytest.approx(0.25)
    assert coverage(case, result) == 1.0


def test_best_portfolio_break_even_is_at_one_minus_the_discount():
    # 36 % off pays from 64 % of the hours on: the level used in 64 % is taken, the one in 63 % is not.
    on = lambda hours: (np.arange(100) < hours).astype(float)  # noqa: E731
    assert best_portfolio(demand(on(65)[:, None], [0.36], [0])).scoped[0] == pytest.approx(0.64)
    assert best_portfolio(demand(on(63)[:, None], [0.36], [0])).scoped[0] == pytest.approx(0.0)


usages = st.lists(
    st.lists(st.integers(0, 5).map(lambda n: n * 0.02), min_size=2, max_size=2),
    min_size=1,
    max_size=6,
)
discounts = st.lists(st.sampled_from([0.0, 0.5]), min_size=2, max_size=2)


@settings(max_examples=60, deadline=None)
@given(usages, discounts, discounts)
def test_best_portfolio_equals_brute_force_on_a_cent_grid(usage, scoped, shared):
    # At 50 % off and usage in steps of two cents every kink of the cost lies on the cent grid.
    case = demand(usage, scoped, shared)
    grid = np.arange(0, 6) * 0.01
    brute = min(
        cost(case, (a, b), c)
        for a, b, c in itertools.product(grid, grid, np.arange(0, 11) * 0.01)
        if (a == 0 or scoped[0]) and (b == 0 or scoped[1])
    )
    found = best_portfolio(case, gap=1e-9)
    assert found.cost == pytest.approx(brute, abs=1e-6)
    assert found.bound <= found.cost + 1e-9
    assert cost(case, found.scoped, found.shared) == pytest.approx(found.cost)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_best_portfolio_no_single_change_is_cheaper(seed):
    rng = np.random.default_rng(seed)
    case = demand(rng.gamma(2, 5, (50, 3)), rng.uniform(0, 0.6, 3), rng.uniform(0, 0.4, 3))
    found = best_portfolio(case, gap=1e-8)
    for change in (-0.5, -0.05, 0.05, 0.5):
        assert cost(case, found.scoped, max(0, found.shared + change)) >= found.cost - 1e-4
        for group in range(3):
            other = found.scoped.copy()
            other[group] = max(0.0, other[group] + change)
            assert cost(case, other, found.shared) >= found.cost - 1e-4


def test_best_portfolio_held_commitments_are_not_bought_again():
    usage = np.full((24, 1), 10.0)
    held = Demand(usage, np.array([0.4]), np.array([0.0]), np.full((24, 1), 4.5), np.zeros(24))
    assert best_portfolio(held).scoped[0] == pytest.approx(1.5)


def test_best_portfolio_expiring_commitment_is_replaced_when_that_pays():
    usage = np.full((100, 1), 10.0)
    ends = np.where(np.arange(100)[:, None] < 20, 6.0, 0.0)
    held = Demand(usage, np.array([0.4]), np.array([0.0]), ends, np.zeros(100))
    assert best_portfolio(held).scoped[0] == pytest.approx(6.0)


def test_best_portfolio_cost_of_capital_can_make_a_plan_not_worth_it():
    case = demand(np.full((10, 1), 1.0), [0.1], [0.0])
    assert best_portfolio(case).scoped[0] == pytest.approx(0.9)
    dear = best_portfolio(case, scoped_price=np.array([1.2]))
    assert dear.scoped[0] == 0.0
    assert dear.cost == pytest.approx(10.0)
