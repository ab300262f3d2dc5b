"""`update`: sets, adds to, appends to or removes attributes of the contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.conditions.names import Named, fit_value, read_named
from engine.conditions.vocabulary import TYPE_PHRASES
from engine.conditions.wording import show
from engine.model.journey import Step
from engine.model.result import UNSET, GoTo, Result, SetAttributes
from engine.model.spelling import did_you_mean
from engine.model.view import View
from engine.steps import rules
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.lookup import read_path, value_at

#: A change of one attribute: its path, what is done, with what.
Change = tuple[tuple[str, ...], str, Any]

_ACTIONS = ("add", "append", "value")

#: Kept by the engine, whatever a journey would like them to be.
_KEPT = ("id", "created_at", "stage")


def read(data: Mapping[str, Any], reader: Reader) -> tuple[Change, ...] | None:
    """One change per key; keys are contact.PATH."""
    changes = [_read_change(str(key), value, reader) for key, value in data["update"].items()]
    found = tuple(change for change in changes if change is not None)
    return found if len(found) == len(changes) else None


def _read_change(key: str, value: object, reader: Reader) -> Change | None:
    at = ("update", key)
    found = _writable(key, value, reader)
    if found is None:
        return None
    path = found.reference.path
    if isinstance(value, Mapping):
        return _read_action(found, value, at, reader)
    if value == "unset":
        return (path, "unset", None)
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        return (path, "text", value) if _takes_text(found, at, reader) else None
    if value is None:
        message = f"`{key}` is set to nothing."
        reader.wrong(at, rules.UPDATE_SHAPE, message, f"Write a value, or `{key}: unset` to take it away.")
        return None
    fitting = fit_value(path, value, (*reader.path, *at), reader.report, reader.names)
    return None if fitting is None else (path, "set", fitting)


def _writable(key: str, value: object, reader: Reader) -> Named | None:
    if "." not in key:
        help = f"Write `contact.{key}: {show(value)}`." if key != "contact" else "Write `contact.NAME: …`."
        message = f"`{key}` is no attribute: attributes begin with `contact.`."
        reader.wrong(("update", key), rules.UPDATE_SHAPE, message, help, at_key=True)
        return None
    names = replace(reader.names, roots=frozenset({"contact"}))
    found = read_named(key, (*reader.path, "update", key), reader.report, names, at_key=True)
    if found is not None and found.reference.path[1] in _KEPT:
        message = f"`{key}` is kept by the engine and cannot be changed."
        help = "Change an attribute of your own; add it to `contact` in catalog.yaml."
        reader.wrong(("update", key), rules.NOT_WRITABLE, message, help, at_key=True)
        return None
    return found


def _takes_text(found: Named, at: tuple[str, ...], reader: Reader) -> bool:
    if found.type is None or found.type.type in ("text", "date", "instant"):
        return True
    kind = TYPE_PHRASES[found.type.type]
    message = f"`{found.reference}` is {kind}, but Liquid gives text."
    reader.wrong(at, rules.UPDATE_MISFIT, message, "Copy a value as it is: `{value: trigger.total}`.")
    return False


def _read_action(
    found: Named, value: Mapping[str, Any], at: tuple[str, ...], reader: Reader
) -> Change | None:
    action = next(iter(value), "")
    if len(value) != 1 or action not in _ACTIONS:
        hint = did_you_mean(str(action), _ACTIONS) if len(value) == 1 else ""
        message = f"`{found.reference}` cannot be changed by `{show(value)}`.{hint}"
        help = "Write a value, `unset`, or one of `{add: 5}`, `{append: text}`, `{value: trigger.total}`."
        reader.wrong(at, rules.UPDATE_SHAPE, message, help)
        return None
    operand = _OPERANDS[action](found, value[action], (*at, action), reader)
    return None if operand is None else (found.reference.path, action, operand)


def _read_number(found: Named, operand: Any, at: tuple[str, ...], reader: Reader) -> Any:
    if found.type is not None and found.type.type != "number":
        return _misfit(found, at, reader, "Only numbers can be added to.")
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        message = f"`add` needs a number, not `{show(operand)}`."
        reader.wrong(at, rules.UPDATE_OPERAND, message, "Write for example `{add: 5}`, or `{add: -5}`.")
        return None
    return operand


def _read_item(found: Named, operand: Any, at: tuple[str, ...], reader: Reader) -> Any:
    if found.type is not None and found.type.type != "list":
        return _misfit(found, at, reader, "Only to a list can something be appended.")
    if operand is None or isinstance(operand, list | Mapping):
        message = f"`append` takes one text or number, not `{show(operand)}`."
        reader.wrong(at, rules.UPDATE_OPERAND, message, "Write for example `{append: returning}`.")
        return None
    return operand


def _read_source(found: Named, operand: Any, at: tuple[str, ...], reader: Reader) -> Any:
    wanted = () if found.type is None else _ALIKE.get(found.type.type, (found.type.type,))
    return read_path(operand, reader, at, wanted)


#: What may be copied into an attribute of this type, where that is more than the type itself.
_ALIKE = {"date": ("date", "instant", "text"), "instant": ("date", "instant", "text")}
_OPERANDS = {"add": _read_number, "append": _read_item, "value": _read_source}


def _misfit(found: Named, at: tuple[str, ...], reader: Reader, help: str) -> None:
    kind = TYPE_PHRASES[found.type.type] if found.type is not None else "something else"
    message = f"`{at[-1]}` does not fit `{found.reference}`, which is {kind}."
    reader.wrong(at, rules.UPDATE_MISFIT, message, help, at_key=True)


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
            "examples": [{"contact.won_back": True}],
        }
    },
    required=("update",),
    read=read,
    bind=bind,
)
