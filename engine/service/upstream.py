"""What runs beside one journey that is tried out: those whose end lets people enter it, and theirs.

Simulate, test and backtest tell of the one journey; the others only bring the contact there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from msgspec import structs

from engine.language.journey_file import JourneyFile
from engine.service.simulate import Simulation
from engine.service.versions import Version, bind_version


def with_upstream(version: Version, journeys: Mapping[str, JourneyFile]) -> list[Version]:
    """The version first, then every journey that leads to it, as if live; a faulty one leads nowhere."""
    found = {version.journey.id: version}
    waiting = [version]
    while waiting:
        for trigger in waiting.pop().journey.triggers:
            file = None if trigger.finished is None else journeys.get(trigger.finished)
            if file is None or file.id in found or file.compiled is None or file.version is None:
                continue
            found[file.id] = bind_version(file.compiled, file.version, "live")
            waiting.append(found[file.id])
    return list(found.values())


def own_part(simulation: Simulation, journey: str) -> Simulation:
    """What came of the one journey; what belongs to none stays."""
    case = simulation.case
    numbers = [number for number, (of, _) in enumerate(case.messages) if of.journey == journey]
    if len(numbers) == len(case.messages) and all(e.journey == journey for e in case.enrollments):
        return simulation
    own = structs.replace(
        case,
        enrollments=[one for one in case.enrollments if one.journey == journey],
        messages=[case.messages[number] for number in numbers],
        traces=[entry for entry in case.traces if entry.journey in ("", journey)],
    )
    again = {old: new for new, old in enumerate(numbers)}
    return replace(
        simulation,
        case=own,
        failures={again[old]: words for old, words in simulation.failures.items() if old in again},
        subjects={again[old]: words for old, words in simulation.subjects.items() if old in again},
    )
