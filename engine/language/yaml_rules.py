"""The codes of everything that can be wrong with a file before anybody asks what it means: J001 to J029."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TOO_LARGE: Final = "J001"
ENCODING: Final = "J002"
CONTROL_CHARACTER: Final = "J003"
EMPTY: Final = "J004"
NOT_A_MAPPING: Final = "J005"
MORE_DOCUMENTS: Final = "J006"
TOO_DEEP: Final = "J007"
DUPLICATE_KEY: Final = "J008"
ANCHOR: Final = "J009"
ODD_KEY: Final = "J010"
TAG: Final = "J011"
DIRECTIVE: Final = "J012"
INDENT_CHARACTER: Final = "J013"
INVISIBLE: Final = "J014"
CUT_TEXT: Final = "J015"
LIQUID: Final = "J016"
KEY_WITHOUT_VALUE: Final = "J017"
SPACE_AFTER_COLON: Final = "J018"
SPACE_AFTER_DASH: Final = "J019"
PASTED: Final = "J020"
QUOTES: Final = "J021"
BRACKETS: Final = "J022"
INDENTATION: Final = "J023"
MISSING_COLON: Final = "J024"
COLON_IN_TEXT: Final = "J025"
SPECIAL_START: Final = "J026"
MORE_FAULTS: Final = "J027"
UNREADABLE: Final = "J028"
FRONT_MATTER: Final = "J029"

#: One line for each code, for `explain` and the reference page.
RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        TOO_LARGE: "The file is larger than 1 MiB.",
        ENCODING: "The file is not saved as UTF-8.",
        CONTROL_CHARACTER: "The file holds a control character or an invisible line break.",
        EMPTY: "The file is empty.",
        NOT_A_MAPPING: "The file is something else than `key: value` lines.",
        MORE_DOCUMENTS: "A `---` line begins a second document in the same file.",
        TOO_DEEP: "The file is nested more than 32 levels deep.",
        DUPLICATE_KEY: "A key stands twice in the same place.",
        ANCHOR: "YAML anchors, aliases and merge keys (`&`, `*`, `<<`) are not used here.",
        ODD_KEY: "A key is a list or a mapping instead of plain text.",
        TAG: "YAML tags (`!`) are not used here.",
        DIRECTIVE: "YAML directives (`%` lines) are not used here.",
        INDENT_CHARACTER: "A line is indented with tabs or with invisible spaces of a document.",
        INVISIBLE: "A key or value holds invisible characters.",
        CUT_TEXT: "A ` #` cuts off the rest of a text.",
        LIQUID: "A value with Liquid in it, such as `{{ … }}`, needs quotes.",
        KEY_WITHOUT_VALUE: "Inside { } a key stands without a value, mostly because of a comma in a text.",
        SPACE_AFTER_COLON: "A space is missing after a colon.",
        SPACE_AFTER_DASH: "A space is missing after the dash of a list item.",
        PASTED: "Typographic punctuation pasted from a document stands where YAML needs plain punctuation.",
        QUOTES: "A quote is not closed, closed too early, or holds a backslash that means nothing.",
        BRACKETS: "A bracket is not closed, or a comma is missing or too many.",
        INDENTATION: "A line is indented too far or not far enough.",
        MISSING_COLON: "A line has no colon after its key.",
        COLON_IN_TEXT: "A text holds a colon followed by a space and needs quotes.",
        SPECIAL_START: "A text begins with a character that means something else in YAML and needs quotes.",
        MORE_FAULTS: "There are more faults than are listed.",
        UNREADABLE: "The file cannot be read from some place on.",
        FRONT_MATTER: "The front matter of a message is missing or not closed.",
    }
)
