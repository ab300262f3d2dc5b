"""Apply on a real store: what changes, for whom, what is refused, and what an interruption leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partialmethod
from pathlib import Path

import pytest

from engine.errors import FaultyError
from engine.service.applying import Applied, ApplyReport
from engine.service.status import journey_statuses
from engine.store.database import Store
from tests.support.shops import CATALOG, START, Shop, journey

BODY = """\
trigger: { event: A }
re_entry: always
defaults: { topic: news }
steps:
  - { id: pause, wait: 2 days }
  - { id: letter, send: email, subject: Hi, body: Hi. }
  - { id: answer, wait_for: B, up_to: 3 days }
  - { id: last, send: email, subject: Bye, body: Bye. }
"""
WELCOME = journey("welcome", BODY)
SHORT = WELCOME.replace("wait: 2 days", "wait: 1 day")


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def one(report: ApplyReport, id: str = "welcome") -> Applied:
    (found,) = [applied for applied in report.journeys if applied.journey == id]
    return found


def entered(shop: Shop, *contacts: str) -> None:
    shop.known(*contacts)
    shop.take(*(shop.event("A", contact) for contact in contacts))


def due(shop: Shop, contact: str = "ada") -> timedelta | None:
    (enrollment,) = [e for e in shop.store.enrollments(contact) if e.is_running]
    return None if enrollment.due_at is None else enrollment.due_at - START


# --- what becomes of a journey -------------------------------------------------------------------


def test_new_unchanged_changed_removed(shop: Shop) -> None:
    assert one(shop.apply(welcome=WELCOME)).change == "new"
    assert one(shop.apply(welcome=WELCOME)).change == "unchanged"
    renamed = WELCOME.replace("owner: o@", "name: For people\nowner: somebody-else@")
    assert one(shop.apply(welcome=renamed)).change == "unchanged", "names do not run"
    assert one(shop.apply(welcome=SHORT)).change == "changed"
    assert one(shop.apply(welcome=SHORT.replace("status: live", "status: stopping"))).change == "changed"
    gone = one(shop.apply(welcome=""))
    assert (gone.change, gone.status) == ("removed", "removed")
    assert shop.apply().journeys == ()


def test_a_faulty_file_keeps_its_last_good_version_and_the_others_are_applied(shop: Shop) -> None:
    first = one(shop.apply(welcome=WELCOME))
    other = journey("other", BODY.replace("event: A", "event: C"))
    report = shop.apply(welcome=WELCOME.replace("wait: 2 days", "wait: soon"), other=other)
    assert not report.is_clean
    assert (one(report).change, one(report).version) == ("faulty", first.version)
    assert one(report).faults[0].position.line == 9
    assert one(report, "other").change == "new"
    (status,) = [found for found in journey_statuses(shop.store) if found.id == "welcome"]
    assert status.version == first.version
    assert status.faults == 1
    assert status.fault is not None
    assert "journeys/welcome.yaml:9" in status.fault
    entered(shop, "ada")
    assert due(shop) == timedelta(days=2), "the last good version goes on"
    shop.apply(welcome=SHORT)
    assert {found.fault for found in journey_statuses(shop.store)} == {None}


def test_a_new_journey_with_faults_does_not_run_and_status_names_it(shop: Shop) -> None:
    assert one(shop.apply(welcome=WELCOME.replace("2 days", "soon"))).change == "faulty"
    (status,) = journey_statuses(shop.store)
    assert (status.version, status.faults) == (None, 1)
    assert shop.running().current == {}


def test_a_faulty_catalog_stops_everything_before_anything_is_written(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    serial = shop.store.serial()
    with pytest.raises(FaultyError, match=r"catalog\.yaml"):
        shop.apply(catalog=CATALOG.replace("consent: opt_out", "consent: perhaps"), welcome=SHORT)
    assert shop.store.serial() == serial


def test_a_message_of_the_new_words_is_sent_only_to_who_is_released_after(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada", "bob")
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    shop.apply(welcome=WELCOME.replace("body: Bye.", "body: So long."))
    shop.clock.go(days=3)
    shop.daemon().until_idle()
    captured = [file.read_text() for file in (shop.folder / "captured").glob("ada*.eml")]
    assert sum("So long." in text for text in captured) == 1
    assert not any("Bye." in text for text in captured)


# --- people inside -------------------------------------------------------------------------------


def test_a_shortened_wait_counts_the_time_that_passed_and_may_be_over_at_once(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    shop.clock.go(hours=36)
    entered(shop, "bob")
    report = shop.apply(welcome=SHORT)
    assert (one(report).change, one(report).moved) == ("changed", 2)
    assert [item.message.contact_id for item in shop.outbox()] == ["ada"]
    assert shop.stands_at() == ["answer"]
    assert due(shop, "bob") == timedelta(hours=36 + 24)
    assert shop.store.check() == []


def test_a_longer_wait_counts_from_the_arrival(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    shop.clock.go(hours=36)
    shop.apply(welcome=WELCOME.replace("wait: 2 days", "wait: 5 days"))
    assert due(shop) == timedelta(days=5)


def test_a_changed_wait_for_keeps_its_start_and_what_was_sent_is_not_sent_again(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert shop.stands_at() == ["answer"]
    shop.clock.go(days=1)
    shop.apply(welcome=WELCOME.replace("up_to: 3 days", "up_to: 4 days"))
    assert due(shop) == timedelta(days=2 + 4)
    moved = WELCOME.replace("  - { id: pause, wait: 2 days }\n", "").replace(
        "  - { id: last", "  - { id: pause, wait: 2 days }\n  - { id: last"
    )
    shop.apply(welcome=moved)
    assert shop.stands_at() == ["answer"]
    shop.clock.go(days=30)
    for _ in range(3):
        shop.daemon().until_idle()
        shop.clock.go(days=1)
    assert [step for step, _, _ in shop.states()] == ["letter", "last"]


def test_a_step_that_others_do_not_stand_at_may_go_and_new_ones_may_come(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    text = WELCOME.replace("  - { id: last, send: email, subject: Bye, body: Bye. }\n", "").replace(
        "  - { id: letter", "  - { id: hello, send: email, subject: Hello, body: Hello. }\n  - { id: letter"
    )
    assert one(shop.apply(welcome=text)).change == "changed"
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert [step for step, _, _ in shop.states()] == ["hello", "letter"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WELCOME.replace("  - { id: pause, wait: 2 days }\n", ""), ["2 contacts", "`pause`", "gone"]),
        (
            WELCOME.replace("{ id: pause, wait: 2 days }", "{ id: pause, wait_for: B, up_to: 2 days }"),
            ["2 contacts", "`pause`", "`wait`", "`wait_for`"],
        ),
        (WELCOME.replace("status: live", "status: draft"), ["2 contacts", "draft", "stopping"]),
        ("", ["2 contacts", "stopping"]),
    ],
)
def test_who_would_have_no_place_to_stand_makes_it_refused_and_nothing_changes(
    shop: Shop, text: str, words: list[str]
) -> None:
    before = one(shop.apply(welcome=WELCOME))
    entered(shop, "ada", "bob")
    digest = shop.store.digest()
    report = shop.apply(welcome=text)
    assert not report.is_clean
    assert (one(report).change, one(report).version, one(report).status) == (
        "refused",
        before.version,
        "live",
    )
    assert all(word in one(report).refusals[0] for word in words), one(report).refusals
    (status,) = journey_statuses(shop.store)
    assert status.fault == one(report).refusals[0]
    assert shop.store.digest() == digest
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert [state for _, state, _ in shop.states()] == ["sent", "sent"]


def test_rolling_back_is_an_ordinary_apply(shop: Shop) -> None:
    first = one(shop.apply(welcome=WELCOME))
    entered(shop, "ada")
    shop.apply(welcome=SHORT)
    assert due(shop) == timedelta(days=1)
    back = one(shop.apply(welcome=WELCOME))
    assert (back.change, back.version, back.moved) == ("changed", first.version, 1)
    assert due(shop) == timedelta(days=2)
    assert len(shop.store.versions("welcome")) == 2


def test_stopping_lets_nobody_in_and_the_others_finish(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    shop.apply(welcome=WELCOME.replace("status: live", "status: stopping"))
    entered(shop, "bob")
    assert shop.stands_at("bob") == []
    (line,) = [r.line for r in shop.store.traces("bob") if r.line.did == "not_entered"]
    assert line.why == "stopping"
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert [item.message.contact_id for item in shop.outbox()] == ["ada"]


def test_a_running_daemon_takes_up_an_apply(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    daemon = shop.daemon()
    daemon.once()
    entered(shop, "ada")
    shop.apply(welcome=SHORT.replace("subject: Hi", "subject: Salut"))
    shop.clock.go(days=1)
    daemon.once()
    assert shop.message().message.subject == "Salut"
    assert shop.message().message.state == "sent"


def test_a_contact_whose_work_breaks_does_not_stop_an_apply(shop: Shop) -> None:
    nick = '  - { id: greet, update: { contact.nick: "{{ contact.nick }}!" } }\n  - { id: letter'
    shop.apply(welcome=WELCOME.replace("  - { id: letter", nick))
    entered(shop, "ada", "bob")
    shop.take(shop.told("bob", attributes={"nick": "Bob"}))
    shop.clock.go(hours=36)
    report = shop.apply(welcome=SHORT.replace("  - { id: letter", nick))
    assert one(report).moved == 2
    assert [item.message.contact_id for item in shop.outbox()] == ["bob"]
    daemon = shop.daemon()
    daemon.until_idle()
    shop.take(shop.told("ada", attributes={"nick": "Ada"}))
    shop.clock.go(minutes=10)
    daemon.until_idle()
    assert sorted((i.message.contact_id, i.message.state) for i in shop.outbox()) == [
        ("ada", "sent"),
        ("bob", "sent"),
    ]


# --- interrupted ---------------------------------------------------------------------------------


class Crash(BaseException):
    """Nobody catches it, as nobody catches a kill."""


BUSY = "busy: { when: { contact.n: { gte: 2 } } }\n"
FOLLOWS = journey(
    "follows",
    """\
