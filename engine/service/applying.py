"""Apply: the files' journeys become what runs; people inside are carried over, or the journey is refused by name.

An invalid journey is skipped (its last good version goes on) and the others are applied all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from engine.core.advance import Instant
from engine.core.carry import Stranded, carry, changed_steps, stranded
from engine.core.enter import try_to_enter
from engine.core.live import look_at_segment
from engine.errors import FaultyError
from engine.language.journey_file import JourneyFile
from engine.language.workspace import Workspace
from engine.model.fault import Fault
from engine.model.journey import Crossed
from engine.model.policy import Policy
from engine.service.running import CATALOG, SEGMENTS, Running, load_running
from engine.service.faults import faults_of_journey
from engine.store.database import Store
from engine.store.pages import Page
from engine.store.versions import JourneyRecord

log = logging.getLogger(__name__)

Change = Literal["new", "changed", "unchanged", "faulty", "refused", "removed"]

_REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one journey."""

    journey: str
    change: Change
    status: str
    version: str | None
    faults: tuple[Fault, ...] = ()
    refusals: tuple[str, ...] = ()
    moved: int = 0  # contacts carried to the new version


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """All journeys, and what happened to the segments they follow."""

    journeys: tuple[Applied, ...]
    members: Mapping[str, int] = field(default_factory=dict)  # members of each segment looked at anew
    entered: Mapping[str, int] = field(default_factory=dict)  # by `existing: include`

    @property
    def is_clean(self) -> bool:
        """Whether everything was applied."""
        return all(one.change not in ("faulty", "refused") for one in self.journeys)


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
    shared = [fault for fault in workspace.faults if fault.severity == "error" and "catalog" in fault.position.file]
    if shared:
        raise FaultyError("catalog.yaml has faults, and every journey depends on it; nothing was applied", shared)
    before = {record.id: record for record in store.journeys()}
    old_segments = store.setting(SEGMENTS) or {}
    old = {record.id: store.version(record.version, record.id) for record in before.values() if record.version}
    results = []
    with store.page("apply") as page:
        page.put_setting(CATALOG, dict(workspace.catalog.plain))
        page.put_setting(SEGMENTS, _kept_segments(workspace, old_segments))
        for id, file in workspace.journeys.items():
            faults = [f for f in faults_of_journey(file, workspace, files) if f.severity == "error"]
            faults += _faulty_segments(file, workspace)
            results.append(_apply_one(page, file, tuple(faults), before.get(id), old.get(id), commit, now))
        for id, record in before.items():
            if id not in workspace.journeys and record.status != _REMOVED:
                results.append(_remove(page, record, now))
    running = load_running(store, limits, unsubscribe)
    results = [_carry_all(store, running, result, now) for result in results]
    members = _look_at_segments(store, running, old_segments, now)
    entered = _include_existing(store, running, before, now)
    return ApplyReport(tuple(sorted(results, key=lambda one: one.journey)), members, entered)


def _kept_segments(workspace: Workspace, old: Mapping[str, Any]) -> dict[str, Any]:
    """Segments as the files say; of a faulty one the last good definition."""
    faulty = {name: plain for name, plain in old.items() if name in workspace.faulty_segments}
    return {**faulty, **workspace.segments}


def _faulty_segments(file: JourneyFile, workspace: Workspace) -> list[Fault]:
    """A journey that follows a segment whose definition is faulty is as faulty as the segment."""
    triggers = file.compiled["triggers"] if file.compiled is not None else []
    named = {name for trigger in triggers for name in (trigger.get("segment") or {}).values()}
    faulty = named & workspace.faulty_segments
    return [fault for fault in workspace.faults if faulty and fault.severity == "error" and "segments" in fault.position.file]


# --- one journey ---------------------------------------------------------------------------------


def _apply_one(
    page: Page,
    file: JourneyFile,
    faults: tuple[Fault, ...],
    before: JourneyRecord | None,
    old: Mapping[str, Any] | None,
    commit: str | None,
    now: datetime,
) -> Applied:
    id = file.id
    version = before.version if before is not None else None
    status = before.status if before is not None else file.status
    if faults or file.compiled is None or file.version is None:
        first = f"{faults[0].position} {faults[0].message}" if faults else f"{file.file} cannot be read"
        page.set_journey(id, status, version, now, fault=first, fault_count=max(len(faults), 1))
        return Applied(id, "faulty", status, version, faults)
    inside = page.inside(id)
    refusals = _refusals(file, old, inside)
    if refusals:
        page.set_journey(id, status, version, now, fault=refusals[0], fault_count=len(refusals))
        return Applied(id, "refused", status, version, (), refusals)
    page.put_version(id, file.version, file.compiled, commit, now)
    page.set_journey(id, file.status, file.version, now)
    is_same = before is not None and version == file.version and status == file.status
    change: Change = "new" if before is None or version is None else "unchanged" if is_same else "changed"
    return Applied(id, change, file.status, file.version)


