"""What the searchable table says of each finding: who, since when, what flips it, and how it is done."""

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import labelled_account

from finops_lib.analysis import ledger as lives
from finops_lib.checks import CHECKS
from finops_lib.estate import Estate
from finops_lib.params import Params
from finops_lib.period import Period
from finops_lib.phases import findings, ledger, optimization
from finops_lib.report.folder import MANIFEST
from finops_lib.schema import ADVICE, LEDGER, rows
from finops_lib.sources.store import write_table
from finops_lib.workbook import Workbook

HERE = {"account_id": "111122223333", "region": "us-east-1"}


@pytest.fixture(scope="module")
def tables():
    return labelled_account.labelled_account(80, 5).tables


@pytest.fixture
def book(tmp_path, tables):
    folder = tmp_path / "2024-10" / "now" / "estate"
    folder.mkdir(parents=True)
    estate = Estate(
        as_of=labelled_account.AS_OF,
        period=Period.month("2024-10"),
        accounts=("111122223333",),
        currency="USD",
        folder=folder,
        tables=tables,
    )
    return Workbook(estate, Params())


def earlier_run(book, days):
    """A run so many days before, in which the same was found."""
    outputs = book.estate.folder.parents[2]
    folder = outputs / "2024-10" / f"before-{days}"
    folder.mkdir(parents=True)
    as_of = book.estate.as_of - timedelta(days=days)
    look = lives.Look(
        book.findings, book.coverage, book.estate["resource_costs"], book.estate.accounts, as_of
    )
    table = lives.update(LEDGER.empty(), look)
    write_table(table, LEDGER, folder / ledger.FILE)
    told = {"title": book.params.title, "as_of": as_of.isoformat(), "created": as_of.isoformat()}
    (folder / MANIFEST).write_text(json.dumps(told))


def test_details_name_for_every_finding_what_flips_it_and_how_it_is_done(book):
    table = findings.details(book)
    assert len(table) == len(book.waste) > 0
    assert table["would_flip"].str.len().gt(10).all()
    assert table["how"].str.contains(r"^aws |console\.aws|, us-east-1, ").all()


def test_details_are_the_dearest_and_what_is_left_out_is_said(book):
    count = len(book.waste)
    assert findings.details(book, 5)["monthly_saving"].to_list() == (
        book.waste["monthly_saving"].head(5).to_list()
    )
    assert findings.left_out(book, 5).startswith(f"{count - 5:,} smaller findings")
    assert findings.left_out(book, count) == ""


def test_details_of_a_first_run_were_seen_once(book):
    assert set(findings.details(book)["runs_seen"]) == {1}


def test_details_count_the_earlier_runs_that_found_the_same(book):
    earlier_run(book, 7)
    earlier_run(book, 14)
    table = findings.details(book)
    assert set(table["runs_seen"]) == {3}
    assert set(table["first_seen"]) == {book.estate.as_of - timedelta(days=14)}


def finding(action, resource_id, service="Amazon Elastic Compute Cloud", **parameters):
    return SimpleNamespace(
        action=action, resource_id=resource_id, service=service, parameters=parameters, **HERE
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (finding("delete_volume", "vol-1"), "aws ec2 delete-volume --volume-id vol-1 --region us-east-1"),
        (finding("delete_database", "arn:aws:rds:us-east-1:111122223333:db:old"),
         "--db-instance-identifier old --final-db-snapshot-identifier finops-old"),
        (finding("delete_load_balancer", "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/c"),
         "aws elb delete-load-balancer --load-balancer-name c"),
        (finding("delete_load_balancer", "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/a/1"),
         "aws elbv2 delete-load-balancer --load-balancer-arn"),
        (finding("review", "i-1"),
         "A person decides: https://console.aws.amazon.com/go/view?arn=arn:aws:ec2:us-east-1:111122223333:instance/i-1"),
        (finding("review", "logs", "Amazon Simple Storage Service"), "?arn=arn:aws:s3:::logs"),
        (finding("review", "thing", "Amazon Other"), "Amazon Other, us-east-1, thing"),
    ],
)  # fmt: skip
def test_how_is_the_exact_command_or_the_place_in_the_console(asked, words):
    assert words in findings.how(asked)


def test_flip_of_every_check_is_told_by_its_metric_a_sentence_or_its_guard(book):
    for check in set(CHECKS) - set(optimization.TRACES):
        said = optimization.flip(book, SimpleNamespace(check_id=check, evidence={}))
        assert said == optimization.FLIPS.get(check, said)
        assert check in optimization.FLIPS or CHECKS[check].false_positive_guard in said


def test_advice_is_laid_beside_without_being_added(book):
    mine = book.waste.query("check_id == 'idle_ec2_instances'").iloc[0]
    told = {**HERE, "resource_id": mine["resource_id"], "source": "compute_optimizer",
            "kind": "instance", "finding": "Idle", "action": "remove", "monthly_saving": 7.0}  # fmt: skip
    advised = replace(book, estate=book.estate.with_tables({"advice": rows(ADVICE, [told])}))
    row = optimization.aws_advice(advised).query("source == 'Compute Optimizer'").iloc[0]
    assert (row["verdict"], row["aws_saving"]) == ("agree", 7.0)
    assert row["our_saving"] == mine["monthly_saving"]
    assert advised.plan["monthly_saving"].sum() == book.plan["monthly_saving"].sum()
    totals = optimization.advice_summary(advised).set_index("verdict")
    assert totals.loc["agree", "resources"] == 1


def test_without_advice_nothing_is_compared(book):
    assert optimization.aws_advice(book).empty
    assert optimization.advice_summary(book).empty


def test_first_steps_are_the_plans(book):
    steps = optimization.first_steps(book, 3)
    assert steps["step"].to_list() == book.plan["step"].head(3).to_list()


def test_details_of_a_bill_alone_are_an_empty_table(bill_alone):
    table = findings.details(bill_alone)
    assert table.empty
    assert {"first_seen", "runs_seen", "how"} <= set(table.columns)


def test_what_and_how_together_show_every_detail(book):
    assert set(findings.details(book)) == {*findings.WHAT, *findings.HOW}
