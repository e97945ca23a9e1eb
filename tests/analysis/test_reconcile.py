import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analysis.reconcile import reconcile, share_out
from finops_lib.errors import ReconciliationError


@pytest.mark.parametrize("off", [0.01, -0.01, float("nan")])
def test_reconcile_a_cent_off_or_unknown_whole_is_refused(off):
    with pytest.raises(ReconciliationError, match="teams"):
        reconcile(pd.Series([1.0, 2.0]), 3.0 + off, what="teams")


def test_reconcile_noise_of_floats_passes():
    assert reconcile(pd.Series([0.1] * 10), 1.0, what="teams") is None


def test_share_out_gives_the_odd_cents_to_the_largest_remainders():
    shares = share_out(100.0, {"a": 1.0, "b": 1.0, "c": 1.0})
    assert shares == {
        "a": pytest.approx(33.34),
        "b": pytest.approx(33.33),
        "c": pytest.approx(33.33),
    }


def test_share_out_without_a_weight_is_refused():
    with pytest.raises(ReconciliationError, match="cannot be split"):
        share_out(10.0, {"a": 0.0})


@given(
    total=st.floats(-1e7, 1e7),
    weights=st.dictionaries(st.text(max_size=3), st.floats(0.001, 1e6), min_size=1, max_size=9),
)
def test_share_out_any_split_adds_up_and_stays_within_a_cent_of_exact(total, weights):
    shares = share_out(total, weights)
    assert sum(shares.values()) == pytest.approx(total, abs=1e-7)
    base = sum(weights.values())
    for name, share in shares.items():
        assert share == pytest.approx(total * weights[name] / base, abs=0.02)
