"""`journeys pause|resume|drain|stop|leave`, and what `status` and `contact why` say of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.commands.conftest import Journeys

GREETING = """\
dsl: 1
journey: greeting
status: {status}
owner: ada@shop.example
trigger: {{ manual: true }}
steps:
  - {{ id: mark, update: {{ contact.first_name: Ada }} }}
  - {{ id: pause, wait: 2 days }}
"""


@pytest.fixture
def running(shop: Path, journeys: Journeys) -> Path:
    """A shop with one manual journey and one contact."""
    (shop / "people.csv").write_text("id,email\nada,ada@shop.example\nbob,bob@shop.example\n")
    write(shop, "live")
    for verb in ("db upgrade", "apply", "import contacts people.csv"):
        code, _, err = journeys(*verb.split())
        assert code == 0, err
    return shop


def write(shop: Path, status: str) -> None:
    (shop / "journeys" / "greeting.yaml").write_text(GREETING.format(status=status))


def said(journeys: Journeys, *arguments: str, code: int = 0) -> str:
    found, out, err = journeys(*arguments)
    assert found == code, out + err
    return out + err


def status(journeys: Journeys) -> dict[str, Any]:
    found = json.loads(said(journeys, "status", "--format", "json"))
    return next(one for one in found["journeys"] if one["id"] == "greeting")


def text_of_status(journeys: Journeys) -> str:
    lines = said(journeys, "status").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("greeting"))
    return "\n".join(lines[start : lines.index("", start)])


def test_a_pause_keeps_whoever_enters_and_resume_lets_them_in(running: Path, journeys: Journeys) -> None:
    assert said(journeys, "pause", "greeting", "--by", "Eve") == "greeting is paused; its file says live\n"
    assert said(journeys, "enroll", "greeting", "ada") == "greeting is paused: ada enters when it goes on\n"
    found = status(journeys)
    assert (found["status"], found["file"]["status"], found["kept"]) == ("paused", "live", 1)
    assert (found["command"]["status"], found["command"]["by"]) == ("paused", "Eve")
    told = text_of_status(journeys)
    assert "greeting  paused" in told
    assert "by command: paused since" in told
    assert ", by Eve" in told
    assert "by its file: live" in told
    assert "1 entry is kept until it goes on" in told
    assert "enters greeting when it goes on: the journey is paused (by command)" in said(
        journeys, "contact", "why", "ada"
    )
    said(journeys, "apply")
    assert status(journeys)["status"] == "paused"
    assert (
        said(journeys, "resume", "greeting") == "greeting is live, as its file says (1 contact concerned)\n"
    )
    assert status(journeys)["inside"] == 1
    assert "entered: by command of " in said(journeys, "contact", "why", "ada")


def test_drain_lets_nobody_in_and_stop_everybody_out(running: Path, journeys: Journeys) -> None:
    said(journeys, "enroll", "greeting", "ada")
    assert "is stopping; its file says live" in said(journeys, "drain", "greeting")
    assert "bob did not enter greeting: stopping" in said(journeys, "enroll", "greeting", "bob", code=1)
    assert status(journeys)["inside"] == 1
    assert "is stopped; its file says live (1 contact concerned)" in said(journeys, "stop", "greeting")
    assert status(journeys)["left"] == {"stopped": 1}
    assert "left: stopped" in said(journeys, "contact", "why", "ada")


def test_one_contact_leaves(running: Path, journeys: Journeys) -> None:
    said(journeys, "enroll", "greeting", "ada")
    said(journeys, "enroll", "greeting", "bob")
    assert said(journeys, "leave", "greeting", "ada", "--by", "Eve") == "ada left greeting\n"
    assert status(journeys)["left"] == {"left": 1}
    assert "left: left: by Eve" in said(journeys, "contact", "why", "ada")
    assert "`ada` is not in `greeting`" in said(journeys, "leave", "greeting", "ada", code=1)


def test_what_cannot_be_is_refused_in_words(running: Path, journeys: Journeys) -> None:
    assert "no command holds `greeting`" in said(journeys, "resume", "greeting", code=1)
    assert "no journey `greetings` has been applied" in said(journeys, "pause", "greetings", code=1)
    said(journeys, "pause", "greeting")
    assert "is paused already" in said(journeys, "pause", "greeting", code=1)


def test_apply_tells_of_a_hold(running: Path, journeys: Journeys) -> None:
    said(journeys, "stop", "greeting")
    assert "(live, stopped by command)" in said(journeys, "apply")


def test_shadow_is_shown_by_simulate_and_counted_by_status(running: Path, journeys: Journeys) -> None:
    write(running, "shadow")
    told = said(journeys, "simulate", "greeting", "--contact", '{"id": "ada"}')
    assert "in shadow" in told
    assert "only writes down: contact.first_name (shadow)" in told
    said(journeys, "apply")
    said(journeys, "enroll", "greeting", "ada")
    assert "mark: in shadow, so only written down: contact.first_name" in said(
        journeys, "contact", "why", "ada"
    )
    shown = json.loads(said(journeys, "contact", "show", "ada", "--format", "json"))
    assert "first_name" not in json.dumps(shown["contact"])


def test_why_says_no_more_than_what_was_asked_for(running: Path, journeys: Journeys) -> None:
    """Something was done about ada, but nothing at a step of that name."""
    said(journeys, "enroll", "greeting", "ada")
    told = said(journeys, "contact", "why", "ada", "--message", "nope")
    assert "Nothing was done at a step `nope`; without `--message` everything is told." in told
    assert "Nothing was done about this contact." in said(journeys, "contact", "why", "bob")
