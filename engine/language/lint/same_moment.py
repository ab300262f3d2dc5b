"""Two live journeys that write to the same people at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    time_to_first_send,
)
from engine.language.lint.lengths import HOUR
from engine.language.lint.subject import Shop, Subject


def check_shop(shop: Shop) -> Iterator[Finding]:
    """The same event, the same priority, and the first message within an hour of each other."""
    live = [subject for subject in shop.subjects if subject.data.get("status") == "live"]
    by_event: dict[str, list[Subject]] = {}
    for subject in live:
        for event in {event for event in subject.events if subject.marketing}:
            by_event.setdefault(event, []).append(subject)
    for event, subjects in sorted(by_event.items()):
        for first, second in pairwise(subjects):
            if _priority(first) == _priority(second) and _are_close(first, second):
                yield _told(event, first, second)


def _priority(subject: Subject) -> Any:
    return subject.data.get("priority", 0)


def _are_close(first: Subject, second: Subject) -> bool:
    return abs(time_to_first_send(first) - time_to_first_send(second)) < HOUR


def _told(event: str, first: Subject, second: Subject) -> Finding:
    message = (
        f"`{event}` also starts `{first.journey.id}`, which writes at the same time with the same priority."
    )
    help = "Give one of the two a higher `priority`, or a wait before its first message."
    path, _ = second.triggers[0]
    return Finding(path, message, help, at_key=True, file=second.journey.file)


_OTHER = """\
dsl: 1
journey: other
name: Other
owner: lifecycle@shop.example
status: live
{priority}trigger: {{ event: Signed Up }}
re_entry: never
goal: {{ event: Order Completed }}
defaults: {{ topic: news, quiet_hours: 21:00-08:00 }}
steps:
{steps}  - {{ id: tips, send: email, subject: A few tips to begin with, body: Start here. }}
"""
_TEST = """\
tests:
  - name: a message
    contact: {{ id: ada, email: ada@mail.example, timezone: Europe/Zurich, topics: {{ news: true }} }}
    start: 2026-03-03 14:00 Europe/Zurich
    events:
      - {{ at: 0 minutes, event: Signed Up }}
    expect:
      - {{ at: {at}, send: {step} }}
"""
_TESTS = {
    "demo/tests.yaml": _TEST.format(at="0 minutes", step="hello"),
    "other/tests.yaml": _TEST.format(at="0 minutes", step="tips"),
}
RULE = Rule(
    code="J738",
    group="sending",
    severity="info",
    meaning="Two live journeys on the same event write at the same moment with the same priority.",
    why="The contact gets two letters at once, and nothing says which one matters more.",
    example=Example(
        "status: live\n",
        files={**_TESTS, "other/journey.yaml": _OTHER.format(priority="", steps="")},
    ),
    clean=Example(
        "status: live\n",
        files={
            "demo/tests.yaml": _TESTS["demo/tests.yaml"],
            "other/tests.yaml": _TEST.format(at="2 days", step="tips"),
            "other/journey.yaml": _OTHER.format(priority="", steps="  - { id: pause, wait: 2 days }\n"),
        },
    ),
    check_shop=check_shop,
)