trigger: { segment: { enters: busy }, existing: include }
defaults: { topic: news }
steps:
  - { id: pause, wait: 1 day }
  - { id: letter, send: email, subject: Hi, body: Hi. }
""",
)


@pytest.fixture
def crash_after(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of pages after whose commit the process dies; emptied when it did."""
    names: list[str] = []

    def point(passed: str) -> None:
        if names and passed == f"{names[0]}:after_commit":
            names.clear()
            raise Crash(passed)

    monkeypatch.setattr(store, "crash_points", point)
    return names


@pytest.mark.parametrize("where", ["apply", "carry"])
def test_an_interrupted_apply_is_finished_by_the_next(
    shop: Shop, crash_after: list[str], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "keys_inside", partialmethod(Store.keys_inside, size=1))
    shop.apply(welcome=WELCOME)
    entered(shop, "ada", "bob", "cem")
    crash_after.append(where)
    with pytest.raises(Crash):
        shop.apply(welcome=SHORT)
    report = shop.apply(welcome=SHORT)
    assert one(report).change == "unchanged"
    assert {due(shop, id) for id in ("ada", "bob", "cem")} == {timedelta(days=1)}
    assert {e.version for id in ("ada", "bob", "cem") for e in shop.store.enrollments(id)} == {
        one(report).version
    }
    assert shop.store.check() == []


