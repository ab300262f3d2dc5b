"""`update`: sets, adds to, appends to or removes attributes of the contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.conditions.names import check_value, read_attribute_path
from engine.model.journey import Step
from engine.model.result import UNSET, GoTo, Result, SetAttributes
from engine.model.view import View
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.lookup import read_path, value_at

#: A change of one attribute: its path, what is done, with what.
Change = tuple[tuple[str, ...], str, Any]

_ACTIONS = ("add", "append", "value")


def read(data: Mapping[str, Any], reader: Reader) -> tuple[Change, ...] | None:
    """One change per key; keys are contact.PATH."""
    changes: list[Change] = []
    wrong = False
    for key, value in data["update"].items():
        change = _read_change(str(key), value, reader)
        wrong = wrong or change is None
        if change is not None:
            changes.append(change)
    return None if wrong else tuple(changes)


def _read_change(key: str, value: object, reader: Reader) -> Change | None:
    at = ("update", key)
    path = read_attribute_path(key, (*reader.path, *at), reader.report, reader.names)
    if path is None:
        return None
    if isinstance(value, Mapping):
        return _read_action(path, value, at, reader)
    if value == "unset":
        return (path, "unset", None)
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        return (path, "text", value)
    return (path, "set", value) if check_value(path, value, (*reader.path, *at), reader.report, reader.names) else None


def _read_action(path: tuple[str, ...], value: Mapping[str, Any], at: tuple[str, ...], reader: Reader) -> Change | None:
    if len(value) != 1 or next(iter(value)) not in _ACTIONS:
        reader.wrong(at, "J340", "An update is a value, `unset`, or one of `{add: 5}`, `{append: text}`, `{value: trigger.total}`.",
                     "Write exactly one of these.")
        return None
    action, operand = next(iter(value.items()))
    if action == "add" and (isinstance(operand, bool) or not isinstance(operand, int | float)):
        reader.wrong((*at, action), "J341", f"`add` needs a number, not `{operand}`.", "Write for example `{add: 5}`.")
        return None
    if action == "value":
        operand = read_path(operand, reader, (*at, action))
        if operand is None:
            return None
    return (path, action, operand)


def bind(changes: tuple[Change, ...], frame: Frame) -> Step:
    """Values are worked out against the contact as it is when the step is reached."""
    makers = tuple((path, _maker(path, action, operand, frame)) for path, action, operand in changes)
    names = ", ".join(".".join(path) for path, _, _ in changes)

    def run(view: View) -> Result:
        values = {path[1:]: make(view) for path, make in makers}
        return Result(GoTo(frame.next), (SetAttributes(values),), why=names)

    return Step(frame.id, "update", frame.next, run, text=f"update {names}", changes_contact=True)


def _maker(path: tuple[str, ...], action: str, operand: Any, frame: Frame) -> Callable[[View], Any]:
    match action:
        case "unset":
            return lambda view: UNSET
        case "add":
            return lambda view: _number(value_at(view, path)) + operand
        case "append":
            return lambda view: _appended(value_at(view, path), operand)
        case "value":
            return lambda view: value_at(view, operand)
        case "text" if frame.make_text is not None:
            return frame.make_text(operand)
        case _:
            return lambda view: operand


def _number(value: Any) -> int | float:
    """What `add` starts from: missing, or no number, counts as 0."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _appended(value: Any, item: Any) -> list[Any]:
    """A list with the item at its end, once: tags do not pile up."""
    items = list(value) if isinstance(value, list | tuple) else []
    return items if item in items else [*items, item]


UPDATE = StepType(
    word="update",
    keys=("update",),
    summary="Changes attributes of the contact.",
    example="""\
- id: remember
  update:
    contact.won_back: true
    contact.score: { add: 5 }
    contact.tags: { append: returning }
""",
    schema={
        "update": {
            "type": "object",
            "minProperties": 1,
            "description": "contact.PATH: value, or {add: 5}, {append: text}, unset, {value: trigger.total}.",
        }
    },
    required=("update",),
    read=read,
    bind=bind,
)
