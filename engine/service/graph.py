"""The picture of a journey as a Mermaid flowchart: who enters, the steps and their ways, how people leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from engine.conditions.names import Names, within_event
from engine.conditions.table import compile_condition, read_condition
from engine.model.journey import Journey, Step, Trigger
from engine.service.simulate import Simulation
from engine.service.story import is_of_stage, local, tell

#: Characters of a label's line, and how many lines; more is cut with an ellipsis.
_WIDEST = 40
_MOST_LINES = 3

#: Mermaid reads these as its own, even in quotes; as numbered entities they are only characters.
_OWN = {character: f"#{ord(character)};" for character in '#"<>&`'}
#: What Mermaid would take for the beginning of a list.
_LIST = re.compile(r"\A([0-9]+\.|[-+*])")


def mermaid(journey: Journey) -> str:
    """The flowchart, ending in a line break."""
    return "\n".join(["flowchart TD", *(f"    {line}" for line in _lines(journey))]) + "\n"


def path_taken(simulation: Simulation, journey: Journey, zone: ZoneInfo) -> str:
    """What happened in a simulation as a flowchart: one chain of happenings for each enrollment."""
    lines = ["flowchart TD"]
    last: dict[int, str] = {}  # the end of each enrollment's chain
    story = [told for told in tell(simulation, journey, zone) if not is_of_stage(told.entry)]
    for number, told in enumerate(story):
        node, chain = f"n{number}", id(told.entry.enrollment)
        lines.append(f"    {node}[{label(told.step, told.words, local(told.at, zone))}]")
        if chain in last and told.entry.enrollment is not None:
            lines.append(f"    {last[chain]} --> {node}")
        last[chain] = node
    return "\n".join(lines) + "\n"


def label(*lines: str) -> str:
    """Quoted text for a node or an arrow: escaped, wrapped to 40 characters."""
    wrapped = [part for line in lines if line for part in _wrapped(line)]
    return '"' + "<br>".join(_escaped(part) for part in wrapped) + '"'


def _lines(journey: Journey) -> Iterator[str]:
    numbers = {step: f"s{number}" for number, step in enumerate(journey.steps)}
    yield f"trigger([{label(*_entry(journey))}])"
    for step in journey.steps.values():
        yield _node(step, numbers[step.id])
    yield f"finish([{label('the end')}])"
    yield f"trigger --> {_target(journey.first, numbers)}"
    for step in journey.steps.values():
        yield from _arrows(step, numbers)
    yield from _notes(journey)
    yield "classDef note stroke-dasharray: 4 4"


def _entry(journey: Journey) -> list[str]:
    lines = [
        _trigger(trigger, plain) for trigger, plain in zip(journey.triggers, _plain(journey), strict=True)
    ]
    words = [line if number == 0 else f"or {line}" for number, line in enumerate(lines)]
    if journey.enter_when is not None:
        words.append(f"if {journey.enter_when.text}")
    return words


def _plain(journey: Journey) -> list[dict[str, object]]:
    triggers: list[dict[str, object]] = [dict(plain) for plain in journey.compiled["triggers"]]
    return triggers


def _trigger(trigger: Trigger, plain: dict[str, object]) -> str:
    if trigger.kind == "stage":
        [(direction, stage)] = _pairs(plain["stage"])
        return f"{direction} stage {stage}"
    if trigger.event is not None:
        return (
            f"{trigger.event} where {_where(trigger.event, plain['where'])}"
            if "where" in plain
            else trigger.event
        )
    if trigger.segment is not None:
        direction = "leaves" if "leaves" in str(plain.get("segment")) else "enters"
        return f"{direction} segment {trigger.segment}"
    if trigger.finished is not None:
        return f"finished {trigger.finished}{_outcome(plain)}"
    if trigger.clock is not None:
        schedule = trigger.clock.schedule
        audience = None if schedule is None else schedule.audience
        return trigger.clock.text if audience is None else f"{trigger.clock.text}, who: {audience.text}"
    return "by command"


def _outcome(plain: dict[str, object]) -> str:
    outcome = dict(_pairs(plain["journey"])).get("outcome")
    return "" if outcome is None else f": {outcome}"


def _pairs(plain: object) -> list[tuple[str, object]]:
    return list(plain.items()) if isinstance(plain, dict) else []


def _where(event: str, plain: object) -> str:
    """Its words; it was checked before, so nothing is reported."""
    predicate = read_condition(plain, (), lambda _: None, within_event(Names(), event))
    return "" if predicate is None else compile_condition(predicate).text


def _node(step: Step, name: str) -> str:
    text = label(step.id, *([step.text] if step.text != step.verb else []), *_only_if(step))
    if step.leads_to:
        return f"{name}{{{text}}}"
    return f"{name}[/{text}/]" if step.is_send else f"{name}[{text}]"


def _only_if(step: Step) -> list[str]:
    return [] if step.when is None else [f"only if {step.when.text}"]


def _arrows(step: Step, numbers: dict[str, str]) -> Iterator[str]:
    name = numbers[step.id]
    for words, target in step.leads_to:
        yield f"{name} -->|{label(words)}| {_target(target, numbers)}"
    if not step.leads_to:
        yield f"{name} --> {_target(None if step.ends else step.next, numbers)}"
    if step.when is not None and (step.leads_to or step.ends):
        yield f"{name} -.->|{label('otherwise')}| {_target(step.next, numbers)}"


def _target(step: str | None, numbers: dict[str, str]) -> str:
    return "finish" if step is None else numbers[step]


def _notes(journey: Journey) -> Iterator[str]:
    """What may happen at any step stands beside the picture, tied to where people enter."""
    rules = [f"exit: {rule.text}" for rule in journey.exits]
    if journey.goal is not None:
        rules.insert(0, f"goal: {journey.goal.text} within {journey.goal.within}")
    for number, rule in enumerate(rules):
        yield f"rule{number}[{label(rule)}]:::note"
        yield f"trigger -.- rule{number}"


# --- text ----------------------------------------------------------------------------------------


def _wrapped(text: str) -> list[str]:
    """Lines of at most 40 characters, broken at spaces where there are any."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while len(rest) > _WIDEST and len(lines) < _MOST_LINES - 1:
        cut = rest.rfind(" ", 1, _WIDEST + 1)
        cut = cut if cut > 0 else _WIDEST
        lines.append(rest[:cut])
        rest = rest[cut:].lstrip()
    return [*lines, rest if len(rest) <= _WIDEST else rest[: _WIDEST - 1] + "…"]


def _escaped(text: str) -> str:
    escaped = "".join(_OWN.get(character, character) for character in text)
    return _LIST.sub(lambda found: f"{found[0][:-1]}#{ord(found[0][-1])};", escaped, count=1)
