"""An owner who cannot be written to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.conditions.wording import show
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check(subject: Subject) -> Iterator[Finding]:
    owner = subject.data.get("owner")
    if isinstance(owner, str) and not _ADDRESS.search(owner):
        message = f"The owner `{show(owner)}` is no address."
        yield Finding(("owner",), message, "Write where to ask, such as `owner: lifecycle@shop.example`.")


RULE = Rule(
    code="J717",
    group="people",
    severity="info",
    meaning="The owner of a journey is not an address.",
    why="When the journey does something odd at night, somebody has to know whom to write to.",
    example=Example("owner: Marketing\n"),
    clean=Example("owner: marketing@shop.example\n"),
    check=check,
)
