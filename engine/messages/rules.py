"""The J6xx codes: what may be wrong with the text of a message, one line each, for `explain` and for lint."""

from __future__ import annotations

SYNTAX = "J601"
UNCLOSED = "J602"
UNKNOWN_TAG = "J603"
UNKNOWN_FILTER = "J604"
UNKNOWN_PARTIAL = "J605"
UNKNOWN_LAYOUT = "J606"
LAYOUT_WITHOUT_CONTENT = "J607"
UNSAFE_PLACE = "J608"
TAG_MOVED = "J609"
SUBJECT_OVER_LINES = "J610"
TAKEN_NAME = "J611"
TOO_LARGE = "J612"
UNKNOWN_NAME = "J613"
MJML_ELEMENT = "J620"
MJML_ATTRIBUTE = "J621"
MJML_LIQUID = "J622"
MJML_LAYOUT = "J623"
MJML_FAILED = "J624"
HTML_IN_TEXT = "J625"
NOT_JSON = "J626"

#: Code → what it means, in one sentence.
RULES: dict[str, str] = {
    SYNTAX: "a Liquid expression cannot be read",
    UNCLOSED: "a Liquid block is opened and never closed, or closed and never opened",
    UNKNOWN_TAG: "a Liquid tag that does not exist",
    UNKNOWN_FILTER: "a Liquid filter that does not exist",
    UNKNOWN_PARTIAL: "{% render %} names a text that is not in _layouts",
    UNKNOWN_LAYOUT: "the layout named by the message is not in _layouts",
    LAYOUT_WITHOUT_CONTENT: "a layout without {{ content }} would leave the message out",
    UNSAFE_PLACE: "a value is printed where escaping cannot protect the reader",
    TAG_MOVED: "Markdown would move or drop a Liquid tag",
    SUBJECT_OVER_LINES: "a subject goes over several lines",
    TAKEN_NAME: "a template gives a new value to a name that the engine fills",
    TOO_LARGE: "the text of a message is too large",
    UNKNOWN_NAME: "a template names something that no message knows",
    MJML_ELEMENT: "an element of MJML that does not exist, or not in this place",
    MJML_ATTRIBUTE: "an attribute that its element of MJML does not know",
    MJML_LIQUID: "Liquid stands where MJML would tear it from its place",
    MJML_LAYOUT: "MJML and HTML are mixed in a way that makes no page",
    MJML_FAILED: "no HTML can be made of this MJML",
    HTML_IN_TEXT: "HTML stands in a message for a channel that shows it as it is written",
    NOT_JSON: "the message of a webhook is not JSON",
}
