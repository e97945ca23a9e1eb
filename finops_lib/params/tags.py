"""Tag keys: what the policy calls them, how bills and resources spell them, what they may hold."""

from __future__ import annotations

from pydantic import Field

from finops_lib.params.section import Section


class TagKey(Section):
    """One key of the tagging policy."""

    required: bool = Field(True, description="whether every resource must carry it")
    spellings: tuple[str, ...] = Field(
        (), description="other spellings of the key; case, '_', '-', ' ' and 'user:' never matter"
    )
    allowed: tuple[str, ...] = Field((), description="the values it may have; empty: any")
    pattern: str | None = Field(None, description="a regular expression that a value must match")
    aliases: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="the right value: the spellings that mean it"
    )


def default_tag_keys() -> dict[str, TagKey]:
    """The five required and three optional keys of the tagging strategy."""
    return {
        "environment": TagKey(spellings=("env", "stage")),
        "team": TagKey(spellings=("department",)),
        "project": TagKey(spellings=("application", "app", "workload")),
        "cost_center": TagKey(),
        "owner": TagKey(spellings=("contact",)),
        "workload_type": TagKey(required=False),
        "model": TagKey(required=False),
        "experiment_id": TagKey(required=False, spellings=("experiment",)),
    }
