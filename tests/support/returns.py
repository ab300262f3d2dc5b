"""Mails that come back, as other people's servers write them: RFC 3464 reports, RFC 5965 complaints."""

from __future__ import annotations

from pathlib import Path


def dsn(
    recipient: str,
    said: str,
    status: str = "5.0.0",
    *,
    to: str = "bounces@shop.example",
    action: str = "failed",
    original: bytes = b"",
    final: str | None = None,
) -> bytes:
    """A report of delivery about one recipient, sent to `to`, with the head of what came back."""
    head = original.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n").decode()
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.other.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{recipient}>: host mx.other.example[192.0.2.1] said: {said}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.other.example

Original-Recipient: rfc822; {recipient}
Final-Recipient: rfc822; {final or recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--b
Content-Type: text/rfc822-headers

{head}

--b--
""".encode()


def complaint(original: bytes, to: str = "bounces@shop.example", type: str = "abuse") -> bytes:
    """A feedback report that encloses the mail."""
    head = original.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n").decode()
    return f"""\
From: feedback@provider.example
To: {to}
Subject: FW: your mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: {type}
User-Agent: Provider/1.0
Version: 1
--b
Content-Type: message/rfc822

{head}

Hello.
--b--
""".encode()


def into_maildir(folder: Path, name: str, mail: bytes) -> None:
    """As a delivery agent puts it there: written in tmp, moved to new."""
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "tmp" / name).write_bytes(mail)
    (folder / "tmp" / name).rename(folder / "new" / name)
