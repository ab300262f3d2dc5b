"""Apply: the files' journeys become what runs; people inside are carried over, or it is refused by name.

An invalid journey is skipped (its last good version goes on) and the others are applied all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from engine.conditions.in_segment import definitions_for
from engine.conditions.in_stage import stages_in
from engine.core.advance import Instant
from engine.core.carry import Stranded
from engine.core.case import Case, TraceEntry
from engine.core.live import include, look_at_segment
from engine.core.moments import keep_moments
from engine.core.stages import STAGE_LOOK, look_at_stage
from engine.errors import FaultyError
from engine.language.compiled import has_faulty_segment
from engine.language.journey_file import JourneyFile
from engine.language.workspace import ROOT, Workspace
from engine.model.fault import Fault
from engine.model.journey import Held, Journey
from engine.model.policy import Policy
from engine.model.trace import TraceLine
from engine.service.carrying import Carried, Kept, carry_all, kept_by, staying, without_a_place
from engine.service.faults import faults_of_journey
from engine.service.running import (
    CATALOG,
    FOLLOWED,
    KEPT,
    LIFECYCLE,
    SEGMENTS,
    Running,
    are_stages_silent,
    load_running,
    meaning_of,
    meaning_of_stages,
    silent_segments,
    under_newest,
)
from engine.service.set_aside import held_back, tell, words_of
from engine.service.settling import settle
from engine.service.sources import SOURCES, kept_sources
from engine.store.database import Store
from engine.store.pages import Page
from engine.store.versions import JourneyRecord

Change = Literal["new", "changed", "unchanged", "faulty", "refused", "removed"]

_REMOVED = "removed"

#: Under these nobody enters any more, so the files may go while people are inside.
_ENDING = ("stopping", "stopped")

#: The setting that names the journeys whose `existing: include` is not done yet.
_INCLUDING = "including"
#: The setting that names the dates and schedules whose moments are kept.
_CLOCKS = "clocks"

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one journey."""

    journey: str
    change: Change
    status: str
    version: str | None
    faults: tuple[Fault, ...] = ()
    refusals: tuple[str, ...] = ()
    moved: int = 0  # enrollments carried to the new version
    left: int = 0  # those that `removed` made leave
    stayed: int = 0  # those that finish on the version that they are on
    held: Held | None = None  # a command's, which an apply leaves as it is


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """All journeys, and what happened to the segments they follow."""

    journeys: tuple[Applied, ...]
    members: Mapping[str, int] = field(default_factory=dict)  # members of each segment looked at anew
    entered: Mapping[str, int] = field(default_factory=dict)  # by `existing: include`
    stages: Mapping[str, int] = field(
        default_factory=dict
    )  # contacts by stage, if these were worked out anew
    lifecycle_faults: tuple[Fault, ...] = ()  # why the newest lifecycle.yaml was not taken
    sources: tuple[str, ...] = ()  # that were taken
    source_faults: tuple[Fault, ...] = ()  # why the newest file of a source was not

    @property
    def is_clean(self) -> bool:
        """Whether everything was applied."""
        is_taken = all(one.change not in ("faulty", "refused") for one in self.journeys)
        return is_taken and not self.lifecycle_faults and not self.source_faults


def apply(
    store: Store,
    workspace: Workspace,
    files: Mapping[str, bytes],
    limits: Policy,
    unsubscribe: str | None,
    commit: str | None,
    now: datetime,
) -> ApplyReport:
    """Make the workspace's journeys run. Raises FaultyError when a file that all share is faulty."""
    shared = _errors_in(workspace, "catalog.yaml")
    if shared:
        raise FaultyError(
            "catalog.yaml has faults, and every journey depends on it; nothing was applied", shared
        )
    with store.page("apply") as page:
        page.be_alone()
        results = _put_everything(page, store, workspace, files, commit, now)
    running = load_running(store, limits, unsubscribe)
    results = _carry_all(store, running, workspace, results, now)
    running = running.renewed()
    members, stages = _look_at_everybody(store, running, now)
    _set_clocks(store, running, now)
    entered = _include_existing(store, running.renewed(), now)
    under_newest(running.renewed(), lambda running: settle(store, running, now))
    return ApplyReport(
        tuple(sorted(results, key=lambda one: one.journey)),
        members,
        entered,
        stages,
        tuple(_errors_in(workspace, "lifecycle.yaml")),
        tuple(id for id, file in workspace.sources.items() if file.plain is not None),
        tuple(
            fault for file in workspace.sources.values() for fault in file.faults if fault.severity == "error"
        ),
    )


