"""`journeys simulate`: the example of the interface word for word, and everything that can be given to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.commands.conftest import Journeys
from tests.unit.commands.test_validate import CART, change

ADA = '{"id": "ada", "email": "ada@shop.example", "timezone": "Europe/Zurich"}'
CART_UPDATED = {
    "type": "track",
    "userId": "ada",
    "event": "Cart Updated",
    "timestamp": "2026-03-28T19:00:00Z",
    "messageId": "m1",
    "properties": {"cart_id": "c1", "items_count": 2, "total": 180},
}
ORDERED = {
    "type": "track",
    "userId": "ada",
    "event": "Order Completed",
    "timestamp": "2026-03-29T09:00:00Z",
    "messageId": "m2",
    "properties": {"order_id": "o1", "cart_id": "c1", "total": 180},
}


@pytest.fixture
def events(shop: Path) -> str:
    return write(shop, CART_UPDATED, ORDERED)


def write(shop: Path, *lines: object) -> str:
    file = shop / "events.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return f"@{file}"


def simulated(journeys: Journeys, *arguments: str) -> dict[str, list[dict[str, object]]]:
    code, out, err = journeys("simulate", *arguments, "--format", "json")
    assert code == 0, err
    found: dict[str, list[dict[str, object]]] = json.loads(out)
    return found


def test_json_is_exactly_what_programs_were_promised(events: str, journeys: Journeys) -> None:
    found = simulated(journeys, "abandoned-cart", "--contact", ADA, "--events", events)
    promised = ["format", "journey", "version", "enrollments", "messages", "not_entered", "trace"]
    assert list(found) == [*promised, "stages"]
    assert found["stages"][1:3] == [
        {"at": "2026-03-28T19:00:00Z", "from": "reach", "to": "conversion"},
        {"at": "2026-03-29T09:00:00Z", "from": "conversion", "to": "retention"},
    ]
    assert (found["format"], found["journey"]) == (1, "abandoned-cart")
    assert len(found["version"]) == 64
    assert found["enrollments"] == [
        {
            "entry_key": "c1",
            "entered_at": "2026-03-28T19:00:00Z",
            "left_at": "2026-03-29T09:00:00Z",
            "reason": "goal",
            "outcome": "goal",
            "step": "came-back",
        }
    ]
    assert found["messages"] == [
        {
            "enrollment": 0,
            "step": "first-reminder",
            "channel": "email",
            "state": "sent",
            "reason": None,
            "at": "2026-03-29T06:00:00Z",
            "to": "ada@shop.example",
            "subject": "Your cart is still here",
        }
    ]
    assert found["not_entered"] == []
    assert found["trace"][1] == {
        "at": "2026-03-28T19:00:00Z",
        "enrollment": 0,
        "step": "cool-off",
        "did": "waiting",
        "until": "2026-03-28T20:00:00Z",
        "why": "1 hour",
    }


def test_people_get_a_timeline_in_the_contacts_time(events: str, journeys: Journeys) -> None:
    code, out, err = journeys("simulate", CART, "--contact", ADA, "--events", events)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "abandoned-cart for ada, times in Europe/Zurich"
    assert "Sun 2026-03-29 08:00  first-reminder  sends email “Your cart is still here”" in lines
    assert lines[-1] == "1 sent, 0 dropped"


def test_the_path_taken_is_a_picture(events: str, journeys: Journeys) -> None:
    code, out, _ = journeys(
        "simulate", "abandoned-cart", "--contact", ADA, "--events", events, "--format", "mermaid"
    )
    assert code == 0
    assert out.startswith("flowchart TD\n")
    assert "    n0 --> n1\n" in out
    assert "leaves: goal (Order Completed)" in out


def test_until_is_inclusive(events: str, journeys: Journeys) -> None:
    given = ("abandoned-cart", "--contact", ADA, "--events", events, "--until")
    assert len(simulated(journeys, *given, "2026-03-29T06:00:00Z")["messages"]) == 1
    assert len(simulated(journeys, *given, "2026-03-29 08:00 Europe/Zurich")["messages"]) == 1
    assert len(simulated(journeys, *given, "2026-03-29 08:00")["messages"]) == 1  # the catalog's zone
    inside = simulated(journeys, *given, "2026-03-29T05:59:59Z")
    assert inside["messages"] == []
    assert inside["enrollments"][0]["left_at"] is None
    assert inside["enrollments"][0]["reason"] is None


def test_events_before_the_start_are_history(shop: Path, journeys: Journeys) -> None:
    before = {**ORDERED, "timestamp": "2026-03-28T10:00:00Z", "messageId": "m0"}
    events = write(shop, before, CART_UPDATED)
    found = simulated(
        journeys, "abandoned-cart", "--contact", ADA, "--events", events, "--start", "2026-03-28T12:00:00Z"
    )
    assert found["enrollments"] == []
    [refusal] = found["not_entered"]
    assert (refusal["at"], refusal["reason"]) == ("2026-03-28T19:00:00Z", "enter_when")
    assert "Order Completed" in str(refusal["detail"])
    late = simulated(
        journeys, "abandoned-cart", "--contact", ADA, "--events", events, "--start", "2026-03-28T20:00:00Z"
    )
    assert (late["enrollments"], late["not_entered"]) == ([], [])


def test_a_line_told_twice_counts_once(shop: Path, journeys: Journeys) -> None:
    found = simulated(
        journeys, "abandoned-cart", "--contact", ADA, "--events", write(shop, CART_UPDATED, CART_UPDATED)
    )
    assert [one["reason"] for one in found["enrollments"]] == ["completed"]


def test_lines_may_be_in_any_order(shop: Path, journeys: Journeys) -> None:
    events = write(shop, ORDERED, CART_UPDATED)
    found = simulated(journeys, "abandoned-cart", "--contact", ADA, "--events", events)
    assert found["enrollments"][0]["reason"] == "goal"


def test_what_an_identify_says_holds_from_then_on(shop: Path, journeys: Journeys) -> None:
    told = {
        "type": "identify",
        "userId": "ada",
        "timestamp": "2026-03-28T19:30:00Z",
        "traits": {"email": "new@shop.example", "timezone": "Europe/London"},
    }
    events = write(shop, CART_UPDATED, told)
    found = simulated(journeys, "abandoned-cart", "--contact", '{"id": "ada"}', "--events", events)
    first = found["messages"][0]
    # 21:00 in London was 20:00 UTC winter time, so the hour's wait ends outside of its quiet hours
    assert (first["to"], first["at"]) == ("new@shop.example", "2026-03-28T20:00:00Z")


@pytest.mark.parametrize("contact", ['{"email": "ada@shop.example"}', '{"id": "somebody-else"}'])
def test_events_of_a_single_person_are_this_contacts(events: str, journeys: Journeys, contact: str) -> None:
    found = simulated(journeys, "abandoned-cart", "--contact", contact, "--events", events)
    assert len(found["enrollments"]) == 1


def test_lines_about_others_are_left_out(shop: Path, journeys: Journeys) -> None:
    other = {**CART_UPDATED, "userId": "ben", "messageId": "m3"}
    events = write(shop, CART_UPDATED, other)
    assert (
        len(simulated(journeys, "abandoned-cart", "--contact", ADA, "--events", events)["enrollments"]) == 1
    )
    code, _, err = journeys("simulate", "abandoned-cart", "--contact", "{}", "--events", events)
    assert code == 2
    assert "the events are of 2 contacts" in err


def test_a_manual_journey_is_entered_at_the_start(shop: Path, journeys: Journeys) -> None:
    file = shop / "journeys/welcome-series/journey.yaml"
    change(file, "  event: Signed Up", "  manual: true")
    change(file, "status: live", "status: draft")
    contact = '{"email": "ada@shop.example", "topics": {"newsletter": true}}'
    found = simulated(journeys, "welcome-series", "--contact", contact, "--start", "2026-03-03 14:00")
    assert found["enrollments"][0]["entered_at"] == "2026-03-03T13:00:00Z"
    assert found["enrollments"][0]["step"] is None
    assert [message["step"] for message in found["messages"]][:2] == ["welcome", "favourites"]
    _, out, _ = journeys("simulate", "welcome-series", "--contact", contact, "--start", "2026-03-03 14:00")
    assert "The journey's status is `draft`" in out


def test_dropped_and_failed_messages_say_why(shop: Path, journeys: Journeys) -> None:
    events = write(shop, CART_UPDATED)
    contact = '{"id": "ada", "email": "ada@shop.example", "topics": {"cart": false}}'
    found = simulated(journeys, "abandoned-cart", "--contact", contact, "--events", events)
    assert {(one["state"], one["reason"], one["subject"]) for one in found["messages"]} == {
        ("dropped", "unsubscribed", None),
        ("dropped", "when", None),  # the text for who agreed to SMS
    }
    change(shop / "journeys/abandoned-cart/reminder-1.md", "Hello", "Hello {{ contact.phone }}")
    found = simulated(journeys, "abandoned-cart", "--contact", ADA, "--events", events)
    assert (found["messages"][0]["state"], found["messages"][0]["reason"]) == ("failed", "render_failed")


def test_a_contact_may_stand_in_a_file(shop: Path, events: str, journeys: Journeys) -> None:
    (shop / "ada.json").write_text(ADA, encoding="utf-8")
    assert simulated(journeys, "abandoned-cart", "--contact", "@ada.json", "--events", events)["messages"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["abandoned-cart", "--contact", "{"], "--contact cannot be read as JSON"),
        (["abandoned-cart", "--contact", "[]"], "--contact is no JSON object"),
        (["abandoned-cart", "--contact", '{"score": NaN}'], "NaN is no number"),
        (["abandoned-cart", "--contact", '{"topics": {"cart": "no"}}'], "--contact: `topics.cart` is `no`"),
        (
            ["abandoned-cart", "--contact", '{"email": "ada at home"}'],
            "`email` is `ada at home`, which is no",
        ),
        (["abandoned-cart", "--contact", "@nope.json"], "nope.json cannot be read"),
        (["abandoned-cart", "--contact", "{}", "--events", "@nope.jsonl"], "nope.jsonl cannot be read"),
        (["abandoned-cart", "--contact", "{}", "--start", "soon"], "--start: `soon` is not a point in time"),
        (
            ["abandoned-cart", "--contact", "{}", "--until", "1 day"],
            "--until: `1 day` is not a point in time",
        ),
        (["abandoned-cat", "--contact", "{}"], "Did you mean `abandoned-cart`?"),
        (["journeys", "--contact", "{}"], "`journeys` is not one journey"),
        (["abandoned-cart"], "Missing option '--contact'"),
    ],
)
def test_what_cannot_be_used_is_named(
    shop: Path, journeys: Journeys, arguments: list[str], words: str
) -> None:
    code, out, err = journeys("simulate", *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_a_bad_line_is_named(shop: Path, journeys: Journeys) -> None:
    events = write(shop, CART_UPDATED, {"type": "trak"})
    code, _, err = journeys("simulate", "abandoned-cart", "--contact", ADA, "--events", events)
    assert code == 2
    assert "events.jsonl: line 2: `trak` is no type of a line. Did you mean `track`?" in err


def test_a_faulty_journey_is_refused_with_its_faults(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    code, _, err = journeys("simulate", "abandoned-cart", "--contact", "{}")
    assert code == 1
    assert err.splitlines()[0] == "error: the journey `abandoned-cart` has faults"
    assert f"{CART}:62:15: error J350" in err


def test_what_the_catalog_does_not_know_of_the_contact_is_said_and_stops_nothing(
    shop: Path, journeys: Journeys
) -> None:
    odd = {
        "timezone": "Europe/Zurrich",
        "first_nam": "Ada",
        "wants_to_stay": "two",
        "topics": {"cartt": True},
    }
    history = [{"event": "Order Complete", "at": "2026-01-05"}]
    events = write(shop, {**CART_UPDATED, "event": "Cart Updatet"})
    contact = json.dumps({"email": "ada@shop.example", **odd, "consent": {"smss": True}, "history": history})
    code, out, err = journeys("simulate", "abandoned-cart", "--contact", contact, "--events", events)
    assert code == 0
    assert out
    assert err.splitlines() == [
        "warning: There is no time zone `Europe/Zurrich`. Did you mean `Europe/Zurich`?",
        "warning: catalog.yaml has no attribute `first_nam`. Did you mean `first_name`?",
        "warning: The attribute `wants_to_stay` is not true or false, as catalog.yaml says.",
        "warning: There is no channel `smss`. Did you mean `sms`?",
        "warning: catalog.yaml has no topic `cartt`. Did you mean `cart`?",
        "warning: catalog.yaml has no event `Order Complete`. Did you mean `Order Completed`?",
        "warning: catalog.yaml has no event `Cart Updatet`. Did you mean `Cart Updated`?",
    ]
