"""Numbers where the catalog says text: `contact.zip: 8001` is compared with, and set to, the text 8001.

A compiled journey runs without its catalog, so this is settled before it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.names import Names, read_named, within_event
from engine.conditions.vocabulary import Properties
from engine.model.fault import Mistake

#: Keys beside which `event.*` is known to be of one event.
_NAMING_EVENTS = ("event", "did", "did_not", "wait_for")
#: Operands that are never text of the attribute itself.
_OTHER_OPERANDS = ("exists", "value", "same_as")


def with_typed_texts(data: Any, names: Names) -> Any:
    """The same data of a journey or segment that has been checked; nothing in it is changed in place."""
    if isinstance(data, list):
        return [with_typed_texts(one, names) for one in data]
    if not isinstance(data, Mapping):
        return data
    event = next((data[key] for key in _NAMING_EVENTS if isinstance(data.get(key), str)), None)
    inside = names if event is None else within_event(names, event)
    typed = {
        key: _as_text(value) if _is_text(key, inside) else with_typed_texts(value, inside)
        for key, value in data.items()
    }
    if isinstance(typed.get("emit"), str) and isinstance(typed.get("properties"), Mapping):
        typed["properties"] = _properties(typed["properties"], names.properties_of(typed["emit"]))
    return typed


def _properties(given: Mapping[str, Any], declared: Properties) -> dict[str, Any]:
    """Of an event that a step emits: their names stand without `event.` in front."""
    texts = {name for name, kind in (declared or {}).items() if kind.type == "text"}
    return {name: _as_text(value) if name in texts else value for name, value in given.items()}


def _is_text(key: Any, names: Names) -> bool:
    if not isinstance(key, str) or key.partition(".")[0] not in names.roots or "." not in key:
        return False
    found = read_named(key, (), _keep_silent, names)
    return found is not None and found.type is not None and found.type.type == "text"


def _keep_silent(_mistake: Mistake) -> None:
    """Names have been checked where they stand."""


def _as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: one if key in _OTHER_OPERANDS else _as_text(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_text(one) for one in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
