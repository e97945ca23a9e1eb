"""One message per team about its untagged resources, by e-mail, Slack, SNS or whatever apprise speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import apprise
import pandas as pd

from finops_lib.errors import PlanError

NOBODY = "untagged"
"""Whose digest holds the resources that no suggestion gives to a team."""

LINES = 10
"""Resources that a digest names; it counts the rest."""


def untagged_digests(dearest: pd.DataFrame, teams: pd.Series, *, currency: str) -> dict[str, str]:
    """Team to the text of its digest, dearest resource first.

    Takes rows of `dearest_untagged` and the team of each (its tag, or the suggested one); rows without
    a team make the digest of "untagged".
    """
    whose = teams.reindex(dearest.index).fillna(NOBODY)
    return {str(team): _digest(rows, currency) for team, rows in dearest.groupby(whose)}


def send_digests(
    digests: Mapping[str, str], urls: Mapping[str, Sequence[str]], *, dry_run: bool = True
) -> pd.DataFrame:
    """team, text, outcome: each digest sent to the team's apprise addresses.

    Outcome is "would send", "sent", "failed" or "no address". A dry run sends nothing and returns the
    texts. Raises PlanError where an address is none that apprise knows (https://appriseit.com/services/).
    """
    rows = []
    for team, text in digests.items():
        post = _post(team, urls.get(team, ()))
        if not len(post):
            outcome = "no address"
        elif dry_run:
            outcome = "would send"
        else:
            outcome = (
                "sent" if post.notify(title=f"Untagged resources: {team}", body=text) else "failed"
            )
        rows.append((team, text, outcome))
    return pd.DataFrame(rows, columns=["team", "text", "outcome"])


def _post(team: str, urls: Sequence[str]) -> apprise.Apprise:
    post = apprise.Apprise()
    for url in urls:
        # The address may hold a secret, so that the message names its scheme alone.
        if not post.add(url):
            raise PlanError(
                f"The '{url.partition(':')[0]}' address of team '{team}' is not one that apprise can send to."
            )
    return post


def _digest(rows: pd.DataFrame, currency: str) -> str:
    total = rows["monthly_cost"].sum()
    head = f"Resources that lack required tags: {len(rows)}, for {total:,.2f} {currency} a month."
    lines = [
        f"- {row.name or row.resource_id} ({row.kind}, {row.monthly_cost:,.2f} {currency}): "
        f"lacks {row.missing}"
        + (f"; suggested {row.suggestion}" if pd.notna(row.suggestion) else "")
        for row in rows.head(LINES)
        .fillna({"monthly_cost": 0.0, "name": ""})
        .itertuples(index=False)
    ]
    more = [f"… and {len(rows) - LINES} more."] if len(rows) > LINES else []
    return "\n".join([head, *lines, *more])
