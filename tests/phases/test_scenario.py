"""A scenario that was saved as a parameter file is reproduced by a run on it, to the cent."""

import pytest
from bills import as_legacy_csv, hourly_machines

from finops_lib.collect import collect
from finops_lib.params import load_params, save_params
from finops_lib.phases import commitments, plan
from finops_lib.schema import ESTATE_TABLES, GAPS, rows
from finops_lib.sources.store import write_estate
from finops_lib.widgets.scenario import scenario_savings
from finops_lib.workbook import open_workbook

IDLE = [
    {"account_id": "111", "region": "us-east-1", "resource_id": f"eipalloc-{name}", "tags": {"team": name}}
    for name in "ab"
]  # fmt: skip
RATES = [
    {"product": "ec2_instance_plan", "family": "m5", "years": years, "price_share": share,
     "priced_at": "2026-10-01"}
    for years, share in ((1, 0.63), (3, 0.43))
]  # fmt: skip
SCENARIOS = {
    "as it is": {},
    "another term": {"commitments.years": [3]},
    "other demand": {"commitments.demand_factors": [0.5, 0.9, 1.4]},
    "no commitments": {"commitments.products": []},
    "an excluded team": {"plan.excluded_teams": ["a"]},
    "small savings left alone": {"plan.min_monthly_saving": 1000.0},
}


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """An Estate with usage that a plan covers and two idle addresses, and what it was read with."""
    folder = tmp_path_factory.mktemp("scenario")
    path = as_legacy_csv(hourly_machines("2026-10", 10, 0), folder / "bill.csv")
    params = load_params(
        None, {"source.billing": [str(path)], "source.account": False, "month": "2026-10",
               "commitments.rate_card": RATES}
    )  # fmt: skip
    estate = collect(params, folder / "read", cache=folder / "cache", now=params.as_of or _now(),
                     progress=lambda *_: None)  # fmt: skip
    tables = {"addresses": rows(ESTATE_TABLES["addresses"], IDLE), "gaps": GAPS.empty()}
    return write_estate(estate.with_tables(tables), folder / "run" / "estate"), params


def _now():
    return load_params(None, {"as_of": "2026-11-02"}).as_of


def figures(book):
    found = commitments.advise(book)
    landed = commitments.landing(book, found).set_index("category")[["naive", "net", "remaining"]]
    return {
        **landed.stack().to_dict(),
        "plan": plan.saving(book),
        "net": plan.returns(book)["net"].tolist(),
        "band": commitments.landing(book, found)[["net_low", "net_high"]].to_numpy().tolist(),
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_saved_scenario_is_reproduced_by_a_headless_run_to_the_cent(read, tmp_path, name):
    estate, params = read
    path = tmp_path / "scenario.yaml"
    chosen = load_params(_saved(params, tmp_path), SCENARIOS[name])
    interactive = open_workbook(str(estate.folder), str(_saved(params, tmp_path)))
    tried = scenario_savings(interactive, chosen)
    save_params(chosen, path)
    headless = open_workbook(str(estate.folder), str(path))
    assert headless.params == chosen
    assert headless.waterfall()["net"].tolist() == tried["net"].tolist()
    assert figures(headless) == figures(type(headless)(estate, chosen))


def test_scenarios_differ_where_they_should(read):
    estate, params = read
    book = open_workbook(str(estate.folder))
    base = figures(type(book)(estate, params))
    for name, given in SCENARIOS.items():
        changed = figures(type(book)(estate, params.model_copy(update=_updates(params, given))))
        assert (changed == base) == (name == "as it is"), name


def _saved(params, folder):
    path = folder / "base.yaml"
    save_params(params, path)
    return path


def _updates(params, given):
    full = load_params(None, {"commitments.rate_card": RATES, **given})
    return {"commitments": full.commitments, "plan": full.plan} if given else {}
