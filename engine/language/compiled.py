"""Compiling: the tree of steps becomes a flat list with `next`; its hash is the version.

Only what runs is in the hash: not name, owner, tags or notes (language.md §8).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from engine.conditions.in_segment import definitions_for
from engine.model.message import Attachment, MessageSource
from engine.steps.table import STEPS

#: Header keys that are for people; kept beside the version.
ABOUT = ("name", "description", "owner", "tags", "stage", "activity")

#: Header keys that run, as they are written.
_HEADER = (
    *("starts", "ends", "holdout", "enter_when", "entry_grace", "re_entry", "exit_when", "goal"),
    *("defaults", "product", "tracking"),
)

_COMMON = ("id", "when", "note")


def compile_journey(
    data: Mapping[str, Any], messages: Mapping[str, MessageSource], segments: Mapping[str, Any]
) -> dict[str, Any]:
    """The plain form that `core.bind` understands. `data` has been checked; messages are by step id.

    The segments that its conditions name go in with their definitions: a version stands for itself.
    """
    steps: list[dict[str, Any]] = []
    first = _flatten(data["steps"], None, steps)
    trigger = data["trigger"]
    compiled: dict[str, Any] = {
        "dsl": data["dsl"],
        "journey": data["journey"],
        "priority": data.get("priority", 0),
        "triggers": trigger if isinstance(trigger, list) else [trigger],
        "first": first,
        "steps": steps,
        "messages": {step: _plain_message(source) for step, source in messages.items()},
    }
    for key in _HEADER:
        if data.get(key) is not None:
            compiled[key] = data[key]
    if named := definitions_for(data, segments):
        compiled["segments"] = {name: _condition_of(plain) for name, plain in named.items()}
    compiled["about"] = {key: data[key] for key in ABOUT if key in data}
    return compiled


def has_faulty_segment(compiled: Mapping[str, Any], faulty: frozenset[str]) -> bool:
    """Whether its triggers follow, or its conditions name, a segment whose definition cannot be read."""
    if None in (compiled.get("segments") or {}).values():
        return True
    return any(name in faulty for one in compiled["triggers"] for name in (one.get("segment") or {}).values())


def _condition_of(segment: Any) -> Any:
    """Of a segment only what runs."""
    return None if segment is None else {"when": segment["when"]}


def version_of(compiled: Mapping[str, Any]) -> str:
    """SHA-256 over what runs, as hex."""
    runs = {key: value for key, value in compiled.items() if key != "about"}
    text = json.dumps(runs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _flatten(steps: Sequence[Mapping[str, Any]], after: str | None, flat: list[dict[str, Any]]) -> str | None:
    """Append the steps and all that is nested in them, in order of the file; answers the first one's id."""
    ids = [*(str(step["id"]) for step in steps), after]
    for step, following in zip(steps, ids[1:], strict=True):
        verb = verb_of(step)
        plain: dict[str, Any] = {"id": str(step["id"]), "verb": verb, "next": following}
        if step.get("when") is not None:
            plain["when"] = step["when"]
        data = {key: value for key, value in step.items() if key not in _COMMON}
        flat.append(plain)
        targets: dict[str, str | None] = {}
        for name, path in STEPS[verb].nested(data):
            behind = plain["id"] if STEPS[verb].comes_back else following
            targets[name] = _flatten(_lists_at(data, path) or (), behind, flat)
            data = _without(data, path)
        plain |= {"data": data, "targets": targets}
    return ids[0]


def verb_of(step: Mapping[str, Any]) -> str:
    """The verb of a checked step: its own word first, then a word that may name it."""
    for word in STEPS:
        if word in step:
            return word
    return next(word for word, kind in STEPS.items() if any(key in step for key in kind.keys))


def _lists_at(data: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        data = (
            data.get(part)
            if isinstance(data, Mapping) and isinstance(part, str)
            else data[part]
            if data
            else None
        )
    return data


def _without(data: Any, path: Sequence[str | int]) -> Any:
    """A copy in which the nested steps are gone; an `else` stays as a mark."""
    head, *rest = path
    if isinstance(data, list):
        return [_without(item, rest) if index == head else item for index, item in enumerate(data)]
    if rest:
        return {**data, head: _without(data[head], rest)}
    if head == "else" and len(data) == 1:
        return {"else": []}
    return {key: value for key, value in data.items() if key != head}


def _plain_message(source: MessageSource) -> dict[str, Any]:
    """All of a message that can change what is sent; not where it stands on disk."""
    plain = asdict(source)
    plain["partials"] = dict(source.partials)
    for key in ("file", "body_line"):
        plain.pop(key)
    return {key: value for key, value in plain.items() if value not in (None, {}, ())}


def message_of(plain: Mapping[str, Any]) -> MessageSource:
    """The message of its plain form."""
    attachments = tuple(Attachment(**one) for one in plain.get("attachments", ()))
    return MessageSource(**{**plain, "attachments": attachments})
