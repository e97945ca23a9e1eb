import re
from datetime import date

import pytest

from finops_lib.params import load_params
from finops_lib.plans.review import read_plan
from finops_lib.present import HEADLESS
from finops_lib.widgets import explore_spend, review_findings, try_scenario
from finops_lib.widgets.choice import Choice, chosen_spend, dimensions, months, names
from finops_lib.widgets.scenario import scenario_savings


def controls(widget):
    """Every control under the widget by its description."""
    found = {getattr(widget, "description", ""): widget}
    for child in getattr(widget, "children", ()):
        found |= controls(child)
    return found


@pytest.mark.parametrize("explorer", [explore_spend, review_findings, try_scenario])
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
    found["Save"].click()
    saved = load_params(path)
    assert saved.plan.min_monthly_saving == 20.0
    careful = scenario_savings(book, saved)["net"].iloc[-1]
    assert 0 < careful < book.waterfall()["net"].iloc[-1]
