"""Mail that was made to be hard to read: refused in words, or read somehow; never an error of ours."""

from __future__ import annotations

import pytest

from engine.bounces.classify import classify
from engine.errors import ReadError
from engine.intake.returned_mail import LARGEST, read_returned

HEAD = b"From: MAILER-DAEMON@x\nSubject: Undelivered Mail\n"
REPORT = b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"

#: Each with a part that grows without end; several took other programs minutes.
READ = {
    "one line": HEAD + b"\n" + b"a" * 9_000_000,
    "spaces": HEAD + b"\n" + b" " * 9_000_000,
    "addresses": HEAD + b"\n" + b"<a@b.c>\n" * 1_000_000,
    "half addresses": HEAD + b"\n" + b"a@" * 4_000_000,
    "words of servers": HEAD + b"\n" + b"user is was has been quota " * 300_000,
    "headers": HEAD + b"X: y\n" * 1_500_000 + b"\nx",
    "half encoded words": b"Subject: " + b"=?" * 4_000_000 + b"\n\nx",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 400_000 + b"\n\nx",
    "groups": HEAD
    + REPORT
    + b"Final-Recipient: a@b\nAction: failed\nStatus: 5.1.1\n\n" * 100_000
    + b"--b--\n",
    "a field": HEAD + REPORT + b"Final-Recipient: a@b\nDiagnostic-Code: smtp; " + b"user " * 900_000 + b"\n",
    "open tags": HEAD + b"Content-Type: text/html\n\n" + b"<style>" * 1_000_000,
    "less than": HEAD + b"Content-Type: text/html\n\n" + b"<" * 5_000_000,
    "parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 800_000,
    "brackets": HEAD + b'\n{"notificationType":' + b"[" * 400_000,
    "nothing": b"",
    "zeros": b"\0" * 1_000_000,
    "bytes": bytes(range(256)) * 4_000,
    "a charset that is none": HEAD + b"Content-Type: text/plain; charset=x-none\n\n\xff\xfe",
    "an encoding that is none": HEAD + b"Content-Transfer-Encoding: x-none\n\n\xff\xfe",
    "half a boundary": HEAD + b"Content-Type: multipart/report; boundary=\n\n--\n",
    "a report of nothing": HEAD + REPORT + b"\n\n--b--\n",
}

REFUSED = {
    "too large": HEAD + b"\n" + b"x" * LARGEST,
    "a type without end": b"Content-Type: multipart/report; " + b'a="x;' * 1_000_000 + b"\n\nx",
    "parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)
    ),
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 20_000 + b"x",
}


@pytest.mark.parametrize("name", READ)
def test_it_is_read_somehow(name: str) -> None:
    told = classify(read_returned(READ[name]))
    assert 1 <= len(told) <= 500
    assert all(len(one.said) <= 300 and len(one.recipient) <= 600 for one in told)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words(name: str) -> None:
    with pytest.raises(ReadError) as refused:
        read_returned(REFUSED[name])
    assert refused.value.message.startswith("the mail has ")
    assert refused.value.help
