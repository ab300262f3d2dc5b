"""The codes of faults of structure, and the one list of every code that reading a workspace can give.

Codes are stable: people write them into reviews. Templates have codes of their own (messages/rules.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.conditions import rules as conditions
from engine.core import rules as core
from engine.language import yaml_rules
from engine.steps import rules as steps
from engine.triggers import rules as triggers

UNKNOWN_KEY: Final = "J101"
MISSING_KEY: Final = "J102"
WRONG_TYPE: Final = "J103"
NOT_ALLOWED: Final = "J104"
TOO_FEW: Final = "J105"
TOO_MANY: Final = "J106"
EMPTY: Final = "J107"
SWITCH: Final = "J109"
OUT_OF_RANGE: Final = "J110"
NO_VERB: Final = "J111"
TWO_AT_ONCE: Final = "J112"
DUPLICATE_ID: Final = "J113"
BAD_ID: Final = "J114"
ID_IS_NOT_FOLDER: Final = "J115"
NO_OWNER: Final = "J116"
NO_STEPS: Final = "J117"
UNKNOWN_ZONE: Final = steps.UNKNOWN_ZONE
NO_CATALOG: Final = "J119"
BAD_ADDRESS: Final = "J120"
TWO_TRIGGERS: Final = "J122"
NO_TRIGGER: Final = "J123"
CONDITION_NEEDS_KEY: Final = "J124"
UNREACHABLE: Final = "J125"
BUILT_IN_NAME: Final = "J126"
NEEDS_COMPANION: Final = "J127"
BAD_CODE: Final = "J128"
UNKNOWN_STEP: Final = "J130"
UNKNOWN_REASON: Final = "J131"
TEST_TWICE: Final = "J132"
UNKNOWN_SENDER: Final = "J133"
UNKNOWN_LAYOUT: Final = "J134"
UNKNOWN_STAGE: Final = "J170"
UNKNOWN_ACTIVITY: Final = "J171"
MESSAGE_TWICE: Final = "J135"
NO_BODY: Final = "J136"
ATTACHMENT: Final = "J137"
START_NOT_MANUAL: Final = "J138"
JOURNEY_TWICE: Final = "J140"
MOVED_NOWHERE: Final = "J180"
MOVED_IS_STILL_THERE: Final = "J181"
MOVED_TWICE: Final = "J182"
MOVED_IN_A_CIRCLE: Final = "J183"
MOVED_BUT_PINNED: Final = "J184"
ODD_FILE: Final = "J141"
FOLDER_WITHOUT_JOURNEY: Final = "J142"
ENDS_FIRST: Final = "J145"
IDLE_GRACE: Final = "J146"
STAGE_TWICE: Final = "J172"
STAGE_CIRCLE: Final = "J173"
NOT_A_VARIABLE: Final = "J150"
SIGNATURE_KEY: Final = "J151"
NO_SELECT: Final = "J152"
NO_CONTACT: Final = "J153"
NOTHING_TAKEN: Final = "J154"
UNSIGNED_ID: Final = "J155"
VALUE_WHENCE: Final = "J156"
PAYLOAD_PATH: Final = "J157"
NOT_IN_CATALOG: Final = "J158"
FETCH_ADDRESS: Final = "J159"
NOT_FETCHED: Final = "J160"
UNKNOWN_TOPIC: Final = steps.UNKNOWN_TOPIC
UNREADABLE_TIME: Final = steps.UNREADABLE_TIME

_OWN: Final[Mapping[str, str]] = {
    UNKNOWN_KEY: "A key that is not known at this place.",
    MISSING_KEY: "A key is missing.",
    WRONG_TYPE: "A text, a number, a list or keys and values stand where something else is wanted.",
    NOT_ALLOWED: "A value that is none of those that may stand here.",
    TOO_FEW: "A list, or keys and values, hold too little.",
    TOO_MANY: "A text or a list is longer than it may be.",
    EMPTY: "A key has no value.",
    SWITCH: "`yes`, `no`, `on` or `off` where `true` or `false` is wanted.",
    OUT_OF_RANGE: "A number is too large or too small.",
    NO_VERB: "A step does not say what it does.",
    TWO_AT_ONCE: "Two words stand together of which only one may be used.",
    DUPLICATE_ID: "Two steps have the same id.",
    BAD_ID: "A name cannot be an id.",
    ID_IS_NOT_FOLDER: "The journey is not called like its folder or file.",
    NO_OWNER: "A live journey has no owner.",
    NO_STEPS: "A journey has no steps.",
    NO_CATALOG: "There is no catalog.yaml, so names are not checked.",
    BAD_ADDRESS: "A mail address cannot be one.",
    TWO_TRIGGERS: "A trigger is of two kinds at once.",
    NO_TRIGGER: "A trigger does not say who enters.",
    CONDITION_NEEDS_KEY: "A condition stands without the key that announces it.",
    UNREACHABLE: "A step behind an `end` is never reached.",
    BUILT_IN_NAME: "The catalog declares a name that is built in.",
    NEEDS_COMPANION: "A key stands without another one that it belongs to.",
    BAD_CODE: "A language, country or currency is not written as its code.",
    UNKNOWN_STEP: "A test names a step that the journey does not have.",
    UNKNOWN_REASON: "A test names a reason for leaving, or an outcome, that the journey does not have.",
    TEST_TWICE: "Two tests have the same name.",
    UNKNOWN_SENDER: "The catalog has no such sender.",
    UNKNOWN_LAYOUT: "There is no such layout in `_layouts`.",
    MESSAGE_TWICE: "Two messages have the same name.",
    NO_BODY: "A message has a subject and no text.",
    ATTACHMENT: "An attachment is not there, too large, or of a kind that mail servers turn away.",
    START_NOT_MANUAL: "A `start` of a journey that is not `manual: true`.",
    JOURNEY_TWICE: "Two files describe the same journey.",
    ODD_FILE: "A file has a name that nobody reads.",
    FOLDER_WITHOUT_JOURNEY: "A folder with messages or tests has no journey.yaml.",
    MOVED_NOWHERE: "`moved` or `removed` leads to a step that the journey does not have.",
    MOVED_IS_STILL_THERE: "`moved` or `removed` names a step that is still in the journey.",
    MOVED_TWICE: "`moved` and `removed` name the same old step twice.",
    MOVED_IN_A_CIRCLE: "The lines of `moved` and `removed` lead in a circle.",
    MOVED_BUT_PINNED: "`moved` or `removed` stands beside `in_flight: pin`, under which nobody moves.",
    ENDS_FIRST: "A journey ends before it starts.",
    IDLE_GRACE: "`entry_grace` stands where no trigger is an event.",
    UNKNOWN_STAGE: "The journey says that it belongs to a stage that lifecycle.yaml does not have.",
    UNKNOWN_ACTIVITY: "The journey covers an activity that its stage of lifecycle.yaml does not have.",
    STAGE_TWICE: "Two stages of lifecycle.yaml have the same id.",
    STAGE_CIRCLE: "The rule of a stage asks for the stage.",
    NOT_A_VARIABLE: "A source file holds the secret itself instead of the name of a variable.",
    SIGNATURE_KEY: "A key of `signature` does not go with its scheme, or says nothing that can be checked.",
    NO_SELECT: "A rule of a source has a `when`, and nothing says what it is compared with.",
    NO_CONTACT: "A rule of a source does not say who the contact is.",
    NOTHING_TAKEN: "A rule of a source makes nothing of a payload.",
    UNSIGNED_ID: "What makes a payload unique can be changed by whoever passes it on.",
    VALUE_WHENCE: "A value of a source says nothing, or two things at once, of where it comes from.",
    PAYLOAD_PATH: "A path into a payload cannot be read.",
    NOT_IN_CATALOG: "A source tells more than catalog.yaml names.",
    FETCH_ADDRESS: "A source asks an address, or with a header, that cannot be used.",
    NOT_FETCHED: "A path leads into an answer, and nobody is asked.",
}

#: Code → what it means, in one sentence, of everything that `read_workspace` can find.
RULES: Final[Mapping[str, str]] = {
    **yaml_rules.RULES,
    **_OWN,
    **steps.RULES,
    **triggers.RULES,
    **core.RULES,
    **conditions.RULES,
}
