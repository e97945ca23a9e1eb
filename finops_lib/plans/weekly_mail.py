"""The weekly report as an e-mail that every reader can show: text, HTML and the pictures inside."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from html import escape

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from finops_lib.errors import PlanError

SES = "ses:"
"""Begins the server that is Amazon SES; its region follows."""


def weekly_mail(
    subject: str, lines: Sequence[str], pictures: Mapping[str, bytes], *,
    sender: str, recipients: Sequence[str],
) -> EmailMessage:  # fmt: skip
    """A multipart message; `pictures` are PNG files by caption, shown below the lines.

    Raises PlanError without anybody to send it to.
    """
    if not recipients:
        raise PlanError("Nobody gets the weekly mail: set governance.alerts.emails.")
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, sender, ", ".join(recipients)
    mail.set_content("\n".join(lines) + "\n")
    shown = "".join(
        f'<figure><img src="cid:picture{n}" alt="{escape(caption)}"><figcaption>{escape(caption)}'
        "</figcaption></figure>"
        for n, caption in enumerate(pictures)
    )
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    mail.add_alternative(f"<html><body>{text}{shown}</body></html>", subtype="html")
    [_, page] = mail.iter_parts()
    for number, picture in enumerate(pictures.values()):
        page.add_related(picture, "image", "png", cid=f"<picture{number}>")
    return mail


def post(mail: EmailMessage, server: str, *, dry_run: bool = True) -> str:
    """Hand the message to the server, in words what happened.

    "host:port" is an SMTP server, to which it goes encrypted where that can; "ses:region" is Amazon SES, for which
    the standard AWS credentials need ses:SendRawEmail. Raises PlanError where it is not there or refuses.
    """
    if dry_run or not server:
        return "would send" if server else "no server: set governance.alerts.smtp"
    try:
        if server.startswith(SES):
            _to_ses(mail, server.removeprefix(SES))
        else:
            _to_smtp(mail, server)
    except (OSError, smtplib.SMTPException, ClientError, BotoCoreError) as error:
        raise PlanError(f"The weekly mail could not be handed to {server}: {error}") from error
    return "sent"


def _to_smtp(mail: EmailMessage, server: str) -> None:
    host, _, port = server.partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=30) as smtp:
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls()
        smtp.send_message(mail)


def _to_ses(mail: EmailMessage, region: str) -> None:
    boto3.client("ses", region_name=region).send_raw_email(RawMessage={"Data": mail.as_bytes()})
