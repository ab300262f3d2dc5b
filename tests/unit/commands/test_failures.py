"""`journeys failures` and `messages retry|resend|mark-sent`, from the command line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.unit.commands.conftest import Journeys

GREETING = """\
dsl: 1
journey: greeting
status: live
owner: ada@shop.example
trigger: { manual: true }
steps:
  - { id: letter, send: email, transactional: true, subject: Hello, body: "Dear {{ contact.first_name }}" }
  - { id: pause, wait: 2 days }
"""


def said(journeys: Journeys, *arguments: str, code: int = 0) -> str:
    found, out, err = journeys(*arguments)
    assert found == code, out + err
    return out + err


@pytest.fixture
def failed(shop: Path, journeys: Journeys) -> Path:
    """Two letters that cannot be made."""
    (shop / "people.csv").write_text("id,email\nada,ada@shop.example\nbob,bob@shop.example\n")
    (shop / "journeys" / "greeting.yaml").write_text(GREETING)
    for words in ("db upgrade", "apply", "import contacts people.csv"):
        said(journeys, *words.split())
    for contact in ("ada", "bob"):
        said(journeys, "enroll", "greeting", contact)
    said(journeys, "run", "--until-idle")
    return shop


def test_listed_mended_and_tried_again(failed: Path, journeys: Journeys) -> None:
    listed = said(journeys, "failures", "list")
    assert "2 failed (render failed)  greeting/letter, email" in listed
    assert "first_name" in listed
    assert "journeys apply" in listed
    assert said(journeys, "failures") == listed
    (one,) = json.loads(said(journeys, "failures", "--format", "json"))["failures"]
    assert (one["count"], one["journey"], one["state"]) == (2, "greeting", "failed")

    text = GREETING.replace("contact.first_name", "contact.first_name | default: 'you'")
    (failed / "journeys" / "greeting.yaml").write_text(text)
    said(journeys, "apply")
    assert "2 messages to be tried again" in said(journeys, "failures", "retry", one["id"], "--by", "eve")
    said(journeys, "run", "--until-idle")
    assert "Nothing failed." in said(journeys, "failures", "list")
    assert len(list((failed / "captured").rglob("*.eml"))) == 2
    assert "letter: tried again by eve" in said(journeys, "contact", "why", "ada")


def test_single_messages(failed: Path, journeys: Journeys) -> None:
    listed = json.loads(said(journeys, "messages", "list", "--format", "json"))["messages"]
    first, second = sorted(one["id"] for one in listed)
    assert "1 message to be tried again" in said(journeys, "messages", "retry", str(first))
    out = said(journeys, "messages", "retry", str(first), str(second), code=1)
    assert "1 message to be tried again" in out
    assert "1 not: only what is failed, bounced or put off" in out
    assert "0 messages taken for sent" in said(journeys, "messages", "mark-sent", str(first), code=1)


def test_what_nobody_knows_is_decided_by_people(failed: Path, journeys: Journeys) -> None:
    with sqlite3.connect(failed / "journeys.db") as database:  # as a crash under `on_unsure: hold` leaves it
        database.execute("UPDATE message SET state = 'unsure', reason = 'crash_after_data'")
    assert "2 unsure (crash after data)" in said(journeys, "failures", "list")
    assert "2 messages taken for sent" in said(
        journeys, "messages", "mark-sent", "--journey", "greeting", "--by", "eve"
    )
    assert "0 messages to be sent again" in said(journeys, "messages", "resend", "--all")
    assert "taken for sent by eve" in said(journeys, "contact", "why", "bob")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("failures retry", "say --all"),
        ("failures retry abc --all", "say --all"),
        ("messages resend", "say --all"),
        ("messages mark-sent 1 --all", "say --all"),
        ("messages retry", "Missing argument"),
    ],
)
def test_half_a_command_does_nothing(failed: Path, journeys: Journeys, words: str, told: str) -> None:
    assert told in said(journeys, *words.split(), code=2)


def test_a_group_that_is_not_there(failed: Path, journeys: Journeys) -> None:
    assert "there is no failure `abcdef`" in said(journeys, "failures", "retry", "abcdef", code=1)
