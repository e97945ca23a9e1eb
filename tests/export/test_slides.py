import re

import pytest

from finops_lib.export.markdown import export_markdown
from finops_lib.export.slides import deck, export_slides


@pytest.fixture(scope="module")
def page(executed, cover):
    return export_slides([executed, executed], cover)


def slides_of(page):
    return page.split('<div class="slides">')[1].count("<section")


def test_deck_takes_the_tagged_cells_in_their_order(executed):
    assert [cell.metadata.slide for cell in deck([executed]).cells] == ["start", "more", "more", "start"]  # fmt: skip


def test_deck_speaker_hears_the_notes_and_the_sources_of_the_figures(executed):
    notes = [cell.metadata.notes for cell in deck([executed]).cells]
    assert notes == ["", "", "<p>Say that compute leads.</p>\n",
                     "<p>Bars rise from 15 to 25 dollars. Source: COSTS.</p>"]  # fmt: skip


def test_export_slides_one_section_per_slide_and_a_title(page):
    assert slides_of(page) == 1 + 2 * 2


def test_export_slides_have_reveal_in_them_and_no_code(page):
    assert "Reveal.initialize(" in page
    markup = re.sub(r"(?s)<script>.*?</script>", "", page)
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", markup)
    assert "present.show(result)" not in page


def test_export_slides_without_a_tagged_cell_is_empty(notebook, cover):
    assert export_slides([notebook("# Q", "text")], cover) == ""


def test_export_markdown_tells_the_report_in_words(executed, cover):
    markdown = export_markdown(executed, cover)
    assert markdown.startswith("# What do we spend?\n\nFor finance.")
    for told in ("- Period: October 2026", "> The data are synthetic.", r"We spent **\$80,412**, +8.0%.",
                 "**Spend by month.** Bars rise from 15 to 25 dollars. Source: COSTS.",
                 "| Resource ID | Team | Status | Monthly cost |"):  # fmt: skip
        assert told in markdown
    assert "present.show" not in markdown
