"""The map of the lifecycle: stages, their contacts, and which activities no live journey covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.language.workspace import Workspace
from engine.service.running import LIFECYCLE
from engine.store.database import Store


@dataclass(frozen=True, slots=True)
class Place:
    """Where a journey says that it belongs, and its status."""

    journey: str
    status: str
    stage: str | None
    activity: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """What a shop should always have on, and the journeys that cover it, with their status."""

    id: str
    journeys: Mapping[str, str]

    @property
    def is_covered(self) -> bool:
        """Whether a journey that is live does it."""
        return "live" in self.journeys.values()


@dataclass(frozen=True, slots=True)
class StageOnMap:
    """One stage. `contacts` is None without a database; `others`: journeys here that name no activity."""

    id: str
    name: str
    contacts: int | None
    activities: tuple[Activity, ...]
    others: Mapping[str, str]

    @property
    def gaps(self) -> list[Activity]:
        """Activities that no live journey covers."""
        return [activity for activity in self.activities if not activity.is_covered]


@dataclass(frozen=True, slots=True)
class LifecycleMap:
    """`nowhere`: contacts in no stage. `homeless`: journeys that say nothing of a stage or an activity."""

    model: str
    stages: tuple[StageOnMap, ...]
    nowhere: int | None
    homeless: Mapping[str, str]


def applied_map(store: Store) -> LifecycleMap:
    """What runs: the lifecycle and the journeys as applied last, contacts as they are now."""
    records = [record for record in store.journeys() if record.version is not None]
    places = []
    for record in records:
        compiled = store.version(record.version or "", record.id) or {}
        places.append(_place(record.id, record.status, compiled.get("about") or {}))
    return _map(store.setting(LIFECYCLE) or {}, places, store.contacts_by_stage())


def written_map(workspace: Workspace) -> LifecycleMap:
    """What the files say, without a database; a journey that cannot be read covers nothing."""
    readable = [journey for journey in workspace.journeys.values() if journey.compiled is not None]
    places = [_place(file.id, file.status, (file.compiled or {}).get("about") or {}) for file in readable]
    return _map(workspace.lifecycle, places, None)


def _place(journey: str, status: str, about: Mapping[str, Any]) -> Place:
    return Place(journey, status, about.get("stage"), about.get("activity"))


def _map(
    lifecycle: Mapping[str, Any], places: Iterable[Place], contacts: Mapping[str | None, int] | None
) -> LifecycleMap:
    stages = lifecycle.get("stages") or ()
    known = list(places)
    return LifecycleMap(
        str(lifecycle.get("model", "")),
        tuple(_stage(stage, known, contacts) for stage in stages),
        None if contacts is None else contacts.get(None, 0),
        {one.journey: one.status for one in known if one.stage is None and one.activity is None},
    )


def _stage(
    plain: Mapping[str, Any], places: list[Place], contacts: Mapping[str | None, int] | None
) -> StageOnMap:
    id = plain["id"]
    return StageOnMap(
        id,
        str(plain.get("name", id)),
        None if contacts is None else contacts.get(id, 0),
        tuple(_activity(name, id, places) for name in plain.get("activities", ())),
        {one.journey: one.status for one in places if one.stage == id and one.activity is None},
    )


def _activity(name: str, stage: str, places: list[Place]) -> Activity:
    """A journey that names the activity without a stage covers it wherever it is."""
    found = [one for one in places if one.activity == name and one.stage in (None, stage)]
    return Activity(name, {one.journey: one.status for one in found})


def plain_map(found: LifecycleMap) -> dict[str, Any]:
    """The machine's form."""
    return {
        "model": found.model or None,
        "stages": [
            {
                "id": stage.id,
                "name": stage.name,
                "contacts": stage.contacts,
                "activities": [
                    {"id": one.id, "covered": one.is_covered, "journeys": dict(one.journeys)}
                    for one in stage.activities
                ],
                "journeys": dict(stage.others),
            }
            for stage in found.stages
        ],
        "no_stage": found.nowhere,
        "journeys_without_stage": dict(found.homeless),
    }
