"""People who are inside when a journey changes (language.md §8, `follow`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from engine.core.advance import Instant
from engine.core.carry import carry, route_of, stranded
from engine.core.case import Case, World, summed
from engine.core.live import fire_timers, live
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.moves import Moves
from engine.model.policy import Policy
from engine.model.position import Enrollment
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


def moved(before: Version, after: Version, at: datetime, *events: Event, moves: Moves | None = None) -> Case:
    """Entered at ten under one version, moved to the other at an instant, and then lived to the end."""
    case = Case(Contact("ada", email="ada@shop.example"))
    live(case, world(before), [Event("e", "ada", "Go", TEN, TEN), *events], None)
    fire_timers(case, world(before), at, None, is_inclusive=False)
    moves = moves or Moves()
    routes = {before.journey.version: route_of(before.journey.compiled, after.journey.compiled, moves)}
    both = replace(world(after), older={before.journey.version: before.journey})
    carry(case, both, after.journey, routes, lambda e: released(case, e), Instant(at, at))
    fire_timers(case, both, at + timedelta(days=99), None)
    return case


def released(case: Case, enrollment: Enrollment) -> list[tuple[str, str]]:
    """As the outbox tells it in the daemon."""
    return [(message.step, message.iteration) for of, message in case.messages if of is enrollment]


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
    found = stranded(old, new, {"w": 3, "x": 1, "first": 2}, Moves())
    assert [(one.step, one.people, one.becomes) for one in found] == [("w", 3, None), ("x", 1, "wait_for")]


# --- moved and removed -------------------------------------------------------------------------------

OLD = "  - { id: w, wait: 4 hours }\n" + MAIL
WAITS = "  - { id: w, wait: 4 hours }\n  - { id: rest, wait: 9 hours }\n"


def test_a_renamed_step_keeps_its_arrival() -> None:
    after = version("  - { id: pause, wait: 6 hours }\n" + MAIL)
    case = moved(version(OLD), after, TEN + HOUR, moves=Moves(moved={"w": "pause"}))
    assert sent(case) == [("first", TEN + 6 * HOUR)]
    (line,) = [entry.line for entry in case.traces if entry.line.did == "moved"]
    assert (line.step, line.at) == ("pause", TEN + HOUR)
    assert line.why.endswith("where step w is called pause")


def test_lines_lead_on_through_older_lines() -> None:
    after = version("  - { id: c, wait: 6 hours }\n" + MAIL)
    case = moved(version(OLD), after, TEN + HOUR, moves=Moves(moved={"w": "b", "b": "c"}))
    assert sent(case) == [("first", TEN + 6 * HOUR)]


def test_who_is_sent_from_a_removed_step_arrives_anew() -> None:
    after = version("  - { id: x, wait: 6 hours }\n" + MAIL)
    case = moved(version(OLD), after, TEN + HOUR, moves=Moves(removed={"w": "x"}))
    assert sent(case) == [("first", TEN + 7 * HOUR)]


def test_a_step_of_another_verb_is_not_the_same_under_another_name() -> None:
    after = version("  - { id: x, wait_for: See, up_to: 6 hours }\n" + MAIL)
    case = moved(version(OLD), after, TEN + HOUR, moves=Moves(moved={"w": "x"}))
    assert sent(case) == [("first", TEN + 7 * HOUR)], "they arrive there when the journey changes"


def test_when_is_asked_of_a_step_at_which_people_arrive() -> None:
    steps = "  - { id: x, wait: 6 hours, when: { contact.email: none } }\n" + MAIL
    case = moved(version(OLD), version(steps), TEN + HOUR, moves=Moves(removed={"w": "x"}))
    assert sent(case) == [("first", TEN + HOUR)], "the wait is passed over"


def test_people_of_a_removed_step_may_leave() -> None:
    case = moved(version(OLD), version(MAIL), TEN + HOUR, moves=Moves(removed={"w": "exit"}))
    (enrollment,) = case.enrollments
    assert (enrollment.left_at, enrollment.reason) == (TEN + HOUR, "exit")
    assert enrollment.detail == "step w was removed"
    assert sent(case) == []
    assert summed(case.counts)["j", "w", "inside"] == 0


def test_people_of_a_removed_step_may_finish_on_their_version() -> None:
    case = moved(version(OLD), version("  - { id: x, wait: 1 hour }\n"), TEN + HOUR, moves=FINISH_W)
    assert sent(case) == [("first", TEN + 4 * HOUR)]


FINISH_W = Moves(removed={"w": "finish"})


def test_only_those_at_the_removed_step_finish_there() -> None:
    after = version("  - { id: rest, wait: 2 hours }\n  - { id: end, end: new }\n")
    case = moved(version(WAITS), after, TEN + 5 * HOUR, moves=FINISH_W)
    assert case.enrollments[0].outcome == "new", "they stood at `rest`, which is still there"
    assert case.enrollments[0].left_at == TEN + 6 * HOUR


def test_counters_follow_to_where_people_stand() -> None:
    for moves in (Moves(moved={"w": "x"}), Moves(removed={"w": "x"})):
        case = moved(version(OLD), version("  - { id: x, wait: 6 hours }\n"), TEN + HOUR, moves=moves)
        inside = {step: n for (_, step, what), n in summed(case.counts).items() if what == "inside"}
        assert inside == {"w": 0, "x": 0}, "nobody is left anywhere at the end"


def test_what_a_renamed_step_caught_goes_by_its_new_name() -> None:
    before = "  - { id: a, wait_for: See, up_to: 1 hour }\n  - { id: w, wait: 4 hours }\n"
    after = (
        "  - { id: b, wait_for: See, up_to: 1 hour }\n  - { id: w, wait: 4 hours }\n"
        "  - { id: mail, send: email, subject: S, body: B, when: { step.b.event.x: 7 } }\n"
    )
    see = Event("s", "ada", "See", TEN + HOUR / 2, TEN + HOUR / 2, {"x": 7})
    case = moved(version(before), version(after), TEN + HOUR, see, moves=Moves(moved={"a": "b"}))
    assert [(m.step, m.state) for _, m in case.messages] == [("mail", "ready")]


# --- sends that come again -----------------------------------------------------------------------------

OTHER = "  - { id: second, send: email, subject: S, body: B }\n"
WAIT = "  - { id: w, wait: 2 hours }\n"


def test_a_send_that_was_passed_and_comes_again_is_not_repeated() -> None:
    case = moved(version(MAIL + WAIT), version(WAIT + MAIL + OTHER), TEN + HOUR)
    assert sent(case) == [("first", TEN), ("second", TEN + 2 * HOUR)]
    (skipped,) = [entry.line for entry in case.traces if entry.line.did == "skipped"]
    assert (skipped.step, skipped.at) == ("first", TEN + 2 * HOUR)


def test_it_is_the_same_send_under_another_name() -> None:
    after = version(WAIT + MAIL.replace("first", "hello") + OTHER)
    case = moved(version(MAIL + WAIT), after, TEN + HOUR, moves=Moves(moved={"first": "hello"}))
    assert sent(case) == [("first", TEN), ("second", TEN + 2 * HOUR)]


def test_a_send_that_was_passed_over_on_another_way_is_made_up_for() -> None:
    before = version(MAIL.replace(" }", ", when: { contact.email: none } }") + WAIT)
    case = moved(before, version(WAIT + OTHER), TEN + HOUR)
    assert [step for step, _ in sent(case)][-1] == "second"


def test_what_was_sent_is_remembered_over_a_second_move() -> None:
    first, second = version(MAIL + WAIT), version(WAIT + "  - { id: v, wait: 1 hour }\n" + MAIL)
    third = version("  - { id: v, wait: 1 hour }\n" + MAIL.replace("first", "hello") + OTHER)
    renamed = Moves(moved={"first": "hello"}, removed={"w": "v"})
    case = through(first, second, third, moves=[Moves(), renamed])
    assert sent(case) == [("first", TEN), ("second", TEN + 2 * HOUR)]


def through(first: Version, *others: Version, moves: Sequence[Moves] = ()) -> Case:
    """Entered at ten, carried on from version to version an hour later, and lived to the end."""
    case = Case(Contact("ada", email="ada@shop.example"))
    live(case, world(first), [Event("e", "ada", "Go", TEN, TEN)], None)
    old, at = first, Instant(TEN + HOUR, TEN + HOUR)
    for new, how in zip(others, moves or [Moves()] * len(others), strict=True):
        both = replace(world(new), older={old.journey.version: old.journey})
        routes = {old.journey.version: route_of(old.journey.compiled, new.journey.compiled, how)}
        carry(case, both, new.journey, routes, lambda e: released(case, e), at)
        old = new
    fire_timers(case, world(old), TEN + 99 * HOUR, None)
    return case


def test_a_send_that_was_gone_for_a_while_is_still_the_same() -> None:
    """Otherwise the outbox, which keeps every message, would refuse the whole page."""
    case = through(version(MAIL + WAIT), version(WAIT), version(WAIT + MAIL + OTHER))
    assert sent(case) == [("first", TEN), ("second", TEN + 2 * HOUR)]


# --- inside a repeat -----------------------------------------------------------------------------------

TURNS = """\
  - id: LOOP
    repeat:
      times: 3
      steps:
        - { id: w, wait: 2 hours }
        - { id: first, send: email, subject: S, body: B }
