import re
from datetime import date

import pytest

from finops_lib.params import load_params
from finops_lib.phases import allocation
from finops_lib.plans.review import read_plan
from finops_lib.present import HEADLESS
from finops_lib.widgets import (
    explore_allocation,
    explore_commitments,
    explore_spend,
    review_findings,
    try_scenario,
)
from finops_lib.widgets.allocation import SIDES, team_cost
from finops_lib.widgets.choice import Choice, chosen_spend, dimensions, months, names
from finops_lib.widgets.scenario import scenario_savings


def controls(widget):
    """Every control under the widget by its description."""
    found = {getattr(widget, "description", ""): widget}
    for child in getattr(widget, "children", ()):
        found |= controls(child)
    return found


EXPLORERS = [
    explore_allocation,
    explore_commitments,
    explore_spend,
    review_findings,
    try_scenario,
]


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_explorers_make_nothing_where_nobody_is_there(book, monkeypatch, explorer):
    monkeypatch.setenv(HEADLESS, "1")
    assert explorer(book) is None


def test_chosen_spend_is_what_the_static_cell_shows(book):
    chosen = chosen_spend(book, Choice(months(book)[0]))
    assert chosen.equals(book.spend("service", 10))


def test_chosen_spend_within_one_service_adds_up_to_its_row(book):
    month = months(book)[0]
    services = chosen_spend(book, Choice(month)).set_index("name")["effective_cost"]
    name = services.index[0]
    choice = Choice(month, dimension="usage_type", within="service", name=name, top_n=3)
    assert chosen_spend(book, choice)["effective_cost"].sum() == pytest.approx(services[name])
    assert name in names(book, choice)


def test_dimensions_are_those_that_the_bill_has(book):
    assert {"service", "team"} <= set(dimensions(book))
    assert all(book.has(name) for name in dimensions(book))


def test_explore_spend_redraws_on_every_control(book, somebody):
    explorer = explore_spend(book)
    shown, found = explorer.children[1], controls(explorer)
    found["Within"].value = "service"
    titles = [title(shown)]
    for name, value in (
        ("Group by", "team"),
        ("Month", months(book)[1]),
        ("Only", "Amazon AmazonEC2"),
    ):
        found[name].value = value
        titles.append(title(shown))
    assert len(set(titles)) == 4
    assert titles[-1].startswith(f"Amazon AmazonEC2 by team, {months(book)[1]}: $")
    found["Only"].value = "everything"
    found["Group by"].value = "service"
    rows = shown.value.count("<tr>")
    found["Rows"].value = 1
    assert shown.value.count("<tr>") < rows


def title(shown):
    return re.search(r"<figcaption>(.*?)</figcaption>", shown.value)[1]


def test_review_findings_writes_each_decision_into_the_plan_file(book, somebody, tmp_path):
    path = tmp_path / "plan.yaml"
    found = controls(review_findings(book, str(path)))
    first = found["Finding"].value
    found["Accept"].click()
    found["Finding"].value = second = found["Finding"].options[1][1]
    found["Dismiss"].click()
    assert read_status(path, second) == ("proposed", None)
    found["Reason"].value, found["Until"].value = "seasonal", date(2027, 1, 31)
    found["Dismiss"].click()
    assert read_status(path, first) == ("approved", None)
    assert read_status(path, second) == ("dismissed", "seasonal (until 2027-01-31)")
    again = controls(review_findings(book, str(path)))
    again["Owner"].value = "ana"
    again["Assign"].click()
    assert read_status(path, second) == ("dismissed", "seasonal (until 2027-01-31)")


def read_status(path, finding_id):
    step = next(s for s in read_plan(path)["steps"] if s["finding_id"] == finding_id)
    return step["status"], step["note"]


def test_try_scenario_saves_parameters_that_give_the_saving_it_showed(book, somebody, tmp_path):
    path = tmp_path / "careful.yaml"
    explorer = try_scenario(book, str(path))
    found = controls(explorer)
    before = explorer.children[1].value
    found["At least"].value = 20.0
    assert explorer.children[1].value != before
    found["Save the scenario"].click()
    saved = load_params(path)
    assert saved.plan.min_monthly_saving == 20.0
    careful = scenario_savings(book, saved)["net"].iloc[-1]
    assert 0 < careful < book.waterfall()["net"].iloc[-1]


def test_explorers_name_every_control_once(book, somebody, tmp_path):
    found = [name for explorer in EXPLORERS for name in labels(made(explorer, book, tmp_path))]
    assert all(found)
    assert sorted(found) == sorted(set(found))


def made(explorer, book, folder):
    files = {review_findings: "plan.yaml", try_scenario: "s.yaml", explore_commitments: "s.yaml"}
    return explorer(book, str(folder / files[explorer])) if explorer in files else explorer(book)


def labels(widget):
    """What a screen reader says of each control; containers and what they show are none."""
    own = [] if type(widget).__name__ in ("VBox", "HBox", "HTML") else [widget.description]
    return own + [name for child in getattr(widget, "children", ()) for name in labels(child)]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("team", ["a", "Unallocated"])
def test_team_cost_adds_up_to_what_the_team_pays_or_owns(book, team, side):
    owned = allocation.owned_charges(book)
    statement = allocation.statements(book, owned).set_index("team").loc[team]
    rows = team_cost(book, owned, team, side)
    own = owned[owned["team"].fillna("Unallocated").eq(team) & owned["pool"].isna()]
    whole = own["EffectiveCost"].sum() if SIDES[side] else statement["total"]
    assert rows["cost"].sum() == pytest.approx(whole)
    assert list(rows.columns) == ["name", "cost", "share"]


def test_explore_allocation_goes_down_from_every_team_to_one_team_s_resources(book, somebody):
    explorer = explore_allocation(book)
    shown, found = explorer.children[1], controls(explorer)
    titles = [title(shown)]
    for name, value in (
        ("Team", "a"),
        ("Told by", "resource"),
        ("Cost basis", "billed"),
        ("Statement of", "2026-09"),
    ):
        found[name].value = value
        titles.append(title(shown))
    assert titles[0] == "What each team pays, 2026-10"
    assert titles[1].startswith("a by line of the statement, 2026-10: $")
    assert titles[4].startswith("a by resource, 2026-09: $")
    assert len(set(titles)) >= 4
    found["Team"].value = "every team"
    assert title(shown) == "What each team pays, 2026-09"


def test_explore_commitments_saves_the_terms_that_it_showed_and_keeps_the_plan(
    book, somebody, tmp_path
):
    path = tmp_path / "scenario.yaml"
    careful = controls(try_scenario(book, str(path)))
    careful["At least"].value = 20.0
    careful["Save the scenario"].click()
    explorer = explore_commitments(book, str(path))
    before, found = explorer.children[1].value, controls(explorer)
    found["Term"].value = "three years"
    found["Demand may fall by %"].value = 40
    found["Save the purchases"].click()
    assert before.startswith('<div class="fo-say')
    saved = load_params(path)
    assert saved.plan.min_monthly_saving == 20.0
    assert saved.commitments.years == (3,)
    assert saved.commitments.demand_factors[0] == pytest.approx(0.6)
