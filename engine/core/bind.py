"""Binding: the compiled form of a version becomes a journey that runs.

The compiled form is plain JSON, made by `language` and kept in the database:

    {"dsl": 1, "journey": id, "name": …, "priority": 0, "triggers": [plain trigger, …], "enter_when": …,
     "starts": instant, "ends": {"at": instant, "inside": "stop"}, "entry_grace": …,
     "re_entry": …, "exit_when": […], "goal": …, "defaults": {…}, "first": id | None,
     "steps": [{"id", "verb", "next", "when", "data": step without its lists, "targets": {name: id}}],
     "messages": {step id: message source},
     "product": path of the product's id,
     "segments": {name: {"when": condition}} of those that its conditions name}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.calendar.durations import read_duration
from engine.calendar.instants import as_instant
from engine.conditions.names import PRODUCT_ROOTS, Names
from engine.conditions.products import names_products
from engine.conditions.references import getter
from engine.conditions.table import compile_condition, read_condition
from engine.core.parts import Parts
from engine.core.rules import read_exit, read_goal, read_re_entry
from engine.errors import RefusedError
from engine.model.fault import Mistake, Path
from engine.model.journey import Held, Journey, Segment, Status, Step, Trigger
from engine.model.lifecycle import Lifecycle, Stage
from engine.model.predicate import Condition, Reference
from engine.steps.contract import Frame, Reader, TextMaker
from engine.steps.table import STEPS
from engine.triggers.contract import TriggerReader
from engine.triggers.table import TRIGGERS

#: What a step's template reads, by step id; None when it is not known.
Reads = Callable[[str], frozenset[tuple[str, ...]] | None]


def _refuse(mistake: Mistake) -> None:
    """A stored version was checked when it was applied; a mistake now means it is from a newer release.

    What was only doubtful then is run as it stands.
    """
    if mistake.severity != "error":
        return
    place = ".".join(str(part) for part in mistake.path)
    raise RefusedError(f"a stored version cannot run: {place}: {mistake.message}", "Apply the journey again.")


def bind(
    compiled: Mapping[str, Any],
    version: str,
    status: Status,
    *,
    held: Held | None = None,
    make_text: TextMaker | None = None,
    reads: Reads = lambda _step: None,
) -> Journey:
    """The runnable journey of a compiled form. Raises RefusedError when the form is not understood."""
    names = _names_of(compiled)
    parts = _bind_parts(compiled, names, make_text, reads)
    zone = (compiled.get("defaults") or {}).get("timezone")
    ends, grace, product = compiled.get("ends") or {}, compiled.get("entry_grace"), compiled.get("product")
    events, steps = parts.events(), parts.steps.values()
    return Journey(
        id=compiled["journey"],
        version=version,
        status=status,
        first=compiled["first"],
        steps=parts.steps,
        triggers=parts.triggers,
        name=compiled.get("name") or compiled["journey"],
        priority=compiled.get("priority", 0),
        holdout=float(compiled.get("holdout") or 0),
        zone=None if zone in (None, "contact") else zone,
        enter_when=parts.enter_when,
        re_entry=read_re_entry(compiled.get("re_entry"), ("re_entry",), _refuse),
        exits=parts.exits,
        goal=parts.goal,
        events=events,
        heard=events | parts.heard(),
        journeys=parts.journeys(),
        changes_contact=any(step.changes_contact for step in steps),
        held=held,
        starts_at=as_instant(compiled.get("starts")),
        ends_at=as_instant(ends.get("at")),
        stops_inside=ends.get("inside") == "stop",
        entry_grace=None if grace is None else read_duration(grace),
        compiled=compiled,
        product_id=None if product is None else getter(Reference(tuple(product.split(".")))),
        products=product is not None or names_products(compiled),
        asks_stock=any(step.asks_stock or step.trial is not None for step in steps),
        recommends=any(step.verb == "recommend" for step in steps),
    )


def _bind_parts(
    compiled: Mapping[str, Any], names: Names, make_text: TextMaker | None, reads: Reads
) -> Parts:
    rules = enumerate(compiled.get("exit_when") or ())
    exits = [read_exit(rule, ("exit_when", index), _refuse, names) for index, rule in rules]
    return Parts(
        {plain["id"]: _bind_step(plain, compiled, make_text, reads, names) for plain in compiled["steps"]},
        tuple(_bind_trigger(plain, index, names) for index, plain in enumerate(compiled["triggers"])),
        _condition(compiled.get("enter_when"), ("enter_when",), names),
        tuple(rule for rule in exits if rule is not None),
        read_goal(compiled["goal"], ("goal",), _refuse, names) if compiled.get("goal") else None,
    )


def _bind_step(
    plain: Mapping[str, Any],
    compiled: Mapping[str, Any],
    make_text: TextMaker | None,
    reads: Reads,
    names: Names,
) -> Step:
    kind = STEPS[plain["verb"]]
    message = compiled.get("messages", {}).get(plain["id"], {})
    spec = kind.read(plain["data"], Reader(("steps", plain["id"]), _refuse, names, inherits_topic=True))
    frame = Frame(
        id=plain["id"],
        next=plain["next"],
        targets=plain["targets"],
        journey=compiled["journey"],
        defaults=compiled.get("defaults") or {},
        message_topic=message.get("topic"),
        reads=reads(plain["id"]),
        make_text=make_text,
    )
    when = _condition(plain.get("when"), ("steps", plain["id"], "when"), names)
    return replace(kind.bind(spec, frame), when=when)


def _bind_trigger(plain: Mapping[str, Any], index: int, names: Names) -> Trigger:
    word = next(word for word in TRIGGERS if word in plain)
    trigger = TRIGGERS[word].read(plain, TriggerReader(("triggers", index), _refuse, names))
    assert trigger is not None  # _refuse raises before that  # noqa: S101
    return trigger


def _condition(plain: Any, path: Path, names: Names) -> Condition | None:
    if plain is None:
        return None
    predicate = read_condition(plain, path, _refuse, names)
    return None if predicate is None else compile_condition(predicate)


def _names_of(compiled: Mapping[str, Any]) -> Names:
    """The segments that the version brings along, each checked by itself, as it is not where it is named."""
    segments = compiled.get("segments") or {}
    for name, plain in segments.items():
        bind_segment(name, plain, segments)
    return Names(roots=PRODUCT_ROOTS, segments=segments)


def bind_segment(name: str, plain: Mapping[str, Any], segments: Mapping[str, Any]) -> Segment:
    """The runnable segment of its definition in segments.yaml; `segments` are all that it may name."""
    names = Names(roots=frozenset({"contact"}), segments=segments, within_segments=frozenset({name}))
    condition = _condition(plain["when"], (name, "when"), names)
    assert condition is not None  # noqa: S101
    return Segment(name, condition, str(plain.get("description", "")))


def bind_lifecycle(plain: Mapping[str, Any], segments: Mapping[str, Any]) -> Lifecycle | None:
    """The runnable lifecycle of its definition in lifecycle.yaml, which may name these segments."""
    if not plain.get("stages"):
        return None
    names = Names(roots=frozenset({"contact"}), segments=segments)
    stages = []
    for index, stage in enumerate(plain["stages"]):
        condition = _condition(stage["when"], ("stages", index, "when"), names)
        assert condition is not None  # noqa: S101
        stages.append(Stage(str(stage["id"]), condition))
    return Lifecycle(tuple(stages))
