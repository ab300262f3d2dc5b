"""A live journey without tests."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if subject.data.get("status") == "live" and subject.tests is None:
        message = "This journey is live and has no tests."
        help = "Add tests.yaml beside it; `journeys test` runs them on a virtual clock."
        yield Finding(("status",), message, help)


RULE = Rule(
    code="J718",
    group="people",
    severity="info",
    meaning="A live journey has no tests.",
    why="Nobody notices when a change lets the wrong message go, until a contact does.",
    example=Example("status: live\n"),
    clean=Example(
        "status: live\n",
        files={
            "demo/tests.yaml": """\
tests:
  - name: a hello at once
    contact: { id: ada, email: ada@mail.example, timezone: Europe/Zurich, topics: { news: true } }
    start: 2026-03-03 14:00 Europe/Zurich
    events:
      - { at: 0 minutes, event: Signed Up }
    expect:
      - { at: 0 minutes, send: hello }
"""
        },
    ),
    check=check,
)
