"""What every database must do: each test runs on a SQLite file and on PostgreSQL, through the front door."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from engine.core.case import Case, Membership, Past, TraceEntry
from engine.core.tell import tell
from engine.errors import LeaseError, StoreError
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.message import Message
from engine.model.position import Enrollment
from engine.model.stock import NO_STOCK
from engine.model.trace import TraceLine
from engine.model.trial import ALONE
from engine.model.view import Ended
from engine.store import positions, tables
from engine.store.anonymous import Stranger
from engine.store.database import Store
from engine.store.faults import StaleError
from engine.store.outbox import MessageUpdate, Recovered

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def later(minutes: float) -> datetime:
    return NOW + minutes * MINUTE


# --- by hand: rows as a stranger sees them, and cases as core would leave them -------------------


@contextmanager
def stranger(store: Store) -> Iterator[Any]:
    """Another program's connection, which knows nothing of ours and waits for nobody."""
    url = store._engine.url
    if url.get_backend_name() == "sqlite":
        connection: Any = sqlite3.connect(str(url.database), timeout=0, isolation_level=None)
    else:
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(address, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


def rows(store: Store, sql: str) -> list[Any]:
    with stranger(store) as connection:
        return list(connection.execute(sql).fetchall())


def row_counts(store: Store) -> dict[str, int]:
    return {name: rows(store, f"SELECT count(*) FROM {name}")[0][0] for name in tables.METADATA.tables}


def enrollment(**changes: Any) -> Enrollment:
    plain = Enrollment(
        "cart", "v1", "", NOW, {"cart_id": "c1"}, NOW, step="wait", arrived_at=NOW, is_new=True
    )
    for name, value in changes.items():
        setattr(plain, name, value)
    return plain


def message(case: Case, of: Enrollment, **changes: Any) -> Message:
    plain = Message(
        contact_id=case.contact.id,
        journey=of.journey,
        version=of.version,
        step="mail",
        iteration="",
        channel="email",
        state="ready",
        reason=None,
        at=NOW,
        to="ada@shop.example",
        message_id=f"{case.contact.id}.{of.journey}@shop.example",
        entry_key=of.entry_key,
    )
    return structs.replace(plain, **changes)


def leave(of: Enrollment, at: datetime, **changes: Any) -> None:
    of.left_at, of.reason, of.outcome, of.due_at = at, "completed", "completed", None
    of.is_changed = of.is_moved = True
    for name, value in changes.items():
        setattr(of, name, value)


def enroll(store: Store, **enrollments: Enrollment) -> dict[str, int]:
    """One contact for each, named like the argument."""
    with store.page() as page:
        keys = page.contacts(enrollments, NOW)
        cases = page.load(keys.values(), now=NOW)
        for case in cases:
            case.enrollments.append(enrollments[case.contact.id])
        page.save(cases, NOW)
    return keys


def load(store: Store, id: str = "ada", now: datetime = NOW, **how: Any) -> Case:
    with store.page() as page:
        (case,) = page.load(page.contacts([id], now).values(), now=now, **how)
    return case


def everything(store: Store, id: str = "ada", now: datetime = NOW) -> Case:
    return load(store, id, now, everything=True)


def release(store: Store, count: int = 1, **changes: Any) -> list[int]:
    """As many messages, each of another contact; their ids."""
    with store.page() as page:
        cases = page.load(page.contacts([f"c{n}" for n in range(count)], NOW).values(), now=NOW)
        for case in cases:
            case.enrollments.append(enrollment())
            case.messages.append((case.enrollments[0], message(case, case.enrollments[0], **changes)))
        page.save(cases, NOW)
    return sorted(row[0] for row in rows(store, "SELECT id FROM message"))


# --- contacts ------------------------------------------------------------------------------------


def test_an_unknown_id_becomes_a_contact_and_a_known_one_keeps_its_key(store: Store) -> None:
    with store.page() as page:
        first = page.contacts(["bob", "ada", "bob"], NOW)
    with store.page() as page:
        second = page.contacts(["ada", "eve"], later(5))
    assert second["ada"] == first["ada"]
    assert len({*first.values(), second["eve"]}) == 3
    assert store.contact("ada") == Contact("ada", created_at=NOW)
    assert store.contact("nobody") is None
    assert store.keys(["ada", "nobody"]) == {"ada": first["ada"]}


FULL = Contact(
    id="ada",
    email="ada@shop.example",
    phone="+41791234567",
    timezone="Europe/Zurich",
    locale="de-CH",
    stage="retention",
    created_at=NOW - DAY,
    attributes={"first_name": "Ada", "orders": 3, "price": 1.5, "tags": ["a", "b"], "deep": {"x": None}},
    topics={"newsletter": True, "*": False},
    consents={"sms": True},
    suppressed={"email": "hard_bounce"},
    paused_until=NOW + DAY,
)


def test_every_field_of_a_contact_comes_back(store: Store) -> None:
    with store.page() as page:
        (case,) = page.load(page.contacts(["ada"], NOW).values(), now=NOW)
        case.contact, case.is_contact_changed = FULL, True
        page.save([case], NOW)
    assert not case.is_contact_changed
    assert all(getattr(FULL, field.name) for field in structs.fields(Contact) if field.name != "proof"), (
        "the example must fill every field"
    )
    assert store.contact("ada") == FULL
    assert load(store).contact == FULL


def test_an_import_counts_what_is_new_and_what_changed(store: Store) -> None:
    with store.page() as page:
        assert page.put_contacts([FULL, Contact("bob")], NOW) == (2, 0)
    with store.page() as page:
        again = [
            Contact("ada", attributes={"orders": 4}, topics={"cart": False}),
            Contact("bob"),
            Contact("eve"),
        ]
        assert page.put_contacts(again, later(1)) == (1, 1)
    ada = store.contact("ada")
    assert ada == structs.replace(
        FULL,
        attributes={**FULL.attributes, "orders": 4},
        topics={"newsletter": True, "*": False, "cart": False},
    )
    eve = store.contact("eve")
    assert eve is not None
    assert eve.created_at == later(1)


def test_an_import_that_replaces_keeps_only_the_birthday_of_the_record(store: Store) -> None:
    with store.page() as page:
        page.put_contacts([FULL], NOW)
        assert page.put_contacts([Contact("ada", email="new@shop.example")], NOW, merge=False) == (0, 1)
    assert store.contact("ada") == Contact("ada", email="new@shop.example", created_at=FULL.created_at)


def test_a_contact_twice_in_one_import_is_one_contact(store: Store) -> None:
    with store.page() as page:
        twice = [Contact("ada", email="a@shop.example"), Contact("ada", phone="1")]
        assert page.put_contacts(twice, NOW) == (1, 0)
    assert store.contact("ada") == Contact("ada", email="a@shop.example", phone="1", created_at=NOW)


# --- events --------------------------------------------------------------------------------------


def event(message_id: str, minutes: float = 0, name: str = "Cart Viewed", contact: str = "ada") -> Event:
    return Event(message_id, contact, name, later(minutes), later(minutes + 1), {"n": minutes})


def test_a_message_id_is_taken_once_for_ever(store: Store) -> None:
    with store.page() as page:
        fresh = page.take_events([event("m1"), event("m2", 5), event("m1", 9)])
    assert fresh == [event("m1"), event("m2", 5)]
    with store.page() as page:
        assert page.take_events([event("m2"), event("m3"), event("m1", contact="bob")]) == [event("m3")]
        assert page.take_events([]) == []
    assert rows(store, "SELECT message_id FROM event ORDER BY 1") == [("m1",), ("m2",), ("m3",)]


def test_an_event_of_the_engines_own_is_stored_with_the_case_once(store: Store) -> None:
    for _ in range(2):  # the same work done again, on a case that does not have this history
        with store.page() as page:
            keys = page.contacts(["ada"], NOW)
            case = page.load(keys.values(), now=NOW)[0]
            told = tell(case, "Stage Changed", {"to": "retention"}, later(3), source="stage")
            page.save([case], NOW)
        assert not case.told
        assert not case.has_news
    with store.page() as page:
        history = page.load(keys.values(), now=NOW, events=["Stage Changed"])[0].history
    assert history == {"Stage Changed": [told]}


def test_history_is_read_by_name_in_order_of_its_instants(store: Store) -> None:
    given = [event("m1", 5), event("m2", 1), event("m3", 3, "Order Completed"), event("m4", 2, contact="bob")]
    with store.page() as page:
        page.take_events(given)
    case = load(store, events={"Cart Viewed", "Never Seen"})
    assert case.history == {"Cart Viewed": [given[1], given[0]]}
    assert load(store).history == {}
    assert load(store, "bob", events={"Cart Viewed"}).history == {"Cart Viewed": [given[3]]}


# --- enrollments and positions -------------------------------------------------------------------


def test_every_field_of_a_running_enrollment_comes_back(store: Store) -> None:
    full = enrollment(
        entry_key="c1",
        serial=2,
        due_at=later(1),
        owed_at=later(-1),
        steps={"came-back": {"event": {"cart_id": "c1"}, "n": 1}, "": {"goal": False}},
        sent_at=[NOW, later(0.5)],
        iteration="2.1",
        is_held_out=True,
        capped_at=later(0.2),
        answer={"step": "came-back", "to": None, "why": "Cart Viewed", "memory": {"passed": True}},
        drafted={"values": [[["n"], 5], [["nick"]]], "topics": {"*": False}},
        outcome="so far",
        detail="a note",
        goal_until=later(9),
        converted_at=later(0.1),
        revenue=12.5,
    )
    enroll(store, ada=full)
    assert (full.is_new, full.ver) == (False, 0)
    assert full.id
    untouched = {"left_at", "reason", "ver", "is_new", "is_moved", "is_changed"}
    assert all(
        getattr(full, field.name) for field in structs.fields(Enrollment) if field.name not in untouched
    )
    assert everything(store).enrollments == [full]
    assert load(store, now=later(1)).enrollments == [full]
    assert store.enrollments("ada") == [full]


def test_every_field_of_one_that_left_comes_back_while_its_goal_counts(store: Store) -> None:
    one = enrollment(steps={"x": {"y": 1}}, sent_at=[NOW], iteration="1")
    enroll(store, ada=one)
    case = everything(store)
    (left,) = case.enrollments
    leave(left, later(1), detail="why", goal_until=later(60), revenue=1.0)
    with store.page() as page:
        page.save([case], later(1))
    assert rows(store, "SELECT count(*) FROM position") == [(0,)]
    assert everything(store).enrollments == [left]
    assert load(store, now=later(600)).enrollments == [], "only what is due is loaded by default"
    assert everything(store, now=later(60)).enrollments == [], "its window is over"
    left.converted_at, left.is_changed = later(2), True
    with store.page() as page:
        page.save([case], later(2))
    assert everything(store).enrollments == [left], "so that no older one is given the next order"
    assert store.enrollments("ada") == [left]


def test_entering_and_completing_at_once_needs_no_position(store: Store) -> None:
    one = enrollment()
    leave(one, NOW)
    enroll(store, ada=one)
    assert rows(store, "SELECT count(*) FROM position") == [(0,)]
    assert store.enrollments("ada") == [one]
    assert store.check() == []


def test_only_what_is_due_is_loaded_unless_everything_is_asked_for(store: Store) -> None:
    keys = enroll(store, ada=enrollment(due_at=later(5)))
    with store.page() as page:
        (case,) = page.load(keys.values(), now=NOW)
        case.enrollments.append(enrollment(journey="other", due_at=later(50)))
        case.enrollments.append(enrollment(journey="waits", due_at=None))
        page.save([case], NOW)
    assert [e.journey for e in load(store, now=later(5)).enrollments] == ["cart"]
    assert [e.journey for e in everything(store).enrollments] == ["cart", "other", "waits"]


def test_the_past_is_told_by_journey_and_key(store: Store) -> None:
    old, older, running = enrollment(entry_key="a"), enrollment(entry_key="a"), enrollment(entry_key="b")
    leave(old, later(9))
    leave(older, later(3))
    old.entered_at = NOW - DAY - MINUTE
    enroll(store, ada=old)
    for one in (older, running):
        case = load(store)
        case.enrollments.append(one)
        with store.page() as page:
            page.save([case], NOW)
    case = everything(store)
    assert case.past == {("cart", "a"): Past(2, later(9), later(9)), ("cart", "b"): Past(1, None)}
    assert case.entered_lately == {"cart": [NOW, NOW]}
    assert load(store).past == {}


def test_who_was_restarted_or_merged_has_not_finished(store: Store) -> None:
    passes = {
        "restarted": (later(5), later(9)),
        "merged": (later(5), later(8)),
        "exit": (later(6), later(6)),
        "completed": (later(5), later(7)),
    }
    enroll(store, ada=enrollment(entry_key="a"))
    for reason, (entered_at, left_at) in passes.items():
        one = enrollment(entry_key="a", journey="other")
        one.entered_at = entered_at
        leave(one, left_at, reason=reason)
        case = load(store)
        case.enrollments.append(one)
        with store.page() as page:
            page.save([case], NOW)
    case = everything(store)
    assert case.past["other", "a"] == Past(4, later(9), later(7), later(6))
    assert case.last_end("other") == Ended(later(7), later(6))
    assert (case.last_end("cart"), case.is_in("cart"), case.is_in("other")) == (None, True, False)


def test_moving_writes_the_new_place_and_counts_up_the_guard(store: Store) -> None:
    enroll(store, ada=enrollment(due_at=NOW))
    case = load(store)
    (moved,) = case.enrollments
    moved.step, moved.version, moved.due_at, moved.is_moved = "mail", "v2", later(7), True
    moved.steps["mail"] = {"n": 1}
    with store.page() as page:
        page.save([case], NOW)
    assert (moved.ver, moved.is_moved) == (1, False)
    assert everything(store).enrollments == [moved]


def test_a_stale_worker_is_refused_and_nothing_of_its_page_remains(store: Store) -> None:
    enroll(store, ada=enrollment(due_at=NOW), bob=enrollment(due_at=NOW))
    stale = [load(store, "ada"), load(store, "bob")]
    fresh = load(store, "bob")
    for case in [*stale, fresh]:
        case.enrollments[0].step, case.enrollments[0].is_moved = "mail", True
        case.count("cart", "mail", "inside")
    with store.page() as page:
        page.save([fresh], NOW)
    digest, counts = store.digest(), row_counts(store)
    with pytest.raises(StaleError, match="1 of 2"), store.page() as page:
        page.save(stale, NOW)
    assert (store.digest(), row_counts(store)) == (digest, counts)


def test_a_stale_worker_cannot_leave_either(store: Store) -> None:
    enroll(store, ada=enrollment(due_at=NOW))
    stale, fresh = load(store), load(store)
    fresh.enrollments[0].is_moved = True
    with store.page() as page:
        page.save([fresh], NOW)
    leave(stale.enrollments[0], NOW)
    with pytest.raises(StaleError), store.page() as page:
        page.save([stale], NOW)


def test_one_running_enrollment_per_journey_contact_key_and_serial(store: Store) -> None:
    enroll(store, ada=enrollment(entry_key="c1"))
    for allowed in (enrollment(entry_key="c2"), enrollment(entry_key="c1", serial=1)):
        case = load(store)
        case.enrollments.append(allowed)
        with store.page() as page:
            page.save([case], NOW)
    case = load(store)
    case.enrollments.append(enrollment(entry_key="c1"))
    with pytest.raises(StaleError), store.page() as page:
        page.save([case], NOW)
    assert len(store.enrollments("ada")) == 3


def test_a_restart_leaves_and_enters_again_in_one_page(store: Store) -> None:
    enroll(store, ada=enrollment(due_at=NOW))
    case = everything(store)
    leave(case.enrollments[0], NOW, reason="restarted")
    case.enrollments.append(enrollment(due_at=later(5)))
    with store.page() as page:
        page.save([case], NOW)
    assert [(e.reason, e.due_at) for e in store.enrollments("ada")] == [("restarted", None), (None, later(5))]
    assert store.check() == []


def test_ids_are_never_given_twice(store: Store) -> None:
    seen: set[int | None] = set()
    for n in range(3):
        one, two = enrollment(), enrollment()
        enroll(store, **{f"a{n}": one, f"b{n}": two})
        seen |= {one.id, two.id}
    assert len(seen) == 6


instants = st.integers(0, 250_000_000 * 10**9).map(
    lambda n: EPOCH + timedelta(microseconds=n)
)  # to the year 9892
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
maps = st.dictionaries(words, values, max_size=3)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_kept_comes_back_as_it_was(store: Store, data: st.DataObject) -> None:
    one = Enrollment(
        journey=data.draw(words),
        version=data.draw(words),
        entry_key=data.draw(words),
        entered_at=data.draw(instants),
        trigger=data.draw(maps),
        triggered_at=data.draw(instants),
        serial=data.draw(st.integers(0, 9)),
        step=data.draw(st.none() | words),
        arrived_at=data.draw(st.none() | instants),
        due_at=data.draw(st.none() | instants),
        owed_at=data.draw(st.none() | instants),
        steps=data.draw(st.dictionaries(words, maps, max_size=2)),
        sent_at=data.draw(st.lists(instants, max_size=2)),
        iteration=data.draw(words),
        is_new=True,
    )
    id = f"contact {row_counts(store)['contact']}"
    contact = Contact(id, data.draw(st.none() | words), created_at=NOW, attributes=data.draw(maps))
    lines = [TraceLine(data.draw(instants), data.draw(words), "waiting", data.draw(words)) for _ in range(2)]
    with store.page() as page:
        (case,) = page.load(page.contacts([id], NOW).values(), now=NOW)
        case.contact, case.is_contact_changed = contact, True
        case.enrollments.append(one)
        case.traces += [TraceEntry(one.journey, one, line) for line in lines]
        page.save([case], NOW)
    back = everything(store, id)
    assert (back.contact, back.enrollments) == (contact, [one])
    assert [record.line for record in store.traces(id)] == lines


# --- what is due ---------------------------------------------------------------------------------


def test_due_contacts_come_sorted_once_and_cut_in_pages(store: Store) -> None:
    due = {f"c{n:02}": enrollment(due_at=later(-n)) for n in range(7)}
    keys = enroll(store, **due, sleeps=enrollment(due_at=later(1)), waits=enrollment(due_at=None))
    case = load(store, "c03")
    case.enrollments.append(enrollment(journey="second", due_at=later(-100)))
    with store.page() as page:
        page.save([case], NOW)
    expected = sorted(keys[id] for id in due)
    assert store.due(NOW, 3) == [expected[:3], expected[3:6], expected[6:]]
    assert store.due(later(1), 100) == [sorted([*expected, keys["sleeps"]])]
    assert store.due(later(-200)) == []
    assert store.next_due() == later(-100)


def test_a_segment_that_asks_to_be_looked_at_is_due(store: Store) -> None:
    assert store.next_due() is None
    keys = enroll(store, ada=enrollment(due_at=later(60)), bob=enrollment())
    case = everything(store, "bob")
    case.members, case.are_members_changed = {"vip": Membership(True, later(5))}, True
    with store.page() as page:
        page.save([case], NOW)
    assert store.next_due() == later(5)
    assert store.due(later(4)) == []
    assert store.due(later(5)) == [[keys["bob"]]]
    assert store.due(later(60)) == [sorted(keys.values())]


def test_an_instant_is_due_to_the_microsecond(store: Store) -> None:
    at = datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    enroll(store, ada=enrollment(due_at=at))
    assert store.due(at - timedelta(microseconds=1)) == []
    assert len(store.due(at)) == 1


def test_looking_for_what_is_due_walks_only_what_is_due(store: Store) -> None:
    for sql, index in [
        (positions.DUE_POSITIONS, "position_due"),
        (positions.DUE_LOOKS, "segment_member_look"),
    ]:
        with stranger(store) as connection:
            if isinstance(connection, sqlite3.Connection):
                plan = str(connection.execute(f"EXPLAIN QUERY PLAN {sql}", (0,)).fetchall())
                assert f"USING INDEX {index} " in plan or f"USING COVERING INDEX {index} " in plan, plan
            else:
                connection.execute("SET enable_seqscan = off")  # three rows are read faster without any index
                plan = str(connection.execute("EXPLAIN " + sql.replace("?", "0")).fetchall())
                assert index in plan, plan


# --- members, traces, counters -------------------------------------------------------------------


def test_members_are_kept_changed_and_forgotten(store: Store) -> None:
    enroll(store, ada=enrollment())
    case = everything(store)
    assert case.members == {}
    case.members = {"vip": Membership(True, later(5)), "new": Membership(False)}
    case.are_members_changed = True
    with store.page() as page:
        page.save([case], NOW)
    expected = {"vip": Membership(True, later(5)), "new": Membership(False)}
    with store.page() as page:
        (case,) = page.load(page.contacts(["ada"], NOW).values(), now=NOW, everything=True)
        assert case.members == expected
        case.members["vip"] = Membership(False, None)
        del case.members["new"]
        case.are_members_changed = True
        page.save([case], NOW)
    assert everything(store).members == {"vip": Membership(False, None)}
    with store.page() as page:
        assert page.drop_segments(["vip", "unheard of"]) == 1
    assert everything(store).members == {}


def test_traces_are_one_row_per_enrollment_and_page_and_come_back_in_order(store: Store) -> None:
    first, second = enrollment(), enrollment(journey="other")
    with store.page() as page:
        (case,) = page.load(page.contacts(["ada"], NOW).values(), now=NOW)
        case.enrollments += [first, second]
        lines = [
            ("cart", first, TraceLine(NOW, "", "entered", "Cart Updated")),
            ("cart", first, TraceLine(NOW, "wait", "waiting", "1 hour", later(60))),
            ("other", second, TraceLine(NOW, "", "entered")),
            ("third", None, TraceLine(NOW, "", "not_entered", "enter_when")),
            ("cart", first, TraceLine(later(1), "wait", "waiting", "", later(61))),
        ]
        case.traces = [TraceEntry(*line) for line in lines]
        page.save([case], NOW)
    assert case.traces == []
    assert rows(store, "SELECT count(*) FROM trace") == [(3,)]
    cart = [line for journey, _, line in lines if journey == "cart"]
    assert [record.line for record in store.traces("ada", "cart")] == cart
    assert [(r.journey, r.enrollment_id) for r in store.traces("ada")] == [
        *[("cart", first.id)] * 3,
        ("other", second.id),
        ("third", None),
    ]
    assert store.traces("ada", "unheard of") == store.traces("nobody") == []


def test_counters_add_up_over_pages(store: Store) -> None:
    with store.page() as page:
        cases = page.load(page.contacts(["ada", "bob"], NOW).values(), now=NOW)
        cases[0].counts += [("cart", "", "entered", 1), ("cart", "wait", "inside", 1)]
        cases[1].counts += [("cart", "", "entered", 1), ("other", "", "entered", 1)]
        page.save(cases, NOW)
        page.count({("cart", "wait", "inside"): -3})
    assert cases[0].counts == []
    assert store.counters("cart") == {("cart", "", "entered"): 2, ("cart", "wait", "inside"): -2}
    assert store.counters()["other", "", "entered"] == 1


def test_check_finds_a_counter_that_says_something_else_than_the_rows(store: Store) -> None:
    with store.page() as page:
        (case,) = page.load(page.contacts(["ada"], NOW).values(), now=NOW)
        one = enrollment()
        case.enrollments.append(one)
        case.messages.append((one, message(case, one)))
        figures = [("cart", "", "entered"), ("cart", "wait", "inside"), ("cart", "mail", "sent")]
        case.counts += [(*figure, 1) for figure in figures]
        page.save([case], NOW)
    assert store.check() == []
    with store.page() as page:
        page.count({figures[1]: 1, ("cart", "", "left:completed"): 1})
    problems = store.check()
    assert len(problems) == 2
    assert "left:% of journey cart" in problems[0].replace("'", "")
    assert "journey cart, step wait, say 2, but there are 1." in problems[1]


def test_check_finds_orphans(store: Store) -> None:
    enroll(store, ada=enrollment(), bob=enrollment())
    assert store.check() == []
    with stranger(store) as connection:
        connection.execute("DELETE FROM position WHERE contact = (SELECT key FROM contact WHERE id = 'ada')")
        connection.execute("DELETE FROM contact WHERE id = 'bob'")
    assert store.check() == ["1 running enrollments have no position.", "1 enrollments belong to no contact."]


# --- one transaction -----------------------------------------------------------------------------


def a_full_page(store: Store) -> None:
    with store.page("full") as page:
        page.take_events([event("m1")])
        (case,) = page.load(page.contacts(["ada"], NOW).values(), now=NOW, everything=True)
        one = enrollment(due_at=NOW)
        case.contact, case.is_contact_changed = (
            structs.replace(case.contact, email="a@shop.example"),
            True,
        )
        case.enrollments.append(one)
        case.messages.append((one, message(case, one)))
        case.traces.append(TraceEntry("cart", one, TraceLine(NOW, "", "entered")))
        case.members, case.are_members_changed = {"vip": Membership(True)}, True
        case.count("cart", "", "entered")
        page.put_version("cart", "v1", {"steps": []}, None, NOW)
        page.set_journey("cart", "live", "v1", NOW)
        page.put_setting("catalog", {"a": 1})
        page.keep_anonymous([Stranger("an-1", event("m2")), Stranger("an-2", event("m3"))])
        page.join([("an-1", "ada")], NOW, {})
        page.keep_rejected([("no event", "{}")], "shop", NOW)
        page.tally({("cart", "tried"): 1}, NOW)
        page.save([case], NOW)


class PowerCut(BaseException):
    pass


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_a_page_is_there_as_a_whole_or_not_at_all(store: Store, point: str) -> None:
    before = row_counts(store)
    points: list[str] = []

    def cut(name: str) -> None:
        points.append(name)
        if name == f"full:{point}":
            raise PowerCut

    store.crash_points = cut
    with pytest.raises(PowerCut):
        a_full_page(store)
    after = row_counts(store)
    if point == "before_commit":
        assert after == before
        assert points == ["full:before_commit"]
        store.crash_points = None
        a_full_page(store)
        after = row_counts(store)
    # what other verbs, other loops or other steps write; their own tests cut the power there
    untouched = {
        "lease",
        "write_key",
        "kept_entry",
        "product_watch",
        "moment",
        "schedule",
        "zone",
        "former_contact",
    }
    untouched |= {"assignment", "coupon", "bestseller", "bought_together", "product", "trial", "trial_entry"}
    untouched |= {"consent", "suppression", "admin_key", "request"}
    assert {name for name in after if after[name] == before[name]} == untouched


def test_an_error_in_the_page_leaves_nothing_and_the_store_goes_on(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.page() as page:  # noqa: PT012 - it is raised after a write
        page.contacts(["ada"], NOW)
        page.put_setting("x", 1 / 0)
    assert store.contact("ada") is None
    enroll(store, ada=enrollment(journey="never heard of before"))
    assert store.check() == []


def test_nobody_else_may_take_a_contact_that_a_page_has_loaded(store: Store) -> None:
    keys = enroll(store, ada=enrollment(due_at=NOW))
    with stranger(store) as connection, store.page() as page:
        page.load(keys.values(), now=NOW)
        is_sqlite = isinstance(connection, sqlite3.Connection)
        touch = "BEGIN IMMEDIATE" if is_sqlite else "SELECT key FROM contact FOR UPDATE NOWAIT"
        with pytest.raises((sqlite3.OperationalError, psycopg.errors.LockNotAvailable)):
            connection.execute(touch)


def test_readers_see_the_last_commit_while_a_page_is_open(store: Store) -> None:
    enroll(store, ada=enrollment(due_at=NOW))
    with store.page() as page:
        page.contacts(["bob"], NOW)
        assert store.contact("bob") is None
        assert len(store.due(NOW)) == 1
    assert store.contact("bob") is not None


# --- the outbox ----------------------------------------------------------------------------------


def test_every_field_of_a_message_comes_back(store: Store) -> None:
    full = {
        "iteration": "2.1",
        "reason": "why",
        "topic": "cart",
        "transactional": True,
        "values": {"contact": {"first_name": "Ada"}, "n": 1.5},
        "late_at": later(99),
        "quiet_hours": "21:00-08:00",
        "zone": "Europe/Zurich",
        "subject": "Hello",
    }
    with store.page() as page:
        (case,) = page.load(page.contacts(["ada"], NOW).values(), now=NOW)
        one = enrollment(entry_key="c1")
        released = message(case, one, **full)
        case.enrollments.append(one)
        case.messages.append((one, released))
        page.save([case], NOW)
    assert case.messages == []
    (item,) = store.messages()
    assert item.message == structs.replace(released, id=item.message.id)
    assert item.message.enrollment_id == one.id
    assert all(getattr(item.message, field.name) for field in structs.fields(Message))
    assert (item.attempts, item.next_try_at, item.claimed_by, item.may_be_double) == (0, NOW, None, False)


def test_a_step_releases_once(store: Store) -> None:
    enroll(store, ada=enrollment())
    for iteration, is_refused in [("", False), ("1", False), ("", True)]:
        case = everything(store)
        case.messages.append((case.enrollments[0], message(case, case.enrollments[0], iteration=iteration)))
        if is_refused:
            with pytest.raises(StaleError), store.page() as page:
                page.save([case], NOW)
        else:
            with store.page() as page:
                page.save([case], NOW)
    assert len(store.messages()) == 2


def test_claiming_takes_each_message_once_oldest_first_in_order_of_id(store: Store) -> None:
    ids = release(store, 4)
    with store.page() as page:
        page.mark([MessageUpdate(ids[0], "deferred", next_try_at=later(5))], NOW)
        page.mark([MessageUpdate(ids[3], "deferred", next_try_at=later(-5))], NOW)
    assert store.outbox_due(NOW) == 3
    assert store.next_try() == later(-5)
    first = store.claim_messages(NOW, "w1", 2)
    assert [item.message.id for item in first] == [ids[1], ids[3]]
    assert {(i.message.state, i.claimed_by, i.next_try_at) for i in first} == {("claimed", "w1", None)}
    assert [item.message.id for item in store.claim_messages(NOW, "w2", 9)] == [ids[2]]
    assert store.claim_messages(NOW, "w3", 9) == []
    assert store.next_try() == later(5)
    assert [item.message.id for item in store.claim_messages(later(5), "w3", 9)] == [ids[0]]
    assert store.next_try() is None


@pytest.mark.parametrize("state", ["dropped", "held_out", "draft"])
def test_what_will_not_leave_is_never_claimed(store: Store, state: str) -> None:
    release(store, state=state, reason="holdout")
    assert store.claim_messages(later(9999), "w", 9) == []
    assert store.check() == []


def test_the_last_look_sees_the_contact_and_the_enrollment_as_they_are_now(store: Store) -> None:
    (id,) = release(store)
    store.claim_messages(NOW, "w", 9)
    case = everything(store, "c0")
    case.contact, case.is_contact_changed = structs.replace(FULL, id="c0"), True
    leave(case.enrollments[0], later(1), reason="goal")
    with store.page() as page:
        before = page.looks([id])[id]
        assert (before.left_reason, before.contact.email, before.journey_status) == (None, None, None)
        page.save([case], later(1))
        page.put_version("cart", "v1", {}, None, NOW)
        page.set_journey("cart", "stopping", "v1", NOW)
        look = page.looks([id, 999])[id]
    assert look.contact == structs.replace(FULL, id="c0")
    assert (look.left_reason, look.journey_status) == ("goal", "stopping")
    assert (look.message.id, look.claimed_by, look.attempts) == (id, "w", 0)


def test_what_became_of_a_message_is_written_down(store: Store) -> None:
    (id,) = release(store)
    store.claim_messages(NOW, "w", 9)
    with store.page() as page:
        assert page.mark([MessageUpdate(id, "in_data", subject="Hi", is_attempt=True)], NOW, worker="w") == {
            id
        }
    item = store.message(id)
    assert item is not None
    assert (item.message.state, item.message.subject, item.attempts, item.claimed_by) == (
        "in_data",
        "Hi",
        1,
        "w",
    )
    with store.page() as page:
        page.mark([MessageUpdate(id, "sent", reply="250 ok")], later(1), worker="w")
    item = store.message(id)
    assert item is not None
    assert (item.message.state, item.message.subject, item.reply) == ("sent", "Hi", "250 ok")
    assert (item.claimed_by, item.next_try_at, item.changed_at) == (None, None, later(1))
    assert store.message(999) is None
    assert store.check() == []


def test_a_sender_that_was_thought_dead_comes_too_late(store: Store) -> None:
    (id,) = release(store)
    store.claim_messages(NOW, "slow", 9)
    store.recover_messages({"other"}, later(1))
    store.claim_messages(later(1), "other", 9)
    with store.page() as page:
        assert page.mark([MessageUpdate(id, "in_data")], later(2), worker="slow") == set()
        assert page.mark([MessageUpdate(id, "in_data")], later(2), worker="other") == {id}


@pytest.mark.parametrize("on_unsure", ["resend", "hold"])
def test_recovery_gives_back_what_dead_workers_held(store: Store, on_unsure: Any) -> None:
    ids = release(store, 3)
    by_worker = {store.claim_messages(NOW, w, 1)[0].message.id or 0: w for w in ("alive", "dead1", "dead2")}
    in_data = next(id for id, worker in by_worker.items() if worker == "dead2")
    before = store.message(in_data)
    with store.page() as page:
        page.mark([MessageUpdate(in_data, "in_data", is_attempt=True)], NOW, worker="dead2")
    found = store.recover_messages({"alive"}, later(1), on_unsure)
    assert found == Recovered(given_back=1, unsure=1, resent=1 if on_unsure == "resend" else 0)
    item = store.message(in_data)
    assert item is not None
    assert before is not None
    assert item.message.message_id == before.message.message_id
    if on_unsure == "resend":
        assert (item.message.state, item.may_be_double, item.attempts) == ("ready", True, 1)
        assert len(store.claim_messages(later(1), "alive", 9)) == 2
    else:
        assert (item.message.state, item.message.reason) == ("unsure", "crash_after_data")
        assert len(store.claim_messages(later(1), "alive", 9)) == 1
    assert store.recover_messages({"alive"}, later(2), on_unsure) == Recovered(0, 0, 0)
    assert store.check() == []
    assert len(ids) == 3


def test_messages_are_listed_by_what_is_asked(store: Store) -> None:
    ids = release(store, 3)
    with store.page() as page:
        page.mark([MessageUpdate(ids[0], "failed", reason="render_failed")], NOW)
    assert [item.message.id for item in store.messages()] == ids[::-1]
    assert [item.message.id for item in store.messages(limit=1)] == [ids[2]]
    assert [item.message.reason for item in store.messages(states=["failed", "unsure"])] == ["render_failed"]
    assert [item.message.contact_id for item in store.messages(contact="c1")] == ["c1"]
    assert store.messages(journey="other") == []
    assert len(store.messages(journey="cart", states=["ready"])) == 2


# --- what runs -----------------------------------------------------------------------------------


def test_versions_are_kept_and_the_serial_tells_of_every_apply(store: Store) -> None:
    serials = [store.serial()]
    with store.page() as page:
        page.put_version("cart", "h1", {"steps": [1]}, "abc", NOW)
        page.set_journey("cart", "live", "h1", NOW)
    serials.append(store.serial())
    with store.page() as page:
        page.put_version("cart", "h1", {"steps": ["not again"]}, "def", later(1))
        page.put_version("cart", "h2", {"steps": [2]}, None, later(2))
        page.set_journey("cart", "stopping", "h2", later(2), fault="broken", fault_count=2)
    serials.append(store.serial())
    with store.page() as page:
        page.put_setting("catalog", {"events": {}})
        page.put_setting("catalog", {"events": {"A": {}}})
    serials.append(store.serial())
    assert len(set(serials)) == 4
    (record,) = store.journeys()
    assert (record.id, record.status, record.version, record.first_live_at) == ("cart", "stopping", "h2", NOW)
    assert (record.fault, record.fault_count) == ("broken", 2)
    assert store.version("h1") == {"steps": [1]}
    assert store.version("h2", "cart") == {"steps": [2]}
    assert store.version("h3") is None
    assert [(v.hash, v.source_commit, v.applied_at) for v in store.versions("cart")] == [
        ("h1", "abc", NOW),
        ("h2", None, later(2)),
    ]
    assert store.setting("catalog") == {"events": {"A": {}}}
    assert store.setting("unheard of") is None


def test_who_is_inside_is_counted_by_step_and_version(store: Store) -> None:
    keys = enroll(
        store,
        a=enrollment(step="wait"),
        b=enrollment(step="wait", version="v2"),
        c=enrollment(step="mail"),
        d=enrollment(journey="other"),
        e=enrollment(step=None),
    )
    case = everything(store, "c")
    leave(case.enrollments[0], NOW)
    with store.page() as page:
        page.save([case], NOW)
        assert page.standing("cart") == {("v1", "wait"): 1, ("v2", "wait"): 1, ("v1", ""): 1}
        assert page.standing("unheard of") == {}
    inside = sorted(keys[id] for id in "abe")
    assert list(store.keys_inside("cart", 2)) == [inside[:2], inside[2:]]
    assert list(store.keys_inside("unheard of")) == []
    assert [key for page_ in store.all_contact_keys(2) for key in page_] == sorted(keys.values())


def test_figures_are_counted_from_rows(store: Store) -> None:
    release(store, 2)
    case = everything(store, "c1")
    leave(case.enrollments[0], NOW, reason="goal", converted_at=NOW, revenue=9.5)
    with store.page() as page:
        page.save([case], NOW)
    figures = store.figures()["cart"]
    assert (figures.entered, figures.inside, figures.converted, figures.revenue) == (2, 1, 1, 9.5)
    assert figures.left == {"goal": 1}
    assert figures.inside_by_step == {"wait": 1}
    assert figures.messages_by_step == {"mail": {"ready": 2}}
    assert store.counts()["contact"] == 2


# --- lease ---------------------------------------------------------------------------------------


def take(store: Store, token: str, now: datetime = NOW, pid: int = 7, is_alive: bool = True) -> None:
    store.take_lease("daemon", pid, "host1", token, now, lambda *_: is_alive)


def test_a_second_daemon_is_refused_by_name(store: Store) -> None:
    take(store, "a")
    take(store, "a")
    with pytest.raises(LeaseError, match="pid 7 on host host1"):
        take(store, "b", later(0.4), pid=8)
    store.release_lease("daemon", "b")
    holder = store.lease("daemon")
    assert holder is not None
    assert (holder.pid, holder.host, holder.token, holder.started_at) == (7, "host1", "a", NOW)
    store.release_lease("daemon", "a")
    assert store.lease("daemon") is None
    take(store, "b")


def test_the_lease_of_a_dead_or_silent_daemon_is_taken_over(store: Store) -> None:
    take(store, "a")
    asked: list[tuple[int, str]] = []

    def alive(pid: int, host: str) -> bool:
        asked.append((pid, host))
        return False

    store.take_lease("daemon", 8, "host1", "b", NOW, alive)
    assert asked == [(7, "host1")]
    store.beat_lease("daemon", "b", later(1))
    with pytest.raises(LeaseError):
        take(store, "c", later(1.5), pid=9)
    take(store, "c", later(1.51), pid=9)
    with pytest.raises(LeaseError, match="pid 9"):
        store.beat_lease("daemon", "b", later(2))


# --- digests -------------------------------------------------------------------------------------


def story(store: Store, order: list[str], *, state: str = "sent") -> tuple[str, str]:
    """The same facts, written in another order and with other row ids."""
    for id in order:
        with store.page() as page:
            (case,) = page.load(page.contacts([id], NOW).values(), now=NOW)
            one = enrollment(due_at=later(5))
            case.enrollments.append(one)
            case.messages.append((one, message(case, one, state=state, reason=None)))
            page.save([case], NOW)
    case = everything(store, "c0")
    leave(case.enrollments[0], later(9))
    with store.page() as page:
        page.save([case], NOW)
    return store.digest(), store.messages_digest()


def test_digests_tell_facts_apart_and_nothing_else(database_url: str, tmp_path: Any) -> None:
    def run(order: list[str], **how: Any) -> tuple[str, str]:
        other = Store.open(f"sqlite:///{tmp_path / 'digest.db'}", create=True)
        try:
            return story(other, order, **how)
        finally:
            other.close()
            for file in tmp_path.glob("digest.db*"):
                file.unlink()

    store = Store.open(database_url)
    facts = story(store, ["c0", "c1", "c2"])
    store.close()
    assert run(["c2", "c0", "c1"]) == facts
    assert run(["c0", "c1"])[0] != facts[0]
    assert run(["c0", "c1", "c2"], state="dropped")[1] != facts[1]
    assert run(["c0", "c1", "c2"], state="dropped")[0] == facts[0]


# --- opening, upgrading --------------------------------------------------------------------------


def test_a_missing_database_is_not_opened_for_work(empty_url: str) -> None:
    with pytest.raises(StoreError, match=r"no database|no tables") as caught:
        Store.open(empty_url)
    assert "`journeys db upgrade`" in caught.value.help


def test_upgrading_from_empty_makes_a_whole_database_and_is_safe_to_repeat(empty_url: str) -> None:
    store = Store.open(empty_url, any_schema=True)
    assert store.schema() is None
    assert store.check()[0].startswith("The database has no tables yet.")
    assert store.upgrade() == ""
    assert store.upgrade() == tables.SCHEMA
    assert (store.schema(), store.check()) == (tables.SCHEMA, [])
    enroll(store, ada=enrollment())
    store.close()
    again = Store.open(empty_url)
    assert len(again.enrollments("ada")) == 1
    again.close()


@pytest.mark.parametrize(
    ("schema", "words", "advice"),
    [("9999", "newer release", "Install"), ("0000", "earlier release", "upgrade")],
)
def test_another_releases_database_is_refused_in_words(
    database_url: str, schema: str, words: str, advice: str
) -> None:
    store = Store.open(database_url)
    with stranger(store) as connection:
        connection.execute(f"UPDATE alembic_version SET version_num = '{schema}'")
    store.close()
    with pytest.raises(StoreError, match=words) as caught:
        Store.open(database_url)
    assert advice in caught.value.help
    unchecked = Store.open(database_url, any_schema=True)
    if schema == "9999":
        with pytest.raises(StoreError, match=words):
            unchecked.upgrade()
    unchecked.close()


COLUMNS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' ORDER BY 1, 2",
    "postgresql": (
        "SELECT table_name, column_name, data_type, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version' "
        "UNION SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes "
        "WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1, 2"
    ),
}


def test_the_migrations_make_exactly_the_tables_of_the_models(empty_url: str) -> None:
    store = Store.open(empty_url, create=True)
    query = COLUMNS[store._engine.dialect.name]
    migrated = rows(store, query)
    tables.METADATA.drop_all(store._engine)
    assert rows(store, query) == []
    tables.METADATA.create_all(store._engine)
    modelled = rows(store, query)
    store.close()
    assert {name for name, *_ in modelled} >= set(tables.METADATA.tables)
    assert [_plain(row) for row in migrated] == [_plain(row) for row in modelled]


def _plain(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(" ".join(str(value).split()) for value in row)


# --- loading is lean -----------------------------------------------------------------------------


def test_a_page_asks_no_more_questions_for_more_contacts(store: Store) -> None:
    from sqlalchemy import event as listening

    enroll(store, **{f"c{n}": enrollment(due_at=NOW) for n in range(40)})
    asked: list[str] = []
    listening.listen(store._engine, "before_cursor_execute", lambda *about: asked.append(about[2]))

    def page_of(count: int) -> int:
        asked.clear()
        with store.page() as page:
            cases = page.load(store.due(NOW, count)[0], now=NOW, events={"A"}, everything=True)
            for case in cases:
                case.enrollments[0].is_moved = True
                case.traces.append(TraceEntry("cart", case.enrollments[0], TraceLine(NOW, "wait", "waiting")))
            page.save(cases, NOW)
        assert len(cases) == count
        return len(asked)

    page_of(1)
    assert page_of(2) == page_of(40)


def test_cases_come_in_order_of_key_and_unknown_keys_are_passed_over(store: Store) -> None:
    keys = enroll(store, a=enrollment(), b=enrollment(), c=enrollment())
    with store.page() as page:
        cases = page.load([*reversed(list(keys.values())), 999_999, keys["a"]], now=NOW, everything=True)
        assert page.load([], now=NOW, everything=True, events={"A"}) == []
    assert [case.key for case in cases] == sorted(keys.values())


def test_saving_what_did_not_change_writes_nothing(store: Store) -> None:
    enroll(store, ada=enrollment(due_at=NOW))
    case = everything(store)
    untouched = _by_itself(copy.deepcopy(_by_itself(case)))  # a copy has copies of the empty ones as well
    with store.page() as page:
        page.save([case], later(1))
    assert _by_itself(everything(store)) == untouched


def _by_itself(case: Case) -> Case:
    """Without what its page lends it."""
    return structs.replace(case, stock=NO_STOCK, dealer=None, trials=ALONE)
