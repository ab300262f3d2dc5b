"""An event that a step emits and that nothing asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Shop

_NAMING: Final = ("event", "did", "did_not", "wait_for")


def check_shop(shop: Shop) -> Iterator[Finding]:
    if not shop.is_whole:
        return
    heard = {event for data in _all_data(shop) for event in _named_in(data)}
    for subject in shop.subjects:
        for path, step in subject.steps:
            if "emit" in step and str(step["emit"]) not in heard:
                message = f"No journey and no segment asks for `{step['emit']}`."
                help = "Name it in the journey that is to hear it, or take the step away."
                yield Finding((*path, "emit"), message, help, file=subject.journey.file)


def _all_data(shop: Shop) -> Iterator[Any]:
    yield shop.workspace.segments
    for subject in shop.subjects:
        yield subject.data


def _named_in(data: Any) -> Iterator[str]:
    """Every event that a trigger, an exit, a goal, a step or a condition names."""
    if isinstance(data, list):
        for item in data:
            yield from _named_in(item)
    elif isinstance(data, Mapping):
        for key, value in data.items():
            if key in _NAMING and isinstance(value, str):
                yield value
            else:
                yield from _named_in(value)


RULE = Rule(
    code="J789",
    group="references",
    severity="info",
    meaning="A step emits an event that nothing in the workspace asks for.",
    why="Perhaps the journey that should hear it is still to be written, or waits for another name.",
    example=Example("steps:\n  - { id: tell, emit: Cart Viewed }\n"),
    clean=Example(
        """\
steps:
  - { id: tell, emit: Cart Viewed }
  - id: hello
    send: email
    subject: Good to have you here
    body: Thank you.
    when: { did: Cart Viewed, within: 1 day }
"""
    ),
    check_shop=check_shop,
)
