"""More marketing messages on some way than a frequency cap of the installation lets through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.calendar.durations import read_duration, utc_add
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import sends_on_ways
from engine.language.lint.lengths import BEGINNING
from engine.language.lint.letters import Letter
from engine.language.lint.subject import Subject
from engine.model.policy import Cap


def check(subject: Subject) -> Iterator[Finding]:
    """Each cap once, at the first message that is too many."""
    ways = list(sends_on_ways(subject)) if subject.caps else []
    for cap in subject.caps:
        counted = {letter.id for letter in subject.marketing if _counts(cap, letter, subject)}
        window = (utc_add(BEGINNING, cap.per) - BEGINNING).total_seconds()
        for sent in ways:
            found = _too_many([one for one in sent if one[0] in counted], cap.most, window)
            if found is not None:
                yield _finding(cap, *found, subject)
                break


def _counts(cap: Cap, letter: Letter, subject: Subject) -> bool:
    topic = letter.step.get("topic") or letter.source.topic or subject.defaults.get("topic")
    return cap.channel in (None, letter.step.get("send")) and cap.topic in (None, topic)


def _too_many(sent: list[tuple[str, float]], most: int, window: float) -> tuple[str, str] | None:
    """The first and the last of one more than may be."""
    for (first, start), (last, end) in zip(sent, sent[most:], strict=False):
        if end - start < window:
            return first, last
    return None


def _finding(cap: Cap, first: str, last: str, subject: Subject) -> Finding:
    whence = f"From `{first}` to `{last}`" if first != last else f"From `{first}` alone"
    message = f"{whence} somebody may get {cap.most + 1} messages within {cap.per}: over the cap `{cap}`."
    help = "Put longer waits between, send less, or raise the cap in config.yaml."
    return Finding((*subject.path_of[last], "send"), message, help, at_key=True)


_CAP: Final = Cap(1, read_duration("7 days"), "email")
_STEPS: Final = """\
steps:
  - { id: hello, send: email, subject: Good to have you here, body: Thank you for signing up. }
  - { id: pause, wait: %s }
  - { id: course, send: email, subject: The first lesson, body: Read it when there is time. }
"""
RULE = Rule(
    code="J766",
    group="sending",
    severity="warning",
    meaning="More messages on some way than a frequency cap of config.yaml lets through.",
    why="The last one is held back, and after `retry_within` dropped: hardly anybody ever gets it.",
    example=Example(_STEPS % "2 days", caps=(_CAP,)),
    clean=Example(_STEPS % "8 days", caps=(_CAP,)),
    check=check,
)
