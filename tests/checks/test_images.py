"""Images that nothing runs on and that something may start all the same."""

from __future__ import annotations

from datetime import datetime

from finops_lib.checks import run_checks
from finops_lib.schema import GAPS, rows


def test_old_machine_images_that_a_launch_template_names_are_ok(account, vary):
    kept = vary(account, "images", "ami-old", kept_for="the launch template web")
    findings, _ = run_checks(kept, as_of=datetime(2024, 11, 1))
    found = findings[findings["check_id"] == "old_machine_images"].set_index("resource_id")
    told = found.loc["ami-old", ["status", "reason"]].to_list()
    assert told == ["ok", "It is kept for the launch template web."]


def test_old_machine_images_whose_launch_templates_are_denied_are_unknown(account, status):
    denied = {"service": "ec2", "account_id": "111122223333", "region": "us-east-1", "table": "images",
              "error": "UnauthorizedOperation", "reason": "denied"}  # fmt: skip
    unread = {**account, "gaps": rows(GAPS, [denied])}
    assert status(unread, "old_machine_images", "ami-old") == "unknown"
