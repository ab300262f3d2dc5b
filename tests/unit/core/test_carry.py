"""People who are inside when a journey changes (language.md §8, `follow`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.core.advance import Instant
from engine.core.carry import carry, changed_steps, stranded
from engine.core.case import Case, World
from engine.core.live import fire_timers, live
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.simulate import world_of
from engine.service.versions import Version, bind_version

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
HEADER = """\
dsl: 1
journey: j
status: live
owner: ada@shop.example
trigger: { event: Go }
defaults: { topic: t }
"""
CATALOG = (
    b"topics: { t: { name: T, consent: opt_out } }\nsenders: { s: { from: Shop <hello@shop.example> } }\n"
)
MAIL = "  - { id: first, send: email, subject: S, body: B }\n"


def version(steps: str) -> Version:
    files = {"journeys/catalog.yaml": CATALOG, "journeys/j.yaml": f"{HEADER}steps:\n{steps}".encode()}
    workspace = read_workspace(files)
    assert [fault for fault in workspace.all_faults() if fault.severity == "error"] == []
    file = workspace.journeys["j"]
    assert file.compiled is not None
    assert file.version is not None
    return bind_version(file.compiled, file.version, "live")


def world(version: Version) -> World:
    return world_of([version], read_workspace({"journeys/catalog.yaml": CATALOG}).catalog, {}, Policy())


def moved(before: Version, after: Version, at: datetime, *events: Event) -> Case:
    """Entered at ten under one version, moved to the other at an instant, and then lived to the end."""
    case = Case(Contact("ada", email="ada@shop.example"))
    live(case, world(before), [Event("e", "ada", "Go", TEN, TEN), *events], None)
    fire_timers(case, world(before), at, None, is_inclusive=False)
    changed = {before.journey.version: changed_steps(before.journey.compiled, after.journey.compiled)}
    carry(case, world(after), after.journey, changed, Instant(at, at))
    fire_timers(case, world(after), at + timedelta(days=99), None)
    return case


def sent(case: Case) -> list[tuple[str, datetime]]:
    return [(message.step, message.at) for _, message in case.messages]


def test_a_longer_wait_counts_from_the_arrival() -> None:
    case = moved(
        version("  - { id: w, wait: 2 hours }\n" + MAIL),
        version("  - { id: w, wait: 5 hours }\n" + MAIL),
        TEN + HOUR,
    )
    assert sent(case) == [("first", TEN + 5 * HOUR)]


def test_a_shortened_wait_may_be_over_at_once() -> None:
    case = moved(
        version("  - { id: w, wait: 5 hours }\n" + MAIL),
        version("  - { id: w, wait: 1 hour }\n" + MAIL),
        TEN + 2 * HOUR,
    )
    assert sent(case) == [("first", TEN + 2 * HOUR)]


def test_a_changed_wait_for_keeps_its_start() -> None:
    before, after = (f"  - {{ id: w, wait_for: See, up_to: {hours} hours }}\n{MAIL}" for hours in (9, 4))
    case = moved(version(before), version(after), TEN + HOUR)
    assert sent(case) == [("first", TEN + 4 * HOUR)]


def test_what_was_sent_is_not_sent_again() -> None:
    before, after = (f"{MAIL}  - {{ id: w, wait: {hours} hours }}\n" for hours in (2, 3))
    case = moved(version(before), version(after), TEN + HOUR)
    assert sent(case) == [("first", TEN)]
    assert case.enrollments[0].left_at == TEN + 3 * HOUR


def test_an_unchanged_step_is_left_alone_and_what_comes_after_is_new() -> None:
    wait = "  - { id: w, wait: 2 hours }\n"
    case = moved(version(wait + MAIL), version(wait + MAIL.replace("first", "other")), TEN + HOUR)
    assert sent(case) == [("other", TEN + 2 * HOUR)]


def test_a_step_that_is_gone_or_changed_its_verb_strands_people() -> None:
    old = version("  - { id: w, wait: 2 hours }\n  - { id: x, wait: 2 hours }\n" + MAIL).journey.compiled
    new = version("  - { id: x, wait_for: See, up_to: 1 hour }\n" + MAIL).journey.compiled
    found = stranded(old, new, {"w": 3, "x": 1, "first": 2})
    assert [(one.step, one.people, one.becomes) for one in found] == [("w", 3, None), ("x", 1, "wait_for")]
