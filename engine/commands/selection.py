"""Which files and journeys are meant by the paths and ids of a command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.commands.context import Context
from engine.errors import FaultyError, UsageError
from engine.language.compiled import has_faulty_segment
from engine.language.journey_file import JourneyFile
from engine.language.workspace import ROOT
from engine.model.journey import Status
from engine.model.spelling import did_you_mean
from engine.service.faults import faults_of_journey
from engine.service.versions import Version, bind_version


@dataclass(frozen=True, slots=True)
class Selection:
    """Files of the workspace, by their paths in it."""

    files: frozenset[str]

    def holds(self, file: str) -> bool:
        return file in self.files

    def journeys(self, context: Context) -> list[str]:
        """Those of which the selection holds a file that is their own."""
        return [
            id
            for id, journey in context.workspace.journeys.items()
            if self.files & frozenset(_own(journey, context))
        ]


def select(context: Context, paths: Iterable[str]) -> Selection:
    """Files, folders and ids of journeys; nothing means everything. UsageError for what is not there."""
    texts = list(paths)
    missing = {f"{ROOT}/catalog.yaml"}  # a complaint may be about it although it is not there
    if not texts:
        return Selection(frozenset(context.files) | missing)
    return Selection(frozenset(file for text in texts for file in _files_of(context, text, missing)))


def _files_of(context: Context, text: str, missing: set[str]) -> set[str]:
    journey = context.workspace.journeys.get(text)
    if journey is not None:
        return set(_own(journey, context))
    for place in _places(context, text):
        if place in ("", ROOT):
            return set(context.files) | missing
        found = {file for file in context.files if file == place or file.startswith(f"{place}/")}
        if found:
            return found
    raise _nothing(context, text)


def _places(context: Context, text: str) -> list[str]:
    """The path inside the workspace: seen from where the shell stands, then from the workspace."""
    root = context.folder.resolve()
    found = []
    for path in (Path(text).resolve(), (context.folder / text).resolve()):
        if path.is_relative_to(root):
            place = path.relative_to(root).as_posix()
            found.append("" if place == "." else place)
    return found


def _own(journey: JourneyFile, context: Context) -> list[str]:
    """A journey's folder, or the file and tests of one that has none."""
    folder = journey.file.rpartition("/")[0]
    if folder != ROOT:
        return [file for file in context.files if file.startswith(f"{folder}/")]
    return [file for file in (journey.file, f"{ROOT}/{journey.id}.tests.yaml") if file in context.files]


def _nothing(context: Context, text: str) -> UsageError:
    names = list(context.workspace.journeys)
    listed = f"Journeys: {', '.join(names)}." if names else "There are no journeys in this workspace."
    return UsageError(
        f"there is no journey, file or folder `{text}` here.{did_you_mean(text, names)}", listed
    )


# --- one journey ---------------------------------------------------------------------------------


def find_journey(context: Context, text: str) -> JourneyFile:
    """The journey of an id, of its folder, or of a file in it. UsageError."""
    journey = context.workspace.journeys.get(text)
    if journey is not None:
        return journey
    ids = select(context, [text]).journeys(context)
    if len(ids) != 1:
        raise UsageError(
            f"`{text}` is not one journey", f"Write one of {', '.join(context.workspace.journeys)}."
        )
    return context.workspace.journeys[ids[0]]


def bound_journey(context: Context, journey: JourneyFile, *, may_be_shadow: bool = False) -> Version:
    """The journey ready to run, as if it were live. FaultyError when its files do not allow it.

    `may_be_shadow`: one whose status is shadow is shown in shadow.
    """
    needed = {f"{ROOT}/catalog.yaml"}
    faulty = context.workspace.faulty_segments
    if journey.compiled is not None and has_faulty_segment(journey.compiled, faulty):
        needed.add(f"{ROOT}/segments.yaml")
    found = [
        *(fault for fault in context.workspace.faults if fault.position.file in needed),
        *faults_of_journey(journey, context.workspace, context.files),
    ]
    errors = [fault for fault in found if fault.severity == "error"]
    if errors or journey.compiled is None or journey.version is None:
        raise FaultyError(f"the journey `{journey.id}` has faults", errors)
    status: Status = "shadow" if may_be_shadow and journey.status == "shadow" else "live"
    return bind_version(journey.compiled, journey.version, status)
