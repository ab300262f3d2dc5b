"""More than five marketing messages within a week on some way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.flow import (
    sends_on_ways,
)
from engine.language.lint.lengths import DAY
from engine.language.lint.subject import Subject

_MOST: Final = 5


def check(subject: Subject) -> Iterator[Finding]:
    repeats = any(step["verb"] == "repeat" for step in subject.flat.values())
    if len(subject.marketing) <= _MOST and not repeats:
        return
    for sent in sends_on_ways(subject):
        for (first, start), (last, end) in zip(sent, sent[_MOST:], strict=False):
            if end - start < 7 * DAY:
                whence = f"From `{first}` to `{last}`" if first != last else f"From `{first}` alone"
                message = f"{whence} somebody may get {_MOST + 1} messages within a week."
                help = "Send less, or put longer waits between."
                yield Finding((*subject.path_of[last], "send"), message, help, at_key=True)
                return


RULE = Rule(
    code="J711",
    group="sending",
    severity="warning",
    meaning="More than five marketing messages within seven days on some way.",
    why="So much mail makes people unsubscribe and mailbox providers suspicious.",
    example=Example(
        "steps:\n"
        + "".join(
            f"  - {{ id: letter-{word}, send: email, subject: Letter {word} of our course, body: Read. }}\n"
            f"  - {{ id: pause-{word}, wait: 1 day }}\n"
            for word in ("one", "two", "three", "four", "five", "six")
        )
        + "  - { id: done, end: done }\n"
    ),
    clean=Example(
        "steps:\n"
        + "".join(
            f"  - {{ id: letter-{word}, send: email, subject: Letter {word} of our course, body: Read. }}\n"
            f"  - {{ id: pause-{word}, wait: 3 days }}\n"
            for word in ("one", "two", "three", "four", "five", "six")
        )
        + "  - { id: done, end: done }\n"
    ),
    check=check,
)
