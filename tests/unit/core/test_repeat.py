"""Turns of a repeat: which message belongs to which, and what a new version keeps of them."""

from __future__ import annotations

from datetime import timedelta

from engine.core.case import Case
from engine.core.live import fire_timers, live
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.iteration import after_repeat, in_turn, turn_of
from engine.service.versions import Version
from tests.unit.core.test_carry import HOUR, TEN, moved, sent, version, world

TWICE = """\
  - id: outer
    repeat:
      times: 2
      steps:
        - id: inner
          repeat:
            times: 2
            steps:
              - { id: w, wait: HOURS hours }
              - { id: m, send: email, subject: S, body: B }
"""


def lived(version: Version) -> Case:
    case = Case(Contact("ada", email="ada@shop.example"))
    live(case, world(version), [Event("e", "ada", "Go", TEN, TEN)], None)
    fire_timers(case, world(version), TEN + timedelta(days=99), None)
    return case


def test_each_turn_sends_a_message_of_its_own() -> None:
    messages = [message for _, message in lived(version(TWICE.replace("HOURS", "1"))).messages]
    turns = ["outer.1/inner.1", "outer.1/inner.2", "outer.2/inner.1", "outer.2/inner.2"]
    assert [message.iteration for message in messages] == turns
    assert len({message.message_id for message in messages}) == 4


def test_nothing_is_left_of_the_turns_when_the_repeat_is_over() -> None:
    case = lived(
        version(TWICE.replace("HOURS", "1") + "  - { id: last, send: email, subject: S, body: B }\n")
    )
    assert case.messages[-1][1].step == "last"
    assert case.messages[-1][1].iteration == ""


def test_a_new_version_keeps_the_turn() -> None:
    before, after = (version(TWICE.replace("HOURS", hours)) for hours in ("2", "3"))
    case = moved(before, after, TEN + 3 * HOUR)  # in the second turn of the inner one since an hour
    assert sent(case) == [("m", TEN + hours * HOUR) for hours in (2, 5, 8, 11)]
    assert [message.iteration for _, message in case.messages][1] == "outer.1/inner.2"


def test_fewer_times_hold_at_the_next_turn() -> None:
    before, after = (
        version(f"  - id: r\n    repeat:\n      times: {times}\n      steps: [{{ id: w, wait: 1 hour }}]\n")
        for times in (9, 2)
    )
    case = moved(before, after, TEN + 4 * HOUR + HOUR / 2)
    assert case.enrollments[0].left_at == TEN + 5 * HOUR


def test_steps_that_are_put_into_a_repeat_begin_with_its_first_turn() -> None:
    body = "- { id: w, wait: 2 hours }\n"
    before = version("  " + body)
    after = version(f"  - id: r\n    repeat:\n      times: 2\n      steps:\n        {body}")
    case = moved(before, after, TEN + HOUR)
    assert case.enrollments[0].left_at == TEN + 6 * HOUR


def test_a_path_of_turns() -> None:
    path = in_turn(in_turn("", "outer", 2), "inner.x", 1)
    assert (turn_of(path, "outer"), turn_of(path, "inner.x"), turn_of(path, "other")) == (2, 1, 0)
    assert in_turn(path, "outer", 3) == "outer.3"
    assert after_repeat(path, "inner.x") == "outer.2"
    assert after_repeat(path, "outer") == ""
    assert after_repeat("left.4", "other") == "left.4"
