"""Checks a value that stands in a file against the type of what it meets, and takes numbers as text there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.calendar.instants import as_instant
from engine.conditions import rules
from engine.conditions.values import is_number
from engine.conditions.vocabulary import ROOTS, TYPE_PHRASES, AttributeType
from engine.conditions.wording import show, ticked
from engine.model.fault import Mistake, Path, Report
from engine.model.spelling import did_you_mean

_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}


@dataclass(frozen=True, slots=True)
class Meeting:
    """A value's place, and what it meets there: the name of it, and its type when that is known."""

    name: str
    type: AttributeType | None
    path: Path
    report: Report
    deed: str = "is compared with"  # or "is set to"

    def wrong(self, rule: str, message: str, help: str) -> None:
        """Report a mistake at the value."""
        self.report(Mistake(self.path, rule, message, help))

    def misfit(self, value: object, help: str) -> None:
        """The value is of another type."""
        if isinstance(value, str) and is_path(value):
            help = f"To compare with what stands there write `{{value: {value}}}`."
        phrase = TYPE_PHRASES[self.type.type] if self.type else "a single value"
        what = f"text: `{show(value)}`" if isinstance(value, str) else f"`{show(value)}`"
        self.wrong(rules.VALUE_MISFIT, f"`{self.name}` is {phrase}, but {self.deed} {what}.", help)


def is_path(text: str) -> bool:
    """Whether a text looks like the path of another value."""
    root, dot, rest = text.partition(".")
    return bool(dot and rest) and root in ROOTS and not rest.startswith(" ")


def fit_scalar(value: object, meeting: Meeting) -> object | None:
    """The value as it will be compared, or None after a complaint."""
    if value is None:
        meeting.wrong(
            rules.NO_VALUE,
            f"`{meeting.name}` {meeting.deed} nothing.",
            "Write a value; to ask whether there is any write `{exists: true}` or `{exists: false}`.",
        )
        return None
    if isinstance(value, list | Mapping):
        meeting.wrong(
            rules.OPERAND_SHAPE,
            f"`{meeting.name}` {meeting.deed} `{show(value)}`, where a single value belongs.",
            "Write one text, number, true or false; for several write `{in: [a, b]}`.",
        )
        return None
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        meeting.wrong(
            rules.TEMPLATE,
            f"`{show(value)}` is a template, and templates do not run in conditions.",
            "Name the other value by its path: `{value: trigger.total}`.",
        )
        return None
    return value if meeting.type is None else _BY_TYPE[meeting.type.type](value, meeting)


def fit_listed(value: object, meeting: Meeting) -> object | None:
    """As fit_scalar; besides, the catalog's `values` must hold it."""
    fitting, type = fit_scalar(value, meeting), meeting.type
    if fitting is None or type is None or type.values is None or fitting in type.values:
        return fitting
    hint = did_you_mean(fitting, map(str, type.values)) if isinstance(fitting, str) else ""
    meeting.wrong(
        rules.VALUE_NOT_LISTED,
        f"`{meeting.name}` is never `{show(fitting)}`.{hint}",
        f"{type.source} allows {ticked(type.values)}.",
    )
    return None


def fit_text(value: object, meeting: Meeting) -> str | None:
    """Text; a whole number is taken as it was written, other numbers must be quoted to stay as they are."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    meeting.misfit(value, "Put it in quotes, just as the text is to be.")
    return None


def fit_number(value: object, meeting: Meeting) -> object | None:
    """A number, never a text of digits."""
    if is_number(value):
        return value
    digits = isinstance(value, str) and value.strip().lstrip("-").replace(".", "", 1).isdigit()
    meeting.misfit(value, "Write it without quotes." if digits else "Write a number such as 5 or 19.90.")
    return None


def fit_boolean(value: object, meeting: Meeting) -> object | None:
    """true or false; the other switches of older YAML get their own advice."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _SWITCHES:
        right = _SWITCHES[value.strip().lower()]
        meeting.wrong(
            rules.YES_NO,
            f"`{meeting.name}` is true or false, and `{show(value)}` is only text.",
            f"Write `{right}`.",
        )
        return None
    meeting.misfit(value, "Write `true` or `false`, without quotes.")
    return None


def fit_date(value: object, meeting: Meeting) -> object | None:
    """A date or an instant as text, kept as written."""
    if isinstance(value, str) and as_instant(value) is not None:
        return value
    meeting.misfit(value, "Write a day such as 2026-03-29, or an instant such as 2026-03-29T10:00:00Z.")
    return None


def _keep(value: object, _meeting: Meeting) -> object | None:
    return value


_BY_TYPE: Mapping[str, Callable[[object, Meeting], object | None]] = {
    "text": fit_text,
    "number": fit_number,
    "boolean": fit_boolean,
    "date": fit_date,
    "instant": fit_date,
    "list": _keep,  # an item of it: the catalog does not say of what type
    "map": _keep,
}
