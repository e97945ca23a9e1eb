"""Every kind of page against the layout that is kept of it in layouts.json.

Pixels are no use as a baseline: another machine has other fonts (decision 080). Where a change is meant,
KEEP_LAYOUTS=1 writes the file anew, and fails so that it is not left on.
"""

import json
import os
from pathlib import Path

import pytest
from layouts import apart, layout, over

pytestmark = [
    pytest.mark.browser,
    # Playwright's own event loop leaves its transport to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
KEPT = Path(__file__).with_name("layouts.json")
PAGES = ("report", "wide", "05_executive_summary", "index", "run", "slides")
VIEWS = [(name, width, media) for name in PAGES for width in (390, 1280) for media in ("screen", "print")
         if (media, width) != ("print", 390)]  # fmt: skip


def view(open_page, name, width, media="screen", scheme="light"):
    """The page as it is looked at; a deck on its second slide, where figures stand."""
    page = open_page(name, scheme, width=width)
    if name == "slides" and media == "screen":
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        page.evaluate("Reveal.configure({ transition: 'none' }); Reveal.slide(2)")
    page.emulate_media(media=media)
    page.wait_for_timeout(150)
    return page


def kept(name, width, media="screen"):
    return json.loads(KEPT.read_text())[f"{name} {width} {media}"]


@pytest.mark.parametrize(("name", "width", "media"), VIEWS)
def test_parts_of_a_page_stand_where_they_are_kept(open_page, name, width, media):
    found = layout(view(open_page, name, width, media))
    if os.environ.get("KEEP_LAYOUTS"):
        keep(f"{name} {width} {media}", found)
    assert found
    assert apart(found, kept(name, width, media)) == []


def keep(key, found):
    all_kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    rows = ",\n".join(
        f"{json.dumps(name)}: [\n  " + ",\n  ".join(map(json.dumps, each)) + "\n]"
        for name, each in sorted({**all_kept, key: found}.items())
    )
    KEPT.write_text(f"{{\n{rows}\n}}\n")
    pytest.fail(f"{key} was kept as it is now; look at it, then run without KEEP_LAYOUTS.")


@pytest.mark.parametrize(("name", "width", "media"), VIEWS)
def test_no_part_of_a_page_lies_on_another(open_page, name, width, media):
    assert over(view(open_page, name, width, media)) == []


@pytest.mark.parametrize("font", ["monospace, serif", "serif"])
@pytest.mark.parametrize("name", ["report", "05_executive_summary", "run"])
def test_layout_is_the_same_with_the_fonts_of_another_machine(open_page, name, font):
    page = view(open_page, name, 1280)
    page.add_style_tag(content=f"* {{ font-family: {font} !important; }}")
    assert apart(layout(page), kept(name, 1280)) == []


DAMAGE = {
    "a figure is gone": "document.querySelector('.fo-figure').remove()",
    "a tile lies on what is above": "document.querySelector('.fo-kpi').style.marginTop = '-9rem'",
    "a tile is moved aside": "document.querySelector('.fo-kpi').style.marginLeft = '4rem'",
    "the page has no style": "document.querySelectorAll('style').forEach((node) => node.remove())",
    "a picture is squeezed": "document.querySelector('.fo-figure svg').style.height = '4rem'",
    "the contents stand on the right": "document.querySelector('.toc').style.order = 9; document.querySelector('.page').style.direction = 'rtl'",
    "a table lost its colours": "document.querySelector('.fo-table').style.background = '#fdd'",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_layout_of_a_damaged_page_is_another(open_page, damage):
    page = view(open_page, "report", 1280)
    page.evaluate(DAMAGE[damage])
    assert apart(layout(page), kept("report", 1280)) + over(page) != []
