import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from nbformat import from_dict, v4

from finops_lib.export.html import ReportExporter, title_of


@pytest.fixture(scope="module")
def page(executed, cover):
    return ReportExporter(cover, "01_visibility").from_notebook_node(executed)[0]


def export(notebook, cover):
    return ReportExporter(cover, "n").from_notebook_node(notebook)[0]


def test_report_asks_nothing_of_the_network(page):
    addresses = set(re.findall(r"https?://[^\"'\s<>)]+", page))
    assert addresses <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=\"(?!data:)", page)


def test_report_title_page_names_whose_bill_it_is_of_when_and_what_is_unread(page):
    for shown in ("<h1>What do we spend?</h1>", "<dd>October 2026</dd>", "<dd>2026-11-03 UTC</dd>",
                  "<dd>123456789012</dd>", "<dd>Effective (amortized), USD</dd>", "The data are synthetic.",
                  "1 thing could not be read", "access denied"):  # fmt: skip
        assert shown in page


def test_report_contents_link_to_headings_that_are_there(page):
    links = re.findall(r'<a href="#([^"]+)">', page.split('class="toc')[1].split("</nav>")[0])
    assert links == ["the-headline", "where-does-it-go", "resources"]
    assert all(f'id="{link}"' in page for link in links)


def test_report_every_figure_has_its_description_and_ids_of_its_own(
    page, notebook, cover, executed
):
    figure = executed.cells[6].outputs[0]
    twice = v4.new_notebook(cells=[v4.new_code_cell("x", outputs=[figure, figure])])
    html = export(twice, cover)
    assert html.count('role="img" aria-label="Bars rise from 15 to 25 dollars."') == 2
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_report_figures_follow_the_page_into_the_dark(page):
    assert "fill: var(--fo-s1)" in page
    assert "fill: #10263f" not in page


def test_report_dollars_in_markdown_stay_dollars(page):
    assert "<p>The bill costs $5 and <strong>then</strong> $6.</p>" in page


def test_report_code_is_there_and_closed(page):
    assert page.count('<details class="code">') == 4
    assert '<details class="code" open' not in page


def test_report_same_notebook_gives_the_same_bytes(executed, cover, page):
    assert export(executed, cover).replace(">n<", "") == export(executed, cover).replace(">n<", "")
    later = replace(cover, provenance={"Made": "2026-12-01T06:00:00 UTC"})
    body, other = (
        ReportExporter(c, "01_visibility").from_notebook_node(executed)[0].split("<footer")[0]
        for c in (cover, later)
    )
    assert body == other


def test_report_does_not_change_the_notebook_it_is_given(executed, cover):
    before = repr(executed)
    export(executed, cover)
    assert repr(executed) == before


def test_report_of_a_failed_notebook_says_so_in_words(notebook, cover):
    failed = notebook("# Q")
    failed.metadata["finops"] = {"error": "x.csv is cut off <b>."}
    assert "<strong>This report is incomplete.</strong> x.csv is cut off &lt;b&gt;." in export(failed, cover)  # fmt: skip


def test_report_hides_what_papermill_adds_and_tells_the_parameters_at_the_end(notebook, cover):
    made = notebook("# Q", ("# Parameters\nestate = '/outputs/run-1'", "injected-parameters"))
    made.metadata["papermill"] = {"parameters": {"estate": "/outputs/run-1", "top_n": 7}}
    body, _, provenance = export(made, cover).partition("<footer")
    assert "run-1" not in body
    assert "<dd>top_n = 7</dd>" in provenance
    assert "run-1" not in provenance


def test_report_leaves_what_the_speaker_says_to_the_slides(page):
    assert "Say that compute leads." not in page


def test_report_widgets_and_scripts_of_a_notebook_never_go_in(cover):
    output = from_dict({
        "output_type": "display_data", "metadata": {},
        "data": {"application/javascript": "alert(1)", "application/vnd.jupyter.widget-view+json": {}, "text/plain": "a slider"},
    })  # fmt: skip
    html = export(v4.new_notebook(cells=[v4.new_code_cell("x", outputs=[output])]), cover)
    assert "alert(1)" not in html
    assert "a slider" in html


def test_report_is_well_formed(page):
    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag not in {"meta", "br", "img", "input", "hr"}:
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Balanced()
    parser.feed(page)
    assert parser.open == []


def test_report_is_small(page):
    assert len(page.encode()) < 100_000


def test_title_of_is_the_question_that_the_notebook_answers(executed):
    assert title_of(executed) == "What do we spend?"


def test_report_names_what_lacks_for_one_reason_on_one_line(notebook, cover):
    gaps = ("volumes: Denied.", "images: Denied.", "metrics: No answer (1, us-east-1)")
    page = export(notebook("# Q"), replace(cover, gaps=gaps))
    assert "<li>volumes, images: Denied.</li>" in page
    assert "<li>metrics: No answer (1, us-east-1)</li>" in page
    assert "3 things could not be read" in page
