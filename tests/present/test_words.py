import re

import pandas as pd
import pytest

from finops_lib import present


def test_say_numbers_are_formatted_and_marks_become_html():
    text = present.say("We spent **{total:usd}**, {change:change}.", total=80412.3, change=0.082)
    assert str(text) == "We spent $80,412, +8.2%."
    assert text._repr_html_() == (
        '<div class="fo-say mathjax_ignore"><p>We spent <strong>$80,412</strong>, +8.2%.</p></div>'
    )


def test_say_number_without_a_format_is_refused():
    with pytest.raises(ValueError, match="needs a format"):
        present.say("We spent {total}.", total=80412.3)


def test_say_unknown_format_names_the_known_ones():
    with pytest.raises(ValueError, match="one of usd, cents"):
        present.say("{total:dollars}", total=1.0)


def test_say_text_of_the_account_cannot_become_markup():
    assert "&lt;script&gt;" in present.say("{name}", name="<script>")._repr_html_()


def test_say_markdown_escapes_the_dollar():
    assert present.say("{a:usd} of {b:usd}", a=1, b=2)._repr_markdown_() == r"\$1.00 of \$2.00"


def test_say_missing_value_is_unknown():
    assert str(present.say("Savings: {saving:usd}.", saving=None)) == "Savings: unknown."


FRAME = pd.DataFrame(
    {
        "resource_id": ["i-1", None],
        "monthly_cost": [1234.5, None],
        "free_share": [0.25, 0.5],
        "volumes": [1, 2000],
        "as_of": pd.to_datetime(["2026-10-31", "2026-10-31"]),
        "status": ["waste", "unknown"],
    }
)


def test_table_columns_take_their_format_from_their_unit():
    html = present.table(FRAME).html()
    for shown in (
        '<td class="n" data-v="1234.5">$1,234</td>',
        '<td class="n" data-v="0.25">25.0%</td>',
        '<td class="n" data-v="2000">2,000</td>',
        '<td class="n" data-v="2026-10-31T00:00:00">2026-10-31</td>',
        '<td><span class="fo-badge fo-waste">waste</span></td>',
        '<td class="n"><span class="fo-badge fo-unknown">unknown</span></td>',
    ):
        assert shown in html


def cells(frame, **options):
    """What each cell of the table shows, row by row."""
    rows = re.findall(r"<tr>(<td.*?)</tr>", present.table(frame, **options).html())
    return [re.findall(r">([^<]+)<", row) for row in rows]


def test_table_changes_carry_their_sign_and_a_column_has_cents_everywhere_or_nowhere():
    frame = pd.DataFrame(
        {
            "change_share": [0.054, -0.003],
            "change": [4402.1, 123.17],
            "change_per_day": [88.75, -0.32],
            "listed": [10439.0, 0.4],
            "cost_per_gpu_hour": [3.2, 0.63],
        }
    )
    assert cells(frame) == [
        ["+5.4%", "+$4,402", "+$88.75", "$10,439", "$3.20"],
        ["\N{MINUS SIGN}0.3%", "+$123", "\N{MINUS SIGN}$0.32", "$0.40", "$0.63"],
    ]


def test_table_a_missing_value_means_what_the_notebook_says():
    frame = pd.DataFrame(
        {"tag": ["a", None], "crossed": pd.to_datetime(["2026-12-30", None]), "owner": ["x", None]}
    )
    found = cells(frame, missing={"tag": "untagged", "crossed": "not this year"})
    assert found == [["a", "2026-12-30", "x"], ["untagged", "not this year", "unknown"]]


def test_table_names_of_the_code_are_words_and_stay_names_in_the_csv():
    frame = pd.DataFrame({"kind": ["nat_gateways"], "team": ["ml_platform"]})
    assert present.table(frame).html().count('<td data-v="nat_gateways">nat gateways</td>') == 1
    assert cells(frame) == [["nat gateways", "ml_platform"]]


def test_table_headings_are_words_and_keep_the_column_name_for_csv():
    html = present.table(FRAME.rename(columns={"monthly_cost": "BilledCost"})).html()
    assert '<th scope="col" class="" data-name="resource_id">Resource ID</th>' in html
    assert '<th scope="col" class="n" data-name="BilledCost">Billed cost</th>' in html


def test_table_names_of_the_account_cannot_become_markup():
    html = present.table(pd.DataFrame({"name": ["<img onerror=x>"]}), caption="<b>").html()
    assert "<img" not in html
    assert "<b>" not in html


def test_table_without_rows_says_so():
    assert present.table(FRAME.head(0), "Idle instances", empty="None found.").html() == (
        '<p class="fo-empty">Idle instances: None found.</p>'
    )


def test_table_markdown_shows_the_first_rows_and_how_many_are_left():
    frame = pd.DataFrame({"service": list("abc"), "billed_cost": [3.0, 2.0, 1.0]})
    assert present.table(frame, "By service", rows=2).markdown() == (
        "**By service**\n\n| Service | Billed cost |\n|---|---:|\n"
        "| a | \\$3.00 |\n| b | \\$2.00 |\n\n… and 1 more rows"
    )


def test_table_total_is_the_last_row():
    html = present.table(FRAME[["volumes", "monthly_cost"]], total={"monthly_cost": 1234.5}).html()
    assert html.endswith(
        '<tfoot><tr><td class="n"></td><td class="n">$1,234</td></tr></tfoot></table></figure>'
    )


def test_kpis_carry_their_numbers_unrounded_beside_what_is_shown():
    tile = present.Kpi(
        "Spend", 80412.33, change=0.08, versus="vs May", better="lower", trend=[1, 2]
    )
    bundle = present.kpis(tile)._repr_mimebundle_()
    assert bundle[present.KPIS_MIME] == [
        {
            "label": "Spend",
            "value": 80412.33,
            "form": "usd",
            "change": 0.08,
            "versus": "vs May",
            "better": "lower",
            "note": "",
            "trend": [1, 2],
        }
    ]
    assert bundle["text/plain"] == "- Spend: $80,412 (+8.0% vs May)"


@pytest.mark.parametrize(
    ("change", "better", "verdict"),
    [(0.1, "lower", "bad"), (-0.1, "lower", "good"), (0.1, "higher", "good"), (0.1, "", "flat"), (0, "lower", "flat")],
)  # fmt: skip
def test_kpi_verdict_knows_which_way_is_good(change, better, verdict):
    assert present.Kpi("x", 1.0, change=change, better=better).verdict == verdict
