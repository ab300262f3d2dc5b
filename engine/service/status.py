"""Status: what is going on in each journey, from the counters kept with every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engine.calendar.instants import write_instant
from engine.service.captured import captured_channels
from engine.service.settings import Settings
from engine.store.coupons import Pool
from engine.store.database import Store
from engine.store.trials import TrialRecord
from engine.store.versions import JourneyRecord


@dataclass(frozen=True, slots=True)
class StepFigures:
    """How many stand at a step, went through it, and were sent its message."""

    inside: int
    passed: int
    sent: int
    held_out: int
    dropped: Mapping[str, int]  # by reason
    drafted: int = 0  # in shadow: what would have been sent


@dataclass(frozen=True, slots=True)
class JourneyStatus:
    """One journey's figures. `fault`: why its newest file was not taken; the last good version goes on."""

    id: str
    name: str
    status: str
    version: str | None
    entered: int
    inside: int
    converted: int
    held_out: int  # of those that entered
    held_out_converted: int
    left: Mapping[str, int]  # by reason
    not_entered: Mapping[str, int]  # by reason
    steps: Mapping[str, StepFigures]  # in order of the file
    fault: str | None
    faults: int
    record: JourneyRecord  # what its file and what a command says, since when and by whom
    kept: int = 0  # entries that a pause keeps
    captured: tuple[str, ...] = ()  # channels that reach nobody: the config does not say how to send there
    trials: tuple[TrialRecord, ...] = ()  # splits with a winner, the oldest first

    @property
    def sent(self) -> int:
        """Messages released."""
        return sum(step.sent for step in self.steps.values())


def journey_statuses(store: Store, settings: Settings | None = None) -> list[JourneyStatus]:
    """Every journey ever applied, in order of id; with settings also which channels are only captured."""
    kept, trials = store.kept_entries(), store.trials()
    return [
        replace(
            _status(store, record, kept.get(record.id, 0), settings),
            trials=tuple(one for one in trials if one.journey == record.id),
        )
        for record in store.journeys()
    ]


def _status(store: Store, record: JourneyRecord, kept: int, settings: Settings | None) -> JourneyStatus:
    counts = {(step, what): n for (_, step, what), n in store.counters(record.id).items() if n}
    compiled = (store.version(record.version, record.id) if record.version else None) or {}
    ids = [step["id"] for step in compiled.get("steps", ())]
    ids += sorted({step for step, _ in counts} - {*ids, ""})
    steps = {id: _step(counts, id) for id in ids}
    return JourneyStatus(
        id=record.id,
        name=compiled.get("about", {}).get("name", record.id),
        status=record.standing,
        version=record.version,
        entered=counts.get(("", "entered"), 0),
        inside=sum(step.inside for step in steps.values()),
        converted=counts.get(("", "converted"), 0),
        held_out=counts.get(("", "entered:held_out"), 0),
        held_out_converted=counts.get(("", "converted:held_out"), 0),
        left=_by_reason(counts, "", "left:"),
        not_entered=_by_reason(counts, "", "not_entered:"),
        steps=steps,
        fault=record.fault,
        faults=record.fault_count,
        record=record,
        kept=kept,
        captured=() if settings is None else tuple(captured_channels(compiled, settings)),
    )


def _step(counts: Mapping[tuple[str, str], int], id: str) -> StepFigures:
    return StepFigures(
        counts.get((id, "inside"), 0),
        counts.get((id, "passed"), 0),
        counts.get((id, "sent"), 0),
        counts.get((id, "held_out"), 0),
        _by_reason(counts, id, "dropped:"),
        counts.get((id, "drafted"), 0),
    )


def _by_reason(counts: Mapping[tuple[str, str], int], step: str, prefix: str) -> dict[str, int]:
    found = {
        what.removeprefix(prefix): n
        for (at, what), n in counts.items()
        if at == step and what.startswith(prefix)
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def plain_hold(record: JourneyRecord) -> dict[str, Any] | None:
    """What a command says; None when none holds the journey."""
    if record.held is None:
        return None
    return {"status": record.held, "since": _instant(record.held_at), "by": record.held_by}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else write_instant(at)


def plain_trial(one: TrialRecord) -> dict[str, Any]:
    """The machine's form of a split with a winner."""
    return {
        "step": one.step,
        "firing": one.firing or None,
        "metric": one.metric,
        "began": _instant(one.began_at),
        "until": _instant(one.until),
        "decided": _instant(one.decided_at),
        "winner": one.winner,
        "certain": one.is_certain,
        "ways": [{"name": name, "people": people, "hits": hits} for name, people, hits in one.figures],
    }


def plain_pool(pool: Pool) -> dict[str, Any]:
    """The machine's form of a pool of coupon codes."""
    return {"pool": pool.name, "left": pool.left, "taken": pool.taken, "expired": pool.expired}


def plain_status(one: JourneyStatus) -> dict[str, Any]:
    """The machine's form of one journey."""
    return {
        "id": one.id,
        "status": one.status,
        "file": {"status": one.record.status, "since": _instant(one.record.status_at)},
        "command": plain_hold(one.record),
        "kept": one.kept,
        "version": one.version,
        "entered": one.entered,
        "inside": one.inside,
        "sent": one.sent,
        "converted": one.converted,
        "held_out": {"entered": one.held_out, "converted": one.held_out_converted},
        "left": dict(one.left),
        "not_entered": dict(one.not_entered),
        "trials": [plain_trial(trial) for trial in one.trials],
        "faults": one.faults,
        "fault": one.fault,
        "captured": list(one.captured),
        "steps": {
            id: {
                "inside": step.inside,
                "passed": step.passed,
                "sent": step.sent,
                "held_out": step.held_out,
                "dropped": dict(step.dropped),
                "drafted": step.drafted,
            }
            for id, step in one.steps.items()
        },
    }
