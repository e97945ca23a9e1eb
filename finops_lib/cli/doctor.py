"""`finops doctor`: what is there, what lacks, what a run will cost, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.table import Table

from finops_lib.cli.console import out, progress
from finops_lib.collect import COST_EXPLORER_MONTHS, aws_source
from finops_lib.errors import AccessError, BillingError
from finops_lib.params import Params
from finops_lib.sources.aws.calls import PAID, Asker, NotReadError, Session
from finops_lib.sources.aws.cost_explorer import estimated_requests
from finops_lib.sources.aws.read import NOT_OPTED_IN
from finops_lib.sources.aws.readers import READERS
from finops_lib.sources.billing.files import find_deliveries


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at; `advice` says what to do where it is not good."""

    topic: str
    good: bool
    state: str
    advice: str = ""


def diagnose(params: Params, cache: Path, now: datetime) -> bool:
    """Look at everything a run needs, print it, and say whether a run can start."""
    with progress() as bars:
        bars("looking", 0.1)
        found = [*_bill(params, cache), *_account(params, cache, now)]
        bars("looking", 1.0)
    table = Table(box=None, pad_edge=False)
    for name in ("", "what", "state", "what to do next"):
        table.add_column(name, overflow="fold")
    for item in found:
        table.add_row("ok" if item.good else "--", item.topic, item.state, item.advice)
    out.print(table)
    can_start = any(item.good and item.topic in ("bill", "credentials") for item in found)
    out.print(
        "A run can start: finops report …" if can_start else "A run cannot start yet: see above."
    )
    return can_start


def _bill(params: Params, cache: Path) -> Iterator[Diagnosis]:
    local = [path for path in params.source.billing if not path.startswith("s3://")]
    if not params.source.billing:
        yield Diagnosis(
            "bill", False, "no export given",
            "give --billing, or let Cost Explorer tell the bill (0.01 USD a request)",
        )  # fmt: skip
        return
    try:
        deliveries = find_deliveries(local, cache / "doctor", None) if local else []
    except BillingError as error:
        yield Diagnosis("bill", False, str(error), "name another file, folder or pattern")
        return
    remote = len(params.source.billing) - len(local)
    files = sum(len(delivery.files) for delivery in deliveries)
    yield Diagnosis("bill", True, f"{files} local files, {remote} s3:// addresses")
    yield Diagnosis("tag keys", True, ", ".join(params.tag_spellings))


def _account(params: Params, cache: Path, now: datetime) -> Iterator[Diagnosis]:
    if not params.source.account:
        yield Diagnosis(
            "account",
            True,
            "not asked for (a bill alone)",
            "source.account: true adds inventory and metrics",
        )
        return
    session = Session(aws_source(params, cache))
    try:
        home = session.home()
    except AccessError as error:
        yield Diagnosis(
            "credentials", False, str(error), "set AWS_PROFILE, or run with --billing alone"
        )
        return
    yield Diagnosis("credentials", True, f"account {home}")
    asker = Asker(session, home, (params.source.regions or ("us-east-1",))[0], now)
    yield _regions(params, asker)
    yield from _permissions(asker)
    yield _price(params, asker)


def _regions(params: Params, asker: Asker) -> Diagnosis:
    if params.source.regions:
        return Diagnosis("regions", True, ", ".join(params.source.regions))
    try:
        regions = asker.one("ec2", "describe_regions", AllRegions=True)["Regions"]
    except NotReadError as error:
        return Diagnosis(
            "regions", False, str(error), "allow ec2:DescribeRegions or set source.regions"
        )
    closed = [r["RegionName"] for r in regions if r.get("OptInStatus") == NOT_OPTED_IN]
    words = f"{len(regions) - len(closed)} enabled"
    return Diagnosis(
        "regions",
        True,
        f"{words}; not enabled, so not read: {', '.join(closed)}" if closed else words,
    )


def _permissions(asker: Asker) -> Iterator[Diagnosis]:
    """Each reader tried once, in one region."""
    for reader in READERS:
        try:
            count = len(reader.records(asker))
        except NotReadError as error:
            yield Diagnosis(
                reader.table, False, str(error), f"allow {', '.join(reader.permissions)}"
            )
        else:
            yield Diagnosis(reader.table, True, f"{count} in {asker.region}")


def _price(params: Params, asker: Asker) -> Diagnosis:
    if params.source.billing:
        return Diagnosis("paid requests", True, "none: the bill comes from the export")
    accounts = max(1, len(params.source.accounts))
    requests = estimated_requests(COST_EXPLORER_MONTHS, accounts, len(params.source.regions))
    fits = requests <= params.source.max_paid_requests
    return Diagnosis(
        "paid requests", fits, f"at least {requests} ({requests * PAID['ce']:.2f} USD) the first time, then cached",
        "" if fits else f"raise source.max_paid_requests above {requests}, or give an export",
    )  # fmt: skip
