"""Paths such as contact.renewal_at in the arguments of steps: read once, looked up in a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.names import read_reference
from engine.model.contact import BUILT_IN
from engine.model.view import View
from engine.steps.contract import Reader


def read_path(text: object, reader: Reader, at: tuple[str | int, ...]) -> tuple[str, ...] | None:
    """The path as a tuple, checked against the catalog; None (and a mistake) when it names nothing."""
    reference = read_reference(text, (*reader.path, *at), reader.report, reader.names)
    return None if reference is None else reference.path


def value_at(view: View, path: tuple[str, ...]) -> Any:
    """The value a path leads to, or None."""
    root, *rest = path
    value: Any
    match root:
        case "contact":
            if rest and rest[0] in BUILT_IN:
                value, rest = getattr(view.contact, rest[0]), rest[1:]
            else:
                value = view.contact.attributes
        case "trigger":
            value = view.trigger
        case "step":
            value = view.steps
        case "event":
            value = view.event.properties if view.event is not None else None
        case _:
            return None
    for key in rest:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
