import pandas as pd
import pytest

from finops_lib.errors import ReportError
from finops_lib.export.html import ReportExporter
from finops_lib.export.mask import leaks, mask_cover, mask_notebook, mask_of

INSTANCES = pd.DataFrame(
    {
        "account_id": ["123456789012"] * 3,
        "resource_id": ["i-0abcdef00", "fraud-model-v2", "arn:aws:sagemaker:us-east-1:123456789012:endpoint/scoring"],
        "owner": ["ana", "R&D team", None],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def mask():
    return mask_of([INSTANCES], key="secret")


@pytest.mark.parametrize(
    "text",
    ["Account 123456789012.", "i-0abcdef00, owned by ana", "fraud-model-v2", "endpoint/scoring", "by R&D team", "by R&amp;D team",
     "owner=ana", "arn:aws:sagemaker:us-east-1:123456789012:endpoint/scoring", "bob@example.com", "vol-0123456789abcdef0", "999999999999"],
)  # fmt: skip
def test_mask_replaces_names_known_or_known_by_their_form(mask, text):
    masked = mask(text)
    hidden = ("123456789012", "i-0abcdef00", "ana", "fraud-model-v2", "scoring", "R&", "bob", "vol-", "999")  # fmt: skip
    assert not [name for name in hidden if name in masked]


def test_mask_leaves_prose_and_figures_alone(mask):
    text = "Analysts saved $1,234.56 on m5.2xlarge in 2026-10: 12.3% of 80412."
    assert mask(text) == text


def test_mask_same_name_has_the_same_pseudonym_everywhere(mask):
    again = mask_of([INSTANCES.iloc[::-1]], key="secret")
    assert again("i-0abcdef00") == mask("i-0abcdef00") == "resource-" + mask("i-0abcdef00")[-8:]


def test_mask_another_key_gives_other_pseudonyms(mask):
    assert mask_of([INSTANCES], key="other")("ana") != mask("ana")


def test_mask_different_names_have_different_pseudonyms(mask):
    assert len({mask(name) for name in mask.names}) == len(mask.names)


def test_mask_of_without_a_key_is_refused():
    with pytest.raises(ReportError, match="needs a key"):
        mask_of([INSTANCES], key="")


def test_mask_principals_alone_leaves_accounts_and_resources(mask):
    people = mask_of([INSTANCES], key="secret", kinds=["principal"])
    assert people("ana runs i-0abcdef00 in 123456789012").endswith("runs i-0abcdef00 in 123456789012")  # fmt: skip
    assert "ana" not in people("by ana")


def test_masked_report_holds_no_name_in_text_figures_tables_or_cover(executed, cover, mask):
    names = pd.DataFrame({"resource_id": [f"i-0abcdef{i:02d}" for i in range(30)]})
    every = mask_of([INSTANCES, names], key="secret")
    exporter = ReportExporter(mask_cover(cover, every), "n")
    page = exporter.from_notebook_node(mask_notebook(executed, every))[0]
    assert leaks(page, every) == set()
    assert "i-0abcdef" not in page
    assert 'class="fo-table' in page
    assert "$80,412" in page


def test_leaks_finds_what_an_unmasked_page_shows(executed, cover, mask):
    page = ReportExporter(cover, "n").from_notebook_node(executed)[0]
    assert leaks(page, mask) == {"123456789012", "i-0abcdef00"}
