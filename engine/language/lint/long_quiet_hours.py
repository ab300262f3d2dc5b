"""Quiet hours that leave hardly any of the day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.calendar.clock_times import read_span
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.lengths import HOUR, span_seconds
from engine.language.lint.subject import Subject
from engine.model.fault import Path


def check(subject: Subject) -> Iterator[Finding]:
    if "quiet_hours" in subject.defaults:
        yield from _about(("defaults", "quiet_hours"), subject.defaults["quiet_hours"])
    for path, step in subject.steps:
        if "send" in step and "quiet_hours" in step:
            yield from _about((*path, "quiet_hours"), step["quiet_hours"])


def _about(path: Path, written: Any) -> Iterator[Finding]:
    hours = span_seconds(read_span(written)) / HOUR
    if hours > 18:
        message = f"These quiet hours take {hours:.0f} of 24 hours. Are start and end the right way round?"
        start, _, end = str(written).partition("-")
        yield Finding(path, message, f"If so, write `quiet_hours: {end.strip()}-{start.strip()}`.")


RULE = Rule(
    code="J755",
    group="time",
    severity="warning",
    meaning="Quiet hours longer than 18 hours.",
    why="Mostly the two ends are swapped, so that mail goes out exactly at night.",
    example=Example("defaults: { topic: news, quiet_hours: 08:00-05:00 }\n"),
    clean=Example("defaults: { topic: news, quiet_hours: 21:00-08:00 }\n"),
    check=check,
)
