"""Changes of a contact's data, made for good or, in shadow, seen by one enrollment alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from engine.model.contact import BUILT_IN, Answer, Contact
from engine.model.position import Enrollment
from engine.model.result import UNSET, EmitEvent, Enroll, SetAttributes, SetTopics


def with_values(contact: Contact, values: Mapping[tuple[str, ...], Any]) -> Contact:
    """New values of attributes by path; UNSET removes."""
    attributes = dict(contact.attributes)
    built_in: dict[str, Any] = {}
    for path, value in values.items():
        if path[0] in BUILT_IN:
            built_in[path[0]] = None if value is UNSET else value
        else:
            _put(attributes, path, value)
    return replace(contact, attributes=attributes, **built_in)


def with_topics(contact: Contact, topics: Mapping[str, Answer], everything: bool | None) -> Contact:
    """What the contact says of topics; `everything` of all marketing, topics to come included."""
    said: dict[str, Answer] = dict(contact.topics)
    if everything is not None:
        said = {**dict.fromkeys(said, everything), "*": everything}
    return replace(contact, topics={**said, **topics})


def _put(target: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        inner = target.get(part)
        target[part] = inner = dict(inner) if isinstance(inner, dict) else {}
        target = inner
    if value is UNSET:
        target.pop(path[-1], None)
    else:
        target[path[-1]] = value


# --- in shadow ---------------------------------------------------------------------------------


def draft(enrollment: Enrollment, deed: SetAttributes | SetTopics | EmitEvent | Enroll) -> None:
    """Write down in the enrollment what would have changed. Plain JSON: a value, or nothing where it goes.

    What happens to others has no value that the enrollment could see.
    """
    if isinstance(deed, EmitEvent | Enroll):
        return
    drafted = {key: value.copy() for key, value in enrollment.drafted.items()}
    if isinstance(deed, SetAttributes):
        for path, value in deed.values.items():
            kept = [one for one in drafted.get("values", ()) if tuple(one[0]) != path]
            drafted["values"] = [*kept, [list(path)] if value is UNSET else [list(path), value]]
    else:
        if deed.everything is not None:
            drafted["topics"] = {"*": deed.everything}
        drafted["topics"] = {**drafted.get("topics", {}), **deed.topics}
    enrollment.drafted = drafted
    enrollment.is_moved = True


def as_drafted(contact: Contact, enrollment: Enrollment) -> Contact:
    """The contact as the enrollment sees it in shadow."""
    values = {
        tuple(path): given[0] if given else UNSET for path, *given in enrollment.drafted.get("values", ())
    }
    topics = dict(enrollment.drafted.get("topics", {}))
    everything = topics.pop("*", None)
    return with_topics(with_values(contact, values), topics, everything)
