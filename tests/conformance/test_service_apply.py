"""Apply on a real store: what changes, for whom, what is refused, and what an interruption leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

from engine.errors import FaultyError
from engine.service import running as running_module
from engine.service.applying import Applied, ApplyReport
from engine.service.status import journey_statuses
from engine.service.take import take
from engine.store.database import Store
from engine.store.pages import Page
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


ASKED = WELCOME.replace("trigger:", "removed: [{ step: pause, people: WHERE }]\ntrigger:").replace(
    "  - { id: pause, wait: 2 days }\n", ""
)


def counted(applied: Applied) -> tuple[int, int, int]:
    return applied.moved, applied.left, applied.stayed


def test_the_refusal_names_the_lines_that_would_do(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    gone = WELCOME.replace("id: pause", "id: rest")
    (refusal,) = one(shop.apply(welcome=gone)).refusals
    assert "`moved: [{from: pause, to: ID}]`" in refusal
    assert "`removed: [{step: pause, people: ID}]`" in refusal
    moved = gone.replace("trigger:", "moved: [{ from: pause, to: rest }]\ntrigger:")
    shop.clock.go(days=1)
    assert counted(one(shop.apply(welcome=moved))) == (1, 0, 0)
    assert (shop.stands_at(), due(shop)) == (["rest"], timedelta(days=2))
    assert shop.store.check() == []


def test_from_a_removed_step_people_go_on_where_the_file_says(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    shop.clock.go(days=1)
    assert counted(one(shop.apply(welcome=ASKED.replace("WHERE", "answer")))) == (1, 0, 0)
    assert (shop.stands_at(), due(shop)) == (["answer"], timedelta(days=1 + 3))
    assert shop.store.check() == []


def test_from_a_removed_step_people_leave_if_the_file_says_so(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    assert counted(one(shop.apply(welcome=ASKED.replace("WHERE", "exit")))) == (0, 1, 0)
    (enrollment,) = shop.store.enrollments("ada")
    assert (enrollment.reason, enrollment.detail) == ("exit", "step pause was removed")
    assert shop.store.setting("kept") == {}
    assert shop.store.check() == []


def test_from_a_removed_step_people_finish_on_their_version_whatever_comes_after(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    shop.clock.go(days=1)
    finish = ASKED.replace("WHERE", "finish").replace("body: Bye.", "body: So long.")
    assert counted(one(shop.apply(welcome=finish))) == (0, 0, 1)
    entered(shop, "bob")
    assert shop.stands_at("bob") == ["answer"], "a new one begins on the new version"
    shop.clock.go(days=1)
    shop.daemon().until_idle()
    assert shop.stands_at() == ["answer"], "a step that the new version has too"
    later = finish.replace("removed: [{ step: pause, people: finish }]\n", "").replace("Salut", "Hi")
    assert counted(one(shop.apply(welcome=later.replace("up_to: 3 days", "up_to: 9 days")))) == (1, 0, 1)
    assert due(shop) == timedelta(days=2 + 3)
    assert due(shop, "bob") == timedelta(days=1 + 9)
    shop.clock.go(days=10)
    shop.daemon().until_idle()
    texts = {
        id: [file.read_text() for file in (shop.folder / "captured").glob(f"{id}*.eml")]
        for id in ("ada", "bob")
    }
    assert [any("So long." in text for text in texts[id]) for id in ("ada", "bob")] == [False, True]
    assert counted(one(shop.apply(welcome=later))) == (0, 0, 0)
    assert shop.store.setting("kept") == {}, "nobody is on it any more"
    assert shop.store.check() == []


def test_pinned_people_finish_on_the_version_that_they_entered(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    pin = WELCOME.replace("trigger:", "in_flight: pin\ntrigger:")
    short = pin.replace("  - { id: pause, wait: 2 days }", "  - { id: brief, wait: 1 day }")
    assert counted(one(shop.apply(welcome=short))) == (0, 0, 1)
    daemon = shop.daemon()
    entered(shop, "bob")
    shop.clock.go(days=1)
    daemon.until_idle()
    assert [item.message.contact_id for item in shop.outbox()] == ["bob"]
    third = short.replace("brief, wait: 1 day", "third, wait: 5 days")
    entered(shop, "cem")
    assert counted(one(shop.apply(welcome=third))) == (0, 0, 3)
    shop.clock.go(days=1)
    daemon.until_idle()
    assert [item.message.contact_id for item in shop.outbox()] == ["bob", "ada", "cem"]
    assert shop.store.check() == []


def pausing(wait: str, step: str, head: str = "in_flight: pin\n", status: str = "live", at: str = "w") -> str:
    body = (
        f"steps:\n  - {{ id: {at}, wait: {wait} }}\n  - {{ id: {step}, send: email, subject: S, body: B }}\n"
    )
    return journey("j", "trigger: { event: A }\ndefaults: { topic: news }\n" + head + body, status)


def test_pinned_people_stand_still_in_a_pause_and_then_go_where_a_later_file_says(shop: Shop) -> None:
    shop.apply(j=pausing("1 day", "one"))
    shop.known()
    shop.does("A")
    shop.apply(j=pausing("3 days", "two", status="paused"))
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert (shop.states(), shop.stands_at()) == ([], ["w"])
    removed = "removed: [{ step: w, people: three }]\n"
    shop.apply(j=pausing("3 hours", "three", removed, "paused", at="x"))
    shop.daemon().until_idle()
    assert (shop.states(), shop.stands_at()) == ([], ["three"])
    shop.apply(j=pausing("3 hours", "three", removed, at="x"))
    shop.daemon().until_idle()
    assert shop.states() == [("three", "sent", None)]
    assert shop.store.check() == []


def test_people_follow_again_when_the_file_does_not_pin_them_any_more(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    pinned = one(shop.apply(welcome=SHORT.replace("trigger:", "in_flight: pin\ntrigger:")))
    assert (due(shop), counted(pinned)) == (timedelta(days=2), (0, 0, 1))
    report = one(shop.apply(welcome=SHORT))
    assert (report.change, report.version) == ("unchanged", pinned.version), "in_flight is not what runs"
    assert (due(shop), counted(report)) == (timedelta(days=1), (1, 0, 0))


def test_who_is_pinned_needs_no_place_until_they_are_to_follow(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada", "bob")
    other = WELCOME.replace("id: pause", "id: rest")
    assert one(shop.apply(welcome=other.replace("trigger:", "in_flight: pin\ntrigger:"))).stayed == 2
    entered(shop, "cem")
    (refusal,) = one(shop.apply(welcome=other)).refusals
    assert refusal.startswith("2 contacts stand at step `pause`")


def test_a_send_that_was_passed_and_comes_again_is_not_repeated(shop: Shop) -> None:
    """The outbox would refuse a second message of one step, and the whole page with it."""
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert shop.stands_at() == ["answer"]
    letter = "  - { id: letter, send: email, subject: Hi, body: Hi. }\n"
    shop.apply(welcome=WELCOME.replace(letter, "") + letter)
    shop.clock.go(days=3)
    shop.daemon().until_idle()
    assert [step for step, _, _ in shop.states()] == ["letter", "last"]
    assert ("letter", "skipped") in shop.did()
    assert [e.reason for e in shop.store.enrollments("ada")] == ["completed"]


def test_until_they_are_carried_people_run_on_the_version_that_they_are_on(
    shop: Shop, crash_after: list[str]
) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    crash_after.append("apply")
    gone = ASKED.replace("WHERE", "exit")
    with pytest.raises(Crash):
        shop.apply(welcome=gone)
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert (shop.stands_at(), [state for _, state, _ in shop.states()]) == (["answer"], ["sent"])
    assert counted(one(shop.apply(welcome=gone))) == (1, 0, 0)
    assert shop.store.check() == []


def test_an_older_version_that_cannot_be_bound_leaves_its_people_where_they_are(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = one(shop.apply(welcome=WELCOME)).version
    entered(shop, "ada")
    shop.apply(welcome=SHORT.replace("trigger:", "in_flight: pin\ntrigger:"))
    entered(shop, "bob")
    bind = running_module.bind_version

    def broken(compiled: Any, version: str, status: Any, held: Any = None) -> Any:
        if version == old:
            raise ValueError("from another release")
        return bind(compiled, version, status, held)

    monkeypatch.setattr(running_module, "bind_version", broken)
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert [item.message.contact_id for item in shop.outbox()] == ["bob"]
    assert shop.stands_at() == ["pause"]
    assert counted(one(shop.apply(welcome=SHORT))) == (1, 0, 0)
    assert shop.stands_at() == ["answer"], "following needs only the new version"


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


def test_the_files_of_a_journey_that_is_stopping_may_go_and_its_people_finish(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    entered(shop, "ada")
    shop.apply(welcome=WELCOME.replace("status: live", "status: stopping"))
    gone = one(shop.apply(welcome=""))
    assert (gone.change, gone.status, gone.stayed) == ("removed", "stopping", 1)
    assert [one.fault for one in journey_statuses(shop.store)] == [None]
    shop.clock.go(days=2)
    shop.daemon().until_idle()
    assert [item.message.contact_id for item in shop.outbox()] == ["ada"]
    shop.clock.go(days=3)
    shop.daemon().until_idle()
    gone = one(shop.apply())
    assert (gone.change, gone.status) == ("removed", "removed")
    assert shop.apply().journeys == ()


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


def test_what_an_included_journey_changes_is_a_change_like_any_other(shop: Shop) -> None:
    rules = "trigger: { event: A }\nexit_when: [{ when: { contact.nick: busy } }]\n"
    waits = journey("waits", rules + "steps: [{ id: w, wait: 9 days }]\n")
    shop.apply(segments=BUSY, waits=waits)
    shop.take(shop.told("ada", attributes={"n": 3}), shop.event("A"))
    mark = "- { id: mark, update: { contact.nick: busy } }\n  "
    marks = FOLLOWS.replace("- { id: pause", mark + "- { id: pause")
    assert dict(shop.apply(follows=marks).entered) == {"follows": 1}
    left = {e.journey: e.reason for e in shop.store.enrollments("ada")}
    assert left == {"waits": "exit", "follows": None}
    assert shop.store.check() == []


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


# --- pages that began just before ------------------------------------------------------------------------


def test_a_page_begun_just_before_an_apply_is_done_before_people_are_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it could still put somebody on a step that the new version does not have."""
    shop.apply(welcome=WELCOME)
    shop.known("ada")
    running, entering = shop.running(), threading.Event()
    gone = WELCOME.replace("id: pause", "id: rest")
    reports: list[ApplyReport] = []
    original = Page.load

    def load(self: Page, *args: Any, **more: Any) -> Any:
        """Inside the page that lets ada enter: an apply begins, and has every chance to come first."""
        if threading.current_thread() is threading.main_thread() and not entering.is_set():
            entering.set()
            applying.start()
            applying.join(timeout=1)
        return original(self, *args, **more)

    applying = threading.Thread(target=lambda: reports.append(shop.apply(welcome=gone)))
    monkeypatch.setattr(Page, "load", load)
    take(shop.store, running, [shop.event("A")], shop.clock.now())
    applying.join(timeout=30)
    (refusal,) = one(reports[0]).refusals
    assert refusal.startswith("1 contact stands at step `pause`")
    assert shop.stands_at() == ["pause"]


def test_a_page_that_began_under_the_version_before_is_begun_again(shop: Shop) -> None:
    shop.apply(welcome=WELCOME)
    shop.known("ada")
    running = shop.running()
    shop.apply(welcome=WELCOME.replace("id: pause", "id: rest"))
    take(shop.store, running, [shop.event("A")], shop.clock.now())
    assert shop.stands_at() == ["rest"]
