"""The codes of the mistakes that conditions can hold; a code never changes its meaning."""

from __future__ import annotations

from collections.abc import Mapping

SHAPE = "J400"
EMPTY = "J401"
UNKNOWN_WORD = "J402"
PATH_SHAPE = "J403"
ROOT_ELSEWHERE = "J404"
UNKNOWN_ATTRIBUTE = "J405"
UNKNOWN_EVENT = "J406"
UNKNOWN_PROPERTY = "J407"
UNKNOWN_STEP = "J408"
UNKNOWN_OPERATOR = "J409"
OPERATOR_MISFIT = "J410"
VALUE_MISFIT = "J411"
VALUE_NOT_LISTED = "J412"
YES_NO = "J413"
NO_VALUE = "J414"
OPERAND_SHAPE = "J415"
ENDS_REVERSED = "J416"
BAD_PATTERN = "J417"
BAD_DURATION = "J418"
BAD_REFERENCE = "J419"
PATH_AS_TEXT = "J420"
TEMPLATE = "J421"
OPERATOR_AS_TEXT = "J422"
DID_MIXED = "J430"
DID_OPTION_ALONE = "J431"
DID_OPTION_UNKNOWN = "J432"
DID_EVENT = "J433"
DID_SINCE = "J434"
DID_COUNT = "J435"
DID_SUM = "J436"
UNKNOWN_SEGMENT = "J440"
SEGMENT_CYCLE = "J441"
UNKNOWN_TOPIC = "J442"
UNKNOWN_CHANNEL = "J443"
UNKNOWN_JOURNEY = "J444"
ONE_NAME = "J445"
ITEMS_NO_LIST = "J446"
ITEMS_WHERE = "J447"
UNKNOWN_PRODUCT_FIELD = "J468"
UNKNOWN_STAGE = "J449"
WHICH_MESSAGE = "J470"
NOT_TRACKED = "J471"
TOLD_FROM_OUTSIDE = "J472"
UNKNOWN_FIELD = "J473"

#: What each code is about, in one line, for the reference.
RULES: Mapping[str, str] = {
    SHAPE: "A condition is not written as keys with values.",
    EMPTY: "A condition or a list of conditions is empty.",
    UNKNOWN_WORD: "A word that no condition begins with.",
    PATH_SHAPE: "A path such as contact.orders is not complete, or goes into something that has no inside.",
    ROOT_ELSEWHERE: "The path begins with something that is not known at this place.",
    UNKNOWN_ATTRIBUTE: "The contact has no such field, and the catalog no such attribute.",
    UNKNOWN_EVENT: "The catalog has no such event.",
    UNKNOWN_PROPERTY: "The catalog gives the event no such property.",
    UNKNOWN_STEP: "The journey has no such step.",
    UNKNOWN_FIELD: "The step remembers nothing of that name.",
    UNKNOWN_OPERATOR: "A word that compares nothing.",
    OPERATOR_MISFIT: "The operator does not fit the type of what it compares.",
    VALUE_MISFIT: "The value is not of the type that it is compared with.",
    VALUE_NOT_LISTED: "The catalog lists the values of this attribute, and this is not among them.",
    YES_NO: "YAML takes yes, no, on and off for text here; write true or false.",
    NO_VALUE: "There is nothing to compare with.",
    OPERAND_SHAPE: "The operator wants another shape of value: a list, a pair, a text, true or false.",
    ENDS_REVERSED: "`between` begins with the larger end.",
    BAD_PATTERN: "The pattern of `matches` cannot be read.",
    BAD_DURATION: "The length of time cannot be read.",
    BAD_REFERENCE: "`{value: …}` or `same_as` does not name a path, or one that can be compared.",
    PATH_AS_TEXT: "A value looks like a path, but is compared as text.",
    TEMPLATE: "Liquid does not run in conditions.",
    OPERATOR_AS_TEXT: "An operator without its brackets, which is compared as a text.",
    DID_MIXED: "`did`, `did_not`, `finished`, `some`, `every`, `none_of` stand alone, but for their options.",
    DID_OPTION_ALONE: "`where`, `within`, `since`, `count` and `sum` belong to a `did`.",
    DID_OPTION_UNKNOWN: "A word that does not go with a condition that stands alone.",
    DID_EVENT: "`did` wants the name of an event.",
    DID_SINCE: "`since` is only `journey_start`, only inside a journey, and not together with `within`.",
    DID_COUNT: "`count` compares with whole numbers.",
    DID_SUM: "`sum` adds up a numeric property of the event and compares with numbers.",
    UNKNOWN_SEGMENT: "segments.yaml has no segment of this name.",
    SEGMENT_CYCLE: "A segment leads back to itself.",
    UNKNOWN_TOPIC: "The catalog has no topic of this name.",
    UNKNOWN_CHANNEL: "There is no such channel that a contact could agree to.",
    UNKNOWN_JOURNEY: "There is no journey of this name.",
    ONE_NAME: "One name is wanted: of a segment, a stage, a topic, a channel or a journey.",
    ITEMS_NO_LIST: "`some`, `every` and `none_of` look through something that is no list.",
    UNKNOWN_PRODUCT_FIELD: "A product has no such field, and the catalog no such attribute of products.",
    UNKNOWN_STAGE: "lifecycle.yaml has no stage of this name.",
    ITEMS_WHERE: "`some`, `every` and `none_of` want a `where`.",
    WHICH_MESSAGE: "`received`, `opened`, `clicked` and `bounced` want a step, journey/step or `any`.",
    NOT_TRACKED: "`opened` and `clicked` need `tracking` in the header of the journey.",
    TOLD_FROM_OUTSIDE: "An event about messages that only other systems tell so far.",
}
