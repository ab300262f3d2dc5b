"""segments.yaml: named conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions.names import Names
from engine.conditions.table import read_condition
from engine.language import rules
from engine.language.catalog import Catalog
from engine.language.schema import SEGMENT, SEGMENTS
from engine.language.shape import check_shape, shape_of, written_text
from engine.language.typed_texts import with_typed_texts
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake

_SHAPE = shape_of(SEGMENT)


def read_segments(
    text: bytes, file: str, catalog: Catalog
) -> tuple[Mapping[str, Any], frozenset[str] | None, list[Fault]]:
    """Plain definitions by name, the names of all that were tried (also faulty ones), and the faults.

    The names are None when the file cannot be read to its end.
    """
    document = read_yaml(text, file)
    faults = list(document.faults)

    def report(mistake: Mistake) -> None:
        faults.append(document.fault(mistake))

    if not document.is_whole:
        return {}, None, faults
    data = written_text(document.data, SEGMENTS, document, ())
    right: dict[str, Any] = {}
    names = Names(roots=frozenset({"contact"}), attributes=catalog.attributes, events=catalog.events)
    if len(data) == 1 and _is_wrapper(*next(iter(data.items()))):
        report(Mistake(("segments",), rules.WRONG_TYPE, *_WRAPPED, at_key=True))
        return {}, None, faults
    for name, plain in data.items():
        if not check_shape(plain, _SHAPE, (name,), report):
            continue
        if read_condition(plain["when"], (name, "when"), report, names) is not None:
            right[name] = with_typed_texts(plain, names)
    return right, frozenset(data), faults


_WRAPPED = (
    "segments.yaml begins with the names of the segments, without a key above them.",
    "Take the line `segments:` away and write for example `vip: {when: {contact.country: CH}}`.",
)


def _is_wrapper(name: str, plain: Any) -> bool:
    return name == "segments" and (
        isinstance(plain, list) or (isinstance(plain, Mapping) and "when" not in plain)
    )
