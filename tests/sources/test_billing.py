import os
import shutil
from pathlib import Path

import bills
import duckdb
import pandas as pd
import pytest

from finops_lib.errors import BillingError
from finops_lib.sources.billing import read_bill

RENDERINGS = {
    "legacy.csv": bills.as_legacy_csv,
    "legacy.csv.gz": bills.as_gzip,
    "legacy.zip": bills.as_zip,
    "cur2.parquet": bills.as_cur2,
}


@pytest.fixture
def small_bill():
    return bills.small_bill()


@pytest.fixture
def read(tmp_path):
    def reader(*paths, lake="lake", **options):
        return read_bill(
            [str(p) for p in paths], tmp_path / lake, tag_keys=bills.TAG_KEYS, **options
        )

    return reader


@pytest.fixture
def parquet(small_bill, tmp_path):
    path = tmp_path / "legacy-00001.parquet"
    small_bill.to_parquet(path)
    return path


def test_read_bill_every_line_type_counts_on_both_bases(read, parquet):
    bill = read(parquet)
    found = bill.totals.iloc[0]
    assert found["billed"] == pytest.approx(bills.BILLED)
    assert found["effective"] == pytest.approx(bills.EFFECTIVE)
    assert (bill.currency, bill.accounts, bill.months) == ("USD", ("111", "222"), ("2026-10",))


@pytest.mark.parametrize("name", RENDERINGS)
def test_read_bill_same_bill_in_another_schema_has_the_same_totals(
    read, parquet, small_bill, tmp_path, name
):
    expected = bills.totals(read(parquet).folder)
    other = read(RENDERINGS[name](small_bill, tmp_path / name), lake="other")
    for dimension, table in bills.totals(other.folder).items():
        pd.testing.assert_frame_equal(table, expected[dimension], obj=dimension)


def test_read_bill_focus_rendering_has_the_same_totals(read, parquet, tmp_path):
    lake = read(parquet).folder
    other = read(bills.as_focus(lake, tmp_path / "focus.csv"), lake="other")
    for dimension, table in bills.totals(other.folder).items():
        pd.testing.assert_frame_equal(table, bills.totals(lake)[dimension], obj=dimension)


@pytest.mark.skipif(not bills.REAL_CUR.exists(), reason="the real 2018 bill is not on this machine")
def test_read_bill_real_bill_ties_to_the_cent(read):
    found = read(bills.REAL_CUR).totals.set_index("month")
    assert found.loc["2018-10", ["billed", "effective"]].to_list() == pytest.approx(
        [4064.4831, 4195.9571], abs=5e-5
    )
    assert found.loc["2018-11", ["billed", "effective"]].to_list() == pytest.approx(
        [3505.3270, 3632.5598], abs=5e-5
    )


@pytest.mark.skipif(not bills.REAL_CUR.exists(), reason="the real 2018 bill is not on this machine")
def test_read_bill_real_bill_renderings_have_the_same_totals(read, tmp_path):
    november = next(bills.REAL_CUR.glob("Nov*"))
    lake = read(november).folder
    expected = bills.totals(lake)
    raw = pd.read_parquet(november)
    wanted = raw[[c for c in raw if not c.startswith("product_") or c in (
        "product_product_name", "product_region", "product_instance_type", "product_servicename")]]  # fmt: skip
    for name, render in (("real.csv", bills.as_legacy_csv), ("real.parquet", bills.as_cur2)):
        other = read(render(wanted, tmp_path / name), lake=f"lake-{name}")
        for dimension, table in bills.totals(other.folder).items():
            pd.testing.assert_frame_equal(table, expected[dimension], obj=f"{name} {dimension}")
    other = read(bills.as_focus(lake, tmp_path / "real-focus.csv"), lake="lake-focus")
    for dimension, table in bills.totals(other.folder).items():
        pd.testing.assert_frame_equal(table, expected[dimension], obj=f"focus {dimension}")


@pytest.mark.skipif(
    not (bills.SHARED / "focus_1_0").exists(), reason="the FOCUS sample is not on this machine"
)
def test_read_bill_focus_sample_loads_with_its_dirt_counted(read):
    bill = read(bills.SHARED / "focus_1_0")
    counted = dict(zip(bill.repairs["what"], bill.repairs["rows"], strict=True))
    assert counted["ChargeFrequency spelled otherwise than the specification does"] == 7
    assert counted["ContractedCost missing"] == 7
    assert counted["stray column Id left out"] == 1000
    spelled = duckdb.sql(
        f"SELECT DISTINCT ChargeFrequency AS f FROM read_parquet('{bill.folder}/*/*.parquet') ORDER BY f"
    ).df()
    assert set(spelled["f"]) <= {"One-Time", "Recurring", "Usage-Based"}


def test_read_bill_names_of_people_are_dropped_unless_asked_for(read, parquet):
    tags = (
        "SELECT DISTINCT unnest(map_keys(Tags)) AS k FROM read_parquet('{}/*/*.parquet') ORDER BY k"
    )
    assert list(duckdb.sql(tags.format(read(parquet).folder)).df()["k"]) == ["cost_center", "team"]
    kept = read(parquet, lake="kept", keep_created_by=True).folder
    assert "aws_created_by" in list(duckdb.sql(tags.format(kept)).df()["k"])


