"""Stages: where a contact is in the lifecycle, looked at when something changes or time may change it."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from engine.core.case import Case, Membership, TraceEntry, World
from engine.core.tell import tell
from engine.model.lifecycle import STAGE_CHANGED, Lifecycle
from engine.model.trace import TraceLine
from engine.model.view import UTC, View

#: Among the memberships this tells when to look at the stage again; no segment is called so.
STAGE_LOOK = "$stage"


def look_at_stage(case: Case, world: World, at: datetime, *, silently: bool = False) -> bool:
    """Work out the stage and when to look again, and keep both; True when it is another stage.

    A new stage is told as an event, unless `silently` or while an edited lifecycle is worked out anew.
    """
    if world.lifecycle is None:
        return False
    view = View(case.contact, at, UTC, case.history, topics=world.policy.topics, elsewhere=case)
    stage, look_at = _stage_of(world.lifecycle, view)
    membership = Membership(stage is not None, look_at)
    if case.members.get(STAGE_LOOK) != membership:
        case.members[STAGE_LOOK] = membership
        case.are_members_changed = True
    before = case.contact.stage
    if stage == before:
        return False
    case.contact = replace(case.contact, stage=stage)
    case.is_contact_changed = True
    if not (silently or world.lifecycle.is_silent):
        _tell(case, before, stage, at)
    return True


def is_stage_to_ask(case: Case, world: World, event: str) -> bool:
    """Whether such an event may change the stage, or it was never asked for, because the contact is new."""
    lifecycle = world.lifecycle
    return lifecycle is not None and (event in lifecycle.events or STAGE_LOOK not in case.members)


def _stage_of(lifecycle: Lifecycle, view: View) -> tuple[str | None, datetime | None]:
    """The first stage that holds, and when time may change that: none behind it matters until then."""
    changes: list[datetime] = []
    for stage in lifecycle.stages:
        change = stage.condition.next_change(view)
        if change is not None:
            changes.append(change)
        if stage.condition.holds(view):
            return stage.id, min(changes, default=None)
    return None, min(changes, default=None)


def _tell(case: Case, before: str | None, stage: str | None, at: datetime) -> None:
    words = f"stage {before or 'none'} → {stage or 'none'}"
    case.traces.append(TraceEntry("", None, TraceLine(at, "", "changed", words)))
    earlier = sum(event.at == at for event in case.told)  # there and back again within one instant
    tell(case, STAGE_CHANGED, {"from": before, "to": stage}, at, source=f"{words} {earlier}")
