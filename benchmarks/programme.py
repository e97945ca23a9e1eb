"""The programme of the demo company over five months: what was predicted, and what its bill then showed.

Every five weeks the account is read anew, the part of the plan that the company decides on is approved
and carried out on it, and the months that follow are billed as the company then is: what was terminated
has ended, what was resized is another charge, what is on a schedule runs in its hours, what was bought
covers its usage. Growth and rhythms go on as before. `python benchmarks/programme.py` prints the table.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_lib.analysis.commitments.after_plan import slots_of
from finops_lib.analysis.schedule import slot
from finops_lib.collect import collect
from finops_lib.demo import Demo, serve_demo
from finops_lib.demo.story import bill, disks, focus, purchases, rates, surcharges, timeline
from finops_lib.demo.story.company import company
from finops_lib.demo.story.ledger import Commitment, Ledger, Resource
from finops_lib.demo.story.metrics import series
from finops_lib.demo.story.plant import upload_bill
from finops_lib.demo.story.planting.commitments import _savings_plan
from finops_lib.demo.story.teams import PAYER
from finops_lib.estate import Estate
from finops_lib.params import Params, load_params
from finops_lib.phases import commitments, ledger
from finops_lib.phases.purchases import advised
from finops_lib.plans.apply import apply_plan
from finops_lib.plans.clients import clients
from finops_lib.plans.review import document, observe, sign
from finops_lib.schema import COVERAGE, FINDINGS, LEDGER
from finops_lib.sources import prices
from finops_lib.sources.store import write_table
from finops_lib.workbook import Workbook

ROOT = Path(__file__).parents[1]
STEP = timedelta(weeks=5)
"""Whole weeks, so that the rhythm of the week goes on; longer than the window of a resource's cost."""

DONE_AFTER = timedelta(days=16)
"""When what was decided is carried out: every grace period is over by then."""

DECIDED: tuple[tuple[str, ...], ...] = (
    ("terminate_instance", "delete_volume", "delete_snapshot", "release_address",
     "delete_load_balancer", "stop_notebook_instance", "delete_endpoint", "resize_instance",
     "modify_volume", "schedule_instance"),
    (),
    ("buy_commitment",),
    (),
)  # fmt: skip
"""What the company approves after each reading but the last: it buys once a whole month holds what it moved."""

TAKEN_BACK = 3
"""Machines that a team makes as large as they were, after the third reading."""

Outcome = Mapping[str, Any]


@dataclass
class Company:
    """The demo company as it goes on: its ledger, and what keeps its machines busy since the story."""

    demo: Demo
    ledger: Ledger
    now: datetime
    busier: dict[str, float] = field(default_factory=dict)
    hours: dict[str, str] = field(default_factory=dict)

    def change(self, changes: Callable[[Resource], tuple[Resource, ...]]) -> None:
        """Replace each resource by what becomes of it."""
        changed = tuple(new for item in self.ledger.resources for new in changes(item))
        self.ledger = replace(self.ledger, resources=changed)


def play(outputs: Path, months: int = 5) -> list[tuple[Workbook, pd.DataFrame]]:
    """The workbook and the LEDGER of each reading; the runs lie under `outputs` as a company's do."""
    seen = []
    with served() as firm:
        for decided in (*DECIDED, ())[:months]:
            seen.append(read(firm, outputs))
            done = carried_out(firm, seen[-1][0], decided, outputs)
            happened(firm, seen[-1][0], done)
            if decided == DECIDED[2]:
                taken_back(firm)
            go_on(firm)
    return seen


@contextmanager
def served() -> Iterator[Company]:
    """The demo account, with the environment in which any client finds it."""
    with serve_demo() as demo, patch.dict(os.environ, demo.environment):
        clients.cache_clear()
        yield Company(demo, company(42), demo.as_of)


def read(firm: Company, outputs: Path) -> tuple[Workbook, pd.DataFrame]:
    """A run without its notebooks: the account read, its findings and its ledger written."""
    given = {"source.billing": [firm.demo.bill_url], "as_of": firm.now, "source.metric_days": 20}
    params = load_params(ROOT / "params" / "demo.yaml", given)
    staging = outputs / ".cache" / f"{firm.now:%Y%m%d}"
    read_now = collect(params, staging, cache=outputs / ".cache", now=firm.now,
                       progress=lambda *_: None)  # fmt: skip
    folder = outputs / read_now.period.label / f"{firm.now:%Y%m%d}"
    folder.mkdir(parents=True)
    staging.rename(folder / "estate")
    estate = Estate(**{**read_now.__dict__, "folder": folder / "estate"})
    book = Workbook(estate, params, params.basis)
    return book, _written(book, params, outputs, folder)


