"""A time zone by an abbreviation, which knows no summer time or is several places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Shop, Subject

_ABBREVIATION: Final = re.compile(r"[A-Z]{3,4}|[A-Z]{3}\d[A-Z]{3}|(?:Etc/)?GMT[+-]\d+")


def check(subject: Subject) -> Iterator[Finding]:
    if _is_short(subject.defaults.get("timezone")):
        yield Finding(("defaults", "timezone"), *_words(subject.defaults["timezone"]))
    for path, step in subject.steps:
        if _is_short(step.get("timezone")):
            yield Finding((*path, "timezone"), *_words(step["timezone"]))


def check_shop(shop: Shop) -> Iterator[Finding]:
    if _is_short(shop.catalog.timezone):
        place = ("defaults", "timezone")
        yield Finding(place, *_words(shop.catalog.timezone), file="journeys/catalog.yaml")


def _is_short(zone: Any) -> bool:
    return isinstance(zone, str) and zone != "UTC" and _ABBREVIATION.fullmatch(zone) is not None


def _words(zone: Any) -> tuple[str, str]:
    message = f"`{zone}` is an abbreviation: some know no summer time, some mean several places."
    return message, "Name the zone by its city, such as `Europe/Zurich`."


RULE = Rule(
    code="J753",
    group="time",
    severity="warning",
    meaning="A time zone is written as an abbreviation.",
    why="`EST` is winter time all year round, so that half the year everything happens an hour off.",
    example=Example("defaults: { topic: news, quiet_hours: 21:00-08:00, timezone: EST }\n"),
    clean=Example("defaults: { topic: news, quiet_hours: 21:00-08:00, timezone: America/New_York }\n"),
    check=check,
    check_shop=check_shop,
)