def _refusals(file: JourneyFile, old: Mapping[str, Any] | None, inside: Mapping[str, int]) -> tuple[str, ...]:
    """Why the new version cannot take over the people inside."""
    id = file.id
    people = sum(inside.values())
    if people and file.status == "draft":
        return (f"{people} {_people(people)} inside `{id}`, and a draft does not run: set `status: stopping` until they are through",)
    if old is None or file.compiled is None:
        return ()
    return tuple(_refusal(id, one) for one in stranded(old, file.compiled, inside))


def _refusal(id: str, one: Stranded) -> str:
    stand = f"{one.people} {_people(one.people)} at step `{one.step}` of `{id}`"
    if one.becomes is None:
        return f"{stand}, which is gone: keep the step until they are through"
    return f"{stand}, which was a `{one.was}` and is now a `{one.becomes}`: give the new step an id of its own and keep the old one"


def _people(count: int) -> str:
    return "contact stands" if count == 1 else "contacts stand"


def _remove(page: Page, record: JourneyRecord, now: datetime) -> Applied:
    """A journey whose files are gone: removed when nobody is inside, otherwise refused."""
    people = sum(page.inside(record.id).values())
    if people:
        refusal = f"the files of `{record.id}` are gone, but {people} {_people(people)} inside: bring it back with `status: stopping` until they are through"
        page.set_journey(record.id, record.status, record.version, now, fault=refusal, fault_count=1)
        return Applied(record.id, "refused", record.status, record.version, (), (refusal,))
    page.set_journey(record.id, _REMOVED, None, now)
    return Applied(record.id, "removed", _REMOVED, None)


# --- people ----------------------------------------------------------------------------------------


def _carry_all(store: Store, running: Running, result: Applied, now: datetime) -> Applied:
    """Everyone inside who is still on an older version, page by page; also those an interrupted apply left."""
    current = running.current.get(result.journey)
    if current is None or result.change in ("faulty", "refused"):
        return result
    journey = current.journey
    with store.page("carry") as page:
        older = [hash for hash in page.versions_inside(journey.id) if hash != journey.version]
    if not older:
        return result
    forms = {hash: store.version(hash, journey.id) for hash in older}
    changed = {hash: changed_steps(form, journey.compiled) for hash, form in forms.items() if form is not None}
    moved = 0
    for keys in store.keys_inside(journey.id):
        with store.page("carry") as page:
            cases = page.load(keys, now=now, events=running.events, everything=True)
            for case in cases:
                carry(case, running.world, journey, changed, Instant(now, now))
            page.save(cases, now)
            moved += len(cases)
    return replace(result, moved=moved)


def _look_at_segments(store: Store, running: Running, old: Mapping[str, Any], now: datetime) -> dict[str, int]:
    """Members of new or edited segments, worked out silently: an edit fires nothing."""
    new = store.setting(SEGMENTS) or {}
    followed = store.setting("followed") or []
    anew = [s for name, s in running.world.segments.items() if name not in followed or old.get(name) != new.get(name)]
    gone = [name for name in followed if name not in running.world.segments]
    counts = {segment.id: 0 for segment in anew}
    if anew:
        for keys in store.all_contact_keys():
            with store.page("members") as page:
                cases = page.load(keys, now=now, events=running.events, everything=True)
                for case in cases:
                    for segment in anew:
                        counts[segment.id] += look_at_segment(case, segment, now)
                page.save(cases, now)
    with store.page("members") as page:
        if gone:
            page.drop_segments(gone)
        if sorted(running.world.segments) != followed:
            page.put_setting("followed", sorted(running.world.segments))
    return counts


def _include_existing(
    store: Store, running: Running, before: Mapping[str, JourneyRecord], now: datetime
) -> dict[str, int]:
    """`existing: include`: those who match when the journey first becomes live enter, once."""
    entered: dict[str, int] = {}
    for id, version in running.current.items():
        known = before.get(id)
        is_first = version.journey.status == "live" and (known is None or known.first_live_at is None)
        segments = [t.segment for t in version.journey.triggers if t.include_existing and t.segment]
        if not is_first or not segments:
            continue
        entered[id] = 0
        for keys in store.all_contact_keys():
            with store.page("include") as page:
                cases = page.load(keys, now=now, events=running.events, everything=True)
                for case in cases:
                    count = len(case.enrollments)
                    for segment in segments:
                        membership = case.members.get(segment)
                        if membership is not None and membership.is_member:
                            try_to_enter(case, running.world, version.journey, Crossed(segment, True), Instant(now, now), ())
                    entered[id] += len(case.enrollments) - count
                page.save(cases, now)
    return entered