def _put_everything(
    page: Page,
    store: Store,
    workspace: Workspace,
    files: Mapping[str, bytes],
    commit: str | None,
    now: datetime,
) -> list[Applied]:
    """What the files say, in one transaction; what it means for people comes after, and can be finished."""
    before = {record.id: record for record in store.journeys()}
    page.put_setting(CATALOG, dict(workspace.catalog.plain))
    page.put_setting(SEGMENTS, _kept_segments(workspace, store.setting(SEGMENTS) or {}))
    if not _errors_in(workspace, "lifecycle.yaml"):  # otherwise the last good one goes on
        page.put_setting(LIFECYCLE, dict(workspace.lifecycle))
    page.put_setting(SOURCES, kept_sources(workspace, store.setting(SOURCES) or {}))
    kept: Kept = store.setting(KEPT) or {}
    results = []
    for id, file in workspace.journeys.items():
        faults = [f for f in faults_of_journey(file, workspace, files) if f.severity == "error"]
        faults += _faulty_segments(file, workspace)
        record = before.get(id)
        result = _apply_one(page, store, file, tuple(faults), record, kept, commit, now)
        results.append(replace(result, held=None if record is None else record.held))
    for id, record in before.items():
        if id not in workspace.journeys and record.status != _REMOVED:
            results.append(_remove(page, record, now))
    page.put_setting(KEPT, {id: versions for id, versions in kept.items() if versions})
    page.put_setting(_INCLUDING, _to_include(store, workspace, before, results))
    return results


def _errors_in(workspace: Workspace, name: str) -> list[Fault]:
    """The errors of one of the files that all journeys share."""
    file = f"{ROOT}/{name}"
    return [fault for fault in workspace.faults if fault.severity == "error" and fault.position.file == file]


def _kept_segments(workspace: Workspace, old: Mapping[str, Any]) -> dict[str, Any]:
    """Segments as the files say; of a faulty one the last good definition, with what that names."""
    if _errors_in(workspace, "segments.yaml") and not (workspace.segments or workspace.faulty_segments):
        return dict(old)  # not one line could be read
    faulty = {name: plain for name, plain in old.items() if name in workspace.faulty_segments}
    named = {name: plain for name, plain in definitions_for(list(faulty.values()), old).items() if plain}
    return {**named, **faulty, **workspace.segments}


def _faulty_segments(file: JourneyFile, workspace: Workspace) -> list[Fault]:
    """A journey that follows or names a segment whose definition is faulty is as faulty as the segment."""
    if file.compiled is None or not has_faulty_segment(file.compiled, workspace.faulty_segments):
        return []
    return _errors_in(workspace, "segments.yaml")


# --- one journey ---------------------------------------------------------------------------------


def _apply_one(
    page: Page,
    store: Store,
    file: JourneyFile,
    faults: tuple[Fault, ...],
    before: JourneyRecord | None,
    kept: Kept,
    commit: str | None,
    now: datetime,
) -> Applied:
    """`kept` is told which older versions people are on from now on."""
    id = file.id
    version = before.version if before is not None else None
    status = before.status if before is not None else file.status
    if faults or file.compiled is None or file.version is None:
        first = f"{faults[0].position} {faults[0].message}" if faults else f"{file.file} cannot be read"
        page.set_journey(id, status, version, now, fault=first, fault_count=max(len(faults), 1))
        return Applied(id, "faulty", status, version, faults)
    standing = page.standing(id)
    older = kept_by(file, standing, kept.get(id, {}))
    refusals = _refusals(file, sum(standing.values()), without_a_place(store, file, standing, older))
    if refusals:
        page.set_journey(id, status, version, now, fault=refusals[0], fault_count=len(refusals))
        return Applied(id, "refused", status, version, (), refusals)
    kept[id] = older
    page.put_version(id, file.version, file.compiled, commit, now)
    page.set_journey(id, file.status, file.version, now)
    is_same = before is not None and version == file.version and status == file.status
    change: Change = "new" if before is None or version is None else "unchanged" if is_same else "changed"
    return Applied(id, change, file.status, file.version, stayed=staying(standing, older))


def _refusals(file: JourneyFile, people: int, stranded: Iterable[Stranded]) -> tuple[str, ...]:
    """Why the new version cannot take over the people inside."""
    if people and file.status == "draft":
        return (
            f"{people} {_people(people)} inside `{file.id}`, and a draft does not run: "
            "set `status: stopping` until they are through",
        )
    return tuple(_refusal(file.id, one) for one in stranded)


