import csv

import pytest
from looks import WIDTHS, beyond, on_each_other, sheets

from finops_lib.export.pdf import print_to_pdf

pytestmark = [
    pytest.mark.browser,
    # Playwright's own event loop leaves its transport to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PAGES = ("report", "slides", "index", "run")


def first_column(page):
    return page.locator(".fo-table tbody tr:visible td:first-child").all_inner_texts()


def costs(page):
    return page.locator(".fo-table tbody tr:visible td:last-child").all_inner_texts()


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_without_a_complaint_or_a_request(open_page, site, name):
    page = open_page(name)
    page.wait_for_timeout(200)
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith("data:")] == [(site / f"{name}.html").as_uri()]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_axe_finds_nothing(open_page, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(name, scheme)
    if name == "report":
        page.get_by_role("button", name="Code").click()
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found] == []


def test_report_figures_and_sections_are_named_for_those_who_listen(open_page):
    page = open_page("report")
    assert page.get_by_role("img", name="Bars rise from 15 to 25 dollars.").count() == 1
    assert page.get_by_role("navigation", name="Contents").count() == 1
    assert page.get_by_role("table", name="Most expensive resources").count() == 1


def test_report_table_is_sorted_by_a_click_with_the_unknown_last(open_page):
    page = open_page("report")
    heading = page.get_by_role("columnheader", name="Monthly cost")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert costs(page)[:2] == ["$29.00", "$28.00"]
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="Show all 30").click()
    assert costs(page)[:2] == ["$1.00", "$2.00"]
    assert costs(page)[-5:] == ["unknown"] * 5


def test_report_table_is_sorted_by_the_keyboard(open_page):
    page = open_page("report")
    page.get_by_role("columnheader", name="Resource ID").get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert first_column(page)[0] == "i-0abcdef29"


def test_report_table_shows_the_rows_with_all_words_of_the_filter(open_page):
    page = open_page("report")
    page.get_by_role("searchbox", name="Filter rows of Most expensive resources").fill("fraud ok")
    assert page.get_by_role("status").inner_text() == "10 of 30 rows"
    assert len(first_column(page)) == 10


def test_report_table_is_saved_as_csv_unrounded_with_empty_for_unknown(open_page, tmp_path):
    page = open_page("report")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save Most expensive resources as CSV").click()
    download.value.save_as(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert download.value.suggested_filename == "most-expensive-resources.csv"
    assert len(rows) == 30
    assert rows[0] == {"resource_id": "i-0abcdef00", "team": "search", "status": "waste", "monthly_cost": ""}  # fmt: skip
    assert rows[1]["monthly_cost"] == "7.0"


def test_report_code_is_one_click_away(open_page):
    page = open_page("report")
    code = page.locator("details.code pre").first
    assert not code.is_visible()
    button = page.get_by_role("button", name="Code")
    button.click()
    assert code.is_visible()
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert not code.is_visible()


def test_report_contents_lead_to_their_sections(open_page):
    page = open_page("report")
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Resources").click()
    page.wait_for_timeout(800)
    assert page.url.endswith("#resources")
    assert page.locator("#resources").bounding_box()["y"] < 900


def test_report_dark_and_light_change_the_page_and_its_figures(open_page):
    page = open_page("report")
    colors = """() => [getComputedStyle(document.body).backgroundColor,
                       getComputedStyle(document.querySelector(".fo-figure svg path")).fill]"""
    light = page.evaluate(colors)
    page.get_by_role("button", name="Dark / light").click()
    assert light == ["rgb(255, 255, 255)", "rgb(255, 255, 255)"]
    assert page.evaluate(colors) == ["rgb(18, 23, 28)", "rgb(18, 23, 28)"]


def test_report_on_paper_is_light_and_without_tools_or_code(open_page):
    page = open_page("report", scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".bar, .toc, details.code, .controls").locator("visible=true").count()


def test_report_on_paper_keeps_a_wide_table_on_the_sheet(open_page):
    page = open_page("wide", width=718)
    page.emulate_media(media="print")
    edges = page.eval_on_selector_all(
        "td", "all => all.map(td => td.getBoundingClientRect().right)"
    )
    assert len(edges) == 24
    assert max(edges) <= 718


@pytest.mark.parametrize("name", ["report", "index", "run", "wide"])
@pytest.mark.parametrize("width", WIDTHS)
def test_page_of_any_width_has_nothing_beyond_its_edge_and_no_text_on_another(
    open_page, name, width
):
    page = open_page(name, width=width)
    assert beyond(page) == []
    assert on_each_other(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_looks_find_a_text_on_another_and_one_beyond_the_edge(open_page):
    page = open_page("index", width=360)
    page.evaluate("""() => document.body.insertAdjacentHTML("beforeend",
        '<div style="position:relative"><b>under</b><b style="position:absolute;left:0">above</b>' +
        '<div style="width:900px">wide</div></div>')""")
    assert [set(pair.split(" | ")) for pair in on_each_other(page)] == [{"under", "above"}]
    assert any(text.endswith("wide") for text in beyond(page))


@pytest.mark.parametrize("name", ["report", "index", "run"])
def test_page_is_drawn_the_same_twice_and_otherwise_in_the_dark(open_page, name):
    pictures = [picture_of(open_page(name, scheme)) for scheme in ("light", "light", "dark")]
    assert pictures[0] == pictures[1] != pictures[2]


def picture_of(page):
    page.wait_for_timeout(400)
    return page.screenshot(full_page=True)


def test_summary_on_paper_is_what_is_no_detail_of_it(open_page):
    page = open_page("05_executive_summary")
    assert page.get_by_role("table", name="A detail").is_visible()
    page.emulate_media(media="print")
    assert not page.get_by_role("table", name="A detail").is_visible()
    left, right = (page.locator(".half").nth(place).bounding_box() for place in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]


def test_slides_go_on_by_the_keyboard_and_keep_their_notes_for_the_speaker(open_page):
    page = open_page("slides")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == 1
    assert page.locator("section.present h2").inner_text() == "The headline"
    assert page.evaluate("Reveal.getSlideNotes()") == "<p>Say that compute leads.</p>\n"
    assert not page.locator("aside.notes").locator("visible=true").count()


@pytest.mark.parametrize(
    ("name", "size", "pages"),
    [("report", (595, 842), 2), ("slides", (960, 540), 3), ("05_executive_summary", (595, 842), 1)],
)
def test_print_to_pdf_is_tagged_and_of_the_right_size(site, tmp_path, browser, name, size, pages):
    print_to_pdf(site / f"{name}.html", tmp_path / "p.pdf")
    data = (tmp_path / "p.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert b"/MarkInfo" in data
    assert sheets(data) == [size] * pages


def test_report_on_paper_turns_a_very_wide_table_and_breaks_no_heading_within_a_word(
    site, open_page, tmp_path
):
    print_to_pdf(site / "very_wide.html", tmp_path / "w.pdf")
    assert set(sheets((tmp_path / "w.pdf").read_bytes())) == {(595, 842), (842, 595)}
    page = open_page("very_wide", width=1008)
    page.emulate_media(media="print")
    sizes = page.eval_on_selector_all("thead th", "all => all.map(th => [th.scrollWidth - th.clientWidth, th.clientHeight])")  # fmt: skip
    assert len(sizes) == 12
    assert max(beyond for beyond, _ in sizes) <= 1
    assert max(height for _, height in sizes) < 80
