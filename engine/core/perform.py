"""Performing what a step answers besides messages: new data of the contact, events told, journeys begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, assert_never

from engine.core.case import Case, Unheard, World
from engine.core.changes import draft, with_topics, with_values
from engine.core.deal import deal
from engine.core.standing import is_performed
from engine.core.tell import tell
from engine.core.topics import tell_topics
from engine.model.consent import statements, to_be_confirmed
from engine.model.contact import Answer, Contact
from engine.model.journey import Journey, Started, Step
from engine.model.position import Enrollment
from engine.model.result import Assign, EmitEvent, Enroll, SetAttributes, SetTopics
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
    case: Case,
    world: World,
    journey: Journey,
    enrollment: Enrollment,
    step: Step,
    deed: Deed,
    view: View,
    why: str,
) -> Performed:
    """Do it; others hear of it as soon as the enrollment blocks. `why` is what the step says of it.

    In shadow it is only written down, and the enrollment alone sees what it would have changed.
    """
    if not is_performed(journey):
        seen = enrollment.drafted
        words = _draft(case, enrollment, step, deed, why)
        if enrollment.drafted != seen:
            case.redrafted.append(enrollment)
        return Performed(False, "drafted", words)
    source = f"{step.id}/{enrollment.iteration}"
    before = case.contact
    did: Did = "changed"
    match deed:
        case SetAttributes(values):
            case.contact = with_values(before, values)
        case SetTopics(topics, everything):
            case.contact = with_topics(before, _asked(before, topics, world), everything)
            tell_topics(case, before, world, view.now, source, enrollment)
            case.said += statements(
                before, case.contact, None, f"journey {enrollment.journey}/{step.id}", view.now
            )
        case EmitEvent(name, properties):
            tell(case, name, properties, view.now, source=source, enrollment=enrollment)
            did = "emitted"
        case Enroll(other) if other not in world.journeys:
            did, why = "warned", f"would start {other}, which does not run here"
        case Enroll(other, values, entry_key):
            started = Started(other, values, entry_key, enrollment.journey)
            case.unheard.append(Unheard(started, enrollment.journey, enrollment))
            did = "started"
        case Assign(attribute):
            name = deal(case, enrollment.journey, step.id, deed)
            case.contact = with_values(before, {attribute[1:]: name})
            did, why = "assigned", f"{name} ({why})"
        case unknown:
            assert_never(unknown)
    is_changed = case.contact != before
    case.is_contact_changed = case.is_contact_changed or is_changed
    return Performed(is_changed, did, why)


def _asked(contact: Contact, topics: Mapping[str, bool], world: World) -> Mapping[str, Answer]:
    """What a step says for the contact is not the contact's own confirmation."""
    return to_be_confirmed(Contact(contact.id, topics=topics), contact, world.policy.topics).topics


def _draft(case: Case, enrollment: Enrollment, step: Step, deed: Deed, why: str) -> str:
    """Written down in the enrollment, and in words. Nobody's turn is taken by a name that is only drawn."""
    if not isinstance(deed, Assign):
        draft(enrollment, deed)
        return why
    name = deal(case, enrollment.journey, step.id, replace(deed, by="hash"))
    draft(enrollment, SetAttributes({deed.attribute[1:]: name}))
    return f"{name} ({why})"