def _written(book: Workbook, params: Params, outputs: Path, folder: Path) -> pd.DataFrame:
    bought = advised(book, commitments.advise(book))
    lives = ledger.ledger_of(
        book.estate, (book.findings, book.coverage), outputs, params.title, bought
    )
    for table, schema, name in ((book.findings, FINDINGS, "findings"),
                                (book.coverage, COVERAGE, "coverage"), (lives, LEDGER, "ledger")):  # fmt: skip
        write_table(table, schema, folder / f"{name}.parquet")
    as_of = book.estate.as_of.isoformat()
    manifest = {"created": as_of, "as_of": as_of, "title": params.title, "kpis": [],
                "period": book.period.label}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return lives


def carried_out(
    firm: Company, book: Workbook, actions: tuple[str, ...], outputs: Path
) -> list[Outcome]:
    """The steps of those actions, read from the account, signed, and applied to it; those that were."""
    full = commitments.full_plan(book, commitments.advise(book)) if actions else book.plan
    steps = full[full["action"].isin(actions)]
    counts = book.findings.groupby("service")["resource_id"].nunique().to_dict()
    plan = observe(document(steps, counts), clients("FinOpsReader"))
    chosen = [row["step"] for row in plan["steps"] if row["status"] == "proposed"]
    bought = [row for row in plan["steps"] if row["action"] == "buy_commitment"]
    if not chosen:
        return bought
    limits = book.params.governance.limits.model_copy(
        update={"max_steps": 1000, "max_percent": 100.0}
    )
    outcome = apply_plan(
        sign(plan, "the company", chosen), clients("FinOpsReader"), limits, dry_run=False,
        log=outputs / f"{firm.now:%Y%m%d}.journal.jsonl", clock=lambda: firm.now + DONE_AFTER,
    )  # fmt: skip
    done = set(outcome.loc[outcome["outcome"].eq("applied"), "step"])
    return [row for row in plan["steps"] if row["step"] in done] + bought


def happened(firm: Company, book: Workbook, done: list[Outcome]) -> None:
    """What was done to the account happens in the company's ledger too, at the moment it was done."""
    moment = firm.now + DONE_AFTER
    steps = {(row["account_id"], row["resource_id"]): row for row in done}
    kept = volumes_kept(firm)
    bought = [row for row in done if row["action"] == "buy_commitment"]

    def changes(item: Resource) -> tuple[Resource, ...]:
        if item.end is not None:
            return (item,)
        row = steps.get((item.account, item.bill_id)) or steps.get((item.account, item.id))
        if row is None and item.kind == "volume" and item.id not in kept:
            return (replace(item, end=moment),)
        if row is None:
            return split(item, moment, role="steady") if bought and is_machine(item) else (item,)
        return _acted(firm, item, row, moment)

    firm.change(changes)
    for number, row in enumerate(bought):
        buy(firm, row["parameters"], number, moment)


def _acted(firm: Company, item: Resource, row: Outcome, moment: datetime) -> tuple[Resource, ...]:
    asked = row["parameters"] or {}
    match row["action"]:
        case "resize_instance":
            return resized(firm, item, asked["instance_type"], moment)
        case "modify_volume":
            size, iops = item.spec["size_gib"], int(asked["iops"])
            return split(item, moment, charges=disks._volume_charges(size, asked["type"], iops))
        case "schedule_instance":
            firm.hours[item.id] = asked["schedule"]
            hours = tuple(
                replace(c, pattern=asked["schedule"]) if c.instance_type else c
                for c in item.charges
            )
            return split(item, moment, charges=hours)
    return (replace(item, end=moment),)


def resized(firm: Company, item: Resource, target: str, moment: datetime) -> tuple[Resource, ...]:
    """The machine as another type from then on; its work keeps as large a part more or less of it busy."""
    cores = prices.instance_types().set_index("instance_type")["vcpu"]
    now = item.spec["instance_type"]
    firm.busier[item.id] = firm.busier.get(item.id, 1.0) * cores[now] / cores[target]
    charges = tuple(
        replace(c, usage_type=f"BoxUsage:{target}", rate=rates.EC2[target], instance_type=target)
        if c.instance_type
        else c
        for c in item.charges
    )
    return split(item, moment, charges=charges, spec={**item.spec, "instance_type": target})


def split(item: Resource, moment: datetime, **after: Any) -> tuple[Resource, ...]:
    """The resource up to the moment, and what it is from then on."""
    return replace(item, end=moment), replace(item, start=moment, **after)


def is_machine(item: Resource) -> bool:
    """Whether a Compute Savings Plan may cover what it costs, and none does already."""
    return item.kind == "instance" and any(
        c.usage_type.startswith("BoxUsage") and not c.commitment_id for c in item.charges
    )


def volumes_kept(firm: Company) -> set[str]:
    """The volumes that the account still has: those of terminated machines go with them."""
    places = {(r.account, r.region) for r in firm.ledger.of_kind("volume")}
    return {
        volume["VolumeId"]
        for account, region in places
        for volume in clients("FinOpsReader")(account, region, "ec2").describe_volumes()["Volumes"]
    }


