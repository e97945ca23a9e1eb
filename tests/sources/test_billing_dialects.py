"""One bill in the spellings, parts and forms in which other tools and providers hand it on."""

import json
import os
import zipfile

import bills
import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from finops_lib.errors import BillingError
from finops_lib.sources.billing import read_bill

LEGACY = bills.small_bill().rename(columns=bills.legacy_name)
TIMES = ["ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd"]


@pytest.fixture
def read(tmp_path):
    """Reads what lies in the folder `export`; the lake is beside it."""

    def reader(**options):
        given = {"tag_keys": bills.TAG_KEYS, **options}
        return read_bill([str(tmp_path / "export")], tmp_path / "lake", **given)

    (tmp_path / "export").mkdir()
    return reader


@pytest.fixture
def folder(read, tmp_path):
    return tmp_path / "export"


@pytest.fixture(scope="module")
def focus(tmp_path_factory):
    """The small bill as a FOCUS export, every value a text."""
    place = tmp_path_factory.mktemp("focus")
    bill = bills.as_legacy_csv(bills.small_bill(), place / "bill.csv")
    read_bill([str(bill)], place / "lake", tag_keys=bills.TAG_KEYS)
    path = bills.as_focus(place / "lake", place / "focus.csv")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def cur2(tmp_path_factory):
    """The small bill as CUR 2.0, its maps as lists of pairs."""
    path = bills.as_cur2(bills.small_bill(), tmp_path_factory.mktemp("cur2") / "bill.parquet")
    return pq.read_table(path).to_pandas()


