"""Anomalies over the segments of a bill: each told once, known ones explained, offsets found."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from finops_lib.analysis.anomalies import find_anomalies, movers, next_query, windows
from finops_lib.analysis.anomalies.segments import segment_series
from finops_lib.params.anomalies import Anomalies, KnownEvent

DAYS = pd.date_range("2026-06-01", "2026-08-31", freq="D").astype("datetime64[us]")
SHIFT = pd.Timestamp("2026-08-05")


def part(cost, service="EC2", usage="Box:m5", account="1", region="us-east-1", seed=1):
    """A segment's days at about `cost` (a number, or an array of days)."""
    noise = np.random.default_rng(seed).normal(1.0, 0.02, len(DAYS))
    amounts = np.broadcast_to(np.asarray(cost, dtype=float), len(DAYS)) * noise
    return pd.DataFrame({
        "ChargeDay": DAYS, "SubAccountId": account, "RegionId": region, "ServiceName": service,
        "x_UsageType": usage, "EffectiveCost": amounts, "BilledCost": amounts,
    })  # fmt: skip


def stepped(before, after, on=SHIFT):
    return np.where(on <= DAYS, after, before)


def test_one_event_is_told_once_at_its_usage_type():
    daily = pd.concat([part(100.0), part(stepped(50.0, 150.0), usage="Box:p3", seed=2)])
    found = find_anomalies(daily)
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["service"], row["account_id"], row["usage_type"]) == ("EC2", "1", "Box:p3")
    assert (row["kind"], row["start"]) == ("level_shift", SHIFT)
    assert row["impact"] == pytest.approx(100.0 * 27, rel=0.1)


def test_an_event_spread_over_many_parts_is_told_of_the_whole():
    daily = pd.concat([part(stepped(40.0, 80.0), usage=f"Box:m{n}", seed=n) for n in range(4)])
    found = find_anomalies(daily)
    assert found["usage_type"].isna().tolist() == [True]
    assert found["impact"].iloc[0] == pytest.approx(160.0 * 27, rel=0.1)


def test_moves_that_cancel_out_in_the_total_are_both_found():
    daily = pd.concat([
        part(stepped(60.0, 160.0), usage="Box:p3", seed=2),
        part(stepped(160.0, 60.0), usage="Box:p2", seed=3),
    ])  # fmt: skip
    found = find_anomalies(daily).set_index("usage_type")["impact"]
    assert found.index.tolist() in (["Box:p3", "Box:p2"], ["Box:p2", "Box:p3"])
    assert found["Box:p3"] == pytest.approx(-found["Box:p2"], rel=0.1)


def test_unrelated_events_are_ranked_by_dollars():
    spike = np.where(pd.Timestamp("2026-07-20") == DAYS, 300.0, 100.0)
    daily = pd.concat([
        part(spike, service="S3", usage="Storage", account="2"),
        part(stepped(50.0, 150.0), usage="Box:p3", seed=2),
    ])  # fmt: skip
    found = find_anomalies(daily)
    assert found["service"].tolist() == ["EC2", "S3"]
    assert found["impact"].abs().is_monotonic_decreasing


def test_something_new_has_no_share_of_what_was_expected():
    found = find_anomalies(pd.concat([part(100.0), part(stepped(0.0, 50.0), service="EMR")]))
    assert found["service"].tolist() == ["EMR"]
    assert found["impact_share"].isna().all()


def test_floors_hold_in_dollars_and_in_percent():
    daily = pd.concat([part(100.0), part(stepped(10.0, 20.0), usage="Box:t3")])
    assert find_anomalies(daily)["usage_type"].tolist() == ["Box:t3"]
    assert find_anomalies(daily, min_impact=1_000.0).empty
    assert find_anomalies(daily, min_share=2.0).empty


def test_a_known_event_is_named_and_others_are_not():
    daily = pd.concat([part(stepped(50.0, 150.0), usage="Box:p3"), part(100.0, service="S3")])
    launch = KnownEvent(name="launch", start=date(2026, 8, 3), end=date(2026, 8, 7), service="EC*")
    elsewhere = KnownEvent(name="other", start=date(2026, 8, 5), service="S3")
    assert find_anomalies(daily, known=[elsewhere, launch])["known_event"].tolist() == ["launch"]
    assert find_anomalies(daily, known=[elsewhere])["known_event"].isna().all()


