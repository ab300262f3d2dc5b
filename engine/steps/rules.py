"""The codes of mistakes in steps; a code never changes its meaning. Some are used beyond steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNKNOWN_ZONE: Final = "J118"
BAD_NAME: Final = "J301"
NAME_TWICE: Final = "J302"
WHERE_OF_OTHERS: Final = "J303"
ELSE_TOO_EARLY: Final = "J310"
NO_ELSE: Final = "J311"
BRANCH_MAPPING: Final = "J312"
WEIGHTS: Final = "J320"
WAY_TWICE: Final = "J321"
SPLIT_MAPPING: Final = "J322"
WINNER_METRIC: Final = "J325"
WINNER_PER_FIRING: Final = "J326"
UNKNOWN_TOPIC: Final = "J330"
UPDATE_SHAPE: Final = "J340"
UPDATE_OPERAND: Final = "J341"
UPDATE_MISFIT: Final = "J342"
NOT_WRITABLE: Final = "J343"
UNREADABLE_TIME: Final = "J350"
NUMBER_WAIT: Final = "J351"
NEEDS_UNTIL_DATE: Final = "J354"
IF_PAST: Final = "J355"
NEVER_ENDS: Final = "J356"
PATH_MISFIT: Final = "J357"
NO_UP_TO: Final = "J360"
EVENT_ONLY: Final = "J361"
NOT_AN_EVENT: Final = "J362"
UNKNOWN_CHANNEL: Final = "J370"
TWO_MESSAGES: Final = "J371"
NO_MESSAGE: Final = "J372"
NO_SUBJECT: Final = "J373"
UNKNOWN_MESSAGE: Final = "J374"
NO_TOPIC: Final = "J375"
BAD_RECIPIENT: Final = "J376"
LIQUID_IN_WITH: Final = "J377"
EMIT_SHAPE: Final = "J344"
EMIT_BUILT_IN: Final = "J345"
UNKNOWN_PROPERTY: Final = "J346"
GIVEN_SHAPE: Final = "J347"
GIVEN_MISFIT: Final = "J348"
UNKNOWN_JOURNEY: Final = "J331"
STARTS_ITSELF: Final = "J332"
ASSIGN_ATTRIBUTE: Final = "J333"
ASSIGN_TWICE: Final = "J334"
MESSAGE_MISFIT: Final = "J378"
SUBJECT_UNUSED: Final = "J379"
REPEAT_SHAPE: Final = "J323"
REPEAT_WITHOUT_WAIT: Final = "J324"

#: What each code is about, in one line, for the reference.
RULES: Final[Mapping[str, str]] = {
    UNKNOWN_ZONE: "There is no such time zone.",
    BAD_NAME: "A step gives a name that a message cannot use, or uses for something else.",
    NAME_TWICE: "A step gives a name again before any message could show what the name stood for.",
    WHERE_OF_OTHERS: "The `where` of a recommend asks for something else than the product.",
    ELSE_TOO_EARLY: "The `else` of a branch stands before other ways.",
    NO_ELSE: "A branch has no last `else`.",
    BRANCH_MAPPING: "The ways of a branch are not written as a list.",
    WEIGHTS: "The weights of a split do not add up to 100.",
    WAY_TWICE: "Two ways of a split have the same name.",
    SPLIT_MAPPING: "The ways of a split are not written as a list.",
    WINNER_METRIC: "The `winner` of a split is told by something that the journey does not measure.",
    WINNER_PER_FIRING: "`per: firing` stands in a journey that is not entered by schedules alone.",
    UNKNOWN_TOPIC: "The catalog has no such topic.",
    UPDATE_SHAPE: "An update is neither a value nor one of its actions.",
    UPDATE_OPERAND: "An action of an update is given something that it cannot use.",
    UPDATE_MISFIT: "An action of an update does not fit the type of the attribute.",
    NOT_WRITABLE: "The attribute is kept by the engine and cannot be changed.",
    UNREADABLE_TIME: "A duration, a time of day, a span of the day or a day of the week cannot be read.",
    NUMBER_WAIT: "A wait that reads its length from a number lacks the unit, the path or the default.",
    NEEDS_UNTIL_DATE: "A key that goes with `until_date` stands without it.",
    IF_PAST: "`if_past` names no later step.",
    NEVER_ENDS: "The parts of a wait contradict each other.",
    PATH_MISFIT: "A path names a value of another type than is needed.",
    NO_UP_TO: "A wait_for does not say how long at most.",
    EVENT_ONLY: "A key that goes with an event stands beside a condition.",
    NOT_AN_EVENT: "A wait_for is given something else than the name of an event.",
    UNKNOWN_CHANNEL: "There is no such channel.",
    TWO_MESSAGES: "A send has both a message file and a text of its own.",
    NO_MESSAGE: "A send has no message.",
    NO_SUBJECT: "A message written in the step has no subject.",
    UNKNOWN_MESSAGE: "There is no such message beside the journey.",
    NO_TOPIC: "A marketing message names no topic.",
    BAD_RECIPIENT: "`to` is neither an address of the channel nor an attribute.",
    LIQUID_IN_WITH: "Liquid does not run in the values of `with`.",
    EMIT_SHAPE: "The event of an `emit` does not stand directly behind it.",
    EMIT_BUILT_IN: "An `emit` of an event that the engine itself tells.",
    UNKNOWN_PROPERTY: "The catalog gives the emitted event no such property.",
    GIVEN_SHAPE: "A value that a step hands on is not there.",
    GIVEN_MISFIT: "A value that a step hands on does not fit the type of the property.",
    UNKNOWN_JOURNEY: "A `start` of a journey that there is not.",
    STARTS_ITSELF: "A journey starts itself.",
    ASSIGN_ATTRIBUTE: "The attribute of an `assign` cannot hold a name.",
    ASSIGN_TWICE: "A name stands twice in the list of an `assign`.",
    MESSAGE_MISFIT: "A message is of a kind that the channel does not carry.",
    SUBJECT_UNUSED: "A subject is given for a channel that shows none.",
    REPEAT_SHAPE: "A repeat does not say how often, or which steps.",
    REPEAT_WITHOUT_WAIT: "Nothing waits inside a repeat.",
}