def test_read_bill_columns_that_come_and_go_between_months_are_no_obstacle(
    read, small_bill, tmp_path
):
    november = small_bill.drop(
        columns=["savings_plan_used_commitment", "reservation_reservation_a_r_n"]
    )
    november = november[
        ~november["line_item_line_item_type"].isin(["SavingsPlanRecurringFee", "Fee"])
    ]
    november = november.replace({"2026-10": "2026-11"}, regex=True)
    small_bill.to_parquet(tmp_path / "october-00001.parquet")
    november.to_parquet(tmp_path / "november-00001.parquet")
    assert read(tmp_path).months == ("2026-10", "2026-11")


def test_read_bill_unchanged_export_is_not_read_again(read, parquet, monkeypatch):
    first = read(parquet)
    before = {p: p.stat().st_mtime_ns for p in first.folder.rglob("*.parquet")}
    monkeypatch.setattr(
        "finops_lib.sources.billing.read.convert", lambda *_: pytest.fail("read again")
    )
    second = read(parquet)
    assert {p: p.stat().st_mtime_ns for p in second.folder.rglob("*.parquet")} == before
    pd.testing.assert_frame_equal(first.totals, second.totals)


def test_read_bill_newer_delivery_of_the_same_days_replaces_and_never_adds(
    read, small_bill, tmp_path
):
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    small_bill.assign(line_item_unblended_cost=1.0).to_parquet(old)
    small_bill.to_parquet(new)
    os.utime(old, (1_000_000, 1_000_000))
    bill = read(old, new)
    assert bill.totals["billed"].iloc[0] == pytest.approx(bills.BILLED)
    assert (
        bill.repairs["what"].str.contains("left out: a newer one covers the same days").sum() == 1
    )


def test_read_bill_part_files_of_one_delivery_are_added(read, small_bill, tmp_path):
    small_bill.iloc[:7].to_parquet(tmp_path / "report-00001.parquet")
    small_bill.iloc[7:].to_parquet(tmp_path / "report-00002.parquet")
    assert read(tmp_path).totals["billed"].iloc[0] == pytest.approx(bills.BILLED)


def test_read_bill_line_items_delivered_twice_count_once_and_are_told(read, small_bill, tmp_path):
    pd.concat([small_bill, small_bill.iloc[:4]]).to_parquet(tmp_path / "twice.parquet")
    bill = read(tmp_path / "twice.parquet")
    assert bill.totals["billed"].iloc[0] == pytest.approx(bills.BILLED)
    told = bill.repairs.set_index("what")["rows"]
    assert told["line items delivered twice, one of each kept"] == 4


def cut(path: Path, share: float = 0.6) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


@pytest.mark.parametrize("name", ["cut.parquet", "cut.csv.gz", "cut.zip"])
def test_read_bill_cut_off_file_is_refused_whole(read, small_bill, tmp_path, name):
    render = {"cut.parquet": bills.as_cur2, "cut.csv.gz": bills.as_gzip, "cut.zip": bills.as_zip}[
        name
    ]
    with pytest.raises(BillingError, match="again"):
        read(cut(render(small_bill, tmp_path / name)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("name,age\nx,3\n", "not a bill that is known"),
        ("lineItem/UnblendedCost,lineItem/LineItemType\n1,Usage\n", "lacks the column"),
    ],
)
def test_read_bill_file_that_is_no_bill_says_what_is_wrong(read, tmp_path, content, words):
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(BillingError, match=words):
        read(tmp_path / "x.csv")


def test_read_bill_mixed_currencies_are_refused_by_name(read, small_bill, tmp_path):
    small_bill.assign(line_item_currency_code=["USD", "EUR"] * 7 + ["USD"]).to_parquet(
        tmp_path / "x.parquet"
    )
    with pytest.raises(BillingError, match="EUR and USD"):
        read(tmp_path / "x.parquet")


def test_read_bill_amount_that_is_no_number_is_refused(read, small_bill, tmp_path):
    small_bill.assign(line_item_unblended_cost="ten").to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(BillingError, match="not what its column must hold"):
        read(tmp_path / "x.csv")


def test_read_bill_nothing_at_the_path_says_what_to_name(read, tmp_path):
    with pytest.raises(BillingError, match="No billing export at"):
        read(tmp_path / "nothing" / "*.parquet")


def test_read_bill_failure_leaves_the_lake_of_before(read, parquet, small_bill, tmp_path):
    first = read(parquet)
    shutil.copy(parquet, tmp_path / "second.parquet")
    cut(tmp_path / "second.parquet")
    with pytest.raises(BillingError):
        read(parquet, tmp_path / "second.parquet")
    again = read(parquet)
    pd.testing.assert_frame_equal(again.totals, first.totals)


def test_read_bill_line_type_nobody_documented_is_kept_and_counted(read, small_bill, tmp_path):
    odd = small_bill.assign(
        line_item_line_item_type=["Mystery", *small_bill["line_item_line_item_type"][1:]]
    )
    odd.to_parquet(tmp_path / "x.parquet")
    bill = read(tmp_path / "x.parquet")
    assert bill.totals["billed"].iloc[0] == pytest.approx(bills.BILLED)
    assert bill.repairs["rows"].to_list() == [1]
