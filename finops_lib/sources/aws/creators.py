"""Who created what is new in the bill, asked of CloudTrail: few requests, one after another.

LookupEvents takes two requests a second per account and region and is free
(https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from finops_lib.sources.aws.calls import Asker, NotReadError, Session
from finops_lib.sources.shape import Record
from finops_lib.sources.shape.creators import creation, pseudonym

PERMISSIONS = ("cloudtrail:LookupEvents",)

MOST_RESOURCES = 25
"""Of how many resources CloudTrail is asked, those that cost most."""

KEPT_DAYS = 90
"""The days of events that CloudTrail's history keeps."""

GLOBAL_REGION = "us-east-1"
"""Where the events of global services are."""


def read_creators(
    session: Session, resources: pd.DataFrame, as_of: datetime, *, by_name: bool
) -> tuple[list[Record], list[Record]]:
    """CREATORS records of `resources` (rows of `queries.new_resources`), and what was refused (GAPS).

    Each is asked for once, in its account and region; after a refusal nothing more is asked there. The
    names are pseudonyms unless `by_name`.
    """
    found: list[Record] = []
    gaps: list[Record] = []
    for (account, region), there in resources.groupby(["account_id", "region"]):
        asker = Asker(session, account, GLOBAL_REGION if region == "global" else region, as_of)
        try:
            for row in there.to_dict("records"):
                found += _creator(asker, row["resource_id"], row["first_charge_at"], region)
        except NotReadError as error:
            gaps.append(_gap(account, region, error.code, str(error)))
        except (KeyError, TypeError, ValueError) as error:
            words = f"cloudtrail answers in another form than it documents ({error!r})."
            gaps.append(_gap(account, region, "Misread", words))
    if not by_name:
        found = [{**record, "created_by": pseudonym(record["created_by"])} for record in found]
    return found, gaps


def _creator(asker: Asker, resource: str, first_charge: datetime, region: str) -> list[Record]:
    """Its CREATORS record, from the events until the day after its first charge: there it was made."""
    name = resource.rpartition(":")[2].rpartition("/")[2] if resource[:4] == "arn:" else resource
    pages = asker.pages(
        "cloudtrail",
        "lookup_events",
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}],
        EndTime=first_charge + timedelta(days=1),
    )
    where = {"account_id": asker.account_id, "region": region, "resource_id": resource}
    made = creation(pages)
    return [{**where, **made}] if made else []


def _gap(account: str, region: str, code: str, words: str) -> Record:
    return {
        "service": "cloudtrail", "account_id": account, "region": region, "table": "creators",
        "error": code, "reason": f"{words} Who created what is new is told by the bill's tags alone.",
    }  # fmt: skip
