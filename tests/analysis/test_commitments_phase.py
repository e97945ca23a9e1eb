"""The phase on a whole bill: what the notebook shows of commitments, from the lake on."""

from datetime import datetime

import pytest
from bills import REAL_CUR

from finops_lib.analysis.commitments import recommend
from finops_lib.engine.connect import connect, line_items
from finops_lib.engine.cube import build_cube
from finops_lib.estate import Estate
from finops_lib.params import Engine, Params
from finops_lib.params.commitments import Commitments, Rate
from finops_lib.period import Period
from finops_lib.phases import commitments
from finops_lib.sources.billing.read import read_bill
from finops_lib.sources.prices import book as price_book
from finops_lib.workbook import Workbook

CARD = (
    Rate(product="ec2_standard", family="m5", price_share=0.63, priced_at="2018-11-01"),
    Rate(product="compute_plan", family="*", price_share=0.73, priced_at="2018-11-01"),
)


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    if not REAL_CUR.is_dir():
        pytest.skip("the 2018 bill is not beside the repository (../shared/data/aws_cur_legacy)")
    folder = tmp_path_factory.mktemp("estate")
    read_bill([str(REAL_CUR)], folder / "costs", tag_keys={})
    build_cube(line_items(connect(Engine()), folder / "costs"), folder / "daily_cube.parquet")
    empty = Estate(datetime(2018, 12, 1), Period.month("2018-11"), ("836060457634",), "USD", folder)
    return empty.with_tables({"prices": price_book()})


def workbook(estate, *card):
    return Workbook(estate, Params(commitments=Commitments(rate_card=card)))


def test_existing_of_november_2018_is_the_unused_c4_large(estate):
    wasted = commitments.existing(workbook(estate)).query("unused_cost > 0")
    assert wasted[["covers", "fee_rows"]].to_numpy().tolist() == [["c4.large", 1]]
    assert wasted["unused_cost"].tolist() == pytest.approx([43.21643836])


def test_advise_without_any_rate_buys_nothing_and_names_what_is_unpriced(estate):
    book = workbook(estate)
    found = commitments.advise(book)
    assert recommend.purchases(found.advice).empty
    assert len(recommend.unpriced(found.advice)) > 0
    landed = commitments.landing(book, found).set_index("category")
    assert landed.loc["commit", "net"] == 0.0


def test_advise_with_a_rate_card_saves_no_more_than_is_used_and_ties(estate):
    book = workbook(estate, *CARD)
    found = commitments.advise(book)
    table = recommend.purchases(found.advice)
    stages = commitments.stages(found).query("pool == 'compute'").set_index("stage")
    assert set(table["rate_source"]) == {"rate_card"}
    assert 0 < table["monthly_saving"].sum() < stages.loc["after_plan", "on_demand"]
    bill = stages["on_demand"] + stages["new_cost"]
    saved = bill["after_plan"] - bill["after_purchases"]
    assert table["monthly_saving"].sum() == pytest.approx(saved)
    landed = commitments.landing(book, found).set_index("category")
    assert landed.loc["commit", "net"] == pytest.approx(saved)
    assert landed.loc["total", "remaining"] == pytest.approx(
        book.cost() - landed.loc["total", "net"]
    )


def test_full_plan_lists_every_purchase_once_and_sums_to_the_landing(estate):
    book = workbook(estate, *CARD)
    found = commitments.advise(book)
    plan = commitments.full_plan(book, found)
    bought = plan[plan["category"] == "commit"]
    assert len(bought) == len(commitments.purchases(found)) > 0
    landed = commitments.landing(book, found).set_index("category")
    assert bought["monthly_saving"].sum() == pytest.approx(landed.loc["commit", "net"])
    assert set(bought["account_id"]) == {"836060457634"}
