"""Journeys that lead back into each other, by `start` or by the events that they emit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Shop, Subject
from engine.model.fault import Path

#: What a journey leads to: the other journey, and the place of the step.
_Leads = Mapping[str, list[tuple[str, Path]]]


def check_shop(shop: Shop) -> Iterator[Finding]:
    """Each circle is told once, at its first journey in order of name."""
    listening = {event: [one for one in shop.subjects if event in one.events] for event in _emitted(shop)}
    leads = {one.journey.id: list(_leads_of(one, listening)) for one in shop.subjects}
    told: set[str] = set()
    for subject in sorted(shop.subjects, key=lambda one: one.journey.id):
        id = subject.journey.id
        for to, path in leads[id]:
            circle = None if id in told else _way(to, id, leads)
            if circle is not None:
                told.update(circle)
                words = " → ".join(f"`{one}`" for one in (id, *circle))
                message = f"These journeys lead back into each other: {words}."
                help = "Let one of them end the circle; the engine enters none of it twice without a wait."
                yield Finding(path, message, help, file=subject.journey.file)


def _emitted(shop: Shop) -> set[str]:
    return {str(step["emit"]) for subject in shop.subjects for _, step in subject.steps if "emit" in step}


def _leads_of(subject: Subject, listening: Mapping[str, list[Subject]]) -> Iterator[tuple[str, Path]]:
    for path, step in subject.steps:
        if "start" in step:
            yield str(step["start"]), (*path, "start")
        for other in listening.get(str(step.get("emit")), ()):
            yield other.journey.id, (*path, "emit")


def _way(start: str, end: str, leads: _Leads) -> tuple[str, ...] | None:
    """The shortest way from one journey to another, both included."""
    waiting: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in waiting:
        if way[-1] == end:
            return way
        for to, _ in leads.get(way[-1], ()):
            if to not in seen:
                seen.add(to)
                waiting.append((*way, to))
    return None


_OTHER = """\
dsl: 1
journey: other
name: Other
owner: lifecycle@shop.example
status: draft
trigger: { event: Cart Viewed }
re_entry: never
steps:
%s"""
_EXAMPLE = "trigger: [{ event: Signed Up }, { manual: true }]\nsteps:\n  - { id: tell, emit: Cart Viewed }\n"
RULE = Rule(
    code="J793",
    group="references",
    severity="warning",
    meaning="Journeys lead back into each other.",
    why="People go round until the engine stops them: never twice without a wait, 20 times a day at most.",
    example=Example(_EXAMPLE, files={"other/journey.yaml": _OTHER % "  - { id: back, start: demo }\n"}),
    clean=Example(
        _EXAMPLE,
        files={"other/journey.yaml": _OTHER % "  - { id: count, update: { contact.orders: { add: 1 } } }\n"},
    ),
    check_shop=check_shop,
)
