"""Time zones by their IANA names, and the way from a wall clock back to an instant.

The one rule that everything else here leans on (language.md §5): a local time that does not exist
becomes the first valid instant after the gap; one that occurs twice means the first.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from engine.model.spelling import suggest

#: The zone of last resort; the same object for every caller.
UTC_ZONE = ZoneInfo("UTC")

#: In the list of IANA, but the name of no place: "Factory" is a clock that nobody has set.
_NOT_PLACES = frozenset({"Factory"})

_SECOND = timedelta(seconds=1)

#: Days are looked at in blocks of so many; what is found out about a block is kept.
_BLOCK = 64
_MARGIN = timedelta(days=2)  # longer than any zone is away from UTC, and than any gap or doubled time
_PROBE = timedelta(days=1)  # nowhere do two changes of the clock lie within four days


def find_zone(name: object) -> ZoneInfo | None:
    """The zone of an IANA name, or None. Spaces around the name are forgiven, other spellings are not.

    Takes any object, because names come from what shops know about their contacts.
    """
    return _find(name) if isinstance(name, str) else None


def zone_of(*names: object) -> tuple[ZoneInfo, str | None]:
    """The first known zone of the names in their order, else UTC; and the first unknown name met on
    the way, which the caller records as a warning. None and empty text are passed over silently.
    """
    unknown: str | None = None
    for name in names:
        zone = find_zone(name)
        if zone is not None:
            return zone, unknown
        if unknown is None and name is not None and name != "":
            unknown = str(name)
    return UTC_ZONE, unknown


def suggest_zone(name: str) -> str | None:
    """The IANA name that somebody probably meant: by case, by city (`new york`), by likeness.

    Abbreviations such as `CEST` look like many names and mean none of them.
    """
    wanted = _plain(name)
    by_plain = _suggestions()
    if wanted in by_plain:
        return by_plain[wanted]
    match = None if name.isupper() and len(wanted) < 6 else suggest(wanted, by_plain)
    return by_plain[match] if match is not None else None


def local_to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which a wall clock in the zone shows this naive local time, or has jumped past it.

    Raises OverflowError at the very ends of the calendar (years 1 and 9999).
    """
    return on_day(local.date(), local.time(), zone)


def on_day(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """`local_to_utc` for a day and a time of day."""
    offset = steady_offset(day, zone)
    if offset is not None:
        return datetime.combine(day, clock, UTC) - offset
    return wall_to_utc(datetime.combine(day, clock.replace(fold=0) if clock.fold else clock, zone), zone)


def again_on_day(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The second instant at which the wall clock shows this time; the only one where it occurs once."""
    return datetime.combine(day, clock.replace(fold=1), zone).astimezone(UTC)


def wall_to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """`local_to_utc` for a wall clock that already carries this zone, with fold 0 (as after adding days)."""
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone) == wall:  # one zone on both sides: Python compares what the clocks show
        return instant
    return _end_of_gap(wall, wall.replace(fold=1).astimezone(UTC), instant, zone)


@lru_cache(maxsize=4096)  # a burst asks for a day or two, for the lengths of a few waits
def are_in_step(day: int, days: int, zone: ZoneInfo) -> bool:
    """Whether `steady_offset` is known, and the same, for the day of this ordinal and so many days later."""
    offset = _offset_of_block(day // _BLOCK, zone)
    return offset is not None and offset == _offset_of_block((day + days) // _BLOCK, zone)


def steady_offset(day: date, zone: ZoneInfo) -> timedelta | None:
    """The zone's offset, if it is the same all through this day and some days before and after it.

    There the wall clock and UTC go in step, so that sums need no conversion: each costs as much as the
    rest of a wait. None means that a change of the clock may be near, and nothing more.
    """
    return _offset_of_block(day.toordinal() // _BLOCK, zone)


@lru_cache(maxsize=4096)
def _offset_of_block(block: int, zone: ZoneInfo) -> timedelta | None:
    try:
        begins = datetime.fromordinal(block * _BLOCK).replace(tzinfo=UTC)
        probe, ends = begins - _MARGIN, begins + timedelta(days=_BLOCK) + _MARGIN
        offset = probe.astimezone(zone).utcoffset()
        while probe <= ends:
            probe += _PROBE
            if probe.astimezone(zone).utcoffset() != offset:
                return None
    except (OverflowError, ValueError):  # the ends of the calendar
        return None
    return offset


def clock_change(since: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant in (since, until] at which the offset changes; None where it is the same at both ends.

    All three are whole seconds, as clocks are changed.
    """
    before = since.astimezone(zone).utcoffset()
    if until.astimezone(zone).utcoffset() == before:
        return None
    while until - since > _SECOND:
        middle = _middle(since, until)
        if middle.astimezone(zone).utcoffset() == before:
            since = middle
        else:
            until = middle
    return until


def _end_of_gap(wall: datetime, before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Halve (before, after] down to the instant at which the clock jumps over `wall`."""
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    while after - before > _SECOND:
        middle = _middle(before, after)
        if middle.astimezone(zone) < wall:
            before = middle
        else:
            after = middle
    return after


def _middle(low: datetime, high: datetime) -> datetime:
    """The whole second halfway; both must be whole seconds, more than one apart."""
    return low + (high - low) // (2 * _SECOND) * _SECOND


@cache
def _names() -> frozenset[str]:
    """The names of IANA from the tzdata package: the same on every machine, and never a path."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(listed) - _NOT_PLACES


@lru_cache(maxsize=4096)  # bounded: contacts can bring any text
def _find(name: str) -> ZoneInfo | None:
    key = name.strip()
    return _load(key) if key in _names() else None


@cache  # one object per zone for the life of the process: ZoneInfo itself keeps only eight
def _load(key: str) -> ZoneInfo:
    return ZoneInfo(key)


@cache
def _suggestions() -> dict[str, str]:
    """What people may type, in plain letters, and the IANA name that they mean by it."""
    places = sorted(name for name in _names() if "/" in name and not name.startswith("Etc/"))
    by_city = {_plain(name.rpartition("/")[2]): name for name in places}
    return by_city | {_plain(name): name for name in places} | {"utc": "UTC", "gmt": "UTC"}


def _plain(name: str) -> str:
    """Small letters without accents, and an underscore for every space."""
    letters = unicodedata.normalize("NFKD", name.strip().casefold().replace(" ", "_"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