def _refusal(id: str, one: Stranded) -> str:
    """One step, how many stand there, and the lines that would say where they go."""
    stand = f"{one.people} {_people(one.people)} at step `{one.step}` of `{id}`"
    if one.becomes is None:
        return (
            f"{stand}, which is gone: say where they go by `moved: [{{from: {one.step}, to: ID}}]` if it has "
            f"another id now, or by `removed: [{{step: {one.step}, people: ID}}]` (or `exit`, or `finish`)"
        )
    return (
        f"{stand}, which was a `{one.was}` and is now a `{one.becomes}`: give the new step an id of its own, "
        f"and say where they go by `removed: [{{step: {one.step}, people: ID}}]` (or `exit`, or `finish`)"
    )


def _people(count: int) -> str:
    return "contact stands" if count == 1 else "contacts stand"


def _remove(page: Page, record: JourneyRecord, now: datetime) -> Applied:
    """A journey whose files are gone: removed when nobody is inside; those of one that is ending finish."""
    people = sum(page.standing(record.id).values())
    if not people:
        page.set_journey(record.id, _REMOVED, None, now)
        return Applied(record.id, "removed", _REMOVED, None)
    if record.status in _ENDING:
        page.set_journey(record.id, record.status, record.version, now)
        return Applied(record.id, "removed", record.status, record.version, stayed=people)
    refusal = (
        f"the files of `{record.id}` are gone, but {people} {_people(people)} inside: "
        "bring it back with `status: stopping` and apply that, then they may go"
    )
    page.set_journey(record.id, record.status, record.version, now, fault=refusal, fault_count=1)
    return Applied(record.id, "refused", record.status, record.version, (), (refusal,))


# --- people ----------------------------------------------------------------------------------------


def _carry_all(
    store: Store, running: Running, workspace: Workspace, results: list[Applied], now: datetime
) -> list[Applied]:
    """Everyone of the journeys that were applied goes where the files say."""
    applied = {one.journey for one in results if one.change in ("new", "changed", "unchanged")}
    moves = {id: file.moves for id, file in workspace.journeys.items() if id in applied}
    carried = carry_all(store, running, moves, now)
    return [_with_people(one, carried.get(one.journey, Carried())) for one in results]


def _with_people(one: Applied, carried: Carried) -> Applied:
    stayed = one.stayed + carried.stayed.total()
    return replace(one, moved=carried.moved, left=carried.left, stayed=stayed)


# --- segments and stages ---------------------------------------------------------------------------


def _look_at_everybody(
    store: Store, running: Running, now: datetime
) -> tuple[dict[str, int], dict[str, int]]:
    """Members of new or edited segments, and stages if lifecycle.yaml is, silently: an edit fires nothing.

    The definitions by which they were worked out are kept, so that an interruption is seen.
    """
    plain, lifecycle = store.setting(SEGMENTS) or {}, store.setting(LIFECYCLE) or {}
    has_stages = running.world.lifecycle is not None
    is_staging = has_stages and are_stages_silent(store, lifecycle, plain)
    silent = silent_segments(store, running.world, plain)
    if is_staging:  # whoever is in a segment by the stage, is so silently as well
        silent |= {name for name in running.world.segments if any(stages_in(meaning_of(name, plain)))}
    anew = [running.world.segments[name] for name in sorted(silent)]
    counts, stages = {segment.id: 0 for segment in anew}, Counter[str]()
    for keys in store.all_contact_keys() if anew or is_staging else ():
        with store.page("members") as page:
            cases = page.load(keys, now=now, **running.reach(now), everything=True)
            for case in cases:
                if is_staging:  # before the segments, which may name it
                    look_at_stage(case, running.world, now, silently=True)
                    stages[case.contact.stage or ""] += 1
                for segment in anew:
                    counts[segment.id] += look_at_segment(case, running.world, segment, now)
            page.save(cases, now)
    follows = {name: meaning_of(name, plain) for name in running.world.segments}
    if has_stages:
        follows[STAGE_LOOK] = meaning_of_stages(lifecycle, plain)
    _keep_followed(store, follows)
    return counts, {stage["id"]: stages[stage["id"]] for stage in lifecycle["stages"]} if is_staging else {}


