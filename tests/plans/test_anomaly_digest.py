"""Each anomaly is told once, with its cause and owner; the weekly mail carries its pictures."""

from __future__ import annotations

import socketserver
import threading
from datetime import datetime
from email import message_from_bytes

import apprise
import pandas as pd
import pytest
from moto import mock_aws

from finops_lib.errors import PlanError
from finops_lib.plans.anomaly_digest import ANOMALY_COLUMNS, digest, remember, send, untold
from finops_lib.plans.weekly_mail import post, weekly_mail

# Apprise's senders and the standard library's own mail parser import what Python 3.13 takes away.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

FOUND = pd.DataFrame(
    [
        ("EC2", "spike", datetime(2026, 10, 3), 100.0, 900.0, 800.0, "p4d.24xlarge", "nlp"),
        ("S3", "level shift", datetime(2026, 10, 5), 50.0, 30.0, -20.0, None, None),
    ],
    columns=list(ANOMALY_COLUMNS),
)


def test_untold_holds_an_anomaly_once_however_often_the_detector_runs(tmp_path):
    state = tmp_path / "told" / "anomalies.json"
    assert untold(FOUND, state).equals(FOUND)
    remember(FOUND.iloc[:1], state)
    grown = FOUND.assign(actual=FOUND["actual"] + 1, kind="level shift")
    assert untold(grown, state)["name"].tolist() == ["S3"]
    remember(FOUND, state)
    assert untold(grown, state).empty


def test_untold_file_of_something_else_is_refused(tmp_path):
    state = tmp_path / "state.json"
    state.write_text("{")
    with pytest.raises(PlanError, match="told anomalies"):
        untold(FOUND, state)


def test_digest_names_amounts_cause_and_owner_largest_first():
    assert digest(FOUND.iloc[::-1], currency="USD").splitlines() == [
        "2 cost anomalies, +780.00 USD against what was expected.",
        "- EC2: spike since 2026-10-03, 900.00 instead of 100.00 USD (+800.00). Cause: p4d.24xlarge. "
        "Owner: nlp.",
        "- S3: level shift since 2026-10-05, 30.00 instead of 50.00 USD (-20.00). Owner: nobody.",
    ]


def test_send_dry_run_sends_nothing_and_failure_is_an_error(monkeypatch):
    posts = []
    monkeypatch.setattr(apprise.Apprise, "notify", lambda self, **k: bool(posts.append(k)))
    assert send("x", ["json://localhost"]) == "would send"
    assert posts == []
    with pytest.raises(PlanError, match="again next time"):
        send("x", ["json://localhost"], dry_run=False)
    assert posts == [{"title": "Cost anomalies", "body": "x"}]


def test_send_unknown_address_is_refused_without_showing_it():
    with pytest.raises(PlanError) as error:
        send("x", ["nosuch://secret"])
    assert "secret" not in str(error.value)


class Mailbox(socketserver.StreamRequestHandler):
    """An SMTP server that keeps what it is given."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in iter(self.rfile.readline, b""):
            if line[:4].upper() == b"DATA":
                self.wfile.write(b"354 go\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.received.append(b"".join(lines))
            self.wfile.write(b"221 bye\r\n" if line[:4].upper() == b"QUIT" else b"250 ok\r\n")


def test_post_sends_text_page_and_pictures_that_the_page_shows():
    mail = weekly_mail(
        "Week", ["We spent <more>."], {"Trend": b"\x89PNG-bytes"}, sender="f@example.com",
        recipients=["a@example.com", "b@example.com"],
    )  # fmt: skip
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.received = []
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        address = f"127.0.0.1:{server.server_address[1]}"
        assert post(mail, address) == "would send"
        assert server.received == []
        assert post(mail, address, dry_run=False) == "sent"
        server.shutdown()
        [received] = server.received
    parts = {part.get_content_type(): part for part in message_from_bytes(received).walk()}
    assert {"text/plain", "text/html", "image/png"} <= set(parts)
    page = parts["text/html"].get_payload(decode=True).decode()
    assert "We spent &lt;more&gt;." in page
    assert 'src="cid:picture0"' in page
    assert parts["image/png"]["Content-ID"] == "<picture0>"
    assert parts["image/png"].get_payload(decode=True) == b"\x89PNG-bytes"


def test_post_server_that_is_not_there_is_an_error():
    mail = weekly_mail("s", ["l"], {}, sender="f@example.com", recipients=["a@example.com"])
    with pytest.raises(PlanError, match=r"127\.0\.0\.1:9"):
        post(mail, "127.0.0.1:9", dry_run=False)
    assert post(mail, "", dry_run=False).startswith("no server")


def test_post_by_ses_from_a_sender_that_nobody_verified_is_an_error_in_words(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "demo")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "demo")
    mail = weekly_mail("s", ["l"], {}, sender="f@example.com", recipients=["a@example.com"])
    with mock_aws(), pytest.raises(PlanError, match=r"ses:us-east-1: .*authority to send"):
        post(mail, "ses:us-east-1", dry_run=False)


def test_weekly_mail_to_nobody_is_refused():
    with pytest.raises(PlanError, match=r"governance\.alerts\.emails"):
        weekly_mail("s", ["l"], {}, sender="f@example.com", recipients=[])
