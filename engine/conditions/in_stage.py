"""`{ stage: retention }`: the contact's stage in the lifecycle, as last worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.conditions import rules
from engine.conditions.comparison import COMPARISON
from engine.conditions.contract import Build, Compiled, Kind, Reading
from engine.conditions.known import is_known, read_name
from engine.conditions.names import NO_LIFECYCLE, NO_LIFECYCLE_HELP
from engine.model.fault import Path
from engine.model.predicate import Compare, Predicate, Reference

_WORD = "stage"
_STAGE = Reference(("contact", "stage"))


def stages_in(data: Any, path: Path = ()) -> Iterator[Path]:
    """The places where plain conditions ask for the stage."""
    pairs = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        if key in (_WORD, "contact.stage"):
            yield (*path, key)
        else:
            yield from stages_in(value, (*path, key))


def _read(word: str, data: Any, reading: Reading) -> Predicate | None:
    stage, known = read_name(word, data, "retention", reading), reading.names.stages
    if stage is None:
        return None
    if known is not None and not known:
        return reading.wrong(rules.UNKNOWN_STAGE, NO_LIFECYCLE, NO_LIFECYCLE_HELP)
    help = "Write the `id` of a stage of lifecycle.yaml."
    if not is_known(stage, known, rules.UNKNOWN_STAGE, "lifecycle.yaml has no stage", help, reading):
        return None
    return Compare(_STAGE, "eq", stage)


def _compile(compare: Compare, build: Build) -> Compiled:
    return COMPARISON.compile(compare, build)


STAGE = Kind(
    name="stage",
    words=(_WORD,),
    summary="Asks for the contact's stage in lifecycle.yaml.",
    example="stage: retention\n",
    schema={
        _WORD: {
            "type": ["string", "integer"],
            "minLength": 1,
            "description": "The contact is in this stage of lifecycle.yaml. Example: stage: retention",
        }
    },
    read=_read,
    compile=_compile,
    forms=(),
)
