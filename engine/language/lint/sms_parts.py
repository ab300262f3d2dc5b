"""An SMS that is paid for several times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.letters import Spot
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text
from engine.model.sms import sms_length

#: Values are not there yet: the text without them is the least that is sent.
_LIQUID: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        if letter.step.get("send") != "sms":
            continue
        body = letter.source.body
        length = sms_length(_LIQUID.sub("", body).strip())
        if length.parts == 1:
            continue
        message = f"This SMS takes at least {length.parts} parts, each paid for: {length.units} characters."
        help = "One part holds 160 characters."
        start, size = 0, 1
        if not length.is_gsm:
            start = body.index(length.odd[0])
            help = f"One part holds 70 characters because of `{length.odd[0]}`; without such it holds 160."
        yield about_text(letter, Spot("body", start, size), message, help)


_STEP = "steps:\n  - { id: hello, send: sms, body: %s }\n"
_LONG = "Your cart is kept until tomorrow evening – we look forward to seeing you again in our shop!"
RULE = Rule(
    code="J769",
    group="sending",
    severity="info",
    meaning="An SMS is longer than one part.",
    why="Providers charge for each part; one typographic dash or emoji more than halves what a part holds.",
    example=Example(_STEP % f'"{_LONG}"'),
    clean=Example(_STEP % f'"{_LONG.replace("–", "-")}"'),
    check=check,
)
