"""segments.yaml: named conditions; one may name another, as long as none leads back to itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from engine.conditions import rules as condition_rules
from engine.conditions.in_segment import segments_in
from engine.conditions.names import Names
from engine.conditions.table import read_condition
from engine.language import rules
from engine.language.catalog import Catalog
from engine.language.lost_keys import follows_from_lost_key
from engine.language.shape import check_shape, shape_of, written_text
from engine.language.shapes.segments import SEGMENT, SEGMENTS
from engine.language.typed_texts import with_typed_texts
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake, Path

_SHAPE = shape_of(SEGMENT)


def read_segments(
    text: bytes,
    file: str,
    catalog: Catalog,
    journeys: frozenset[str] | None = None,
    stages: frozenset[str] | None = None,
) -> tuple[Mapping[str, Any], frozenset[str] | None, list[Fault]]:
    """Plain definitions by name, the names of all that were tried (also faulty ones), and the faults.

    The names are None when the file cannot be read to its end.
    """
    document = read_yaml(text, file)
    faults = list(document.faults)

    def report(mistake: Mistake) -> None:
        if not follows_from_lost_key(mistake, document):
            faults.append(document.fault(mistake))

    if not document.is_whole:
        return {}, None, faults
    data = written_text(document.data, SEGMENTS, document, ())
    right: dict[str, Any] = {}
    if len(data) == 1 and _is_wrapper(*next(iter(data.items()))):
        report(Mistake(("segments",), rules.WRONG_TYPE, *_WRAPPED, at_key=True))
        return {}, None, faults
    names = Names(
        roots=frozenset({"contact"}),
        attributes=catalog.attributes,
        events=catalog.events,
        segments=dict.fromkeys(data),
        topics=None if catalog.topics is None else frozenset(catalog.topics),
        journeys=journeys,
        is_segment=True,
        stages=stages,
    )
    for name, plain in data.items():
        if not check_shape(plain, _SHAPE, (name,), report):
            continue
        if read_condition(plain["when"], (name, "when"), report, names) is not None:
            right[name] = with_typed_texts(plain, names)
    for mistake in _circles(data):
        report(mistake)
    return _whole(right, data), frozenset(data), faults


def _circles(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Each circle once, at the segment of it that stands first in the file."""
    order = list(data)
    for name in order:
        for circle, path in _ways_back(data, name):
            if order.index(name) == min(map(order.index, circle)):
                message = f"Segment `{name}` leads back to itself: {' → '.join((*circle, name))}."
                help = "Write out the condition in one of them instead of `in_segment`."
                yield Mistake((name, *path), condition_rules.SEGMENT_CYCLE, message, help)
                break


def _ways_back(data: Mapping[str, Any], name: str) -> Iterator[tuple[tuple[str, ...], Path]]:
    """How a segment leads back to itself: the segments on the shortest way, and the place where it begins."""
    for path, first in segments_in(data[name]):
        seen, ways = {first}, deque([(name, first) if first != name else (name,)])
        while ways:
            way = ways.popleft()
            onward = [name] if first == name else [one for _, one in segments_in(data.get(way[-1]))]
            if name in onward:
                yield way, path
                break
            ways.extend((*way, one) for one in onward if one not in seen and one in data)
            seen.update(onward)


def _whole(right: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Those that lead to no segment that is wrong or in a circle."""
    found: dict[str, Any] = {}
    while True:
        more = {
            name: plain
            for name, plain in right.items()
            if name not in found and all(one in found for _, one in segments_in(plain))
        }
        if not more:
            return {name: right[name] for name in data if name in found}
        found |= more


_WRAPPED = (
    "segments.yaml begins with the names of the segments, without a key above them.",
    "Take the line `segments:` away and write for example `vip: {when: {contact.country: CH}}`.",
)


def _is_wrapper(name: str, plain: Any) -> bool:
    return name == "segments" and (
        isinstance(plain, list) or (isinstance(plain, Mapping) and "when" not in plain)
    )