def test_a_known_event_must_not_end_before_it_starts():
    with pytest.raises(ValueError, match="end lies before start"):
        KnownEvent(name="launch", start=date(2026, 8, 3), end=date(2026, 8, 1))
    assert Anomalies().known == ()


def test_late_days_are_left_out():
    daily = part(np.where(pd.Timestamp("2026-08-31") == DAYS, 5.0, 100.0))
    assert find_anomalies(daily)["kind"].tolist() == ["drop"]
    assert find_anomalies(daily, until=datetime(2026, 8, 31)).empty


def test_a_day_that_the_bill_lacks_is_unknown_and_no_drop():
    daily = part(100.0)
    assert find_anomalies(daily[daily["ChargeDay"] != pd.Timestamp("2026-07-20")]).empty


def test_the_order_of_rows_does_not_matter():
    daily = pd.concat([
        part(stepped(60.0, 160.0), usage="Box:p3", seed=2), part(stepped(160.0, 60.0), usage="Box:p2"),
        part(stepped(40.0, 80.0), service="S3", usage="Storage", seed=4), part(70.0, account="2"),
    ])  # fmt: skip
    for seed in range(3):
        shuffled = daily.sample(frac=1.0, random_state=seed)
        pd.testing.assert_frame_equal(find_anomalies(shuffled), find_anomalies(daily))


def test_an_empty_bill_has_the_columns_of_any_other():
    empty, some = find_anomalies(part(1.0).head(0)), find_anomalies(part(stepped(50.0, 150.0)))
    assert list(empty) == list(some)
    assert empty["impact"].dtype == some["impact"].dtype


def test_segments_of_a_level_add_up_to_the_bill():
    daily = pd.concat([part(10.0), part(5.0, region=None), part(7.0, service="S3", usage=None)])
    table = segment_series(daily, ("service", "account_id", "region", "usage_type"))
    assert table.to_numpy().sum() == pytest.approx(daily["EffectiveCost"].sum())
    assert ("S3", "1", "us-east-1", "") in table.columns


def anomaly(**given):
    """A shift of EC2 from the 5th of August on."""
    return {"anomaly_id": "a1", "service": "EC2", "account_id": "1", "region": None, "usage_type": None,
            "start": SHIFT, "end": pd.Timestamp("2026-09-01"), "impact": 100.0, **given}  # fmt: skip


def test_movers_names_the_resource_and_tag_that_moved_with_their_shares():
    rows = pd.concat([
        part(stepped(50.0, 140.0)).assign(ResourceId="i-new", x_tag_team="ads"),
        part(stepped(10.0, 20.0), seed=2).assign(ResourceId="i-old", x_tag_team=None),
    ])  # fmt: skip
    rows = rows[rows["ChargeDay"] >= SHIFT - pd.Timedelta(days=28)]
    columns = {"resource": "ResourceId", "tag team": "x_tag_team"}
    found = movers(rows, anomaly(), columns, first_day=DAYS[0].to_pydatetime())
    assert found["value"].tolist() == ["i-new", "ads"]
    assert found["share"].tolist() == pytest.approx([0.9, 0.9], abs=0.02)
    assert found["before_per_day"].iloc[0] == pytest.approx(50.0, rel=0.02)


def test_movers_of_a_fall_names_what_fell():
    rows = pd.concat([
        part(stepped(50.0, 0.0)).assign(ResourceId="i-gone"),
        part(stepped(10.0, 20.0)).assign(ResourceId="i-grown"),
    ])  # fmt: skip
    rows = rows[rows["ChargeDay"] >= SHIFT - pd.Timedelta(days=28)]
    found = movers(
        rows, anomaly(impact=-40.0), {"resource": "ResourceId"}, first_day=datetime(2026, 6, 1)
    )
    assert found["value"].tolist() == ["i-gone"]
    assert found["share"].iloc[0] > 1.0


def test_windows_begin_with_the_bill_where_it_is_young():
    before, after = windows(anomaly(), datetime(2026, 7, 30))
    assert (before.days, after.days) == (6, 27)


def test_next_query_names_the_segment_and_quotes_it():
    text = next_query(
        anomaly(service="O'Brien", usage_type=""), "lake/", first_day=datetime(2026, 6, 1)
    )
    assert "ServiceName = 'O''Brien'" in text
    assert "x_UsageType IS NULL" in text
    assert "RegionId" not in text
    assert "read_parquet('lake/BillingPeriod=*/*.parquet'" in text
