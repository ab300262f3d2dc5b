"""Performing what a step answers besides messages: new data of the contact, events told, journeys begun."""

from __future__ import annotations

from typing import Any, NamedTuple, assert_never

from msgspec.structs import replace

from engine.core.case import Case, Unheard, World
from engine.core.deal import deal
from engine.core.tell import tell
from engine.core.topics import tell_topics
from engine.model.contact import BUILT_IN
from engine.model.journey import Started, Step
from engine.model.position import Enrollment
from engine.model.result import UNSET, Assign, EmitEvent, Enroll, SetAttributes, SetTopics
from engine.model.trace import Did
from engine.model.view import View

#: What a step may do besides sending.
Deed = SetAttributes | SetTopics | EmitEvent | Enroll | Assign


class Performed(NamedTuple):
    """What came of it, with the words of its line in the trace."""

    is_changed: bool  # the contact is different now
    did: Did
    why: str


def perform(
    case: Case, world: World, enrollment: Enrollment, step: Step, deed: Deed, view: View, why: str
) -> Performed:
    """Do it; others hear of it as soon as the enrollment blocks. `why` is what the step says of it."""
    source = f"{step.id}/{enrollment.iteration}"
    before = case.contact
    did: Did = "changed"
    match deed:
        case SetAttributes(values):
            case.contact = _with_values(case, values)
        case SetTopics(topics, everything):
            case.contact = _with_topics(case, topics, everything)
            tell_topics(case, before, world, view.now, source, enrollment)
        case EmitEvent(name, properties):
            tell(case, name, properties, view.now, source=source, enrollment=enrollment)
            did = "emitted"
        case Enroll(journey) if journey not in world.journeys:
            did, why = "warned", f"would start {journey}, which does not run here"
        case Enroll(journey, values, entry_key):
            started = Started(journey, values, entry_key, enrollment.journey)
            case.unheard.append(Unheard(started, enrollment.journey, enrollment))
            did = "started"
        case Assign(attribute):
            name = deal(case, enrollment.journey, step.id, deed)
            case.contact = _with_values(case, {attribute[1:]: name})
            did, why = "assigned", f"{name} ({why})"
        case other:
            assert_never(other)
    is_changed = case.contact != before
    case.is_contact_changed = case.is_contact_changed or is_changed
    return Performed(is_changed, did, why)


def _with_topics(case: Case, topics: Any, everything: bool | None) -> Any:
    said = dict(case.contact.topics)
    if everything is not None:
        said = {**dict.fromkeys(said, everything), "*": everything}
    return replace(case.contact, topics={**said, **topics})


def _with_values(case: Case, values: Any) -> Any:
    contact = case.contact
    attributes = dict(contact.attributes)
    built_in: dict[str, Any] = {}
    for path, value in values.items():
        if path[0] in BUILT_IN:
            built_in[path[0]] = None if value is UNSET else value
        else:
            _put(attributes, path, value)
    return replace(contact, attributes=attributes, **built_in)


def _put(target: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        inner = target.get(part)
        target[part] = inner = dict(inner) if isinstance(inner, dict) else {}
        target = inner
    if value is UNSET:
        target.pop(path[-1], None)
    else:
        target[path[-1]] = value
