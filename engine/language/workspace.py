"""A workspace: all files of a shop read together, each journey with its own faults.

A faulty file disables only its own journey; the others are as good as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.language import rules
from engine.language.catalog import Catalog, read_catalog
from engine.language.file_names import OWN_FILES, is_misplaced, misplaced_files, source_files
from engine.language.file_names import ROOT as ROOT  # callers know it from here
from engine.language.journey_file import JourneyFile, read_journey
from engine.language.lifecycle import read_lifecycle, read_stage_ids
from engine.language.messages import ENDINGS, LAYOUTS, message_files, read_messages, texts_of
from engine.language.messages_named_check import with_messages_checked
from engine.language.outcomes_check import with_outcomes_checked
from engine.language.segments import read_segments
from engine.language.sources.source_file import SourceFile, read_source
from engine.language.started import with_starts_checked
from engine.language.tests_file import JourneyTest, Known, read_tests
from engine.language.walk import walk_steps
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault
from engine.model.source import SourcePosition

_CATALOG = f"{ROOT}/catalog.yaml"
_SEGMENTS = f"{ROOT}/segments.yaml"
_LIFECYCLE = f"{ROOT}/lifecycle.yaml"


@dataclass(frozen=True, slots=True)
class Workspace:
    """What the files say. `faults` are those of shared files; a journey's own are with it."""

    catalog: Catalog
    segments: Mapping[str, Any]  # plain definitions
    journeys: Mapping[str, JourneyFile]
    tests: Mapping[str, tuple[JourneyTest, ...]]
    faults: tuple[Fault, ...]
    test_faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)
    faulty_segments: frozenset[str] = frozenset()
    files: int = 0
    lifecycle: Mapping[str, Any] = field(default_factory=dict)  # plain; empty without a file, or with faults
    sources: Mapping[str, SourceFile] = field(default_factory=dict)

    def all_faults(self) -> list[Fault]:
        """Every fault, by file and place."""
        found = [*self.faults]
        for journey in self.journeys.values():
            found += journey.faults
        for faults in self.test_faults.values():
            found += faults
        return sorted(dict.fromkeys(found), key=_place)


@dataclass(frozen=True, slots=True)
class Shared:
    """What every journey may name, as far as it can be read."""

    catalog: Catalog
    segments: Mapping[str, Any] | None
    journeys: frozenset[str]
    stages: frozenset[str] | None
    lifecycle: Mapping[str, Any]


def _place(fault: Fault) -> tuple[str, int, int, str]:
    position = fault.position
    return position.file, position.line, position.column, fault.rule


def read_workspace(files: Mapping[str, bytes]) -> Workspace:
    """Read all files: path relative to the workspace, with forward slashes → content."""
    found = sorted(journey_files(files))
    shared, segments, faults = _read_shared(files, frozenset(id for _, id in found))
    faults += misplaced_files(files)
    sources = {id: read_source(files[file], file, id, shared.catalog) for file, id in source_files(files)}
    faults += [fault for source in sources.values() for fault in source.faults]
    journeys: dict[str, JourneyFile] = {}
    tests: dict[str, tuple[JourneyTest, ...]] = {}
    test_faults: dict[str, tuple[Fault, ...]] = {}
    folders = _by_folder(files)
    for file, id in found:
        if id in journeys:
            faults.append(_twice(file, journeys[id].file))
            continue
        journeys[id] = _read_journey(folders[file.rpartition("/")[0]], file, id, shared)
        tests_file = tests_file_of(file)
        if tests_file in files:
            known = Known(journeys[id].steps, journeys[id].outcomes, shared.catalog, shared.stages)
            tests[id], test_faults[id] = read_tests(files[tests_file], tests_file, known)
    return Workspace(
        catalog=shared.catalog,
        segments=segments,
        journeys=with_starts_checked(with_messages_checked(with_outcomes_checked(journeys))),
        tests=tests,
        faults=tuple(faults),
        test_faults=test_faults,
        faulty_segments=frozenset(shared.segments or ()) - segments.keys(),
        files=sum(file.endswith((".yaml", *ENDINGS)) for file in files),
        lifecycle=shared.lifecycle,
        sources=sources,
    )


