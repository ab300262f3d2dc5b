"""What is exported comes back as it was: into an empty database of either kind, as CSV and as JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.conditions.names import AttributeType
from engine.errors import RefusedError
from engine.intake.cells import read_cell
from engine.intake.exact import INEXACT, exact, unguarded, write_cell
from engine.intake.rows import contact_rows, event_rows
from engine.intake.unwanted import suppression_rows
from engine.language.catalog import Catalog
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.model.proof import Proof, Said
from engine.model.suppression import Suppression
from engine.service.broken_off import how_far
from engine.service.exporting import columns_of, write_lines, write_table
from engine.service.import_contacts import import_contacts
from engine.service.import_events import import_events
from engine.service.import_suppressions import import_suppressions
from engine.service.importing import Import, Imported
from engine.service.running import load_running
from engine.service.sheets import contacts_sheet, events_sheet, suppressions_sheet
from engine.store.database import Store
from tests.support import databases

NOW = datetime(2026, 3, 28, 20, 0, 0, 123_456, tzinfo=UTC)
CATALOG = Catalog(
    attributes={
        "orders": AttributeType("number"),
        "tags": AttributeType("list"),
        "vip": AttributeType("boolean"),
    },
    events={"Order Completed": {"total": AttributeType("number"), "items": AttributeType("list")}},
)
#: Everything that CSV and spreadsheets spoil.
ODD: dict[str, Any] = {
    "formula": '=HYPERLINK("https://evil.example","x")',
    "plus": "+41 79 123 45 67",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "quoted": "'=1+1",
    "twice": "''+1",
    "plain quote": "'tis",
    "negative": -12.5,
    "negative text": "-12.5",
    "number": 5,
    "float": 5.0,
    "text number": "5",
    "blank": "  both ends ",
    "empty": "",
    "null": None,
    "yes": True,
    "text yes": "true",
    "json": 'json:{"a":1}',
    "lines": "one\ntwo\r\nthree",
    "delimiters": "a;b,c\td",
    "quotes": 'say "hi"',
    "map": {"a": [1, {"b": None}], "=x": "=y"},
    "list": ["a|b", "", "="],
    "orders": "not a number",
    "tags": ["a", 1, "b|c"],
    "letters": "Zoë עברית 👩‍🚀 \u2028 \x00",
    "=name": "formula in a name",
    " edges ": 1,
    "contact.dotted": "x",
    "topics.not": "x",
    "a;b": "delimiter in a name",
    'q"uote': "in a name",
    "": "no name",
    "huge": 10**40,
    "properties.x": 1,
    "timestamp": "as a name",
}


def people() -> list[Contact]:
    born = datetime(2020, 2, 29, 12, 0, 0, 1, tzinfo=UTC)
    return [
        Contact("ann", "ann@shop.example", "+41791234567", "Europe/Zurich", "de-CH", "retention", born, ODD),
        Contact(
            "=bob",
            created_at=born,
            topics={"news": True, "a.b": False, "*": False},
            proof=Proof("=form", born, "v2", born + timedelta(hours=1), {"ip": "192.0.2.1", "=x": 1}),
        ),
        Contact(
            "-5",
            created_at=NOW,
            attributes={"orders": 7, "tags": ["x", "y"], "vip": False},
            consents={"sms": True, "push": False},
            suppressed={"email": "hard_bounce", "sms": "true", "push": "=1"},
            paused_until=NOW + timedelta(days=30),
        ),
        Contact("𝄞" * 255, created_at=born),
    ]


def happenings() -> list[Event]:
    early = NOW - timedelta(days=400, microseconds=3)
    return [
        Event(
            "m1", "ann", "Order Completed", early, early, {"total": 12.5, "items": ["a"], "currency": "CHF"}
        ),
        Event("m2", "ann", "=Odd, name", early, NOW, ODD),
        Event("m3", "=bob", "Order Completed", early, early, {"total": "none", "items": "a|b"}),
        Event("m4", "-5", "$identify", early, early + timedelta(seconds=1)),
        Event("=m5", "ann", "Bare", NOW, NOW),
    ]


def known(contact: Contact) -> Contact:
    """As the store has it: what shows a yes stands in the record."""
    return structs.replace(contact, proof=None)


def on_record(store: Store, contact: str) -> list[Said]:
    """In whatever order a file told it."""
    said = [record.said for record in store.consents(contact)]
    return sorted(said, key=lambda one: (one.channel or "", one.topic or ""))


def fill(store: Store) -> None:
    with store.page() as page:
        page.put_contacts(people(), NOW)
        page.take_events(happenings())


def exported(store: Store, what: str, form: str, *, after: bytes = b"") -> bytes:
    """A whole export, or what `after` lacks of one."""
    file = BytesIO()
    with store.extract() as extract:
        sheet: Any = (contacts_sheet if what == "contacts" else events_sheet)(extract, CATALOG)
        find = extract.number_of_contact if what == "contacts" else extract.number_of_event
        reached = how_far(BytesIO(after), "id" if what == "contacts" else "messageId", is_table=form == "csv")
        number = 0 if reached.last is None else find(reached.last)
        assert number is not None
        file.write(after[: reached.size])
        if form == "csv":
            columns = columns_of(sheet)
            header = bool(reached.size)
            write_table(file, sheet, columns, lambda _: None, after=number, has_header=header)
        else:
            write_lines(file, sheet, lambda _: None, after=number)
    return file.getvalue()


def bring(store: Store, what: str, form: str, text: bytes) -> None:
    file = BufferedReader(BytesIO(text))  # type: ignore[arg-type]
    how = Import(store, load_running(store, Policy(), None), NOW)
    if what == "contacts":
        done = import_contacts(how, contact_rows(file, f"a.{form}", CATALOG))
    else:
        early = timedelta(minutes=5)
        done = import_events(how, event_rows(file, f"a.{form}", CATALOG, now=NOW, early=early))
    assert done.rejected == 0, done.examples


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A second database: of the other kind than `store`, where that is possible."""
    store = request.getfixturevalue("store")
    if store.is_sqlite:
        folder = tmp_path / "second"
        folder.mkdir()
        url = databases.copy_of_sqlite(request.getfixturevalue("upgraded_sqlite"), folder)
    else:
        url = request.getfixturevalue("postgres").new()
    second = Store.open(url)
    yield second
    second.close()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_was_exported_comes_back_as_it_was(store: Store, empty: Store, form: str) -> None:
    fill(store)
    for what in ("contacts", "events"):
        bring(empty, what, form, exported(store, what, form))
    for one in people():
        assert empty.contact(one.id) == known(one)
        assert on_record(empty, one.id) == on_record(store, one.id)
    assert empty.people_digest() == store.people_digest()
    assert exported(empty, "events", form) == exported(store, "events", form)


