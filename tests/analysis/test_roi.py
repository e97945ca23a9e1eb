"""What the programme returns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analysis.roi import cash_flow, investment, returns
from finops_lib.params.plan import Roi

REFERENCE = Roi(
    investment_hours=160, hourly_rate=150, yearly_maintenance=12_000, discount_rate=0.08, years=3
)


def test_returns_of_the_reference_close() -> None:
    cash = returns(31_500.0, REFERENCE).set_index("measure")["cash"]
    assert cash["investment"] == 24_000
    assert cash["annual_saving"] == 378_000
    assert cash["roi_first_year"] == 14.75
    assert cash["payback_months"] == pytest.approx(24_000 / 31_500)
    assert cash["net"] == pytest.approx(1_086_000)


def test_returns_discounted_equal_the_annuity_formula() -> None:
    terms = REFERENCE.model_copy(update={"yearly_maintenance": 0.0})
    rate = 1.08 ** (1 / 12) - 1
    annuity = 31_500 * (1 - (1 + rate) ** -36) / rate
    table = returns(31_500.0, terms).set_index("measure")
    assert table.loc["net", "discounted"] == pytest.approx(annuity - 24_000)
    assert table.loc["net", "discounted"] < table.loc["net", "cash"]


def test_returns_of_a_saving_that_never_pays_back_is_unknown_not_zero() -> None:
    cash = returns(100.0, REFERENCE).set_index("measure")["cash"]
    assert math.isnan(cash["payback_months"])
    assert cash["net"] == pytest.approx(100 * 36 - 24_000 - 24_000)


def test_returns_without_an_investment_has_no_rate_and_is_paid_at_once() -> None:
    cash = returns(100.0, REFERENCE.model_copy(update={"investment_hours": 0.0}))
    values = cash.set_index("measure")["cash"]
    assert (math.isnan(values["roi_first_year"]), values["payback_months"]) == (True, 0.0)


@given(st.floats(0, 1e6), st.floats(0, 0.5), st.integers(1, 10))
def test_cash_flow_adds_up_and_without_a_rate_is_its_own_present_value(saving, rate, years) -> None:
    terms = REFERENCE.model_copy(update={"discount_rate": rate, "years": years})
    flow = cash_flow(saving, terms)
    expected = saving * 12 * years - investment(terms) - 12_000 * (years - 1)
    assert flow["cumulative"].iloc[-1] == pytest.approx(expected, abs=1e-4)
    undiscounted = cash_flow(saving, terms.model_copy(update={"discount_rate": 0.0}))
    np.testing.assert_array_equal(undiscounted["flow"], undiscounted["discounted"])