def _read_shared(
    files: Mapping[str, bytes], journeys: frozenset[str]
) -> tuple[Shared, dict[str, Any], list[Fault]]:
    """What all journeys may name, the segments that can be read, and the faults of those files."""
    catalog, faults = (
        read_catalog(files[_CATALOG], _CATALOG) if _CATALOG in files else (Catalog(), [_no_catalog()])
    )
    stages = read_stage_ids(files[_LIFECYCLE], _LIFECYCLE) if _LIFECYCLE in files else frozenset[str]()
    segments: Mapping[str, Any] = {}
    names: frozenset[str] | None = frozenset()
    if _SEGMENTS in files:
        segments, names, found = read_segments(files[_SEGMENTS], _SEGMENTS, catalog, journeys, stages)
        faults += found
    known = None if names is None else {name: segments.get(name) for name in names}
    lifecycle: Mapping[str, Any] | None = {}
    if _LIFECYCLE in files:
        lifecycle, found = read_lifecycle(files[_LIFECYCLE], _LIFECYCLE, catalog, known, journeys)
        faults += found
    return Shared(catalog, known, journeys, stages, lifecycle or {}), dict(segments), faults


def _by_folder(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """The files of each folder, with the layouts that all share, so that no journey looks at all files."""
    folders: dict[str, dict[str, bytes]] = {}
    for file, content in files.items():
        folders.setdefault(file.rpartition("/")[0], {})[file] = content
    layouts = {file: content for file, content in files.items() if file.startswith(LAYOUTS)}
    return {folder: {**layouts, **beside} for folder, beside in folders.items()}


def _read_journey(beside: Mapping[str, bytes], file: str, id: str, shared: Shared) -> JourneyFile:
    """One journey with the messages beside it; in a folder of its own their faults are its faults."""
    folder = file.rpartition("/")[0]
    document = read_yaml(beside[file], file)
    texts = texts_of(step for _, step in walk_steps(document.data.get("steps"), ("steps",)))
    messages, found = read_messages(beside, folder, shared.catalog, texts)
    named = frozenset(name for name, _, _ in message_files(beside, folder))
    return read_journey(
        document,
        file,
        id,
        shared.catalog,
        shared.segments,
        messages,
        found if folder != ROOT else (),
        named - messages.keys(),
        shared.journeys,
        shared.stages,
        shared.lifecycle,
    )


def tests_file_of(file: str) -> str:
    """journeys/ID/tests.yaml, or journeys/ID.tests.yaml for a journey without a folder."""
    folder = file.rpartition("/")[0]
    return f"{folder}/tests.yaml" if folder != ROOT else f"{file.removesuffix('.yaml')}.tests.yaml"


def journey_files(files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """(file, journey id): journeys/ID/journey.yaml and journeys/ID.yaml."""
    found = []
    for file in files:
        parts = file.split("/")
        if parts[0] != ROOT or file in OWN_FILES or is_misplaced(file):
            continue
        if len(parts) == 3 and parts[2] == "journey.yaml" and parts[1] != "sources":
            found.append((file, parts[1]))
        elif len(parts) == 2 and parts[1].endswith(".yaml") and not parts[1].endswith(".tests.yaml"):
            found.append((file, parts[1].removesuffix(".yaml")))
    return found


def _no_catalog() -> Fault:
    return Fault(
        SourcePosition(_CATALOG, 1, 1, 1, 1),
        "warning",
        rules.NO_CATALOG,
        "There is no catalog.yaml, so names of attributes, events and topics are not checked.",
        "Add journeys/catalog.yaml with what the shop knows; `journeys init` shows one.",
    )


def _twice(file: str, other: str) -> Fault:
    message = f"This file and {other} describe the same journey; only that one is read."
    help = "Keep one of the two, or give one another name."
    return Fault(SourcePosition(file, 1, 1, 1, 1), "error", rules.JOURNEY_TWICE, message, help)
