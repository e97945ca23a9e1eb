import re

import numpy as np
import pytest

from finops_lib import present
from finops_lib.export.drawing import inline_figure, lined
from finops_lib.export.pdf import find_chromium, print_to_pdf


@pytest.fixture(scope="module")
def hatched():
    """A picture of twelve hatched columns."""

    def draw(data, ax):
        ax.bar(range(len(data)), data, color="#0a5c9e", hatch="///")

    return present.figure(draw, np.arange(1.0, 13.0), alt="Columns rise.")


def test_lined_fills_a_hatched_shape_with_its_colour_and_cuts_the_lines_out_of_it(hatched):
    drawn = lined(hatched.svg)
    assert "<pattern" not in drawn
    assert "fill: url(" not in drawn
    assert len(re.findall(r'style="fill: #0a5c9e', drawn)) == 12
    cuts = re.findall(r'<clipPath id="(cut\d+-h\w+)"><path d="([^"]*)"/>', drawn)
    columns = [re.search(r"M ([\d.]+) ", path)[1] for _, path in cuts]
    assert len(set(columns)) == 12
    assert all(f'clip-path="url(#{name})"><use ' in drawn for name, _ in cuts)


def test_lined_covers_every_shape_with_tiles(hatched):
    for path, tiles in re.findall(r'<clipPath id="cut[^"]*"><path d="([^"]*)"/>.*?<g clip-path[^>]*>(<use.*?)</g>', lined(hatched.svg), re.DOTALL):  # fmt: skip
        numbers = [float(number) for number in re.findall(r"[\d.]+", path)]
        for axis, values in (("x", numbers[::2]), ("y", numbers[1::2])):
            starts = [int(start) for start in re.findall(rf' {axis}="(-?\d+)"', tiles)]
            assert min(starts) <= min(values)
            assert max(values) <= max(starts) + 72


def test_inline_figure_on_paper_is_lines_and_no_picture(hatched, tmp_path):
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    data, metadata = hatched._repr_mimebundle_()
    (tmp_path / "p.html").write_text(inline_figure({"data": data, "metadata": metadata}, 1))
    print_to_pdf(tmp_path / "p.html", tmp_path / "p.pdf")
    printed = (tmp_path / "p.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Subtype /Image") == 0
