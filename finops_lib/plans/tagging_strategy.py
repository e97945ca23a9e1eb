"""The tagging strategy as a page, written from the policy so that the two never differ."""

from __future__ import annotations

from collections.abc import Mapping

from finops_lib.params.tags import TagKey


def strategy_page(tags: Mapping[str, TagKey], *, target_share: float) -> str:
    """Markdown: every key with its values, pattern and spellings, the target, and how it is enforced."""
    return "\n".join([
        "# Tagging strategy",
        "",
        f"At least {target_share:.0%} of cost carries every required tag.",
        "",
        "| Key | Required | Values | Spellings that are read as it |",
        "|---|---|---|---|",
        *(_line(key, rule) for key, rule in tags.items()),
        "",
        "Upper and lower case, `_`, `-` and blanks do not matter when keys and values are read; new tags use the",
        "spelling above. AWS Config reports resources without the required tags, a tag policy refuses values that",
        "are not listed, and a service control policy denies creating resources without the required tags.",
        "",
    ])  # fmt: skip


def _line(key: str, rule: TagKey) -> str:
    values = ", ".join(f"`{value}`" for value in rule.allowed) or "any"
    # A bar would end the table's cell.
    pattern = f"; matching `{rule.pattern}`".replace("|", "\\|") if rule.pattern else ""
    spellings = ", ".join(f"`{name}`" for name in rule.spellings)
    return f"| `{key}` | {'yes' if rule.required else 'no'} | {values}{pattern} | {spellings} |"
