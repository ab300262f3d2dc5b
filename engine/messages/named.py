"""What a template names, against what there is: attributes, properties, steps, links; nothing is rendered.

Layouts and partials are left out: one of them serves many messages, which know different things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from liquid.exceptions import LiquidError
from liquid.static_analysis import Variable

from engine.conditions.names import Names, read_named
from engine.messages import rules
from engine.messages.dialect import Dialect
from engine.messages.syntax import Text, path_of
from engine.model.fault import Fault, Mistake
from engine.model.message import MessageSource
from engine.model.spelling import did_you_mean

_CHECKED: Final = ("contact", "trigger", "step", "product")
_LINKS: Final = ("unsubscribe", "preferences", "confirm", "view")
_JOURNEY: Final = ("id", "step")
#: Names that are there besides, filled in by whoever renders.
_OTHERS: Final = ("with", "sender", "now", "today", "locale", "currency", "transactional")


def check_names(source: MessageSource, names: Names) -> list[Fault]:
    """What the message's own texts name and nobody knows. For a source whose Liquid can be read."""
    found = [fault for text in _texts(source) for fault in _faults(text, source, names)]
    return sorted(found, key=lambda fault: (fault.position.line, fault.position.column))


def _texts(source: MessageSource) -> Iterator[Text]:
    yield Text(source.subject, source.file, 1, "the subject")
    if source.preheader:
        yield Text(source.preheader, source.file, 1, "the preheader")
    yield Text(source.body, source.file, source.body_line)
    if source.text is not None:
        yield Text(source.text, re.sub(r"\.\w+$", ".txt", source.file), 1)


def _faults(text: Text, source: MessageSource, names: Names) -> Iterator[Fault]:
    try:
        template = Dialect(source.partials, autoescape=False).from_string(text.source)
        analysis = template.analyze(include_partials=False)
    except LiquidError:
        return
    seen = set[tuple[str, ...]]()
    for variables in analysis.globals.values():
        for variable in variables:
            path = path_of(variable.segments)
            if path and path not in seen:
                seen.add(path)
                yield from _about(text, path, variable, names)


def _about(text: Text, path: tuple[str, ...], variable: Variable, names: Names) -> Iterator[Fault]:
    """At most one fault for one name."""
    root = path[0]
    if root in _CHECKED and len(path) > 1:
        yield from _looked_up(text, path, variable, names)
    elif root == "links" and len(path) > 1:
        yield from _link(text, path[1], variable)
    elif root == "journey" and len(path) > 1 and path[1] not in _JOURNEY:
        words = f"`{'.'.join(path)}` is nothing.{did_you_mean(path[1], _JOURNEY)}"
        yield _fault(text, variable, rules.UNKNOWN_NAME, words, "Write `journey.id` or `journey.step`.")
    elif root in names.named:
        yield from _named(text, path, variable, names)
    elif root not in (*_CHECKED, *_OTHERS, "links", "journey"):
        yield _unknown(text, path, variable, names)


def _looked_up(text: Text, path: tuple[str, ...], variable: Variable, names: Names) -> Iterator[Fault]:
    found: list[Mistake] = []
    read_named(".".join(path), (), found.append, replace(names, event=None))
    for mistake in found:
        yield _fault(text, variable, mistake.rule, mistake.message, mistake.help)


def _named(text: Text, path: tuple[str, ...], variable: Variable, names: Names) -> Iterator[Fault]:
    """What a step named: a code has its fields, a list of products is gone through."""
    known = names.named[path[0]]
    if known is None or len(path) < 2 or path[1] in known:
        return
    words = f"`{'.'.join(path)}` is nothing.{did_you_mean(path[1], known)}"
    help = f"Write {' or '.join(f'`{path[0]}.{one}`' for one in sorted(known))}."
    yield _fault(text, variable, rules.UNKNOWN_NAME, words, help)


def _link(text: Text, name: str, variable: Variable) -> Iterator[Fault]:
    if name not in _LINKS:
        words = f"There is no link `links.{name}`.{did_you_mean(name, _LINKS)}"
        listed = ", ".join(f"`links.{one}`" for one in _LINKS)
        yield _fault(text, variable, rules.UNKNOWN_NAME, words, f"Write one of {listed}.")


def _unknown(text: Text, path: tuple[str, ...], variable: Variable, names: Names) -> Fault:
    shown = ".".join(path)
    if path[-1] in (names.attributes or ()):
        meant = f" Did you mean `contact.{path[-1]}`?"
    else:
        rest = "".join(f".{part}" for part in path[1:])
        meant = did_you_mean(
            shown, [f"{root}{rest}" for root in (*names.named, *_CHECKED, *_OTHERS, "links", "journey")]
        )
    help = "A name begins with contact, trigger, with, step, journey or links, as in `contact.first_name`."
    return _fault(
        text, variable, rules.UNKNOWN_NAME, f"`{shown}` is nothing that a message knows.{meant}", help
    )


def _fault(text: Text, variable: Variable, rule: str, words: str, help: str) -> Fault:
    label = f"In {text.label}: " if text.label else ""
    length = len(str(variable))
    return Fault(text.position(variable.span.index, length), "error", rule, f"{label}{words}", help)
