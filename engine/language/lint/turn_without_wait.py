"""A way through a repeat on which nobody waits."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import WAITING, ways_on
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for path, step in subject.steps:
        if "repeat" in step and _may_come_back_at_once(subject, str(step["id"])):
            message = "A turn of this repeat may pass without waiting; the next one then begins at once."
            help = "Put a wait where every turn comes by, for example as the last of its `steps`."
            yield Finding((*path, "repeat"), message, help, at_key=True)


def _may_come_back_at_once(subject: Subject, repeat: str) -> bool:
    waiting, seen = [subject.flat[repeat]["targets"]["steps"]], {None}
    while waiting:
        id = waiting.pop()
        if id == repeat:
            return True
        if id in seen:
            continue
        seen.add(id)
        step = subject.flat[id]
        if step["verb"] not in WAITING:
            waiting += [to for to, _ in ways_on(step)]
        elif "when" in step:
            waiting.append(step["next"])
    return False


RULE = Rule(
    code="J729",
    group="flow",
    severity="warning",
    meaning="A turn of a repeat may pass without waiting.",
    why="Whoever goes that way is through with all turns at one moment, and may get every message at once.",
    example=Example(
        """\
steps:
  - id: reminders
    repeat:
      times: 3
      steps:
        - id: country
          branch:
            - if: { contact.country: CH }
              then: [{ id: pause, wait: 2 days }]
            - else: []
        - { id: count, update: { contact.orders: { add: 1 } } }
"""
    ),
    clean=Example(
        """\
steps:
  - id: reminders
    repeat:
      times: 3
      steps:
        - { id: pause, wait: 2 days }
        - { id: reminder, send: email, subject: Still thinking about it, body: Read. }
"""
    ),
    check=check,
)
