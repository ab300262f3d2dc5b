"""How values are shown to people: as they would be written in YAML, on one line, not too long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from engine.calendar.instants import write_instant
from engine.model.predicate import Reference

_LONGEST = 60


def show(value: object) -> str:
    """A value as in a sentence: text bare, true and false in small letters, lists with commas."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str() | Reference():
            return _one_line(str(value))
        case datetime():
            return write_instant(value)
        case Mapping():
            return _one_line("{" + ", ".join(f"{key}: {show(one)}" for key, one in value.items()) + "}")
        case list() | tuple():
            return _one_line("[" + ", ".join(map(show, value)) + "]")
        case _:
            return _one_line(str(value))


def ticked(words: Iterable[object]) -> str:
    """`a`, `b` and `c`."""
    shown = [f"`{show(word)}`" for word in words]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def sentence(text: str) -> str:
    """A fragment of another floor as a sentence: capital letter, full stop."""
    begun = re.sub(r"(?:^|(?<=[?!] ))[a-z]", lambda first: first[0].upper(), text.rstrip("."))
    return begun if begun.endswith(("?", "!")) or not begun else begun + "."


def _one_line(text: str) -> str:
    text = " ".join(text.split()) if text else '""'
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
