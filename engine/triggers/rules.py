"""The codes of mistakes in triggers; a code never changes its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KEY_NOT_OF_EVENT: Final = "J380"
UNKNOWN_SEGMENT: Final = "J381"
EXISTING_ONLY_ENTERS: Final = "J382"
KEY_MISFIT: Final = "J383"
OWN_END: Final = "J384"
UNKNOWN_JOURNEY: Final = "J385"
UNKNOWN_OUTCOME: Final = "J386"
NO_DATE: Final = "J395"
UNREADABLE: Final = "J396"
SCHEDULE_SHAPE: Final = "J397"
UNKNOWN_ZONE: Final = "J398"
UNKNOWN_STAGE: Final = "J387"

#: What each code is about, in one line, for the reference.
RULES: Final[Mapping[str, str]] = {
    KEY_NOT_OF_EVENT: "The `key` of a trigger is no property of its event.",
    UNKNOWN_SEGMENT: "segments.yaml has no such segment.",
    EXISTING_ONLY_ENTERS: "`existing` stands with a trigger on leaving a segment.",
    KEY_MISFIT: "The `key` of a trigger is a list or a map, which tells no two enrollments apart.",
    OWN_END: "A journey is to be entered by its own end.",
    UNKNOWN_JOURNEY: "A trigger follows a journey that is not there.",
    UNKNOWN_OUTCOME: "A trigger follows an outcome with which nobody leaves the other journey.",
    NO_DATE: "The `attribute` of a date trigger is no date.",
    UNREADABLE: "A time, a day, an offset or a cron line of a trigger cannot be read.",
    SCHEDULE_SHAPE: "A schedule does not say when on its days it fires, or says it twice.",
    UNKNOWN_ZONE: "The `timezone` of a schedule is no time zone.",
    UNKNOWN_STAGE: "A trigger follows a stage that lifecycle.yaml does not have.",
}
