"""Returned mail through the program's own doors: a pipe as mail servers open it, a maildir, the daemon."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.test_daemon_processes import Shop, until
from tests.support.returns import complaint, dsn, into_maildir
from tests.support.smtp_server import RecordingServer

CONFIG = """\
delivery: {{ email: smtp }}
smtp: {{ host: 127.0.0.1, port: {port}, tls: none }}
bounces: {{ return_path: bounces@shop.example, maildir: returned }}
"""
GONE = "550 5.1.1 User unknown"


@pytest.fixture
def relay() -> Iterator[RecordingServer]:
    with RecordingServer() as server:
        yield server


@pytest.fixture
def shop(tmp_path: Path, relay: RecordingServer) -> Shop:
    """Three people have their letter."""
    shop = Shop(tmp_path / "shop", CONFIG.format(port=relay.port))
    for part in ("new", "cur", "tmp"):
        (shop.folder / "returned" / part).mkdir(parents=True)
    journey = shop.folder / "journeys" / "welcome.yaml"
    journey.write_text(journey.read_text().replace("defaults:", "re_entry: always\ndefaults:"))
    shop.run("apply")
    shop.run("import", "events", str(shop.events(3)), "--trigger")
    shop.run("run", "--until-idle")
    assert len(relay.messages) == 3
    return shop


def paths(relay: RecordingServer) -> dict[str, str]:
    return {one.recipients[0].partition("@")[0]: one.sender for one in relay.messages}


def pipe(shop: Shop, mail: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    """As `|command` in an aliases file: the mail on standard input."""
    return subprocess.run(
        shop.command("bounce", "take", *words, "-"), input=mail, capture_output=True, check=False, timeout=60
    )


def test_a_pipe_takes_each_mail_and_why_tells_of_it(shop: Shop, relay: RecordingServer) -> None:
    path = paths(relay)["u0"]
    assert re.fullmatch(r"bounces\+[a-z2-7]{24}@shop\.example", path)
    for _ in range(2):
        done = pipe(shop, dsn("u0@shop.example", GONE, "5.1.1", to=path))
        assert (done.returncode, done.stdout) == (0, b"1 hard\n"), done.stderr
    (message,) = json.loads(shop.run("messages", "list", "--contact", "u0", "--format", "json").stdout)[
        "messages"
    ]
    assert (message["state"], message["reason"]) == ("bounced", "no_such_address")
    shown = shop.run("contact", "show", "u0").stdout
    assert "hard_bounce" in shown
    listed = json.loads(shop.run("suppress", "list", "--format", "json").stdout)["suppressions"]
    assert [(one["address"], one["reason"]) for one in listed] == [("u0@shop.example", "hard_bounce")]
    shop.run("leave", "welcome", "u0")
    shop.run("enroll", "welcome", "u0")
    shop.run("run", "--until-idle")
    assert len(relay.messages) == 3, "nothing goes there any more"
    assert "blocked" in shop.run("contact", "why", "u0").stdout


def test_a_pipe_that_cannot_be_taken_now_asks_the_mail_server_to_keep_it(shop: Shop) -> None:
    (shop.folder / "config.yaml").write_text("database: postgresql://nobody@127.0.0.1:1/none\n")
    done = pipe(shop, dsn("u0@shop.example", GONE, "5.1.1"))
    assert done.returncode == os.EX_TEMPFAIL
    assert b"Traceback" not in done.stderr


def test_the_daemon_takes_what_lies_in_the_maildir(shop: Shop, relay: RecordingServer) -> None:
    found, returned = paths(relay), shop.folder / "returned"
    letter = next(one for one in relay.messages if one.recipients[0].startswith("u1"))
    with shop.daemon():
        into_maildir(returned, "1.mail", dsn("u0@shop.example", GONE, "5.1.1", to=found["u0"]))
        head = f"Return-Path: <{found['u1']}>\r\n".encode()
        into_maildir(returned, "2.mail", complaint(head + letter.raw))
        into_maildir(returned, "3.mail", b"Content-Type: x; " + b"y" * 9_000 + b"\n\n")
        into_maildir(returned, "4.mail", b"From: u2@shop.example\nSubject: Automatic reply: hello\n\nAway.\n")
        until(lambda: not list((returned / "new").iterdir()), 60)
    assert sorted(file.name for file in (returned / "cur").iterdir()) == [
        "1.mail:2,S",
        "2.mail:2,S",
        "4.mail:2,S",
    ]
    assert [file.name for file in (returned / ".unreadable/new").iterdir()] == ["3.mail"]
    with closing(sqlite3.connect(shop.folder / "journeys.db")) as database:
        told = database.execute(
            "SELECT c.id, e.name FROM event e JOIN contact c ON c.key = e.contact "
            "WHERE e.name IN ('Message Bounced', 'Message Complained') ORDER BY 1"
        ).fetchall()
        suppressed = database.execute("SELECT address, reason FROM suppression ORDER BY 1").fetchall()
    assert told == [("u0", "Message Bounced"), ("u1", "Message Complained")]
    assert suppressed == [("u0@shop.example", "hard_bounce"), ("u1@shop.example", "complaint")]


def test_classify_changes_nothing_and_needs_no_workspace(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "shop")
    file, box = tmp_path / "a.eml", tmp_path / "box"
    file.write_bytes(dsn("ada@shop.example", GONE, "5.1.1"))
    box.write_bytes(
        b"".join(b"From x Thu Jan  1 00:00:00 2026\n" + file.read_bytes() + b"\n" for _ in range(2))
    )
    into_maildir(tmp_path / "mail", "1.mail", b"Subject: hello\n\nhello\n")
    done = shop.run("bounce", "classify", str(file), str(box), str(tmp_path / "mail"), "--format", "json")
    told = json.loads(done.stdout)
    assert told["format"] == 1
    assert [(one["kind"], one["hard"], one["recipient"]) for one in told["bounces"]] == [
        *[("bounce", True, "ada@shop.example")] * 3,
        ("neither", False, None),
    ]
    assert told["bounces"][2]["file"] == f"{box}#2"
    assert not (shop.folder / "journeys.db").exists()


@pytest.mark.parametrize("name", ["missing.eml", "empty"])
def test_what_is_no_mail_is_said(tmp_path: Path, name: str) -> None:
    shop = Shop(tmp_path / "shop")
    (tmp_path / "empty").mkdir()
    done = shop.run("bounce", "classify", str(tmp_path / name), expect=2)
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("bounces: { return_path: nobody }", "mail address"),
        (f"bounces: {{ return_path: {'x' * 60}@shop.example }}", "too long"),
        ("bounces: { by_address: perhaps }", "neither yes nor no"),
        ("bounces: { imap: { host: mail.example, user: b, password: hunter2 } }", "is a secret"),
        ("bounces: { imap: { host: mail.example } }", "who logs in"),
        ("bounces: { imap: { hots: mail.example } }", "bounces.imap.hots"),
        ("bounces: { imap: mail.example }", "imap"),
        (
            'bounces: { imap: { host: mail.example, user: b, password: "${SECRET}", tls: none } }',
            "another machine",
        ),
    ],
)
def test_a_setting_that_cannot_work_is_said(tmp_path: Path, config: str, words: str) -> None:
    shop = Shop(tmp_path / "shop", f"{config}\n")
    done = subprocess.run(
        shop.command("apply"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "SECRET": "hunter2"},
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