@pytest.mark.parametrize("where", ["apply", "members", "include"])
def test_interrupted_while_those_who_match_already_enter_each_enters_once(
    shop: Shop, crash_after: list[str], where: str
) -> None:
    shop.apply(segments=BUSY)
    for n, id in enumerate(("ada", "bob", "cem", "dan")):
        shop.take(shop.told(id, attributes={"n": n}))
    crash_after.append(where)
    with pytest.raises(Crash):
        shop.apply(follows=FOLLOWS)
    shop.apply(follows=FOLLOWS)
    shop.apply(follows=FOLLOWS)
    inside = {id: len(shop.store.enrollments(id)) for id in ("ada", "bob", "cem", "dan")}
    assert inside == {"ada": 0, "bob": 0, "cem": 1, "dan": 1}
    assert shop.store.setting("including") == []
    assert not any(did == "not_entered" for id in inside for _, did in shop.did(id))


# --- segments ------------------------------------------------------------------------------------


def test_existing_is_included_once_and_only_when_asked_for(shop: Shop) -> None:
    shop.apply(segments=BUSY)
    shop.take(shop.told("ada", attributes={"n": 3}), shop.told("bob", attributes={"n": 1}))
    silent = FOLLOWS.replace(", existing: include", "").replace("journey: follows", "journey: silent")
    report = shop.apply(follows=FOLLOWS, silent=silent)
    assert dict(report.members) == {"busy": 1}
    assert dict(report.entered) == {"follows": 1}
    assert [e.journey for e in shop.store.enrollments("ada")] == ["follows"]
    assert dict(shop.apply().entered) == {}
    shop.take(shop.told("bob", attributes={"n": 2}))
    assert sorted(e.journey for e in shop.store.enrollments("bob")) == ["follows", "silent"]


def test_a_draft_includes_nobody_until_it_is_live(shop: Shop) -> None:
    draft = FOLLOWS.replace("status: live", "status: draft")
    shop.apply(segments=BUSY, follows=draft)
    shop.take(shop.told("ada", attributes={"n": 3}))
    assert shop.store.enrollments("ada") == []
    assert dict(shop.apply(follows=FOLLOWS).entered) == {"follows": 1}


