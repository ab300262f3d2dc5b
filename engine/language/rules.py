"""The codes of faults of structure: what a file may say, before conditions and messages are looked at.

Codes are stable: people write them into reviews. YAML faults are J001–J029 (yaml_rules), conditions have
their own table, templates are J6xx (messages/rules).
"""

from __future__ import annotations

UNKNOWN_KEY = "J101"
MISSING_KEY = "J102"
WRONG_TYPE = "J103"
NOT_ALLOWED = "J104"  # a value that is none of those that may stand there
TOO_FEW = "J105"
TOO_MANY = "J106"
EMPTY_TEXT = "J107"
SHAPE = "J108"  # anything else the schema objects to
SWITCH = "J109"  # yes/no/on/off against a boolean
OUT_OF_RANGE = "J110"
NO_VERB = "J111"
TWO_VERBS = "J112"
DUPLICATE_ID = "J113"
BAD_ID = "J114"
ID_IS_NOT_FOLDER = "J115"
NO_OWNER = "J116"
NO_STEPS = "J117"
UNKNOWN_ZONE = "J118"
NO_CATALOG = "J119"
BAD_ADDRESS = "J120"
UNREADABLE = "J121"
TWO_TRIGGERS = "J122"
NO_TRIGGER = "J123"
UNKNOWN_TOPIC = "J330"
LATER = "J190"  # of the language, but not of this version
LATER_FILE = "J191"