def _keep_followed(store: Store, follows: dict[str, Any]) -> None:
    followed = store.setting(FOLLOWED) or {}
    gone = [name for name in followed if name not in follows]
    if gone or follows != followed:
        with store.page("members") as page:
            page.drop_segments(gone)
            page.put_setting(FOLLOWED, follows)


# --- dates and schedules ---------------------------------------------------------------------------


def _set_clocks(store: Store, running: Running, now: datetime) -> None:
    """New dates are worked out for everybody, new schedules begin now; what is past is not made up.

    By which clocks, and by which zone of those who have none, moments were worked out is kept, so that an
    interruption is seen.
    """
    clocks, zone = running.world.clocks, running.world.policy.default_zone
    kept: dict[str, Any] = store.setting(_CLOCKS) or {}
    unread = {id: by for id, by in kept.items() if id.partition("#")[0] in running.unreadable}
    follows = unread | {id: None if clock.schedule else zone for id, (_, clock) in clocks.items()}
    gone = [id for id in kept if id not in follows]
    anew = [id for id in follows if id not in kept or kept[id] != follows[id]]
    if not gone and not anew:
        return
    with store.page("clocks") as page:
        page.drop_moments([*gone, *anew])
        for id in anew:
            if clocks[id][1].schedule is not None:
                page.begin_schedule(id, now - _TICK)
    if any(clocks[id][1].schedule is None for id in anew):
        _work_out_moments(store, running, now)
    with store.page("clocks") as page:
        page.put_setting(_CLOCKS, follows)


def _work_out_moments(store: Store, running: Running, now: datetime) -> None:
    for keys in store.all_contact_keys():
        with store.page("moments") as page:
            cases = page.load(keys, now=now, everything=True)
            for case in cases:
                keep_moments(case, running.world, now)
            page.save(cases, now)


# --- existing: include -----------------------------------------------------------------------------


def _to_include(
    store: Store, workspace: Workspace, before: Mapping[str, JourneyRecord], results: Iterable[Applied]
) -> list[str]:
    """Journeys whose segments' members are to enter: live for the first time, or left by an interruption."""
    waiting = set(store.setting(_INCLUDING) or ())
    for one in results:
        known = before.get(one.journey)
        is_first = known is None or known.first_live_at is None
        file = workspace.journeys.get(one.journey)
        triggers = file.compiled["triggers"] if file is not None and file.compiled is not None else []
        includes = any(trigger.get("existing") == "include" for trigger in triggers)
        if one.change in ("new", "changed") and one.status == "live" and is_first and includes:
            waiting.add(one.journey)
    return sorted(waiting)


def _include_existing(store: Store, running: Running, now: datetime) -> dict[str, int]:
    """`existing: include`: those who match when the journey first becomes live enter, once."""
    waiting = store.setting(_INCLUDING) or []
    entered = {
        id: _include(store, running, running.current[id].journey, now)
        for id in waiting
        if id in running.current
    }
    if waiting:
        with store.page("include") as page:
            page.put_setting(_INCLUDING, [])
    return entered


def _include(store: Store, running: Running, journey: Journey, now: datetime) -> int:
    """Whoever was in the journey before, has been included already by an apply that was interrupted."""
    segments = [t.segment for t in journey.triggers if t.include_existing and t.segment]
    entered = 0
    for keys in store.all_contact_keys():
        with store.page("include") as page:
            cases = page.load(keys, now=now, **running.reach(now), everything=True)
            fresh = [
                case
                for case in cases
                if any(name in case.members and case.members[name].is_member for name in segments)
                and not any(of == journey.id for of, _ in case.past)
            ]
            done = [_included(page, case, running, journey, segments, now) for case in fresh]
            page.save(done, now)
            entered += sum(any(of == journey.id for of, _ in case.past) for case in done)
    return entered


def _included(
    page: Page, case: Case, running: Running, journey: Journey, segments: Iterable[str], now: datetime
) -> Case:
    """Every segment of its that the contact is in asks for it to enter; whose work breaks is left out."""
    try:
        with held_back(case, running.unreadable):
            inside = [name for name in segments if name in case.members and case.members[name].is_member]
            include(case, running.world, journey, inside, Instant(now, now))
    except Exception as error:  # noqa: BLE001  # whatever it is, it stays this contact's own
        tell([(case.contact.id, error)])
        case = page.load([case.key], now=now, everything=True)[0]
        line = TraceLine(now, "", "warned", f"could not enter: {words_of(error)}")
        case.traces.append(TraceEntry(journey.id, None, line))
    return case
