"""Files of contacts and events: every cell gets the type that the catalog gives it, or the row is refused."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.errors import ReadError
from engine.intake.columns import ColumnMap
from engine.intake.declared import in_words
from engine.intake.lines import Identified, LineError
from engine.intake.rows import Row, contact_rows, event_rows
from engine.language.catalog import Catalog, read_catalog
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.proof import Proof

NOW = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
CATALOG, FAULTS = read_catalog(
    b"""
contact:
  first_name: text
  country: { type: text, values: [CH, DE, AT] }
  orders: number
  vip: boolean
  birthday: date
  renewal_at: instant
  interests: list
  address: map
events:
  Order Completed: { order_id: text, total: number, gift: boolean, products: list }
topics:
  cart: { name: Cart reminders, consent: opt_out }
""",
    "journeys/catalog.yaml",
)


def opened(text: str) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(text.encode()))  # type: ignore[arg-type]


def contacts(text: str, name: str = "contacts.csv", catalog: Catalog = CATALOG) -> list[Row[Contact]]:
    return list(contact_rows(opened(text), name, catalog, consent_source="a test"))


def contact(header: str, row: str) -> Contact:
    [found] = contacts(f"id;{header}\n1;{row}\n")
    assert isinstance(found.found, Contact), found.found
    return found.found


def events(text: str, name: str = "events.csv", **given: Any) -> list[Row[Event | Identified]]:
    return list(event_rows(opened(text), name, CATALOG, now=NOW, early=timedelta(minutes=5), **given))


def test_the_catalog_of_this_test_is_right() -> None:
    assert not FAULTS


# --- contacts --------------------------------------------------------------------------------------


def test_built_in_fields_topics_consents_and_suppressions() -> None:
    found = contact(
        "email;phone;timezone;locale;created_at;topics.cart;consent.sms;suppressed.email;suppressed.sms;paused_until",
        "ada@shop.example;+41791234567;Europe/Zurich;de-CH;2026-01-05T10:00:00+01:00;yes;No;hard_bounce;no;2026-04-01",
    )
    assert found == Contact(
        "1",
        "ada@shop.example",
        "+41791234567",
        "Europe/Zurich",
        "de-CH",
        created_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        topics={"cart": True},
        consents={"sms": False},
        suppressed={"email": "hard_bounce"},
        paused_until=datetime(2026, 4, 1, tzinfo=UTC),
        proof=Proof("a test"),
    )


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("first_name", "007", "007"),
        ("contact.first_name", "Ada", "Ada"),
        ("country", "CH", "CH"),
        ("orders", "5", 5),
        ("orders", "-5.50", -5.5),
        ("orders", "1e3", 1000.0),
        ("vip", "TRUE", True),
        ("vip", "0", False),
        ("birthday", "1990-02-29", None),
        ("birthday", "1992-02-29", "1992-02-29"),
        ("renewal_at", "2026-03-28T10:00:00+01:00", "2026-03-28T10:00:00+01:00"),
        ("interests", "sailing | knives|", ["sailing", "knives"]),
        ("interests", '["a|b", 1]', ["a|b", 1]),
        ("interests", "[a, b]", None),
        ("address", '{"zip": "8001"}', {"zip": "8001"}),
        ("address", "Zürich", None),
        ("orders", "1'234", None),
        ("orders", "12,50", None),
        ("orders", "CHF 5", None),
        ("orders", "NaN", None),
        ("orders", "9" * 40, None),
        ("orders", "1e999", None),
        ("vip", "maybe", None),
        ("topics.cart", "maybe", None),
        ("country", "ch", None),
        ("renewal_at", "28.03.2026", None),
        ("email", "ada.example", None),
        ("created_at", "yesterday", None),
        ("undeclared", "5", "5"),
    ],
)
def test_a_cell_is_what_the_catalog_says_or_the_row_is_refused(name: str, cell: str, value: Any) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    [found] = contacts(f"id,{name}\n1,{quoted}\n")
    if value is None:
        assert isinstance(found.found, LineError)
        assert found.found.reason.startswith(f"`{name}` is ")
        assert found.found.help
        assert found.raw == {"id": "1", name: cell}
    else:
        assert isinstance(found.found, Contact)
        assert found.found.attributes == {name.removeprefix("contact."): value}


def test_a_value_that_is_not_listed_is_refused_with_what_is() -> None:
    [found] = contacts("id,country\n1,CHH\n")
    assert isinstance(found.found, LineError)
    assert found.found.reason == "`country` is never `CHH`. Did you mean `CH`?"
    assert found.found.help == "catalog.yaml allows CH, DE, AT."


def test_the_address_stands_in_for_a_missing_id_and_one_of_them_must_be_there() -> None:
    first, second = contacts("id,email,first_name\n,ada@shop.example,Ada\n,,Ben\n")
    assert isinstance(first.found, Contact)
    assert first.found.id == "ada@shop.example"
    assert isinstance(second.found, LineError)
    assert second.found.reason == "there is neither `id` nor `email`"
    with pytest.raises(ReadError, match=r"there is no column `id` or `email`. Did you mean `e-mail`\?"):
        contacts("e-mail,first_name\n")


def test_odd_things_are_kept_and_said() -> None:
    [found] = contacts("id,timezone,fist_name,topics.carts\n1,Europe/Zürich,Ada,true\n")
    assert isinstance(found.found, Contact)
    assert found.found.timezone == "Europe/Zürich"
    assert found.found.attributes == {"fist_name": "Ada"}
    assert [in_words(odd, CATALOG) for odd in found.odd] == [
        "There is no time zone `Europe/Zürich`. Did you mean `Europe/Zurich`?",
        "catalog.yaml has no attribute `fist_name`. Did you mean `first_name`?",
        "catalog.yaml has no topic `carts`. Did you mean `cart`?",
    ]


def test_without_a_catalog_everything_is_text_and_nothing_is_odd() -> None:
    [found] = contacts("id,orders\n1,5\n", catalog=Catalog())
    assert isinstance(found.found, Contact)
    assert found.found.attributes == {"orders": "5"}
    assert not found.odd


def test_contacts_as_json_lines_alone_or_as_identify() -> None:
    lines: list[Any] = [
        {"id": 7, "email": "ada@shop.example", "orders": "five", "consent": {"sms": True}},
        {"type": "identify", "userId": "u1", "traits": {"first_name": "Ben"}},
        {"type": "track", "userId": "u1", "event": "Order Completed"},
        {"id": "u2", "history": []},
        {"first_name": "Nobody"},
    ]
    found = contacts("\n".join(json.dumps(line) for line in lines), "contacts.jsonl")
    assert [type(row.found) for row in found] == [Contact, Contact, LineError, LineError, LineError]
    assert isinstance(found[0].found, Contact)
    assert found[0].found.id == "7"
    assert [in_words(odd, CATALOG) for odd in found[0].odd] == [
        "The attribute `orders` is not a number, as catalog.yaml says."
    ]
    assert [row.line for row in found] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["export", "export.txt"])
def test_a_name_that_tells_nothing_leaves_it_to_the_first_character(name: str) -> None:
    assert isinstance(contacts("id\n1\n", name)[0].found, Contact)
    assert isinstance(contacts(' \n{"id": "1"}\n', name)[0].found, Contact)


# --- events ----------------------------------------------------------------------------------------


def test_events_in_a_table() -> None:
    [row] = events(
        "contact,event,timestamp,messageId,properties.order_id,total,gift,products,colour\n"
        "u1,Order Completed,2026-03-28T19:00:00Z,m1,0012,12.50,yes,a|b,red\n"
    )
    at = datetime(2026, 3, 28, 19, tzinfo=UTC)
    told = {"order_id": "0012", "total": 12.5, "gift": True, "products": ["a", "b"], "colour": "red"}
    assert row.found == Event("m1", "u1", "Order Completed", at, at, told)
    assert [in_words(odd, CATALOG) for odd in row.odd] == [
        "catalog.yaml has no property `colour` of Order Completed."
    ]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("event", "no column `userId` or `contact`"),
        ("userId,evnt", "no column `event`. Did you mean `evnt`?"),
    ],
)
def test_events_need_to_say_who_and_what(header: str, words: str) -> None:
    with pytest.raises(ReadError) as refused:
        events(header + "\n")
    assert words in refused.value.message


def line(**told: Any) -> str:
    return json.dumps({"type": "track", "userId": "u1", "event": "Order Completed", **told})


@pytest.mark.parametrize(
    ("told", "at", "received_at", "odd"),
    [
        ({"timestamp": "2026-01-01T10:00:00Z"}, (1, 1, 10, 0), (1, 1, 10, 0), []),
        (
            {"timestamp": "2026-01-01T10:00:00Z", "receivedAt": "2026-01-02T10:00:00Z"},
            (1, 1, 10, 0),
            (1, 2, 10, 0),
            [],
        ),
        ({}, (3, 28, 20, 0), (3, 28, 20, 0), ["no time"]),
        ({"timestamp": "2026-03-28T20:05:00Z"}, (3, 28, 20, 5), (3, 28, 20, 0), []),
        ({"timestamp": "2026-03-28T20:06:00Z"}, (3, 28, 20, 0), (3, 28, 20, 0), ["ahead"]),
        (
            {"timestamp": "2026-01-03T10:00:00Z", "receivedAt": "2026-01-02T10:00:00Z"},
            (1, 2, 10, 0),
            (1, 2, 10, 0),
            ["ahead"],
        ),
    ],
)
def test_history_was_received_when_it_says_and_never_happened_after(
    told: dict[str, Any], at: tuple[int, ...], received_at: tuple[int, ...], odd: list[str]
) -> None:
    [row] = events(line(**told), "events.jsonl")
    assert isinstance(row.found, Event)
    assert row.found.at == datetime(2026, *at, tzinfo=UTC)  # type: ignore[misc, arg-type]
    assert row.found.received_at == datetime(2026, *received_at, tzinfo=UTC)  # type: ignore[misc, arg-type]
    assert [one.what for one in row.odd] == odd


def test_what_is_to_trigger_is_received_now() -> None:
    [row] = events(line(timestamp="2026-03-28T10:00:00Z"), "events.jsonl", is_received_now=True)
    assert isinstance(row.found, Event)
    assert (row.found.at.hour, row.found.received_at) == (10, NOW)


def test_with_a_map_lines_are_read_like_rows() -> None:
    map = ColumnMap(
        {"Nr": "id", "Bestellungen": "orders", "News": "topics.cart", "Notiz": None, "Neu": "first_name"},
        {"country": "CH", "locale": "de-CH"},
    )
    told = {"Nr": 7, "Bestellungen": "3", "consent_source": "fair", "News": True, "Notiz": "x"}
    text = json.dumps({**told, "country": "DE", "Neu": "json:1"})
    [row] = contact_rows(opened(text), "contacts.jsonl", CATALOG, map)
    assert isinstance(row.found, Contact)
    assert (row.found.id, row.found.locale, dict(row.found.topics)) == ("7", "de-CH", {"cart": True})
    assert dict(row.found.attributes) == {"orders": 3, "country": "DE", "first_name": "json:1"}
    map = ColumnMap({"who": "userId", "what": "event", "sum": "total", "at": "timestamp"}, {"gift": "no"})
    told = {"who": "ann", "what": "Order Completed", "at": "2026-01-05", "sum": 12.5}
    [event] = event_rows(
        opened(json.dumps({**told, "properties": {"order_id": "o1"}})),
        "events.jsonl",
        CATALOG,
        map,
        now=NOW,
        early=timedelta(minutes=5),
    )
    assert isinstance(event.found, Event)
    assert (event.found.contact_id, event.found.name) == ("ann", "Order Completed")
    assert dict(event.found.properties) == {"total": 12.5, "order_id": "o1", "gift": False}


def test_what_was_guarded_for_spreadsheets_is_read_as_it_was() -> None:
    text = "id,first_name,'=odd\nann,'=1+1,''+x\nbob,'tis,'\n"
    [ann, bob] = contact_rows(opened(text), "contacts.csv", CATALOG)
    assert isinstance(ann.found, Contact)
    assert isinstance(bob.found, Contact)
    assert dict(ann.found.attributes) == {"first_name": "=1+1", "=odd": "'+x"}
    assert dict(bob.found.attributes) == {"first_name": "'tis", "=odd": "'"}
