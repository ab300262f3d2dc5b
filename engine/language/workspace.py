"""A workspace: all files of a shop read together, each journey with its own faults.

A faulty file disables only its own journey; the others are as good as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.language import rules
from engine.language.catalog import Catalog, read_catalog
from engine.language.journey_file import JourneyFile, read_journey
from engine.language.messages import later_message_files, read_messages
from engine.language.segments import read_segments
from engine.language.shape import later_word
from engine.language.tests_file import JourneyTest, read_tests
from engine.model.fault import Fault
from engine.model.source import SourcePosition

ROOT = "journeys"
_OWN = ("catalog.yaml", "segments.yaml", "lifecycle.yaml")


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

    def all_faults(self) -> list[Fault]:
        """Every fault, by file and place."""
        found = [*self.faults]
        for journey in self.journeys.values():
            found += journey.faults
        for faults in self.test_faults.values():
            found += faults
        return sorted(dict.fromkeys(found), key=lambda f: (f.position.file, f.position.line, f.position.column, f.rule))


def read_workspace(files: Mapping[str, bytes]) -> Workspace:
    """Read all files: path relative to the workspace, with forward slashes → content."""
    faults: list[Fault] = []
    catalog, segments, segment_names = Catalog(), dict[str, Any](), frozenset[str]()
    if f"{ROOT}/catalog.yaml" in files:
        catalog, found = read_catalog(files[f"{ROOT}/catalog.yaml"], f"{ROOT}/catalog.yaml")
        faults += found
    else:
        faults.append(_no_catalog())
    if f"{ROOT}/segments.yaml" in files:
        read, segment_names, found = read_segments(files[f"{ROOT}/segments.yaml"], f"{ROOT}/segments.yaml", catalog)
        segments = dict(read)
        faults += found
    faults += _later_files(files)
    journeys, tests, test_faults = {}, {}, {}
    for file, id in sorted(journey_files(files)):
        folder = file.rpartition("/")[0]
        messages, message_faults = read_messages(files, folder, catalog)
        is_alone = folder != ROOT
        journey = read_journey(
            files[file], file, id, catalog, segment_names, messages, message_faults if is_alone else ()
        )
        journeys[id] = journey
        tests_file = f"{folder}/tests.yaml" if is_alone else f"{ROOT}/{id}.tests.yaml"
        if tests_file in files:
            found_tests, test_found = read_tests(files[tests_file], tests_file, journey.steps)
            tests[id], test_faults[id] = tuple(found_tests), tuple(test_found)
    read_files = {file for file in files if file.endswith((".yaml", ".md", ".html"))}
    faulty = segment_names - segments.keys()
    return Workspace(catalog, segments, journeys, tests, tuple(faults), test_faults, faulty, len(read_files))


def journey_files(files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """(file, journey id): journeys/ID/journey.yaml and journeys/ID.yaml."""
    found = []
    for file in files:
        parts = file.split("/")
        if parts[0] != ROOT:
            continue
        if len(parts) == 3 and parts[2] == "journey.yaml":
            found.append((file, parts[1]))
        elif len(parts) == 2 and parts[1].endswith(".yaml") and parts[1] not in _OWN and not parts[1].endswith(".tests.yaml"):
            found.append((file, parts[1].removesuffix(".yaml")))
    return found


def _no_catalog() -> Fault:
    return Fault(
        SourcePosition(f"{ROOT}/catalog.yaml", 1, 1, 1, 1),
        "warning",
        rules.NO_CATALOG,
        "There is no catalog.yaml, so names of attributes, events and topics are not checked.",
        "Add journeys/catalog.yaml with what the shop knows; `journeys init` shows one.",
    )


def _later_files(files: Mapping[str, bytes]) -> list[Fault]:
    """Files of the language that this version does not read."""
    found = [file for file in files if file == f"{ROOT}/lifecycle.yaml" or file.startswith(f"{ROOT}/sources/")]
    folders = {file.rpartition("/")[0] for file in files if file.startswith(f"{ROOT}/")}
    found += [file for folder in sorted(folders) for file in later_message_files(files, folder)]
    faults = []
    for file in found:
        mistake = later_word(file.rpartition("/")[2], ())
        faults.append(Fault(SourcePosition(file, 1, 1, 1, 1), "error", rules.LATER_FILE, mistake.message, mistake.help))
    return faults
