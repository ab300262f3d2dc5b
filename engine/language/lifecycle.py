"""lifecycle.yaml: the stages of the shop, the rule of each, and the activities that are always to be on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.conditions.in_segment import segments_in
from engine.conditions.in_stage import stages_in
from engine.conditions.names import Names
from engine.conditions.table import read_condition
from engine.language import rules
from engine.language.catalog import Catalog
from engine.language.lost_keys import follows_from_lost_key
from engine.language.shape import check_shape, shape_of, written_text
from engine.language.shapes.lifecycle import LIFECYCLE
from engine.language.typed_texts import with_typed_texts
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake, Path, Report
from engine.model.lifecycle import STAGE_CHANGED
from engine.model.spelling import did_you_mean

_SHAPE = shape_of(LIFECYCLE)


def read_lifecycle(
    text: bytes,
    file: str,
    catalog: Catalog,
    segments: Mapping[str, Any] | None,
    journeys: frozenset[str] | None,
) -> tuple[Mapping[str, Any] | None, list[Fault]]:
    """The plain definition and the faults; None when an error stands in the way."""
    document = read_yaml(text, file)
    faults = list(document.faults)

    def report(mistake: Mistake) -> None:
        if not follows_from_lost_key(mistake, document):
            faults.append(document.fault(mistake))

    if not document.is_whole:
        return None, faults
    data = written_text(document.data, LIFECYCLE, document, ())
    if isinstance(data.get("stages"), Mapping):
        message = "`stages` needs a list: a contact is in the first stage of it whose condition holds."
        help = (
            "Write a line for each stage: `- {id: retention, when: {did: Order Completed, within: 90 days}}`."
        )
        report(Mistake(("stages",), rules.WRONG_TYPE, message, help))
        return None, faults
    if not check_shape(data, _SHAPE, (), report):
        return None, faults
    names = Names(
        roots=frozenset({"contact"}),
        attributes=catalog.attributes,
        events=catalog.events,
        segments=segments,
        topics=None if catalog.topics is None else frozenset(catalog.topics),
        journeys=journeys,
        is_segment=True,
    )
    _check_ids(data["stages"], report)
    stages = []
    for index, stage in enumerate(data["stages"]):
        circles = list(_circles(stage["when"], ("stages", index, "when"), segments or {}))
        for mistake in circles[:1]:
            report(mistake)
        if not circles:
            read_condition(stage["when"], ("stages", index, "when"), report, names)
        stages.append(with_typed_texts(stage, names))
    is_right = all(fault.severity != "error" for fault in faults)
    return ({**data, "stages": stages} if is_right else None), faults


def read_stage_ids(text: bytes, file: str) -> frozenset[str] | None:
    """The stages that others may name, also where the file has faults; None when it cannot be read."""
    document = read_yaml(text, file)
    stages = document.data.get("stages") if document.is_whole else None
    if not isinstance(stages, list):
        return None
    return frozenset(str(stage["id"]) for stage in stages if isinstance(stage, Mapping) and "id" in stage)


def _check_ids(stages: list[Mapping[str, Any]], report: Report) -> None:
    seen: set[str] = set()
    for index, stage in enumerate(stages):
        if stage["id"] in seen:
            message = f"There are two stages `{stage['id']}`."
            help = "Give each stage an id of its own; one rule can have several cases under `any`."
            report(Mistake(("stages", index, "id"), rules.STAGE_TWICE, message, help))
        seen.add(stage["id"])


def _circles(when: Any, path: Path, segments: Mapping[str, Any]) -> Iterator[Mistake]:
    """Rules that ask for what they decide, themselves or by a segment."""
    help = "Ask for what the contact did or has, for example `{did: Order Completed, within: 90 days}`."
    for place in (*stages_in(when), *_changes_in(when)):
        message = "The rule of a stage cannot ask for the stage: that is what it decides."
        yield Mistake((*path, *place), rules.STAGE_CIRCLE, message, help)
    for place, name in segments_in(when):
        if _asks_for_stage(name, segments, set()):
            message = f"Segment `{name}` asks for the stage, which is what this rule decides."
            yield Mistake((*path, *place), rules.STAGE_CIRCLE, message, help)


def _asks_for_stage(segment: str, segments: Mapping[str, Any], seen: set[str]) -> bool:
    plain = segments.get(segment)
    if plain is None or segment in seen:
        return False
    if any(stages_in(plain)) or any(_changes_in(plain)):
        return True
    return any(_asks_for_stage(name, segments, seen | {segment}) for _, name in segments_in(plain))


def _changes_in(data: Any, path: Path = ()) -> Iterator[Path]:
    """Where the history of stages is asked for."""
    pairs = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        if key in ("did", "did_not") and value == STAGE_CHANGED:
            yield (*path, key)
        else:
            yield from _changes_in(value, (*path, key))


# --- what a journey says of its place ----------------------------------------------------------------


def check_place(data: Mapping[str, Any], lifecycle: Mapping[str, Any], report: Report) -> None:
    """`stage` and `activity` of a journey's header, where there is a lifecycle to look them up in."""
    stages = lifecycle.get("stages")
    if not stages:
        return
    ids = [stage["id"] for stage in stages]
    named = data.get("stage")
    if named is not None and named not in ids:
        message = f"lifecycle.yaml has no stage `{named}`.{did_you_mean(str(named), ids)}"
        help = "Write the `id` of a stage of lifecycle.yaml."
        report(Mistake(("stage",), rules.UNKNOWN_STAGE, message, help))
        named = None
    if data.get("activity") is not None:
        _check_activity(str(data["activity"]), named, stages, report)


def _check_activity(
    activity: str, stage: str | None, stages: list[Mapping[str, Any]], report: Report
) -> None:
    homes = [one["id"] for one in stages if activity in one.get("activities", ())]
    if not homes:
        known = [name for one in stages for name in one.get("activities", ())]
        message = f"No stage of lifecycle.yaml has the activity `{activity}`.{did_you_mean(activity, known)}"
        help = "Write one of its activities, or add it to a stage there."
        report(Mistake(("activity",), rules.UNKNOWN_ACTIVITY, message, help))
    elif stage is not None and stage not in homes:
        message = f"`{activity}` is an activity of `{homes[0]}` in lifecycle.yaml, not of `{stage}`."
        help = f"Write `stage: {homes[0]}`, or add the activity to `{stage}` there."
        report(Mistake(("activity",), rules.UNKNOWN_ACTIVITY, message, help))
