"""CloudWatch log groups, with the tags of those that keep their events for ever."""

from __future__ import annotations

from finops_lib.sources.aws.calls import Asker
from finops_lib.sources.shape import Record, items
from finops_lib.sources.shape.logs import log_group

PERMISSIONS = ("logs:DescribeLogGroups", "logs:ListTagsForResource")


def log_groups(ask: Asker) -> list[Record]:
    """LOG_GROUPS of one account in one region.

    Tags cost a request each, so they are asked for only where a check may act: no retention is set.
    """
    found = items(ask.pages("logs", "describe_log_groups"), "logGroups")
    return [
        log_group(raw, _tags(ask, raw) if raw.get("retentionInDays") is None else None)
        for raw in found
    ]


def _tags(ask: Asker, raw: dict[str, str]) -> dict[str, str]:
    arn = raw["arn"].removesuffix(":*")
    return dict(ask.one("logs", "list_tags_for_resource", resourceArn=arn).get("tags") or {})