@pytest.mark.parametrize("interrupted", [False, True])
def test_an_edited_definition_changes_members_silently(
    shop: Shop, crash_after: list[str], interrupted: bool
) -> None:
    shop.apply(segments=BUSY, follows=FOLLOWS.replace(", existing: include", ""))
    shop.take(shop.told("ada", attributes={"n": 1}), shop.told("bob", attributes={"n": 0}))
    if interrupted:
        crash_after.append("apply")
        with pytest.raises(Crash):
            shop.apply(segments=BUSY.replace("2", "1"))
        # the daemon goes on meanwhile, and sees the new definition before members were worked out by it
        shop.take(shop.told("ada", attributes={"nick": "Ada"}))
        assert shop.store.enrollments("ada") == []
    assert dict(shop.apply(segments=BUSY.replace("2", "1")).members) == {"busy": 1}
    shop.take(shop.told("ada", attributes={"nick": "Lovelace"}))
    assert shop.store.enrollments("ada") == []
    shop.take(shop.told("bob", attributes={"n": 1}))
    assert len(shop.store.enrollments("bob")) == 1, "a real crossing still fires"


def test_a_faulty_segment_keeps_its_last_good_definition(shop: Shop) -> None:
    shop.apply(segments=BUSY, follows=FOLLOWS)
    report = shop.apply(segments="busy: { when: { contact.n: { gteee: 1 } } }\n")
    assert one(report, "follows").change == "faulty"
    shop.take(shop.told("ada", attributes={"n": 1}), shop.told("bob", attributes={"n": 2}))
    assert (len(shop.store.enrollments("ada")), len(shop.store.enrollments("bob"))) == (0, 1)


def test_a_segment_that_nobody_follows_any_more_is_forgotten(shop: Shop) -> None:
    lately = "lately: { when: { did: B, within: 7 days } }\n"
    shop.apply(segments=lately, follows=FOLLOWS.replace("busy", "lately"))
    shop.known()
    shop.does("B")
    shop.clock.go(days=1)
    shop.daemon().until_idle()
    assert shop.states() == [("letter", "sent", None)]
    assert shop.store.next_due() is not None, "the seven days will be over"
    assert one(shop.apply(follows=""), "follows").change == "removed"
    assert shop.store.next_due() is None


# --- conditions that name segments and journeys ------------------------------------------------------

NAMING = "calm: { when: { not: { in_segment: busy } } }\n"


def test_a_segment_is_edited_with_those_that_it_names(shop: Shop) -> None:
    follows = FOLLOWS.replace("busy }, existing: include", "calm }")
    shop.apply(segments=BUSY + NAMING, follows=follows)
    shop.take(shop.told("ada", attributes={"n": 2}))
    report = shop.apply(segments=BUSY.replace("2", "3") + NAMING)
    assert dict(report.members) == {"calm": 1}
    shop.take(shop.told("ada", attributes={"nick": "Ada"}))
    assert shop.store.enrollments("ada") == [], "an edited definition changes members silently"


def test_a_last_good_definition_keeps_what_it_names(shop: Shop) -> None:
    follows = FOLLOWS.replace("busy }, existing: include", "calm }")
    shop.apply(segments=BUSY + NAMING, follows=follows)
    assert one(shop.apply(segments=NAMING), "follows").change == "faulty"
    shop.take(shop.told("ada", attributes={"n": 2}), shop.told("bob", attributes={"n": 1}))
    assert (len(shop.store.enrollments("ada")), len(shop.store.enrollments("bob"))) == (0, 1)


def test_segments_that_cannot_be_read_at_all_stay_as_they_were(shop: Shop) -> None:
    shop.apply(segments=BUSY, follows=FOLLOWS)
    shop.apply(segments="busy: { when: {\n")
    shop.take(shop.told("ada", attributes={"n": 2}))
    assert len(shop.store.enrollments("ada")) == 1


WATCHES = journey(
    "watches",
    """\
trigger: { event: A }
steps:
  - { id: until-there, wait_for: { condition: { in_journey: follows } }, up_to: 9 days }
  - { id: until-through, wait_for: { condition: { finished: follows, since: journey_start } }, up_to: 9 days }
  - { id: rest, wait: 90 days }
""",
)


def test_who_is_included_or_carried_out_of_a_journey_is_seen_by_the_others(shop: Shop) -> None:
    shop.apply(segments=BUSY, follows=FOLLOWS.replace("status: live", "status: draft"), watches=WATCHES)
    shop.take(shop.told(attributes={"n": 3}), shop.event("A"))
    shop.apply(follows=FOLLOWS)
    assert standing(shop) == {"watches": "until-through", "follows": "pause"}
    shop.clock.go(hours=2)
    shop.apply(follows=FOLLOWS.replace("1 day", "1 hour"))
    assert standing(shop) == {"watches": "rest", "follows": "completed"}


def standing(shop: Shop) -> dict[str, str | None]:
    return {one.journey: one.reason or one.step for one in shop.store.enrollments("ada")}
