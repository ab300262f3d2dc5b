"""A message that no test of the journey expects."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if not subject.tests:
        return
    named = {line.step for test in subject.tests for line in test.expect} | {
        step for test in subject.tests for step in test.never
    }
    for letter in subject.letters:
        if letter.id not in named:
            message = f"No test says when `{letter.id}` is sent."
            help = "Add a test that expects it, or that names it under `never`."
            yield Finding((*letter.path, "id"), message, help)


_TEST = """\
tests:
  - name: a hello at once
    contact: {{ id: ada, email: ada@mail.example, timezone: Europe/Zurich, topics: {{ news: true }} }}
    start: 2026-03-03 14:00 Europe/Zurich
    events:
      - {{ at: 0 minutes, event: Signed Up }}
    expect:
      - {{ at: 0 minutes, send: hello }}
{more}"""
_STEPS = """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you. }
  - { id: pause, wait: 2 days }
  - { id: tips, send: email, subject: A few tips to begin with, body: Start here. }
"""
RULE = Rule(
    code="J719",
    group="people",
    severity="info",
    meaning="No test of the journey names a message that it sends.",
    why="The part of a journey that no test reaches is the part that breaks unnoticed.",
    example=Example(_STEPS, files={"demo/tests.yaml": _TEST.format(more="    allow_others: true\n")}),
    clean=Example(
        _STEPS, files={"demo/tests.yaml": _TEST.format(more="      - { at: 2 days, send: tips }\n")}
    ),
    check=check,
)
