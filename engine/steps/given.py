"""Values that a step hands on under names: properties of an event, what another journey sees as trigger.*.

Each is a value as it stands, a text with Liquid, or a copy: `{value: trigger.total}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.conditions.literals import Meeting, fit_listed
from engine.conditions.vocabulary import TYPE_PHRASES, AttributeType
from engine.conditions.wording import show
from engine.model.view import View
from engine.steps import rules
from engine.steps.contract import Frame, Reader
from engine.steps.lookup import read_path, value_at

#: Name, what it is ("set", "text" or "value"), and the value, the Liquid or the path.
Given = tuple[str, str, Any]

#: What may be copied into a property of this type, where that is more than the type itself.
_ALIKE = {"date": ("date", "instant", "text"), "instant": ("date", "instant", "text")}


def read_given(
    data: Mapping[str, Any], at: str, reader: Reader, types: Mapping[str, AttributeType] | None = None
) -> tuple[Given, ...] | None:
    """All of them, or None after a complaint. `types` holds those that are declared, by name."""
    found = [
        _read_one(str(name), value, (at, str(name)), reader, types or {}) for name, value in data.items()
    ]
    given = tuple(one for one in found if one is not None)
    return given if len(given) == len(found) else None


def _read_one(
    name: str, value: Any, at: tuple[str, ...], reader: Reader, types: Mapping[str, AttributeType]
) -> Given | None:
    kind = types.get(name)
    if isinstance(value, Mapping) and set(value) == {"value"}:
        wanted = () if kind is None else _ALIKE.get(kind.type, (kind.type,))
        path = read_path(value["value"], reader, (*at, "value"), wanted)
        return None if path is None else (name, "value", path)
    if is_liquid(value):
        return (name, "text", value) if _takes_text(name, kind, at, reader) else None
    if value is None:
        message = f"`{name}` has no value."
        reader.wrong(at, rules.GIVEN_SHAPE, message, "Write a value, or take the name away.", at_key=True)
        return None
    return (name, "set", value) if _fits(name, value, kind, at, reader) else None


def is_liquid(value: object) -> bool:
    """Whether it is a text to be filled in."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _takes_text(name: str, kind: AttributeType | None, at: tuple[str, ...], reader: Reader) -> bool:
    if kind is None or kind.type in ("text", "date", "instant"):
        return True
    message = f"`{name}` is {TYPE_PHRASES[kind.type]}, but Liquid gives text."
    help = "Copy a value as it is: `{value: trigger.total}`."
    reader.wrong(at, rules.GIVEN_MISFIT, message, help)
    return False


def _fits(name: str, value: Any, kind: AttributeType | None, at: tuple[str, ...], reader: Reader) -> bool:
    if kind is None:
        return True
    if kind.type in ("list", "map"):
        if isinstance(value, list if kind.type == "list" else Mapping):
            return True
        message = f"`{name}` is {TYPE_PHRASES[kind.type]}, but is set to `{show(value)}`."
        help = f"Write {TYPE_PHRASES[kind.type]}, or copy one: `{{value: trigger.{name}}}`."
        reader.wrong(at, rules.GIVEN_MISFIT, message, help)
        return False
    meeting = Meeting(name, kind, (*reader.path, *at), reader.report, "is set to")
    return fit_listed(value, meeting) is not None


def maker(given: tuple[Given, ...], frame: Frame) -> Callable[[View], dict[str, Any]]:
    """Works the values out when the step is reached; a copy of what is missing is left out."""
    makers = tuple((name, _maker(kind, value, frame)) for name, kind, value in given)

    def make(view: View) -> dict[str, Any]:
        made = ((name, one(view)) for name, one in makers)
        return {name: value for name, value in made if value is not None}

    return make


def _maker(kind: str, value: Any, frame: Frame) -> Callable[[View], Any]:
    if kind == "value":
        return lambda view: value_at(view, value)
    if kind == "text" and frame.make_text is not None:
        return frame.make_text(value)
    return lambda view: value
