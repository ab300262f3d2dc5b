"""History: `{ did: Order Completed, within: 30 days, count: { gte: 2 } }` and `did_not`; reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions import rules
from engine.conditions.alone import read_since, refuse_others
from engine.conditions.contract import Kind, Reading
from engine.conditions.history import NUMBER_OPERATORS, compile_did
from engine.conditions.names import check_event, read_named, within_event
from engine.conditions.operands import read_length
from engine.conditions.values import is_number
from engine.conditions.wording import show, ticked
from engine.model.predicate import Did, Not, Predicate, Reference
from engine.model.spelling import did_you_mean

Numbers = tuple[tuple[str, float], ...]

_WORDS = ("did", "did_not")
_OPTIONS = {"did": ("where", "within", "since", "count", "sum"), "did_not": ("where", "within", "since")}


def _read(word: str, data: Mapping[Any, Any], reading: Reading) -> Predicate | None:
    """The whole mapping. Mistakes are reported; what is left is read all the same."""
    _refuse_keys(word, data, reading)
    event = _read_event(word, data[word], reading.at(word))
    inside = reading.naming(within_event(reading.names, event))
    did = Did(
        event or "",
        where=inside.condition(data["where"], inside.at("where")) if "where" in data else None,
        within=read_length("within", data["within"], reading.at("within")) if "within" in data else None,
        since_start=read_since(data, reading),
        count=_read_numbers("count", data["count"], inside.at("count"))
        if _takes("count", word, data)
        else (),
        sums=_read_sums(data["sum"], inside.at("sum")) if _takes("sum", word, data) else (),
    )
    return did if word == "did" else Not(did)


def _takes(option: str, word: str, data: Mapping[Any, Any]) -> bool:
    return option in data and option in _OPTIONS[word]


def _read_event(word: str, data: Any, reading: Reading) -> str | None:
    if isinstance(data, bool) or not isinstance(data, str | int) or data == "":
        return reading.wrong(
            rules.DID_EVENT,
            f"`{word}` wants the name of an event, not `{show(data)}`.",
            f"Write for example `{word}: Order Completed`.",
        )
    return str(data) if check_event(str(data), reading.path, reading.report, reading.names) else None


def _refuse_keys(word: str, data: Mapping[Any, Any], reading: Reading) -> None:
    """What stands beside it and does not belong there; a count of what was not done least of all."""
    for key in data:
        if key in _OPTIONS["did"] and key not in _OPTIONS[word]:
            reading.at(key).wrong(
                rules.DID_OPTION_UNKNOWN,
                f"`{key}` does not go with `did_not`.",
                "Write `did` with what must hold, such as `{did: Order Completed, count: {lt: 3}}`.",
                at_key=True,
            )
    others = {key: value for key, value in data.items() if key not in _OPTIONS["did"]}
    refuse_others(word, others, _OPTIONS[word], reading)


def _read_sums(data: Any, reading: Reading) -> tuple[tuple[Reference, str, float], ...]:
    if not isinstance(data, Mapping) or not data:
        reading.wrong(
            rules.DID_SUM,
            f"`sum` wants a property of the event and what its sum must be, not `{show(data)}`.",
            "Write for example `sum: {event.total: {gt: 500}}`.",
        )
        return ()
    return tuple(one for path, numbers in data.items() for one in _read_sum(path, numbers, reading.at(path)))


def _read_sum(path: Any, data: Any, reading: Reading) -> tuple[tuple[Reference, str, float], ...]:
    if isinstance(path, str) and path in (reading.names.properties_of(reading.names.event) or ()):
        message = f"`{path}` is no path."
        reading.wrong(rules.PATH_SHAPE, message, f"Write `event.{path}`.", at_key=True)
        return ()
    found = read_named(path, reading.path, reading.report, reading.names, at_key=True)
    numbers = _read_numbers("sum", data, reading)
    if found is None:
        return ()
    if found.reference.path[0] != "event" or (found.type is not None and found.type.type != "number"):
        reading.wrong(
            rules.DID_SUM,
            f"`{show(path)}` is no number that the event has.",
            "Write a numeric property of the event, such as `event.total`.",
            at_key=True,
        )
    return tuple((found.reference, operator, number) for operator, number in numbers)


def _read_numbers(word: str, data: Any, reading: Reading) -> Numbers:
    """`{gte: 2}` or `{between: [1, 3]}` as pairs of operator and number."""
    rule = rules.DID_COUNT if word == "count" else rules.DID_SUM
    if not isinstance(data, Mapping) or not data:
        number = show(data) if is_number(data) else "2"
        reading.wrong(
            rule,
            f"`{word}` wants a comparison, not `{show(data)}`.",
            f"Write `{{gte: {number}}}` for at least {number}, or `{{eq: {number}}}` for exactly {number}.",
        )
        return ()
    found = [_read_number(word, rule, key, value, reading.at(key)) for key, value in data.items()]
    return tuple(one for pairs in found for one in pairs)


def _read_number(word: str, rule: str, key: Any, value: Any, reading: Reading) -> Numbers:
    if key == "between":
        return _read_between(word, rule, value, reading)
    if key not in NUMBER_OPERATORS:
        known = (*NUMBER_OPERATORS, "between")
        reading.wrong(
            rule,
            f"`{show(key)}` does not go with `{word}`.{did_you_mean(str(key), known)}",
            f"Write one of {ticked(known)}.",
            at_key=True,
        )
        return ()
    return ((key, value),) if _is_right_number(word, rule, value, reading) else ()


def _read_between(word: str, rule: str, value: Any, reading: Reading) -> Numbers:
    if not isinstance(value, list) or len(value) != 2:
        reading.wrong(rule, f"`between` wants two ends, not `{show(value)}`.", "Write `between: [1, 3]`.")
        return ()
    if not all(_is_right_number(word, rule, end, reading.at(index)) for index, end in enumerate(value)):
        return ()
    if value[0] > value[1]:
        reading.wrong(
            rules.ENDS_REVERSED,
            f"Nothing lies between {show(value[0])} and {show(value[1])}.",
            f"Write the smaller end first: `between: [{show(value[1])}, {show(value[0])}]`.",
        )
    return (("gte", value[0]), ("lte", value[1]))


def _is_right_number(word: str, rule: str, value: Any, reading: Reading) -> bool:
    if word == "sum" and is_number(value):
        return True
    if word == "count" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return True
    wanted = "a whole number, 0 or more" if word == "count" else "a number"
    message = f"`{word}` compares with {wanted}, not `{show(value)}`."
    reading.wrong(rule, message, f"Write {wanted}, such as 2.")
    return False


# --- the schema --------------------------------------------------------------------------------


def _numbers_schema(number: dict[str, Any], summary: str) -> dict[str, Any]:
    pair = {"type": "array", "minItems": 2, "maxItems": 2, "items": number}
    operators: dict[str, Any] = dict.fromkeys(NUMBER_OPERATORS, number)
    return {
        "type": "object",
        "description": summary,
        "minProperties": 1,
        "properties": {**operators, "between": pair},
        "additionalProperties": False,
    }


_COUNT = _numbers_schema({"type": "integer", "minimum": 0}, "How often. Example: count: { gte: 2 }")
_SUM = _numbers_schema({"type": "number"}, "What the sum must be.")
_EVENT: dict[str, Any] = {"type": ["string", "integer"], "minLength": 1}

DID = Kind(
    name="history",
    words=_WORDS,
    companions=_OPTIONS,
    is_alone=True,
    summary="Asks what the contact did: which event, in which window, how often, how much in sum.",
    example="""\
did: Order Completed
where: { event.currency: CHF }
within: 90 days
count: { gte: 2 }
sum: { event.total: { gt: 500 } }
""",
    schema={
        "did": {
            **_EVENT,
            "description": "The contact did this event, at least once unless `count` says more.",
        },
        "did_not": {**_EVENT, "description": "The contact did not do this event in the window."},
        "where": {
            "$ref": "#/definitions/condition",
            "description": "What must hold of the events that count, or of the items.",
        },
        "within": {"type": "string", "description": "Only the last so long counts. Example: within: 30 days"},
        "since": {"enum": ["journey_start"], "description": "Only what came after the journey began counts."},
        "count": _COUNT,
        "sum": {
            "type": "object",
            "description": "Adds up a numeric property. Example: sum: { event.total: { gt: 500 } }",
            "minProperties": 1,
            "patternProperties": {r"^event\..": _SUM},
            "additionalProperties": False,
        },
    },
    read=_read,
    compile=compile_did,
    forms=(Did,),
)