def by_team(bill):
    rows = f"read_parquet('{bill.folder}/*/*.parquet', hive_partitioning=false, union_by_name=true)"
    found = duckdb.sql(
        f"SELECT x_tag_team, sum(BilledCost) FROM {rows} WHERE x_tag_team IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    return dict(found.fetchall())


def assert_whole(bill):
    assert bill.totals["billed"].sum() == pytest.approx(bills.BILLED)
    assert bill.totals["effective"].sum() == pytest.approx(bills.EFFECTIVE)
    assert by_team(bill) == pytest.approx({"a": 9.25, "b": 0.0})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_read_bill_csv_with_another_delimiter_or_a_byte_order_mark(read, folder, delimiter, start):
    (folder / "bill.csv").write_text(start + LEGACY.to_csv(index=False, sep=delimiter))
    assert_whole(read())


def test_read_bill_parts_that_are_counted_from_one_belong_together(read, folder):
    LEGACY.iloc[:8].to_csv(folder / "report-1.csv.gz", index=False)
    LEGACY.iloc[8:].to_csv(folder / "report-2.csv.gz", index=False)
    assert_whole(read())


def test_read_bill_zip_made_on_a_mac_has_its_parts_and_not_its_shadows(read, folder):
    with zipfile.ZipFile(folder / "bill.zip", "w") as archive:
        archive.writestr("x/report-1.csv", LEGACY.iloc[:8].to_csv(index=False))
        archive.writestr("x/report-2.csv", LEGACY.iloc[8:].to_csv(index=False))
        archive.writestr("__MACOSX/x/._report-1.csv", "no csv")
    assert_whole(read())


def test_read_bill_snapshots_named_by_their_day_replace_each_other(read, folder, focus):
    focus.iloc[:9].to_csv(folder / "export-20261020.csv", index=False)
    focus.to_csv(folder / "export-20261101.csv", index=False)
    os.utime(folder / "export-20261020.csv", (1_000_000, 1_000_000))
    bill = read()
    assert_whole(bill)
    assert bill.repairs["what"].str.contains("left out: a newer one").sum() == 1


def test_read_bill_exports_of_one_account_each_are_added(read, folder, focus):
    for account, rows in focus.groupby("SubAccountId"):
        (folder / account).mkdir()
        rows.to_csv(folder / account / "export.csv", index=False)
    assert_whole(read())


def test_read_bill_exports_that_overlap_in_part_are_refused_with_their_days(read, folder, focus):
    day = focus["ChargePeriodStart"].str[:10]
    focus[day <= "2026-10-02"].to_csv(folder / "old.csv", index=False)
    focus[day >= "2026-10-02"].to_csv(folder / "new.csv", index=False)
    with pytest.raises(BillingError, match=r"2026-10-01 to 2026-10-02.* overlap.*one whole export"):
        read()


def test_read_bill_file_with_a_header_alone_is_told_beside_one_with_rows(read, folder):
    LEGACY.to_csv(folder / "october.csv", index=False)
    LEGACY.iloc[:0].to_csv(folder / "november.csv", index=False)
    bill = read()
    assert_whole(bill)
    assert "delivery with a header and no rows" in set(bill.repairs["what"])


def test_read_bill_of_headers_alone_is_refused(read, folder):
    LEGACY.iloc[:0].to_csv(folder / "november.csv", index=False)
    with pytest.raises(BillingError, match="a header and no rows"):
        read()


MAPS = {
    "JSON": lambda pairs: json.dumps(dict(pairs)),
    "tuples": lambda pairs: str([tuple(pair) for pair in pairs]),
    "Athena": lambda pairs: "{" + ", ".join(f"{k}={v}" for k, v in pairs) + "}",
    "JSON list": lambda pairs: json.dumps([{"key": k, "value": v} for k, v in pairs]),
    "both spellings": lambda pairs: json.dumps(
        {**dict(pairs), **{k.replace("user_", "user:"): "other" for k, _ in pairs}}
    ),
}


@pytest.mark.parametrize("form", MAPS)
def test_read_bill_maps_in_every_written_form(read, folder, cur2, form):
    written = {name: cur2[name].map(MAPS[form]) for name in ("resource_tags", "product")}
    cur2.assign(**written).to_csv(folder / "bill.csv", index=False)
    assert_whole(read())


def test_read_bill_maps_as_lists_of_records_in_parquet(read, folder, cur2):
    written = {
        name: cur2[name].map(lambda pairs: [{"key": k, "value": v} for k, v in pairs])
        for name in ("resource_tags", "product")
    }
    cur2.assign(**written).to_parquet(folder / "bill.parquet")
    assert_whole(read())


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_read_bill_tag_keys_that_differ_in_capitals_alone_are_one_key(read, folder, kind):
    if kind == "csv":
        twins = LEGACY.assign(**{"resourceTags/user:Team": LEGACY["resourceTags/user:team"], "resourceTags/user:team": ""})  # fmt: skip
        twins.to_csv(folder / "bill.csv", index=False)
    else:
        bill = bills.small_bill()
        twins = bill.assign(resource_tags_user_Team=bill["resource_tags_user_team"], resource_tags_user_team="")  # fmt: skip
        twins.to_parquet(folder / "bill.parquet")
    assert_whole(read())


@pytest.mark.parametrize("capitals", [str.upper, str.lower])
def test_read_bill_focus_columns_in_other_capitals(read, folder, focus, capitals):
    focus.rename(columns=lambda c: c if c.startswith("x_") else capitals(c)).to_csv(
        folder / "bill.csv", index=False
    )
    assert_whole(read())


def test_read_bill_focus_as_azure_writes_it(read, folder, focus):
    short = {name: pd.to_datetime(focus[name]).dt.strftime("%Y-%m-%dT%H:%MZ") for name in TIMES}
    account = "/providers/Microsoft.Billing/billingAccounts/12:34_2019-05-31"
    bare = focus["Tags"].str.strip("{}")
    focus.assign(Tags=bare, BillingAccountId=account, ProviderName="Microsoft", **short).to_csv(
        folder / "bill.csv", index=False
    )
    assert_whole(read())


def test_read_bill_focus_as_google_writes_it(read, folder, focus):
    short = {
        name: pd.to_datetime(focus[name]).dt.strftime("%Y-%m-%d %H:%M:%S UTC") for name in TIMES
    }
    listed = focus["Tags"].map(lambda tags: MAPS["JSON list"](json.loads(tags).items()))
    focus.assign(Tags=listed, ProviderName="Google Cloud", **short).to_csv(
        folder / "bill.csv", index=False
    )
    assert_whole(read())


def test_read_bill_focus_row_without_its_billing_period_falls_into_its_charge_month(
    read, folder, focus
):
    focus.assign(BillingPeriodStart=focus["BillingPeriodStart"].where(focus.index > 0, "")).to_csv(
        folder / "bill.csv", index=False
    )
    bill = read()
    assert_whole(bill)
    assert bill.months == ("2026-10",)


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_read_bill_account_ids_as_numbers_have_their_twelve_digits(read, folder, kind):
    ids = bills.small_bill()["line_item_usage_account_id"].map({"111": 12345678901, "222": 7})
    bills.small_bill().assign(line_item_usage_account_id=ids.astype(kind)).to_parquet(
        folder / "bill.parquet"
    )
    assert read().accounts == ("000000000007", "012345678901")


@pytest.mark.parametrize("zone", ["UTC", None])
def test_read_bill_times_with_and_without_a_zone(read, folder, zone):
    bill = bills.small_bill()
    times = [name for name in bill if name.endswith(("start_date", "end_date"))]
    real = {n: pd.to_datetime(bill[n]).dt.tz_localize(None).dt.tz_localize(zone) for n in times}
    bill.assign(**real).to_parquet(folder / "bill.parquet")
    assert_whole(read())


def test_read_bill_without_the_columns_of_amortization_says_whose_effective_cost_is_unknown(
    read, folder
):
    gone = [n for n in bills.small_bill() if n.startswith(("reservation_", "savings_plan_"))]
    bills.small_bill().drop(columns=gone).to_parquet(folder / "bill.parquet")
    told = read().repairs["what"]
    assert told.str.contains("effective cost is unknown").sum() == 4


def test_read_bill_cost_categories_come_in_among_the_tags(read, folder):
    keys = {"team": [], "unit": ["costCategory/BusinessUnit"]}
    for name in ("costCategory/BusinessUnit", "cost_category_business_unit"):
        bills.small_bill().assign(**{name: "Ads"}).to_parquet(folder / "bill.parquet")
        bill = read(tag_keys=keys)
        rows = f"read_parquet('{bill.folder}/*/*.parquet', hive_partitioning=false)"
        assert duckdb.sql(f"SELECT DISTINCT x_tag_unit FROM {rows}").fetchall() == [("Ads",)]


def test_read_bill_cost_categories_of_cur_2_come_in_among_the_tags(read, folder, cur2):
    written = {name: cur2[name].map(MAPS["JSON"]) for name in ("resource_tags", "product")}
    cur2.assign(**written, cost_category='{"BusinessUnit": "Ads"}').to_csv(
        folder / "bill.csv", index=False
    )
    bill = read(tag_keys={"team": [], "unit": ["costCategory/BusinessUnit"]})
    assert_whole(bill)
    rows = f"read_parquet('{bill.folder}/*/*.parquet', hive_partitioning=false)"
    assert duckdb.sql(f"SELECT DISTINCT x_tag_unit FROM {rows}").fetchall() == [("Ads",)]


def test_read_bill_amount_that_is_not_a_number_is_refused_and_an_empty_one_told(read, folder):
    amounts = LEGACY["lineItem/UnblendedCost"].astype(str)
    for value, words in (("NaN", "is NaN or infinite"), ("inf", "is NaN or infinite")):
        broken = amounts.where(LEGACY.index > 0, value)
        LEGACY.assign(**{"lineItem/UnblendedCost": broken}).to_csv(folder / "bill.csv", index=False)
        with pytest.raises(BillingError, match=words):
            read()
    empty = amounts.where(LEGACY.index > 0, "")
    LEGACY.assign(**{"lineItem/UnblendedCost": empty}).to_csv(folder / "bill.csv", index=False)
    told = read().repairs.set_index("what")["rows"]
    assert told["line_item_unblended_cost missing, counted as zero"] == 1


def test_read_bill_a_currency_in_small_letters_is_the_same_currency(read, folder):
    codes = ["USD", "usd"] * 7 + ["USD"]
    LEGACY.assign(**{"lineItem/CurrencyCode": codes}).to_csv(folder / "bill.csv", index=False)
    bill = read()
    assert_whole(bill)
    assert bill.currency == "USD"


def test_read_bill_tags_that_are_no_map_are_refused_with_the_name_of_the_file(read, folder, focus):
    broken = focus["Tags"].where(focus.index != 9, "{broken")
    focus.assign(Tags=broken).to_csv(folder / "bill.csv", index=False)
    with pytest.raises(BillingError, match="bill: a column of tags or details holds no JSON"):
        read()


LAYOUTS = {
    "Spark": ("part-00000-3f2a-c000.csv", "part-00001-3f2a-c000.csv"),
    "Azure": ("part_0_0001.csv", "part_1_0001.csv"),
    "Athena": ("20261101_101010_00012_abcde_1f.csv", "20261101_101010_00012_abcde_2e.csv"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_read_bill_files_without_a_charge_in_common_are_added_whatever_their_names(
    read, folder, focus, layout
):
    for name, rows in zip(LAYOUTS[layout], (focus.iloc[:8], focus.iloc[8:]), strict=True):
        rows.to_csv(folder / name, index=False)
    assert_whole(read())


def test_read_bill_files_with_some_charges_in_common_are_refused(read, folder, focus):
    focus.iloc[:9].to_csv(folder / "a.csv", index=False)
    focus.iloc[7:].to_csv(folder / "b.csv", index=False)
    with pytest.raises(BillingError, match="charges in common"):
        read()


def test_read_bill_export_named_in_capitals_in_a_folder(read, folder):
    LEGACY.to_csv(folder / "BILL.CSV", index=False)
    assert_whole(read())
