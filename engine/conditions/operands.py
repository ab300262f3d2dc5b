"""Reads what stands behind an operator: a literal of the right shape and type, or `{value: PATH}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.calendar.durations import read_duration
from engine.calendar.instants import as_instant
from engine.conditions import rules
from engine.conditions.contract import Reading
from engine.conditions.literals import (
    Meeting,
    fit_boolean,
    fit_date,
    fit_listed,
    fit_scalar,
    fit_text,
)
from engine.conditions.names import Named, read_named
from engine.conditions.operators import OPERATORS, OperandKind, Operator, read_pattern
from engine.conditions.values import is_number
from engine.conditions.vocabulary import ROOTS, TYPE_PHRASES, AttributeType
from engine.conditions.wording import sentence, show
from engine.errors import ReadError
from engine.model.duration import Duration
from engine.model.predicate import Reference

#: Types that may be compared with each other.
_FAMILIES = ({"text"}, {"number"}, {"boolean"}, {"date", "instant"})


def read_operand(operator: Operator, data: Any, subject: Named, reading: Reading) -> Any:
    """A literal, a tuple, a Duration or a Reference; None after a complaint."""
    if data is None:
        return reading.wrong(
            rules.NO_VALUE,
            f"`{operator.word}` has nothing to compare with.",
            f"Write for example `{operator.word}: {operator.example}`;"
            " to ask whether there is a value write `exists: true` or `exists: false`.",
        )
    if isinstance(data, Mapping):
        return _read_value(operator, data, subject, reading)
    meeting = Meeting(str(subject.reference), subject.type, reading.path, reading.report)
    return _READERS[operator.operand](operator, data, meeting, reading)


# --- {value: PATH} and same_as ---------------------------------------------------------------------


def _read_value(
    operator: Operator, data: Mapping[Any, Any], subject: Named, reading: Reading
) -> Reference | None:
    if set(data) != {"value"}:
        return reading.wrong(
            rules.BAD_REFERENCE,
            f"`{operator.word}` cannot use `{show(data)}`.",
            f"Write a value such as `{operator.example}`, or the path of one: `{{value: trigger.total}}`.",
        )
    return _read_path(operator, data["value"], subject, reading.at("value"))


def _read_path(operator: Operator, text: Any, subject: Named, reading: Reading) -> Reference | None:
    found = read_named(text, reading.path, reading.report, reading.names)
    if found is None:
        return None
    if operator.operand in ("scalar", "orderable", "date", "path") and not _are_comparable(
        subject.type, found.type
    ):
        return reading.wrong(
            rules.BAD_REFERENCE,
            f"`{subject.reference}` is {_phrase(subject.type)} and `{show(text)}` is {_phrase(found.type)}:"
            " they cannot be compared.",
            "Compare values of one type.",
        )
    return found.reference


def _are_comparable(one: AttributeType | None, other: AttributeType | None) -> bool:
    return one is None or other is None or any({one.type, other.type} <= family for family in _FAMILIES)


def _phrase(type: AttributeType | None) -> str:
    return TYPE_PHRASES[type.type] if type else "of no declared type"


def _same_as(operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> Reference | None:
    if isinstance(data, str) and data.partition(".")[0] in ROOTS:
        return _read_path(operator, data, Named(_reference(meeting.name), meeting.type), reading)
    return reading.wrong(
        rules.BAD_REFERENCE,
        f"`same_as` names the path of another value, and `{show(data)}` is none.",
        "Write a path such as `same_as: trigger.cart_id`; to compare with a fixed value write `eq`.",
    )


def _reference(text: str) -> Reference:
    return Reference(tuple(text.split(".")))


# --- literals --------------------------------------------------------------------------------------


def _scalar(_operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> Any:
    fitting = fit_listed(data, meeting)
    _warn_of_path(fitting, meeting, reading)
    return fitting


def _warn_of_path(value: Any, meeting: Meeting, reading: Reading) -> None:
    """`event.cart_id: trigger.cart_id` compares with a text; hardly ever meant."""
    root, dot, rest = value.partition(".") if isinstance(value, str) else ("", "", "")
    if dot and root in reading.names.roots and rest and not rest.startswith(" "):
        reading.doubt(
            rules.PATH_AS_TEXT,
            f"`{meeting.name}` is compared with the text `{show(value)}`, not with what stands there.",
            f"To compare two values write `{{same_as: {show(value)}}}`.",
        )


def _list(operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> tuple[Any, ...] | None:
    return _read_list(operator, data, meeting, reading, _scalar)


def _items(operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> tuple[Any, ...] | None:
    return _read_list(operator, data, meeting, reading, _item)


def _read_list(
    operator: Operator, data: Any, meeting: Meeting, reading: Reading, read: _Reader
) -> tuple[Any, ...] | None:
    if not isinstance(data, list) or not data:
        found = "an empty list" if data == [] else f"`{show(data)}`"
        return reading.wrong(
            rules.OPERAND_SHAPE,
            f"`{operator.word}` wants a list of values, not {found}.",
            f"Write them in brackets: `{operator.word}: {operator.example}`.",
        )
    read_all = [_read_one(operator, one, meeting, reading.at(index), read) for index, one in enumerate(data)]
    return None if None in read_all else tuple(read_all)


def _read_one(operator: Operator, data: Any, meeting: Meeting, reading: Reading, read: _Reader) -> Any:
    if isinstance(data, Mapping) and "value" in data:
        return reading.wrong(
            rules.OPERAND_SHAPE,
            f"A list behind `{operator.word}` holds plain values, not `{show(data)}`.",
            f"Name a whole list, `{operator.word}: {{value: trigger.sizes}}`, or write several conditions.",
        )
    return read(operator, data, Meeting(meeting.name, meeting.type, reading.path, reading.report), reading)


def _orderable(operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> Any:
    if meeting.type is not None or is_number(data):
        return fit_scalar(data, meeting)
    if isinstance(data, str) and as_instant(data) is not None:
        return data
    return reading.wrong(
        rules.VALUE_MISFIT,
        f"`{operator.word}` compares numbers or dates, and `{show(data)}` is neither.",
        "Write a number such as 5, or a day such as 2026-03-29.",
    )


def _pair(operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> tuple[Any, Any] | None:
    if not isinstance(data, list) or len(data) != 2:
        return reading.wrong(
            rules.OPERAND_SHAPE,
            f"`between` wants two ends, not `{show(data)}`.",
            "Write both in brackets, the smaller one first: `between: [1, 5]`.",
        )
    ends = _read_list(operator, data, meeting, reading, _orderable)
    return None if ends is None else _in_order(ends, reading)


def _in_order(ends: Sequence[Any], reading: Reading) -> tuple[Any, Any] | None:
    low, high = ends
    if is_number(low) != is_number(high):
        return reading.wrong(
            rules.OPERAND_SHAPE,
            f"`{show(low)}` and `{show(high)}` are not of one type.",
            "Write two numbers or two dates.",
        )
    if _order_of(low) > _order_of(high):
        return reading.wrong(
            rules.ENDS_REVERSED,
            f"Nothing lies between {show(low)} and {show(high)}.",
            f"Write the smaller end first: `between: [{show(high)}, {show(low)}]`.",
        )
    return low, high


def _order_of(value: Any) -> Any:
    return value if is_number(value) else as_instant(value)


def _item(_operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> Any:
    if meeting.type is not None and meeting.type.type == "text":
        return fit_text(data, meeting)  # a part of a text need not be one of its listed values
    return _scalar(_operator, data, meeting, reading)


def _text(operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> str | None:
    if isinstance(data, list):
        return reading.wrong(
            rules.OPERAND_SHAPE,
            f"`{operator.word}` wants one text, not `{show(data)}`.",
            f"Write one, `{operator.word}: {operator.example}`, or several conditions under `any`.",
        )
    plain = Meeting(meeting.name, AttributeType("text"), meeting.path, meeting.report)
    fitting = fit_scalar(data, plain)
    return fitting if isinstance(fitting, str) else None


def _pattern(operator: Operator, data: Any, meeting: Meeting, reading: Reading) -> str | None:
    text = _text(operator, data, meeting, reading)
    try:
        if text is not None:
            read_pattern(text)
    except ReadError as error:
        return reading.wrong(
            rules.BAD_PATTERN,
            f"The pattern `{show(text)}` cannot be read: {error.message}.",
            "Correct it; RE2 has no look-ahead, look-behind or back-references."
            " Put a backslash before ( [ . * + ? to mean the character itself.",
        )
    return text


def _yes_no(operator: Operator, data: Any, meeting: Meeting, _reading: Reading) -> Any:
    return fit_boolean(
        data, Meeting(operator.word, AttributeType("boolean"), meeting.path, meeting.report, "is given")
    )


def _date(_operator: Operator, data: Any, meeting: Meeting, _reading: Reading) -> Any:
    return fit_date(data, Meeting(meeting.name, AttributeType("date"), meeting.path, meeting.report))


def _duration(operator: Operator, data: Any, _meeting: Meeting, reading: Reading) -> Duration | None:
    return read_length(operator.word, data, reading)


def read_length(word: str, data: Any, reading: Reading) -> Duration | None:
    """A length of time that is not zero; None after a complaint."""
    try:
        length = read_duration(show(data) if isinstance(data, bool | list | Mapping | None) else data)
    except ReadError as error:
        help = sentence(error.help) or f"Write for example `{word}: 30 days`."
        return reading.wrong(rules.BAD_DURATION, f"`{word}` wants a length of time: {error.message}.", help)
    if length.months or length.days or length.seconds:
        return length
    return reading.wrong(
        rules.BAD_DURATION,
        f"`{word}: {show(data)}` is a window of no length, in which nothing can lie.",
        f"Write for example `{word}: 30 days`.",
    )


_Reader = Callable[[Operator, Any, Meeting, Reading], Any]

_READERS: Mapping[OperandKind, _Reader] = {
    "scalar": _scalar,
    "list": _list,
    "orderable": _orderable,
    "pair": _pair,
    "text": _text,
    "item": _item,
    "items": _items,
    "pattern": _pattern,
    "yes_no": _yes_no,
    "date": _date,
    "duration": _duration,
    "path": _same_as,
}


def operators_for(type: AttributeType) -> list[str]:
    """The operators that fit a type, for advice."""
    return [word for word, operator in OPERATORS.items() if type.type in operator.fits]
