import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analysis.drivers import EFFECTS, drivers_by, explain, waterfall
from finops_lib.period import Period

SEPTEMBER, OCTOBER, AUGUST = (Period.month(f"2026-{m}") for m in ("09", "10", "08"))
JULY = Period.month("2026-07")


def item(cost, quantity, resource="i-1", usage_type="BoxUsage:m5.xlarge", unit="Hrs", **keys):
    return {
        "SubAccountId": "100", "RegionId": "us-east-1", "ServiceName": "EC2", "x_UsageType": usage_type,
        "ConsumedUnit": unit, "ResourceId": resource,
        "effective_before": cost[0], "effective_after": cost[1],
        "quantity_before": quantity[0], "quantity_after": quantity[1], **keys,
    }  # fmt: skip


def effects(*items, before=JULY, after=AUGUST):
    explained = explain(pd.DataFrame(items), before, after)
    return {
        name: pytest.approx(v, abs=1e-9)
        for name, v in explained[list(EFFECTS)].sum().items()
        if abs(v) > 1e-9
    }


def test_explain_the_same_usage_at_another_price_is_price():
    assert effects(item((100, 150), (10, 10))) == {"price": 50}


def test_explain_more_hours_at_the_same_price_is_usage():
    assert effects(item((100, 150), (10, 15))) == {"usage": 50}


def test_explain_a_longer_month_is_days_and_nothing_else():
    assert effects(item((30, 31), (30, 31)), before=SEPTEMBER, after=OCTOBER) == {"days": 1}


def test_explain_a_stored_gib_month_does_not_grow_with_the_month():
    stored = item((30, 30), (300, 300), unit="GB-Mo")
    assert effects(stored, before=SEPTEMBER, after=OCTOBER) == {}


def test_explain_hours_that_move_to_a_dearer_kind_are_mix():
    cheap = item((100, 50), (100, 50), resource="i-1")
    dear = item((100, 150), (10, 15), resource="i-2", usage_type="BoxUsage:p3.2xlarge")
    found = effects(cheap, dear)
    assert found.keys() == {"usage", "mix"}
    assert found["mix"] != found["usage"]


def test_explain_resources_of_one_period_only_are_new_and_vanished():
    assert effects(item((0, 40), (0, 4), "i-2"), item((30, 0), (3, 0), "i-3")) == {
        "new": 40,
        "vanished": -30,
    }


def test_explain_a_resized_resource_is_mix_not_new():
    assert effects(
        item((30, None), (3, None)), item((None, 60), (None, 3), usage_type="BoxUsage:m5.2xlarge")
    ) == {"mix": 30}


def test_explain_charges_without_a_quantity_are_other():
    assert effects(item((10, 25), (None, None), None, usage_type="Tax", unit=None)) == {"other": 15}


def test_explain_free_usage_that_is_charged_now_is_price():
    assert effects(item((0, 12), (5, 5))) == {"price": 12}


def test_explain_keeps_rows_without_account_or_region():
    tax = item((1, 2), (None, None), None, SubAccountId=None, RegionId=None, x_UsageType=None)
    assert len(explain(pd.DataFrame([tax]), JULY, AUGUST)) == 1


amount = st.one_of(st.none(), st.just(0.0), st.floats(-1e5, 1e6), st.floats(1e-6, 1e-3))
quantity = st.one_of(st.none(), st.just(0.0), st.floats(1e-6, 1e7))
items = st.builds(
    item,
    st.tuples(amount, amount), st.tuples(quantity, quantity),
    st.sampled_from([None, "i-1", "i-2", "i-3"]), st.sampled_from(["a", "b", None]),
    st.sampled_from(["Hrs", "GB-Mo", None]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(items, min_size=1, max_size=12), before=st.sampled_from([SEPTEMBER, JULY]))
def test_explain_the_effects_of_any_bill_add_up_to_its_change(rows, before):
    usage = pd.DataFrame(rows).astype({
        f"{name}_{when}": "float64" for name in ("effective", "quantity") for when in ("before", "after")})  # fmt: skip
    explained = explain(usage, before, OCTOBER)
    change = usage["effective_after"].fillna(0).sum() - usage["effective_before"].fillna(0).sum()
    assert explained[list(EFFECTS)].to_numpy().sum() == pytest.approx(change, abs=1e-4)
    np.testing.assert_allclose(explained[list(EFFECTS)].sum(axis=1), explained["change"], atol=1e-5)
    steps = waterfall(explained)["amount"]
    assert steps.iloc[:-1].sum() == pytest.approx(steps.iloc[-1], abs=1e-4)


def test_drivers_by_adds_up_per_usage_type_largest_change_first():
    explained = explain(pd.DataFrame([
        item((1, 2), (1, 2), "i-1"), item((1, 2), (1, 2), "i-2"),
        item((9, 1), (9, 1), "v-1", usage_type="EBS"),
    ]), JULY, AUGUST)  # fmt: skip
    found = drivers_by(explained, ["x_UsageType"])
    assert found["x_UsageType"].tolist() == ["EBS", "BoxUsage:m5.xlarge"]
    assert found["change"].tolist() == [-8.0, 2.0]


def test_explain_a_reordered_bill_gives_the_same_result():
    rows = [item((n, 2 * n + 1), (n, n + 1), f"i-{n}") for n in range(1, 9)]
    first, second = (
        explain(pd.DataFrame(given), JULY, AUGUST).sort_values("ResourceId", ignore_index=True)
        for given in (rows, rows[::-1])
    )
    pd.testing.assert_frame_equal(first, second)
