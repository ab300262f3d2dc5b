"""`{ in_segment: vip }`: the contact is as a segment of segments.yaml says, now; no membership is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.conditions import rules
from engine.conditions.contract import Build, Compiled, Kind, Reading
from engine.conditions.known import is_known, read_name
from engine.model.fault import Mistake, Path
from engine.model.predicate import AnyOf, InSegment, Predicate

_WORD = "in_segment"
#: Keys of steps with values of any name in them, no conditions.
_CONSTANTS = ("with",)


def segments_in(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The segments that plain conditions name, each with the place of its name, in order of the file."""
    pairs = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        if key == _WORD and isinstance(value, str | int):
            yield (*path, key), str(value)
        elif key not in _CONSTANTS:
            yield from segments_in(value, (*path, key))


def definitions_for(data: Any, segments: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions of all segments that plain data names, and of those that they name, in order of name.

    None stands for one that cannot be read.
    """
    found: dict[str, Any] = {}
    open_ends = [name for _, name in segments_in(data)]
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found[name] = segments.get(name)
            open_ends += [inner for _, inner in segments_in(found[name])]
    return dict(sorted(found.items()))


def _read(word: str, data: Any, reading: Reading) -> Predicate | None:
    """The segment's own condition, read where it is named; its mistakes are told where it stands."""
    name, names = read_name(word, data, "vip", reading), reading.names
    help = "Write a segment of segments.yaml, or add it there."
    no_such = "There is no segment"
    if name is None or not is_known(name, names.segments, rules.UNKNOWN_SEGMENT, no_such, help, reading):
        return None
    plain = (names.segments or {}).get(name)
    if plain is None or name in names.within_segments:
        return InSegment(name, AnyOf(()))
    inside = replace(
        names, roots=frozenset({"contact"}), event=None, within_segments=names.within_segments | {name}
    )
    part = reading.condition(plain["when"], replace(reading, report=_keep_silent, names=inside))
    return InSegment(name, AnyOf(()) if part is None else part)


def _keep_silent(_mistake: Mistake) -> None:
    """A segment is checked in its own file, and again when a stored version is bound."""


def _compile(within: InSegment, build: Build) -> Compiled:
    return build(within.part)


IN_SEGMENT = Kind(
    name="segment",
    words=(_WORD,),
    summary="Asks whether the contact is in a segment of segments.yaml.",
    example="in_segment: vip\n",
    schema={
        _WORD: {
            "type": ["string", "integer"],
            "minLength": 1,
            "description": "The contact is in this segment of segments.yaml. Example: in_segment: vip",
        }
    },
    read=_read,
    compile=_compile,
    forms=(InSegment,),
)
