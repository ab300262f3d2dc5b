"""`journeys contact merge`, and what the other verbs say of an id that was merged."""

from __future__ import annotations

import json
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
  - { id: pause, wait: 2 days }
"""


@pytest.fixture
def running(shop: Path, journeys: Journeys) -> Path:
    """A shop with a manual journey and two contacts."""
    (shop / "people.csv").write_text("id,email\nada,ada@shop.example\nold,old@shop.example\n")
    (shop / "journeys" / "greeting.yaml").write_text(GREETING)
    for verb in ("db upgrade", "apply", "import contacts people.csv"):
        said(journeys, *verb.split())
    return shop


def said(journeys: Journeys, *arguments: str, code: int = 0) -> str:
    found, out, err = journeys(*arguments)
    assert found == code, out + err
    return out + err


def test_it_tells_what_it_would_do_then_does_it_and_then_has_nothing_to_do(
    running: Path, journeys: Journeys
) -> None:
    for contact in ("ada", "old"):
        said(journeys, "enroll", "greeting", contact)
    would = said(journeys, "contact", "merge", "old", "ada", "--by", "Eve", "--dry-run")
    assert would.startswith("old would be ada now: 0 events, 1 enrollment and 0 messages came along\n")
    assert "old@shop.example" in said(journeys, "contact", "show", "old")
    done = said(journeys, "contact", "merge", "old", "ada", "--by", "Eve")
    assert done.startswith("old is ada now:")
    assert "greeting: `ada` was in it already, since " in done
    assert "one contact already" in said(journeys, "contact", "merge", "old", "ada")
    shown = said(journeys, "contact", "show", "old")
    assert shown.startswith("old was merged: this is ada\n")
    assert "by Eve" in shown
    found = json.loads(said(journeys, "contact", "show", "ada", "--format", "json"))
    assert [(one["id"], one["by"]) for one in found["merged"]] == [("old", "Eve")]
    why = said(journeys, "contact", "why", "old")
    assert "merged: `old` is this contact from now on, by Eve" in why
    assert "left: merged: `ada` was in it already" in why


def test_other_verbs_say_whose_id_it_is(running: Path, journeys: Journeys) -> None:
    said(journeys, "contact", "merge", "old", "ada")
    assert said(journeys, "enroll", "greeting", "old").startswith("old was merged: it is ada since ")
    assert said(journeys, "leave", "greeting", "old").startswith("old was merged: it is ada since ")
    (running / "more.csv").write_text("id,first_name\nold,Ada\n")
    assert "1 by an id that was merged into another contact's" in said(
        journeys, "import", "contacts", "more.csv"
    )
    assert "Ada" in said(journeys, "contact", "show", "ada")


def test_who_is_not_known_is_named(running: Path, journeys: Journeys) -> None:
    assert "no contact `nobody`" in said(journeys, "contact", "merge", "nobody", "ada", code=1)
    assert "one contact already" in said(journeys, "contact", "merge", "ada", "ada", code=1)
