"""Comparisons: `contact.orders: { gte: 5 }`. A missing value compares with nothing, except for `exists`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.conditions import rules
from engine.conditions.contract import Build, Compiled, Kind, Reading
from engine.conditions.names import Named, read_named
from engine.conditions.operands import operators_for, read_operand
from engine.conditions.operators import OPERATORS, Operator, Window, find_duration
from engine.conditions.references import Getter, attribute_of, getter
from engine.conditions.signs import SIGNS, meant_operator
from engine.conditions.values import Test, instant_of
from engine.conditions.vocabulary import ROOTS, TYPE_PHRASES
from engine.conditions.windows import earliest_after
from engine.conditions.wording import show, ticked
from engine.model.duration import Duration
from engine.model.predicate import All, Compare, Predicate, Reference
from engine.model.spelling import suggest
from engine.model.view import View

# --- reading -----------------------------------------------------------------------------------


def _read(word: str, data: Any, reading: Reading) -> Predicate | None:
    """All operators of one path; a bare value means `eq`. None after a complaint."""
    found = read_named(word, reading.path, reading.report, reading.names, at_key=True)
    subject = found or Named(Reference(tuple(word.split("."))), None)  # the operators may be wrong as well
    if isinstance(data, list):
        return reading.wrong(
            rules.OPERAND_SHAPE,
            f"`{word}` has a list behind it, and nothing says what to do with it.",
            f"Write `{{in: {show(data)}}}` for one of them,"
            f" or `{{contains_any: {show(data)}}}` for a list that holds one of them.",
        )
    if isinstance(data, Mapping) and set(data) != {"value"}:
        return _read_operators(subject, data, reading)
    if isinstance(data, str) and (meant := meant_operator(data)) is not None:
        return reading.wrong(rules.OPERATOR_AS_TEXT, *_as_text_words(subject, data, meant))
    return _read_compare(subject, "eq", data, reading)


def _as_text_words(subject: Named, data: str, meant: str) -> tuple[str, str]:
    word = subject.reference
    itself = f'; if the text itself is meant, `{word}: {{eq: "{show(data)}"}}`'
    may_be_text = subject.type is None or subject.type.type in ("text", "list")
    message = f"`{word}` is compared with the text `{show(data)}`."
    return message, f"Write `{word}: {meant}`{itself if may_be_text else ''}."


def _read_operators(subject: Named, data: Mapping[Any, Any], reading: Reading) -> Predicate | None:
    if not data:
        return reading.wrong(
            rules.EMPTY,
            f"`{subject.reference}` is compared with nothing.",
            "Write an operator and a value, such as `{gte: 5}`.",
        )
    parts = [_read_compare(subject, word, operand, reading.at(word)) for word, operand in data.items()]
    whole = tuple(part for part in parts if part is not None)
    if len(whole) < len(parts):
        return None
    return whole[0] if len(whole) == 1 else All(whole)


def _read_compare(subject: Named, word: Any, data: Any, reading: Reading) -> Compare | None:
    operator = OPERATORS.get(word)
    if operator is None:
        return _unknown_operator(subject, word, reading)
    if subject.type is not None and subject.type.type not in operator.fits:
        return reading.wrong(
            rules.OPERATOR_MISFIT,
            f"`{word}` does not fit `{subject.reference}`, which is {TYPE_PHRASES[subject.type.type]}.",
            _fitting(subject, word, data),
            at_key=True,
        )
    operand = read_operand(operator, data, subject, reading)
    return None if operand is None else Compare(subject.reference, operator.word, operand)


def _fitting(subject: Named, word: Any, data: Any) -> str:
    """What can be asked of such a value; a single value against a list is most often an item of it."""
    if subject.type is not None and subject.type.type == "list" and word == "eq":
        return f"To ask whether the list holds it write `{{contains: {show(data)}}}`."
    return f"Here you can use {ticked(operators_for(subject.type) if subject.type else OPERATORS)}."


def _unknown_operator(subject: Named, word: Any, reading: Reading) -> Compare | None:
    meant = SIGNS.get(str(word)) or suggest(str(word), OPERATORS)
    hint = f" Did you mean `{meant}`?" if meant else ""
    deeper = subject.type is None or subject.type.type == "map"
    inside = f" To go further inside write one path: `{subject.reference}.{show(word)}`." if deeper else ""
    return reading.wrong(
        rules.UNKNOWN_OPERATOR,
        f"`{show(word)}` behind `{subject.reference}` compares nothing.{hint}",
        f"Operators are {ticked(operators_for(subject.type) if subject.type else OPERATORS)}.{inside}",
        at_key=True,
    )


# --- compiling ---------------------------------------------------------------------------------


def _compile(compare: Compare, _build: Build) -> Compiled:
    operator = OPERATORS[compare.operator]
    if operator.window is not None:
        return _compile_window(operator.window, compare)
    if isinstance(compare.operand, Reference):
        return Compiled(_against(operator, getter(compare.subject), getter(compare.operand)))
    test = operator.make(compare.operand)
    if operator.word == "exists":
        return Compiled(_asking(getter(compare.subject), test))
    name = attribute_of(compare.subject)
    return Compiled(_of_attribute(name, test) if name else _of(getter(compare.subject), test))


def _of_attribute(name: str, test: Test) -> Callable[[View], bool]:
    def holds(view: View) -> bool:
        value = view.contact.attributes.get(name)
        return value is not None and test(value)

    return holds


def _of(get: Getter, test: Test) -> Callable[[View], bool]:
    def holds(view: View) -> bool:
        value = get(view)
        return value is not None and test(value)

    return holds


def _asking(get: Getter, test: Test) -> Callable[[View], bool]:
    return lambda view: test(get(view))


def _against(operator: Operator, get: Getter, get_operand: Getter) -> Callable[[View], bool]:
    """The operand is another value, so its test is made when it is known."""
    make, sees_missing = operator.make, operator.word == "exists"

    def holds(view: View) -> bool:
        value, operand = get(view), get_operand(view)
        return operand is not None and (sees_missing or value is not None) and make(operand)(value)

    return holds


def _compile_window(window: Window, compare: Compare) -> Compiled:
    get, get_length = getter(compare.subject), _length_getter(compare.operand)

    def holds(view: View) -> bool:
        at, length = instant_of(get(view)), get_length(view)
        return at is not None and length is not None and window.holds(at, length, view.now)

    def next_change(view: View) -> datetime | None:
        at, length = instant_of(get(view)), get_length(view)
        return None if at is None or length is None else earliest_after(view.now, window.changes(at, length))

    return Compiled(holds, next_change)


def _length_getter(operand: Duration | Reference) -> Callable[[View], Duration | None]:
    if isinstance(operand, Duration):
        return lambda _view: operand
    get = getter(operand)

    def length(view: View) -> Duration | None:
        text = get(view)
        return find_duration(text) if isinstance(text, str) else None

    return length


# --- the schema --------------------------------------------------------------------------------

_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_VALUE: dict[str, Any] = {
    "type": "object",
    "description": "The value that stands at a path.",
    "properties": {"value": {"type": "string", "description": "A path such as trigger.total."}},
    "required": ["value"],
    "additionalProperties": False,
}
_TEXT: dict[str, Any] = {"type": ["string", "integer"]}
_OPERANDS: Mapping[str, dict[str, Any]] = {
    "scalar": _SCALAR,
    "list": {"type": "array", "minItems": 1, "items": _SCALAR},
    "orderable": {"type": ["number", "string"]},
    "pair": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": ["number", "string"]}},
    "text": _TEXT,
    "item": _SCALAR,
    "items": {"type": "array", "minItems": 1, "items": _SCALAR},
    "pattern": _TEXT,
    "yes_no": {"type": "boolean"},
    "date": {"type": "string"},
    "duration": {"type": "string"},
    "path": {"type": "string", "pattern": rf"^({'|'.join(ROOTS)})\."},
}


def _operand_schema(operator: Operator) -> dict[str, Any]:
    return {
        "description": f"{operator.summary} Example: {operator.word}: {operator.example}",
        "anyOf": [_OPERANDS[operator.operand], _VALUE],
    }


def _comparison_schema() -> dict[str, Any]:
    operators = {word: _operand_schema(operator) for word, operator in OPERATORS.items()}
    return {
        "description": "A value, which must be equal, or operators, which must all hold.",
        "anyOf": [
            _SCALAR,
            _VALUE,
            {"type": "object", "minProperties": 1, "properties": operators, "additionalProperties": False},
        ],
    }


def _path_schema(root: str) -> dict[str, Any]:
    return {"description": ROOTS[root][1], "allOf": [{"$ref": "#/definitions/comparison"}]}


COMPARISON = Kind(
    name="comparison",
    words=(),
    roots=tuple(ROOTS),
    summary="Compares a value of the contact, an event, the trigger or a step; operators must all hold.",
    example="""\
contact.country: CH
contact.orders: { gte: 1, lt: 5 }
contact.interests: { contains_any: [ski, bike] }
contact.renewal_at: { in_next: 30 days }
""",
    schema={},
    definitions={"comparison": _comparison_schema()},
    path_schema={rf"^{root}\..": _path_schema(root) for root in ROOTS},
    read=_read,
    compile=_compile,
    forms=(Compare,),
)
