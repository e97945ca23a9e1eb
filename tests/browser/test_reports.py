"""The reports of the demo account as their readers open them, and once more from the same Estate."""

import re
import shutil
from html import unescape
from types import SimpleNamespace

import nbformat
import pytest
from layouts import over
from looks import beyond, on_each_other, sheets

from finops_lib import run as runs
from finops_lib.export.html import HIDDEN_TAGS
from finops_lib.export.pdf import print_to_pdf
from finops_lib.params import NOTEBOOKS
from finops_lib.run import make_report
from finops_lib.sources.store import read_estate

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PAGES = (*NOTEBOOKS, "statement_ml-platform", "index")


@pytest.fixture(scope="module")
def twice(demo_read, tmp_path_factory):
    """Two runs from one Estate: everything that follows the reading, done twice."""

    def kept_estate(params, staging, **_):
        staging.parent.mkdir(parents=True)
        shutil.copytree(demo_read.estate.folder, staging)
        return read_estate(staging)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "collect", kept_estate)
        yield [
            make_report(
                demo_read.params, tmp_path_factory.mktemp("outputs"), progress=lambda *_: None
            )[0]
            for _ in range(2)
        ]


@pytest.fixture(scope="module")
def folder(twice):
    return twice[0]


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}  # fmt: skip


def body(path):
    """The file without its provenance, which alone may differ."""
    data = path.read_bytes()
    if path.suffix not in (".html", ".md"):
        return data
    text = re.sub(r"<footer.*?</footer>", "", data.decode(), flags=re.DOTALL)
    text = re.sub(r'<aside class="notes"><p>Made: .*?</aside>', "", text, flags=re.DOTALL)
    return re.sub(r"<h2>Provenance</h2>.*?</dl>", "", text, flags=re.DOTALL).encode()


def test_same_estate_gives_the_same_files_to_the_byte(twice):
    first, second = map(files, twice)
    compared = {n for n in first if not n.startswith(("notebooks/", "estate/", "manifest", "params"))}  # fmt: skip
    assert set(first) == set(second)
    assert {"01_visibility.html", "index.html", "slides.html", "findings.parquet", "statements.csv"} <= compared  # fmt: skip
    assert len(compared) > 80
    assert [name for name in sorted(compared) if body(first[name]) != body(second[name])] == []


def test_executive_summary_on_paper_is_one_sheet_and_shows_the_month_and_the_decision(
    folder, tmp_path, browser
):
    print_to_pdf(folder / "05_executive_summary.html", tmp_path / "p.pdf")
    assert sheets((tmp_path / "p.pdf").read_bytes()) == [(595, 842)]
    page = opened(browser, folder, "05_executive_summary", 718)
    page.emulate_media(media="print")
    for shown in (
        "What to decide",
        "What was saved, and is proven",
        "Risks, and what is not known",
    ):
        assert page.get_by_role("heading", name=shown).count() == 1
    page.close()


def test_executive_summary_that_is_longer_takes_a_second_sheet(folder, tmp_path, browser):
    text = (folder / "05_executive_summary.html").read_text()
    longer = text.replace("</main>", "<p class='fo-say'>A word more.</p>" * 80 + "</main>")
    (tmp_path / "longer_executive.html").write_text(longer)
    print_to_pdf(tmp_path / "longer_executive.html", tmp_path / "p.pdf")
    assert len(sheets((tmp_path / "p.pdf").read_bytes())) > 1


def opened(browser, folder, name, width, scheme="light"):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto((folder / f"{name}.html").as_uri())
    page.wait_for_timeout(300)
    return page


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_report_nothing_lies_on_another_or_beyond_the_edge(folder, browser, name, width):
    page = opened(browser, folder, name, width)
    assert (over(page), beyond(page), on_each_other(page)) == ([], [], [])
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_report_axe_finds_nothing(folder, browser, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(browser, folder, name, 1280, scheme)
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], [node["html"][:200] for node in v["nodes"][:3]]) for v in found] == []
    page.close()


@pytest.mark.parametrize("name", [*NOTEBOOKS, "statement_ml-platform"])
def test_report_shows_every_figure_and_table_of_its_notebook_in_order(folder, browser, name):
    page = opened(browser, folder, name, 1280)
    shown = page.locator("main .fo-figure svg[role=img]").evaluate_all("all => all.map(svg => svg.ariaLabel)")  # fmt: skip
    tables = page.locator("main .fo-table .caption").all_inner_texts()
    made = of_notebook(folder / "notebooks" / f"{name}.ipynb")
    assert (shown, tables) == (made.figures, made.tables)
    assert len(shown) + len(tables) > 3
    page.close()


def of_notebook(path):
    """What the executed notebook put out, where a reader is to see it."""
    cells = [c for c in nbformat.read(path, 4).cells if not HIDDEN_TAGS & set(c.metadata.get("tags", []))]  # fmt: skip
    outputs = [out for cell in cells for out in cell.get("outputs", []) if "data" in out]
    html = [out["data"].get("text/html", "") for out in outputs if "image/svg+xml" not in out["data"]]  # fmt: skip
    return SimpleNamespace(
        figures=[out["metadata"]["image/svg+xml"]["alt"] for out in outputs if "image/svg+xml" in out["data"]],
        tables=[unescape(c) for text in html for c in re.findall(r'<span class="caption">(.*?)</span>', text)],
    )  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_report_tables_speak_in_words(folder, browser, name):
    page = opened(browser, folder, name, 1280)
    cells = page.locator("td, th, dd").all_inner_texts()
    raw = re.compile(r"\b(nan|NaN|NaT|None|True|False|Timestamp|datetime)\b|\d\.\d{4,}")
    assert [text for text in cells if raw.search(text)] == []
    headings = page.locator("thead th").all_inner_texts()
    assert [text for text in headings if "_" in text] == []
    assert "datetime" not in page.title()
    page.close()
