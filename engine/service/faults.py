"""Every fault of a workspace: what `language` finds in the files and `messages` in their templates.

The template rules know a layout by its name and a subject by its label; here each gets its place in a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.conditions.names import JOURNEY_ROOTS, PRODUCT_ROOTS, Names
from engine.language.catalog import Catalog
from engine.language.document import Document
from engine.language.front_matter import read_front_matter
from engine.language.journey_file import JourneyFile
from engine.language.messages import read_messages
from engine.language.walk import walk_steps
from engine.language.workspace import ROOT, Workspace
from engine.language.yaml_text import read_yaml
from engine.messages.check import check_source, check_text
from engine.messages.named import check_names
from engine.model.fault import Fault, Path
from engine.model.message import MessageSource
from engine.model.source import SourcePosition
from engine.triggers.table import all_brought

_IN_FIELD = re.compile(r"In the (subject|preheader): ")
_IN_LAYOUT = re.compile(r"In (?:layout|partial) `([^`]+)`: ")


def all_faults(workspace: Workspace, files: Mapping[str, bytes]) -> list[Fault]:
    """Everything wrong with a workspace, by file and place; each fault once."""
    found = [*workspace.all_faults()]
    for journey in workspace.journeys.values():
        found += message_faults(journey, workspace, files)
    return in_order(found)


def faults_of_journey(journey: JourneyFile, workspace: Workspace, files: Mapping[str, bytes]) -> list[Fault]:
    """What is wrong with one journey and its messages."""
    return in_order([*journey.faults, *message_faults(journey, workspace, files)])


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Each fault once, by file and place."""
    return sorted(
        dict.fromkeys(faults), key=lambda f: (f.position.file, f.position.line, f.position.column, f.rule)
    )


def message_faults(journey: JourneyFile, workspace: Workspace, files: Mapping[str, bytes]) -> list[Fault]:
    """Faults in the templates of a journey's messages, also when the journey itself cannot be read."""
    sources = list(journey.sources.items())
    if not sources:
        folder = journey.file.rpartition("/")[0]
        beside = read_messages(files, folder, workspace.catalog)[0] if folder != ROOT else {}
        sources = list(beside.items())
    names = names_of(journey, workspace.catalog)
    found = [
        _placed(fault, step, source, journey, files)
        for step, source in sources
        for fault in check_source(source) or check_names(source, names)
    ]
    return [*found, *_liquid_faults(journey, names, files)]


def names_of(journey: JourneyFile, catalog: Catalog) -> Names:
    """What the messages of a journey may name; of a journey with faults the trigger is not known."""
    compiled = journey.compiled
    return Names(
        roots=JOURNEY_ROOTS if compiled is not None and "product" not in compiled else PRODUCT_ROOTS,
        attributes=catalog.attributes,
        events=catalog.events,
        triggers=all_brought((compiled or {}).get("triggers", ())),
        steps=journey.remembered or None,
        products=catalog.products,
        named=_named(journey),
    )


def _named(journey: JourneyFile) -> dict[str, frozenset[str] | None]:
    """What steps name for later messages: a code's fields, or a list."""
    found: dict[str, frozenset[str] | None] = {}
    for step in (journey.compiled or {}).get("steps", ()):
        if step["verb"] == "coupon":
            found[step["data"]["coupon"]["as"]] = frozenset({"code", "expires_at"})
        elif step["verb"] == "recommend":
            found[step["data"]["recommend"]["as"]] = None
    return found


def _liquid_faults(journey: JourneyFile, names: Names, files: Mapping[str, bytes]) -> list[Fault]:
    """Faults in the Liquid of what steps set and hand on, messages apart."""
    if journey.compiled is None or journey.file not in files:
        return []
    texts = [
        (step["id"], (*place, key), value)
        for step in journey.compiled["steps"]
        for place in _WITH_LIQUID.get(step["verb"], ())
        for key, value in _items(step["data"], place)
        if isinstance(value, str) and ("{{" in value or "{%" in value)
    ]
    document = read_yaml(files[journey.file] if texts else b"", journey.file)
    return [
        replace(fault, position=document.value_at((*_path_of(step, document), *place)))
        for step, place, value in texts
        for fault in check_text(value, names)
    ]


#: Where steps hold Liquid, by verb: what is filled in is each value below these keys.
_WITH_LIQUID: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "update": (("update",),),
    "emit": (("properties",),),
    "start": (("with",), ()),
}


def _items(data: Mapping[str, Any], place: tuple[str, ...]) -> Iterable[tuple[str, Any]]:
    """What stands below a key, or at the top of the step."""
    below = data.get(place[0]) if place else {key: data[key] for key in ("key",) if key in data}
    return below.items() if isinstance(below, Mapping) else ()


def _placed(
    fault: Fault, step: str, source: MessageSource, journey: JourneyFile, files: Mapping[str, bytes]
) -> Fault:
    """The fault where a reader finds it."""
    layout = _IN_LAYOUT.match(fault.message)
    if layout is not None:
        position = _in_layout(layout[1], fault.position, files)
    elif not source.file:
        position = _in_step(step, fault, journey, files)
    elif (field := _IN_FIELD.match(fault.message)) is not None:
        position = _in_front_matter(source.file, field[1], files)
    else:
        position = None
    return fault if position is None else replace(fault, position=position)


def _in_layout(name: str, position: SourcePosition, files: Mapping[str, bytes]) -> SourcePosition | None:
    found = [file for file in files if file.startswith(f"{ROOT}/_layouts/{name}.")]
    return replace(position, file=found[0]) if found else None


def _in_front_matter(file: str, key: str, files: Mapping[str, bytes]) -> SourcePosition | None:
    document, _, _ = read_front_matter(files[file], file)
    return document.value_at((key,)) if key in document.data else None


def _in_step(step: str, fault: Fault, journey: JourneyFile, files: Mapping[str, bytes]) -> SourcePosition:
    """An inline message stands in the journey itself."""
    document = read_yaml(files[journey.file], journey.file)
    field = _IN_FIELD.match(fault.message)
    return document.value_at((*_path_of(step, document), "body" if field is None else field[1]))


def _path_of(step: str, document: Document) -> Path:
    found = (
        path for path, plain in walk_steps(document.data.get("steps"), ("steps",)) if plain.get("id") == step
    )
    return next(found, ("steps",))