LIST = [
    Suppression("email", "gone@shop.example", "hard_bounce", NOW - timedelta(days=3), "bounces", "5.1.1 =no"),
    Suppression("email", "ann@shop.example", "manual", NOW - timedelta(days=2), "command by eve", "asked us"),
    Suppression("sms", "+41 79 000 00 00", "complaint", NOW - timedelta(microseconds=1), "import", None),
]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_suppressions_come_back_and_erased_people_are_told_to_nobody(
    store: Store, empty: Store, form: str
) -> None:
    with store.page() as page:
        page.put_contacts([Contact("ann", "ann@shop.example"), Contact("eve", "eve@shop.example")], NOW)
        page.suppress(LIST, NOW)
        page.erase("eve", NOW, "test")
    with empty.page() as page:
        page.put_contacts([Contact("ann", "Ann@shop.example")], NOW)
    file = BytesIO()
    with store.extract() as extract:
        sheet = suppressions_sheet(extract)
        if form == "csv":
            write_table(file, sheet, columns_of(sheet), lambda _: None)
        else:
            write_lines(file, sheet, lambda _: None)
    assert b"eve" not in file.getvalue().replace(b"command by eve", b"")
    how = Import(empty, load_running(empty, Policy(), None), NOW)

    def again() -> Imported:
        text = BufferedReader(BytesIO(file.getvalue()))  # type: ignore[arg-type]
        return import_suppressions(how, suppression_rows(text, f"a.{form}", now=NOW))

    done = again()
    assert (done.read, done.stored, done.rejected) == (3, 3, 0), done.examples
    assert (again().duplicates, again().stored) == (3, 0)
    found = [one for page in empty.suppressions() for one in page]
    assert sorted(found, key=lambda one: one.reason) == sorted(LIST, key=lambda one: one.reason)
    ann = empty.contact("ann")
    assert ann is not None
    assert ann.suppressed == {"email": "manual"}


