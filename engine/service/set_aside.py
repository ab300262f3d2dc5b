"""Setting aside: a contact whose work breaks delays no other, a broken journey none of its other journeys.

What broke is tried again, the first time after five minutes, and its reason stands in the contact's trace.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from engine.core.case import Case, Moment, TraceEntry, World
from engine.errors import JourneysError
from engine.model.position import Enrollment
from engine.model.trace import TraceLine

log = logging.getLogger(__name__)

_SHORTEST = timedelta(minutes=5)
_LONGEST = timedelta(hours=6)

#: The work on one case in a world; raises when something in it is broken.
Work = Callable[[Case, World], None]


@contextmanager
def held_back(case: Case, journeys: Collection[str]) -> Iterator[list[Enrollment]]:
    """Do without what belongs to some journeys, or to some versions, for a while: enrollments, and moments at
    which it enters. They are untouched, and back at the end."""
    moments = {moment for moment in case.moments if _journey_of(moment) in journeys}
    case.moments -= moments
    held = [e for e in case.enrollments if e.journey in journeys or e.version in journeys]
    if held:
        case.enrollments = [e for e in case.enrollments if not any(e is other for other in held)]
    try:
        yield held
    finally:
        case.enrollments = [*held, *case.enrollments] if held else case.enrollments
        case.moments |= moments


def without(world: World, journeys: Collection[str]) -> World:
    """The world without some journeys."""
    kept = {id: journey for id, journey in world.journeys.items() if id not in journeys}
    return replace(world, journeys=kept)


def work_around(
    load: Callable[[], Case], suspects: Iterable[str], world: World, work: Work, now: datetime, words: str
) -> Case:
    """Find the journey without which the work succeeds, and set it alone aside; otherwise the whole contact.

    `load` gives the case as it was before the work, every time it is asked.
    """
    for suspect in suspects:
        case = load()
        try:
            with held_back(case, (suspect,)) as held:
                work(case, without(world, (suspect,)))
        except Exception:  # noqa: S112, BLE001  # then another journey is to blame, and `words` says how
            continue
        put_off(held, now)
        put_off_moments(case, now, (suspect,))
        _explain(case, suspect, held, now, words)
        return case
    case = load()
    put_off(case.running(), now)
    put_off_moments(case, now)
    _put_off_looks(case, now)
    _explain(case, "", [], now, words)
    return case


def put_off(enrollments: Iterable[Enrollment], now: datetime) -> None:
    """Try what is due again later: at first soon, then less and less often."""
    for enrollment in enrollments:
        if enrollment.left_at is None and enrollment.due_at is not None and enrollment.due_at <= now:
            enrollment.owed_at = enrollment.owed_at or enrollment.due_at
            enrollment.due_at = now + min(max(now - enrollment.owed_at, _SHORTEST), _LONGEST)
            enrollment.is_moved = True


def put_off_moments(case: Case, now: datetime, journeys: Collection[str] | None = None) -> None:
    """The same for moments that have come, of these journeys or of all."""
    late = {m for m in case.moments if m.at <= now and (journeys is None or _journey_of(m) in journeys)}
    case.moments = (case.moments - late) | {replace(moment, at=now + _SHORTEST) for moment in late}


def _journey_of(moment: Moment) -> str:
    return moment.clock.partition("#")[0]


def _put_off_looks(case: Case, now: datetime) -> None:
    for membership in case.members.values():
        if membership.look_at is not None and membership.look_at <= now:
            membership.look_at = now + _SHORTEST
            case.are_members_changed = True


def _explain(case: Case, journey: str, held: list[Enrollment], now: datetime, words: str) -> None:
    """The reason where people look for it: with the enrollment, if it is a single one."""
    line = TraceLine(now, "", "warned", f"set aside: {words}")
    case.traces.append(TraceEntry(journey, held[0] if len(held) == 1 else None, line))


def words_of(error: Exception) -> str:
    """What to say of an error: ours are written for people, others are named."""
    return error.message if isinstance(error, JourneysError) else f"{type(error).__name__}: {error}"


def tell(broken: Iterable[tuple[str, Exception]]) -> None:
    """One line for all contacts that broke in the same way; the traceback only of what nobody foresaw."""
    counts: Counter[str] = Counter()
    first: dict[str, tuple[str, Exception]] = {}
    for contact, error in broken:
        words = words_of(error)
        counts[words] += 1
        first.setdefault(words, (contact, error))
    for words, count in counts.items():
        contact, error = first[words]
        trace = None if isinstance(error, JourneysError) else error
        more = f" and {count - 1} more" if count > 1 else ""
        log.error("contact %s%s: set aside: %s", contact, more, words, exc_info=trace)
