import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analysis.spend import (
    effective_savings_rate,
    spend_by,
    spend_over_time,
)
from finops_lib.errors import ReconciliationError


def spend(**columns):
    frame = pd.DataFrame(columns)
    for name in ("EffectiveCost", "ListCost"):
        if name not in frame:
            frame[name] = frame["BilledCost"]
    return frame


TEAMS = spend(
    x_tag_team=["research", "serving", None, "data", "web"],
    BilledCost=[50.0, 20.0, 15.0, 10.0, 5.0],
    EffectiveCost=[40.0, 20.0, 15.0, 3.0, 2.0],
)


def test_spend_by_ranks_keeps_untagged_and_adds_the_tail_into_one_row():
    found = spend_by(TEAMS, "x_tag_team", top_n=2)
    expected = pd.DataFrame({
        "name": ["research", "serving", "untagged", "other"],
        "kind": ["named", "named", "missing", "rest"],
        "members": [1, 1, 1, 2],
        "billed_cost": [50.0, 20.0, 15.0, 15.0],
        "effective_cost": [40.0, 20.0, 15.0, 5.0],
        "list_cost": [50.0, 20.0, 15.0, 15.0],
        "share": [0.5, 0.25, 0.1875, 0.0625],
    })  # fmt: skip
    pd.testing.assert_frame_equal(found, expected)


def test_spend_by_a_team_named_like_the_tail_stays_apart_from_it():
    frame = spend(x_tag_team=["other", "a", "b"], BilledCost=[9.0, 2.0, 1.0])
    found = spend_by(frame, "x_tag_team", top_n=1)
    assert found[["name", "kind", "billed_cost"]].values.tolist() == [
        ["other", "named", 9.0], ["other", "rest", 3.0]]  # fmt: skip


def test_spend_by_a_list_cost_that_nobody_knows_stays_unknown():
    frame = spend(ServiceName=["a", "b"], BilledCost=[1.0, 2.0], ListCost=[np.nan, 3.0])
    assert spend_by(frame, "ServiceName")["list_cost"].isna().tolist() == [False, True]


def test_spend_by_of_an_empty_bill_is_empty():
    assert spend_by(spend(ServiceName=[], BilledCost=[]), "ServiceName").empty


money = st.floats(-1e6, 1e6, allow_nan=False)


@given(
    rows=st.lists(st.tuples(st.sampled_from(["a", "b", "c", "d", None]), money, money), min_size=1),
    top_n=st.integers(1, 5),
    seed=st.integers(0, 9),
)
def test_spend_by_any_bill_adds_up_and_its_order_does_not_matter(rows, top_n, seed):
    names, billed, effective = zip(*rows, strict=True)
    frame = spend(
        ServiceName=pd.Series(names, dtype="str"), BilledCost=billed, EffectiveCost=effective
    )
    found = spend_by(frame, "ServiceName", top_n=top_n)
    assert found["billed_cost"].sum() == pytest.approx(frame["BilledCost"].sum(), abs=1e-6)
    again = spend_by(frame.sample(frac=1, random_state=seed), "ServiceName", top_n=top_n)
    pd.testing.assert_series_equal(
        found.set_index(["name", "kind"])["effective_cost"].sort_index(),
        again.set_index(["name", "kind"])["effective_cost"].sort_index(),
        atol=1e-6,
    )


def test_spend_over_time_ranks_over_the_whole_span():
    frame = spend(
        Month=pd.to_datetime(["2026-09-01", "2026-09-01", "2026-10-01", "2026-10-01"]),
        ServiceName=["a", "b", "a", "b"], BilledCost=[1.0, 2.0, 9.0, 3.0],
    )  # fmt: skip
    found = spend_over_time(frame, "ServiceName", top_n=1)
    assert found[["name", "kind", "effective_cost"]].values.tolist() == [
        ["a", "named", 1.0], ["other", "rest", 2.0], ["a", "named", 9.0], ["other", "rest", 3.0]]  # fmt: skip


def test_spend_over_time_without_a_column_is_the_total():
    frame = spend(ChargeDay=pd.to_datetime(["2026-09-01", "2026-09-01"]), BilledCost=[1.0, 2.0])
    found = spend_over_time(frame, time="ChargeDay")
    assert found[["name", "billed_cost"]].values.tolist() == [["total", 3.0]]


def rated(**columns):
    defaults = {"ChargeCategory": "Usage", "CommitmentDiscountStatus": None}
    return {**defaults, **columns}


def test_effective_savings_rate_counts_unused_commitments_and_discount_lines_not_taxes_and_fees():
    frame = pd.DataFrame([
        rated(ListCost=100.0, EffectiveCost=60.0, x_ListedEffectiveCost=60.0, CommitmentDiscountStatus="Used"),
        rated(ListCost=None, EffectiveCost=10.0, x_ListedEffectiveCost=None, CommitmentDiscountStatus="Unused",
              ChargeCategory="Purchase"),
        rated(ListCost=None, EffectiveCost=-5.0, x_ListedEffectiveCost=None, ChargeCategory="Adjustment"),
        rated(ListCost=None, EffectiveCost=8.0, x_ListedEffectiveCost=None, ChargeCategory="Tax"),
        rated(ListCost=None, EffectiveCost=7.0, x_ListedEffectiveCost=None),
    ])  # fmt: skip
    found = effective_savings_rate(frame).iloc[0]
    assert found.to_dict() == {
        "name": "total", "list_cost": 100.0, "effective_cost": 65.0, "unlisted_cost": 7.0,
        "savings": 35.0, "savings_rate": pytest.approx(0.35),
    }  # fmt: skip


def test_effective_savings_rate_without_a_list_cost_is_unknown():
    frame = pd.DataFrame([rated(ListCost=None, EffectiveCost=7.0, x_ListedEffectiveCost=None)])
    assert effective_savings_rate(frame)["savings_rate"].isna().all()


def test_spend_by_frame_that_loses_money_is_refused(monkeypatch):
    monkeypatch.setattr("finops_lib.analysis.spend._added_up",
                        lambda rows, keys: rows.assign(billed_cost=rows["billed_cost"] * 0.9).groupby(keys, as_index=False)[
                            ["billed_cost", "effective_cost", "list_cost"]].sum())  # fmt: skip
    with pytest.raises(ReconciliationError, match="spend by x_tag_team"):
        spend_by(TEAMS, "x_tag_team")
