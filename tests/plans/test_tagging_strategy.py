"""The page says what the policy says."""

from finops_lib.params import TagKey
from finops_lib.plans.tagging_strategy import strategy_page


def test_strategy_page_has_a_row_per_key_and_the_target():
    page = strategy_page(
        {
            "environment": TagKey(allowed=("prod", "dev"), spellings=("env",)),
            "owner": TagKey(required=False, pattern="a|b"),
        },
        target_share=0.95,
    )
    assert "At least 95% of cost" in page
    assert [line for line in page.splitlines() if line.startswith("| `")] == [
        "| `environment` | yes | `prod`, `dev` | `env` |",
        "| `owner` | no | any; matching `a\\|b` |  |",
    ]
