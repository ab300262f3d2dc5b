"""Mistakes that follow from another: where a key inside { } was lost, what is left of it means nothing."""

from __future__ import annotations

from engine.language.document import Document
from engine.language.yaml_rules import KEY_WITHOUT_VALUE, SPACE_AFTER_COLON
from engine.model.fault import Mistake
from engine.model.source import SourcePosition

_LOST_KEYS = (KEY_WITHOUT_VALUE, SPACE_AFTER_COLON)


def follows_from_lost_key(mistake: Mistake, document: Document) -> bool:
    """Whether a key was lost in the value that this is about, or beside it on the same line."""
    lost = [fault.position for fault in document.faults if fault.rule in _LOST_KEYS]
    if not lost:
        return False
    value, holder = document.value_at(mistake.path), document.value_at(mistake.path[:-1])
    places = [value, holder] if holder.line == holder.end_line else [value]
    return any(_holds(place, one) for place in places for one in lost)


def _holds(outer: SourcePosition, inner: SourcePosition) -> bool:
    start, end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return start <= (inner.line, inner.column) < end
