"""A message that would be dropped because it waited for the end of its quiet hours."""

from __future__ import annotations

from collections.abc import Iterator

from engine.conditions.wording import show
from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.lengths import seconds_of, span_seconds
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.letters:
        is_own = "max_lateness" in letter.step
        written = letter.step.get("max_lateness", subject.defaults.get("max_lateness"))
        late, quiet = seconds_of(written), subject.quiet_hours(letter.step)
        if late is not None and quiet is not None and late < span_seconds(quiet):
            message = (
                f"A message held in the quiet hours {quiet.text} may wait longer than "
                f"{show(written)} and is then dropped."
            )
            help = "Make `max_lateness` longer than the quiet hours, for example `24 hours`."
            place = (*letter.path, "max_lateness") if is_own else ("defaults", "max_lateness")
            yield Finding(place, message, help)


RULE = Rule(
    code="J756",
    group="time",
    severity="warning",
    meaning="`max_lateness` is shorter than the quiet hours.",
    why="Who comes to the message in the evening never gets it: by the morning it is too late.",
    example=Example("defaults: { topic: news, quiet_hours: 21:00-08:00, max_lateness: 6 hours }\n"),
    clean=Example("defaults: { topic: news, quiet_hours: 21:00-08:00, max_lateness: 24 hours }\n"),
    check=check,
)