"""


def test_the_turns_of_a_renamed_repeat_are_counted_on() -> None:
    before, after = (version(TURNS.replace("LOOP", id)) for id in ("calls", "again"))
    case = moved(before, after, TEN + 3 * HOUR, moves=Moves(moved={"calls": "again"}))
    assert sent(case) == [("first", TEN + hours * HOUR) for hours in (2, 4, 6)]


def test_who_is_put_out_of_a_repeat_is_in_no_turn_any_more() -> None:
    after = WAIT + MAIL
    case = moved(version(TURNS.replace("LOOP", "calls")), version(after), TEN + HOUR)
    assert [(m.step, m.iteration, m.at) for _, m in case.messages] == [("first", "", TEN + 2 * HOUR)]


def test_what_was_sent_in_a_turn_is_not_sent_again_when_the_repeat_is_gone() -> None:
    case = moved(version(TURNS.replace("LOOP", "calls")), version(WAIT + MAIL + OTHER), TEN + 3 * HOUR)
    assert sent(case) == [("first", TEN + 2 * HOUR), ("second", TEN + 4 * HOUR)]


def test_turns_go_on_when_something_else_changes() -> None:
    before, after = (version(TURNS.replace("LOOP", "calls") + MAIL.replace("first", id)) for id in ("x", "y"))
    case = moved(before, after, TEN + 3 * HOUR)
    assert sent(case) == [*(("first", TEN + hours * HOUR) for hours in (2, 4, 6)), ("y", TEN + 6 * HOUR)]
