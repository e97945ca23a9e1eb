import itertools
import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from finops_lib import present
from finops_lib.figures import style


def bars(frame, ax):
    ax.bar(frame["month"], frame["cost"])
    ax.set_title("From $5 to $6")
    return ax


FRAME = pd.DataFrame({"month": ["Jan", "Feb"], "cost": [1.0, 2.0]})


def test_figure_same_data_give_the_same_bytes():
    assert present.figure(bars, FRAME, alt="Bars.") == present.figure(bars, FRAME, alt="Bars.")


def test_figure_without_a_description_is_refused():
    with pytest.raises(ValueError, match="alt"):
        present.figure(bars, FRAME, alt=" ")


def test_figure_keeps_text_as_text_and_dollars_as_dollars():
    assert ">From $5 to $6</text>" in present.figure(bars, FRAME, alt="Bars.").svg


def test_figure_description_title_and_source_go_with_the_picture():
    picture = present.figure(bars, FRAME, alt="Two <bars>.", title="Cost", source="COSTS")
    data, metadata = picture._repr_mimebundle_()
    assert metadata == {"image/svg+xml": {"alt": "Two <bars>.", "title": "Cost", "source": "COSTS"}}
    assert '<img alt="Two &lt;bars&gt;."' in data["text/html"]
    assert "<figcaption>Cost · Source: COSTS</figcaption>" in data["text/html"]


def test_figure_is_kept_as_svg_png_and_pdf_where_a_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(present.FIGURES, str(tmp_path))
    for _ in range(2):
        present.figure(bars, FRAME, alt="Bars.", title="Cost: by month")
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(kept) == ["cost-by-month.pdf", "cost-by-month.png", "cost-by-month.svg"]
    assert kept["cost-by-month.png"].startswith(b"\x89PNG")
    assert b"CreationDate" not in kept["cost-by-month.pdf"]


def test_figure_leaves_the_style_of_others_alone():
    before = dict(mpl.rcParams)
    present.figure(bars, FRAME, alt="Bars.")
    assert dict(mpl.rcParams) == before


def test_setup_turns_formulas_off_and_shows_nothing_where_nobody_watches(capsys):
    with mpl.rc_context():
        present.setup()
        assert mpl.rcParams["text.parse_math"] is False
    assert "mathjax_ignore" in FRAME._repr_html_()
    assert capsys.readouterr().out == ""
    pd.reset_option("display.html.use_mathjax")
    pd.reset_option("styler.html.mathjax")


def test_headless_is_true_without_a_kernel():
    assert present.headless()


# The palette, measured: sRGB to CIELAB, and Machado, Oliveira and Fernandes (2009) at full severity.
SIMULATED = {
    "none": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.95047], [1], [1.08883]])


def linear(color):
    c = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(color, seen="none"):
    xyz = TO_XYZ @ np.clip(SIMULATED[seen] @ linear(color), 0, 1)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(color):
    return 1.05 / (TO_XYZ[1] @ linear(color) + 0.05)


@pytest.mark.parametrize("seen", SIMULATED)
def test_palette_any_two_colours_stay_apart_for_every_reader(seen):
    apart = [
        np.linalg.norm(lab(a, seen) - lab(b, seen))
        for a, b in itertools.combinations(style.PALETTE, 2)
    ]
    assert min(apart) > 14


def test_palette_in_grey_every_colour_is_a_step_lighter_than_the_one_before():
    lightness = [lab(color)[0] for color in style.PALETTE]
    assert min(np.diff(lightness)) > 7


def test_words_in_figures_have_the_contrast_that_small_print_needs():
    assert contrast(style.INK) > 7
    assert contrast(style.MUTED) > 4.5


def test_page_sets_every_colour_of_the_style_anew_in_the_dark():
    from finops_lib.export.html import assets

    css = assets("shared/page.css")
    named = dict(re.findall(r"(--fo-s[1-7]): (#[0-9a-f]{6});", css))
    assert [named[f"--fo-s{i}"] for i in range(1, 8)] == list(style.PALETTE)


def test_colors_beyond_the_palette_and_the_rest_are_grey():
    names = [f"team {i}" for i in range(9)]
    colors = style.colors([*names, "Other"], other=["Other"])
    assert colors["team 0"] == style.PALETTE[0]
    assert {colors["team 7"], colors["team 8"], colors["Other"]} == {style.OTHER}
