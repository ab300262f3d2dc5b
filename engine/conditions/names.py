"""What a condition may name at the place where it stands, and the checks that it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.conditions import rules
from engine.conditions.literals import Meeting, fit_listed
from engine.conditions.vocabulary import (
    BUILT_IN_EVENTS,
    CONTACT_FIELDS,
    PRODUCT_FIELDS,
    ROOTS,
    TOLD,
    TOLD_FROM_OUTSIDE,
    TYPE_PHRASES,
    Brought,
    Properties,
    Remembered,
)
from engine.conditions.vocabulary import AttributeType as AttributeType  # callers know it from here
from engine.conditions.wording import show
from engine.model.fault import Mistake, Path, Report
from engine.model.lifecycle import STAGE_CHANGED
from engine.model.predicate import Reference
from engine.model.spelling import did_you_mean

#: Where a condition of a journey stands; a `where` adds "event". A segment knows only "contact".
JOURNEY_ROOTS = frozenset({"contact", "trigger", "step"})
NO_LIFECYCLE = "There is no lifecycle.yaml, so nobody is in a stage."
NO_LIFECYCLE_HELP = "Add journeys/lifecycle.yaml with the stages, or ask for what the stage stands for."

#: The same in a journey whose header names its product.
PRODUCT_ROOTS = JOURNEY_ROOTS | {"product"}


@dataclass(frozen=True, slots=True)
class Names:
    """What may be named here. None means that there is nothing to check against.

    `segments` are plain definitions by name, None for one that cannot be read; `within_segments` those whose
    condition is being read.
    `event` is the name of the event under test, when one name is known. `triggers` are all that lets people
    into the journey; without them `trigger.*` can hold anything.
    """

    roots: frozenset[str] = JOURNEY_ROOTS
    attributes: Mapping[str, AttributeType] | None = None
    events: Mapping[str, Properties] | None = None
    event: str | None = None
    triggers: tuple[Brought, ...] = ()
    steps: Mapping[str, Remembered] | None = None
    segments: Mapping[str, Any] | None = None
    within_segments: frozenset[str] = frozenset()
    topics: frozenset[str] | None = None
    journeys: frozenset[str] | None = None
    products: Mapping[str, AttributeType] | None = None  # attributes of a product
    named: Mapping[str, frozenset[str] | None] = field(default_factory=dict)  # by steps, for messages
    is_segment: bool = False  # nobody looks at a segment again when a product changes
    stages: frozenset[str] | None = None
    tracking: frozenset[str] | None = None  # what the header's `tracking` names

    def properties_of(self, event: str | None) -> Properties:
        """The declared properties, or None when anything goes."""
        if event is None or self.events is None:
            return None
        if event in self.events and event not in TOLD:
            return self.events[event]
        if event == STAGE_CHANGED and self.stages:
            return dict.fromkeys(("from", "to"), _stage_type(self.stages))
        return BUILT_IN_EVENTS.get(event)

    def brought_by(self, trigger: Brought) -> Properties:
        """What `trigger.*` is for those who enter by it, or None when anything goes."""
        return self.properties_of(trigger.event) if trigger.event is not None else trigger.fields


@dataclass(frozen=True, slots=True)
class Named:
    """A path that was found, with its type when the catalog knows it."""

    reference: Reference
    type: AttributeType | None


def within_event(names: Names, event: str | None) -> Names:
    """The names inside a `where`: `event.*` is the event under test."""
    return replace(names, roots=names.roots | {"event"}, event=event)


def check_event(name: str, path: Path, report: Report, names: Names) -> bool:
    """Whether the event is known and can happen; reports it when not."""
    if name in TOLD:
        return True
    if name in TOLD_FROM_OUTSIDE:
        report(_from_outside(name, path))
        return True
    if names.events is None or name in names.events:
        return True
    report(
        Mistake(
            path,
            rules.UNKNOWN_EVENT,
            f"catalog.yaml has no event `{name}`.{did_you_mean(name, names.events)}",
            "Write it exactly as the shop sends it, and add it to `events` in catalog.yaml when it is new.",
        )
    )
    return False


def _from_outside(name: str, path: Path) -> Mistake:
    message = f"This version does not tell `{name}` by itself: it counts when another system tells it."
    help = "Import such events, with the properties journey, step, topic and channel."
    return Mistake(path, rules.TOLD_FROM_OUTSIDE, message, help, severity="info")


def read_reference(text: object, path: Path, report: Report, names: Names) -> Reference | None:
    """A path such as trigger.cart_id, checked as far as the catalog goes; None after a complaint."""
    found = read_named(text, path, report, names)
    return found.reference if found else None


def read_attribute_path(text: object, path: Path, report: Report, names: Names) -> tuple[str, ...] | None:
    """A path that begins with `contact`, for what writes it; built-in fields count."""
    found = read_named(text, path, report, replace(names, roots=frozenset({"contact"})), at_key=True)
    return found.reference.path if found else None


def check_value(attribute: tuple[str, ...], value: object, path: Path, report: Report, names: Names) -> bool:
    """Whether a value from a file may stand in an attribute such as ("contact", "orders")."""
    return fit_value(attribute, value, path, report, names) is not None


def fit_value(
    attribute: tuple[str, ...], value: object, path: Path, report: Report, names: Names
) -> object | None:
    """The value as the attribute will hold it (a whole number as text where text belongs), or None."""
    name = ".".join(attribute)
    found = _find(attribute, _Complaint(name, path, report, False), names)
    if found is None or found.type is None:
        return value if found else None
    meeting = Meeting(name, found.type, path, report, "is set to")
    if found.type.type in ("list", "map"):
        return _fit_container(value, found.type, meeting)
    return fit_listed(value, meeting)


def read_named(
    text: object, path: Path, report: Report, names: Names, *, at_key: bool = False
) -> Named | None:
    """As read_reference, with the type that the catalog gives."""
    complaint = _Complaint(show(text), path, report, at_key)
    if not isinstance(text, str) or "." not in text:
        return complaint(
            rules.PATH_SHAPE,
            f"`{show(text)}` is no path.",
            "Write where the value stands, such as contact.orders or trigger.cart_id.",
        )
    return _find(tuple(text.split(".")), complaint, names)


# --- one root after the other ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Complaint:
    """Reports about one path; always answers None, so that a reader can return it."""

    text: str
    path: Path
    report: Report
    at_key: bool

    def __call__(self, rule: str, message: str, help: str) -> Named | None:
        self.report(Mistake(self.path, rule, message, help, self.at_key))
        return None


def _find(parts: tuple[str, ...], complaint: _Complaint, names: Names) -> Named | None:
    if parts[0] not in ROOTS:
        return complaint(
            rules.UNKNOWN_WORD,
            f"`{complaint.text}` begins with `{parts[0]}`, which is nothing.{did_you_mean(parts[0], ROOTS)}",
            "A path begins with contact, event, trigger, product or step.",
        )
    if parts[0] not in names.roots:
        return complaint(rules.ROOT_ELSEWHERE, *_elsewhere(parts[0], names))
    if len(parts) < 2 or not all(part and part == part.strip() for part in parts):
        return complaint(
            rules.PATH_SHAPE,
            f"`{complaint.text}` is not complete.",
            f"Write for example {ROOTS[parts[0]][0]}.",
        )
    return _FINDERS[parts[0]](parts, complaint, names)


def _elsewhere(root: str, names: Names) -> tuple[str, str]:
    known = " and ".join(f"{one}.…" for one in ROOTS if one in names.roots)
    where = _WHERE[root]
    hint = (
        " The event that started the journey is trigger.…."
        if root == "event" and "trigger" in names.roots
        else ""
    )
    message = f"`{root}` is not known here, only {where}."
    if root == "product" and "trigger" in names.roots:
        return message, "Add it to the journey's header."
    return message, f"Here you can compare {known}.{hint}"


_WHERE: Mapping[str, str] = {
    "event": "in a `where`",
    "item": "in the `where` of `some`, `every` and `none_of`",
    "trigger": "inside a journey",
    "step": "in the steps, exits and goal of a journey",
    "contact": "where there is a contact",
    "product": "in a journey whose header says which one, such as `product: trigger.product_id`",
}


def _stage_type(stages: Iterable[str]) -> AttributeType:
    return AttributeType("text", tuple(sorted(stages)), "lifecycle.yaml")


def _stage(complaint: _Complaint, stages: frozenset[str]) -> Named | None:
    if stages:
        return Named(Reference(("contact", "stage")), _stage_type(stages))
    return complaint(rules.UNKNOWN_STAGE, NO_LIFECYCLE, NO_LIFECYCLE_HELP)


def _contact(parts: tuple[str, ...], complaint: _Complaint, names: Names) -> Named | None:
    if parts == ("contact", "stage") and names.stages is not None:
        return _stage(complaint, names.stages)
    if parts[1] in CONTACT_FIELDS:
        return _typed(parts, CONTACT_FIELDS[parts[1]], complaint)
    if names.attributes is None:
        return Named(Reference(parts), None)
    if parts[1] in names.attributes:
        return _typed(parts, names.attributes[parts[1]], complaint)
    known = (*names.attributes, *CONTACT_FIELDS)
    return complaint(
        rules.UNKNOWN_ATTRIBUTE,
        f"catalog.yaml has no attribute `{parts[1]}` of the contact.{did_you_mean(parts[1], known)}",
        "Correct the name, or add the attribute to `contact` in catalog.yaml.",
    )


def _event(parts: tuple[str, ...], complaint: _Complaint, names: Names) -> Named | None:
    declared = names.properties_of(names.event)
    if declared is None:
        return Named(Reference(parts), None)
    if parts[1] in declared:
        return _typed(parts, declared[parts[1]], complaint)
    return _no_property(parts[1], f"`{names.event}`", declared, complaint)


def _trigger(parts: tuple[str, ...], complaint: _Complaint, names: Names) -> Named | None:
    declared = [names.brought_by(trigger) for trigger in names.triggers]
    known = [properties for properties in declared if properties is not None]
    if not known or len(known) < len(declared):
        return Named(Reference(parts), None)
    types = [properties[parts[1]] for properties in known if parts[1] in properties]
    if not types:
        return _not_brought(parts[1], [name for one in known for name in one], complaint, names)
    agreed = types[0] if all(one == types[0] for one in types) else None
    return _typed(parts, agreed, complaint) if agreed else Named(Reference(parts), None)


def _not_brought(name: str, known: list[str], complaint: _Complaint, names: Names) -> Named | None:
    if all(trigger.event is not None for trigger in names.triggers):
        events = " or ".join(f"`{trigger.event}`" for trigger in names.triggers)
        return _no_property(name, events, known, complaint)
    words = " or ".join(f"`{word}`" for word in dict.fromkeys(trigger.word for trigger in names.triggers))
    return complaint(
        rules.UNKNOWN_PROPERTY,
        f"Who enters by {words} brings no `{name}`.{did_you_mean(name, known)}",
        f"Write {' or '.join(f'`trigger.{one}`' for one in known)}, or something of `contact`.",
    )


def _item(parts: tuple[str, ...], complaint: _Complaint, names: Names) -> Named | None:
    """The catalog does not say what is inside a list, but what a product has."""
    if parts[1] != "product":
        return Named(Reference(parts), None)
    if names.is_segment:
        return complaint(
            rules.ROOT_ELSEWHERE,
            f"`{complaint.text}` is not known here: nobody looks at a segment again when a product changes.",
            "Ask for it in the journey instead.",
        )
    if len(parts) < 3:
        return complaint(
            rules.PATH_SHAPE, f"`{complaint.text}` is not complete.", "Write for example item.product.stock."
        )
    return _of_product(parts, 2, complaint, names)


def _product(parts: tuple[str, ...], complaint: _Complaint, names: Names) -> Named | None:
    return _of_product(parts, 1, complaint, names)


def _of_product(parts: tuple[str, ...], at: int, complaint: _Complaint, names: Names) -> Named | None:
    """A field of a product, which stands `at` this place of the path."""
    name = parts[at]
    if name in PRODUCT_FIELDS:
        return _typed(parts, PRODUCT_FIELDS[name], complaint, at + 1)
    if names.products is None:
        return Named(Reference(parts), None)
    if name in names.products:
        return _typed(parts, names.products[name], complaint, at + 1)
    known = (*names.products, *PRODUCT_FIELDS)
    return complaint(
        rules.UNKNOWN_PRODUCT_FIELD,
        f"catalog.yaml has no attribute `{name}` of a product.{did_you_mean(name, known)}",
        "Correct the name, or add the attribute to `product` in catalog.yaml.",
    )


def _step(parts: tuple[str, ...], complaint: _Complaint, names: Names) -> Named | None:
    if len(parts) < 3:
        return complaint(
            rules.PATH_SHAPE, f"`{complaint.text}` is not complete.", f"Write for example {ROOTS['step'][0]}."
        )
    if names.steps is None:
        return Named(Reference(parts), None)
    if parts[1] in names.steps:
        return _remembered(parts, names.steps[parts[1]], complaint, names)
    return complaint(
        rules.UNKNOWN_STEP,
        f"This journey has no step `{parts[1]}`.{did_you_mean(parts[1], names.steps)}",
        "Write the id of one of its steps.",
    )


_WHO_REMEMBERS = "Only wait_for, split, repeat, coupon and recommend remember something."


def _remembered(
    parts: tuple[str, ...], fields: Remembered, complaint: _Complaint, names: Names
) -> Named | None:
    """step.ID.FIELD, or step.ID.event.PROPERTY of what a wait_for caught."""
    step, name = parts[1:3]
    found = fields.get(name)
    if isinstance(found, AttributeType):
        return _typed(parts, found, complaint, 3)
    if found is None:
        known = " or ".join(f"`step.{step}.{one}`" for one in fields)
        return complaint(
            rules.UNKNOWN_FIELD,
            f"The step `{step}` remembers no `{name}`.{did_you_mean(name, fields)}",
            f"Write {known}." if known else _WHO_REMEMBERS,
        )
    declared = names.properties_of(found)
    if declared is None or len(parts) == 3:
        return Named(Reference(parts), None)
    if parts[3] in declared:
        return _typed(parts, declared[parts[3]], complaint, 4)
    return _no_property(parts[3], f"`{found}`", declared, complaint)


_FINDERS: Mapping[str, Callable[[tuple[str, ...], _Complaint, Names], Named | None]] = {
    "contact": _contact,
    "event": _event,
    "item": _item,
    "product": _product,
    "trigger": _trigger,
    "step": _step,
}


def _typed(
    parts: tuple[str, ...], type: AttributeType, complaint: _Complaint, length: int = 2
) -> Named | None:
    """A path that ends with the name; `length` is how long it is then."""
    if len(parts) == length:
        return Named(Reference(parts), type)
    if type.type == "map":  # the catalog does not say what is inside
        return Named(Reference(parts), None)
    return complaint(
        rules.PATH_SHAPE,
        f"`{'.'.join(parts[:length])}` is {TYPE_PHRASES[type.type]} and has nothing inside.",
        f"Write `{'.'.join(parts[:length])}`.",
    )


def _no_property(name: str, events: str, known: Iterable[str], complaint: _Complaint) -> Named | None:
    return complaint(
        rules.UNKNOWN_PROPERTY,
        f"catalog.yaml gives {events} no property `{name}`.{did_you_mean(name, known)}",
        "Correct the name, or add the property to the event in catalog.yaml.",
    )


def _fit_container(value: object, type: AttributeType, meeting: Meeting) -> object | None:
    if isinstance(value, list if type.type == "list" else Mapping):
        return value
    example = "[a, b]" if type.type == "list" else "{ city: Chur }"
    meeting.misfit(value, f"Write {TYPE_PHRASES[type.type]} such as {example}.")
    return None
