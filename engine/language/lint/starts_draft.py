"""A live journey that starts one which lets nobody in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Shop

_CLOSED: Final = ("draft", "stopping", "stopped")


def check_shop(shop: Shop) -> Iterator[Finding]:
    status = {subject.journey.id: str(subject.data.get("status", "draft")) for subject in shop.subjects}
    for subject in shop.subjects:
        if status[subject.journey.id] != "live":
            continue
        for path, step in subject.steps:
            started = str(step.get("start"))
            if "start" in step and status.get(started) in _CLOSED:
                message = f"`{started}` is {_words(status[started])}, so nobody enters it by this step."
                help = f"Make `{started}` live too, or take the step away."
                yield Finding((*path, "start"), message, help, file=subject.journey.file)


def _words(status: str) -> str:
    return "a draft" if status == "draft" else status


_OTHER = """\
dsl: 1
journey: other
name: Other
owner: lifecycle@shop.example
status: %s
trigger: { manual: true }
re_entry: never
goal: { event: Order Completed }
defaults: { topic: news, quiet_hours: 21:00-08:00 }
steps:
  - { id: tips, send: email, subject: A few tips to begin with, body: Start here. }
"""
_TEST = """\
tests:
  - name: what it does
    contact: { id: ada, email: ada@mail.example, timezone: Europe/Zurich, topics: { news: true } }
    start: 2026-03-03 14:00 Europe/Zurich
    events:
      - { at: 0 minutes, event: Signed Up }
    expect:
      - { at: 0 minutes, %s }
"""
_TESTS = {
    "demo/tests.yaml": _TEST % "leave: completed",
    "other/tests.yaml": _TEST % "send: tips",
}
_JOURNEY = "status: live\nsteps:\n  - { id: on-it-goes, start: other }\n"
RULE = Rule(
    code="J788",
    group="references",
    severity="warning",
    meaning="A live journey starts one that lets nobody in.",
    why="The step does nothing: whoever comes there is refused by the other journey.",
    example=Example(_JOURNEY, files={**_TESTS, "other/journey.yaml": _OTHER % "draft"}),
    clean=Example(_JOURNEY, files={**_TESTS, "other/journey.yaml": _OTHER % "live"}),
    check_shop=check_shop,
)
