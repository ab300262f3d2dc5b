"""tests.yaml: the unit tests of a journey, read into cases that `service` runs on a virtual clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.language import rules
from engine.language.schema import TESTS
from engine.language.shape import check_shape, written_text
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake
from engine.model.source import SourcePosition
from engine.model.spelling import did_you_mean


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that must occur: a message of a step, or leaving with a reason. `at` is as written."""

    at: str
    step: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class JourneyTest:
    """One test, times as written: an offset from `start` or a local time in the contact's zone."""

    name: str
    position: SourcePosition
    start: str
    contact: Mapping[str, Any]
    events: tuple[tuple[str, str, Mapping[str, Any]], ...]  # at, event, properties
    expect: tuple[Expected, ...]
    never: tuple[str, ...]
    allow_others: bool
    until: str | None = None
    has_expect: bool = field(default=True)


def read_tests(text: bytes, file: str, steps: tuple[str, ...]) -> tuple[list[JourneyTest], list[Fault]]:
    """The tests and the faults of the file; steps are the journey's ids, for names in `send` and `never`."""
    document = read_yaml(text, file)
    faults = list(document.faults)

    def report(mistake: Mistake) -> None:
        faults.append(document.fault(mistake))

    if not document.data:
        return [], faults
    data = written_text(document.data, TESTS, document, ())
    if not check_shape(data, TESTS, (), report):
        return [], faults
    tests = []
    for index, plain in enumerate(data["tests"]):
        named = [(("expect", i, "send"), e["send"]) for i, e in enumerate(plain.get("expect", ())) if "send" in e]
        named += [(("never", i), step) for i, step in enumerate(plain.get("never", ()))]
        for path, step in named:
            if steps and step not in steps:
                message = f"The journey has no step `{step}`.{did_you_mean(step, steps)}"
                report(Mistake(("tests", index, *path), rules.NOT_ALLOWED, message, "Write the id of one of its steps."))
        tests.append(_test(plain, document.value_at(("tests", index, "name"))))
    return tests, faults


def _test(plain: Mapping[str, Any], position: SourcePosition) -> JourneyTest:
    return JourneyTest(
        name=plain["name"],
        position=position,
        start=plain["start"],
        contact=plain.get("contact", {}),
        events=tuple((event["at"], event["event"], event.get("properties", {})) for event in plain.get("events", ())),
        expect=tuple(Expected(e["at"], e.get("send"), e.get("leave")) for e in plain.get("expect", ())),
        never=tuple(plain.get("never", ())),
        allow_others=plain.get("allow_others", False),
        until=plain.get("until"),
        has_expect="expect" in plain,
    )