def test_a_nightly_import_says_nothing_new(store: Store) -> None:
    def bring(now: datetime, **more: str) -> None:
        lines = json.dumps({"id": "ann", "topics": {"news": True}, **more}).encode()
        text = BufferedReader(BytesIO(lines))  # type: ignore[arg-type]
        how = Import(store, load_running(store, Policy(), None), now)
        import_contacts(how, contact_rows(text, "a.jsonl", CATALOG))

    for night in range(3):
        bring(NOW + timedelta(days=night), consent_source="fair")
    assert len(store.consents("ann")) == 1
    bring(NOW, consent_source="web form")
    bring(NOW, consent_source="web form", consent_at="2026-01-01")
    bring(NOW + timedelta(days=1), consent_source="web form", consent_at="2026-01-01")
    assert [one.said.source for one in store.consents("ann")] == ["fair", "web form", "web form"]


def test_the_digest_sees_every_difference(store: Store, empty: Store) -> None:
    """Otherwise equal digests say nothing."""
    fill(store)
    fill(empty)
    assert empty.people_digest() == store.people_digest()
    with empty.page() as page:
        page.put_contacts([Contact("ann", attributes={"number": 6})], NOW)
    once = empty.people_digest()
    with empty.page() as page:
        page.take_events([Event("m6", "ann", "Bare", NOW, NOW)])
    assert len({store.people_digest(), once, empty.people_digest()}) == 3


def test_no_cell_is_a_formula(store: Store) -> None:
    """As the standard library reads the file, which knows nothing of our escapes."""
    fill(store)
    for what in ("contacts", "events"):
        rows = list(csv.reader(io.StringIO(exported(store, what, "csv").decode(), newline=""), strict=True))
        cells = [cell for row in rows for cell in row]
        assert {len(row) for row in rows} == {len(rows[0])}
        assert {cell for cell in cells if cell[:1] in {*"=+-@\t\r"}} <= {"-5", "-12.5"}
        assert any(cell.startswith("'=") for cell in cells)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("what", ["contacts", "events"])
def test_an_export_that_broke_off_anywhere_goes_on(store: Store, what: str, form: str) -> None:
    fill(store)
    whole = exported(store, what, form)
    for size in range(0, len(whole) + 1, 7):
        assert exported(store, what, form, after=whole[:size]) == whole


def test_it_goes_on_in_nothing_but_an_export(store: Store) -> None:
    fill(store)
    with pytest.raises(RefusedError, match="line 2 of the file"):
        exported(store, "contacts", "jsonl", after=b'{"id": "ann"}\n{"name": "x"}\n{"id": "y"}\n')


def test_an_export_is_of_one_moment(store: Store) -> None:
    fill(store)
    with store.extract() as extract:
        before = [one.id for one in extract.contacts()]
        with store.page() as page:
            page.put_contacts([Contact("late", created_at=NOW)], NOW)
        assert [one.id for one in extract.contacts()] == before
        assert extract.count("contact") == len(before)
    assert store.contact("late") is not None


def test_lines_are_what_other_tools_read(store: Store) -> None:
    fill(store)
    lines = [json.loads(line) for line in exported(store, "events", "jsonl").splitlines()]
    assert [line["type"] for line in lines] == ["track", "track", "track", "identify", "track"]
    assert lines[0]["properties"] == {"total": 12.5, "items": ["a"], "currency": "CHF"}
    assert lines[0]["timestamp"] == "2025-02-21T20:00:00.123453Z"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.text(st.sampled_from("'=+-@\t\r\n json:5|[]")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab="), inner, max_size=2),
    max_leaves=4,
)
TYPES = [None, *(AttributeType(t) for t in ("text", "number", "boolean", "date", "instant", "list", "map"))]


@given(VALUES, st.sampled_from(TYPES))
@settings(max_examples=600)
def test_any_value_comes_back_from_its_cell(value: Any, type: AttributeType | None) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerow([write_cell("x", value, type), "end"])
    (row,) = csv.reader(file.getvalue().splitlines(keepends=True), strict=True)
    assert row[0][:1] not in {*"=+@\t\r"}
    text = unguarded(row[0].strip())
    told = exact(text)
    found = read_cell("x", text, type) if told is INEXACT else told
    assert json.dumps(found, sort_keys=True) == json.dumps(value, sort_keys=True)