def buy(firm: Company, terms: Mapping[str, Any], number: int, moment: datetime) -> None:
    """A person buys the plan: it is in the inventory from then on, and covers what it can."""
    start = moment.replace(hour=0)
    plan = Commitment(
        f"9d1c7a40-0b6f-4c11-8f0e-{start:%Y%m%d}{number:04d}", "savings_plan", PAYER, "global",
        start, start.replace(year=start.year + terms["years"]), terms["hourly_commitment"], 0.0,
    )  # fmt: skip
    firm.demo.emulator.put_savings_plans(plan.account, [_savings_plan(plan)])
    firm.ledger = replace(firm.ledger, commitments=(*firm.ledger.commitments, plan))


def taken_back(firm: Company) -> None:
    """A team makes some of its machines as large as they were."""
    moment, first = firm.now + DONE_AFTER, {r.id: r for r in company(42).of_kind("instance")}
    small = [r for r in firm.ledger.of_kind("instance") if r.end is None and r.id in firm.busier]
    for item in sorted(small, key=lambda r: r.name)[:TAKEN_BACK]:
        large = first[item.id].spec["instance_type"]
        ec2 = clients("FinOpsReader")(item.account, item.region, "ec2")
        ec2.stop_instances(InstanceIds=[item.id])
        ec2.modify_instance_attribute(InstanceId=item.id, InstanceType={"Value": large})
        ec2.start_instances(InstanceIds=[item.id])
        firm.change(
            lambda r, own=item, to=large: resized(firm, r, to, moment) if r is own else (r,)
        )


def go_on(firm: Company) -> None:
    """Five more weeks: the bill and the metrics of the company as it now is."""
    firm.now += STEP
    shift = np.timedelta64(int((firm.now - firm.demo.as_of) / timedelta(seconds=1)), "s")
    for one in series(company(42)):
        if (values := _measured(firm, one)) is not None:
            firm.demo.emulator.put_metric(*one[:5], values[0] + shift, values[1], one.period_s)
    upload_bill(billed(firm), firm.demo.emulator)


def _measured(firm: Company, one: Any) -> tuple[Any, Any] | None:
    """Times (of the story) and values of a series of something that is still there."""
    names = set(one.dimensions.values())
    alive = {n for r in firm.ledger.resources if r.end is None for n in (r.id, r.name)}
    told = {n for r in firm.ledger.resources for n in (r.id, r.name)} & names
    if told and not told & alive:
        return None
    _, _, _, _, _, times, values, _ = one
    machine = one.dimensions.get("InstanceId", "")
    if machine in firm.busier and one.metric in ("CPUUtilization", "mem_used_percent"):
        values = np.clip(values * firm.busier[machine], 0.0, 100.0)
    if machine in firm.hours:
        on = slots_of(firm.hours[machine])[slot(pd.Series(times)).to_numpy()]
        times, values = times[on], values[on]
    return times, values


def billed(firm: Company) -> Any:
    """The bill up to now as FOCUS rows: the story's own lines, and what has come since."""
    hours = int((firm.now - timeline.START) / timedelta(hours=1))
    with ExitStack() as held:
        held.enter_context(patch.object(bill, "HOURS", hours))
        held.enter_context(patch.object(bill, "patterns", lambda seed: rhythms(firm, hours)))
        for module in (purchases, surcharges, focus):
            held.enter_context(patch.object(module, "AS_OF", firm.now))
        return focus.focus(focus.focus_rows(bill.lines(firm.ledger), firm.ledger), firm.ledger)


def rhythms(firm: Company, hours: int) -> dict[str, npt.NDArray[np.float64]]:
    """The story's patterns up to `hours`: the last four weeks again and again, and the schedules in force."""
    known, weeks = timeline.patterns(firm.ledger.seed), 4 * 7 * 24
    clock = pd.date_range(timeline.START, periods=hours, freq="h")
    month = 1.0 / (clock.days_in_month.to_numpy(np.float64) * 24)
    more = hours - timeline.HOURS
    told = {
        name: np.concatenate([values, np.resize(values[-weeks:], max(more, 0))])[:hours]
        for name, values in known.items()
    }
    stored = np.concatenate([known["stored"], month[timeline.HOURS :]])
    on = {
        words: slots_of(words)[slot(clock.to_series()).to_numpy()].astype(float)
        for words in set(firm.hours.values())
    }
    return {**told, **on, "month": month, "stored": stored}


def course(seen: list[tuple[Workbook, pd.DataFrame]]) -> pd.DataFrame:
    """The curve of the programme, with what its bill was beside it."""
    table = ledger.course(seen[-1][0])
    return table.assign(bill=[book.cost() for book, _ in seen])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        played = play(Path(folder))
        print(course(played).round(2).to_string(index=False))
        print(ledger.states(played[-1][0]).round(2).to_string(index=False))
        print(ledger.proven(played[-1][0]).round(2).to_string(index=False))
