"""Whatever a contact is called, the HTML of a mail has the same elements as for anybody else."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RenderError
from engine.messages.template import compile_message
from engine.model.message import MessageSource

BODY = """Dear **{{ name }}**, [back]({{ url }} "{{ name }}")

{% if name %}
- {{ name | truncate: 20 }} {{ name | url_decode }} {{ name | newline_to_br | strip_newlines }}
{% endif %}

| a |
|---|
{% for one in list %}
| {{ one | upcase | escape_once }} {{ one | strip_html }} {{ one | split: '' | join: '' }} |
{% endfor %}

<p title="{{ name | append: name }}" class='{{ url }}'>{{ '<i>' | append: name }}</p>
{% capture again %}{{ name }}{% endcapture %}{{ again }} {{ again | downcase }} {{ name | replace: 'a', '<' }}
"""
SOURCE = MessageSource(name="m", kind="markdown", subject="{{ name }}", body=BODY, layout="default")
TEMPLATE = compile_message(SOURCE)

PIECES = [
    "<script>",
    "</p>",
    '"',
    "'",
    "&lt;",
    "&#60;",
    "%3Cb%3E",
    "[x](y)",
    "{{",
    "}}",
    "{%",
    "<!--",
    "-->",
    "]]>",
    " onclick=x ",
    "\\",
    "`",
    "\n\n",
    "| |",
    "&",
    ";",
    "#",
    "a",
    "javascript:",
    "\0",
    "\u2028",
    "ß",
    "😀",
]
NAMES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join) | st.text(
    min_size=1, max_size=30
)


class Elements(HTMLParser):
    """Names of elements and of their attributes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":  # newline_to_br makes them, as it should
            self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(name: str, url: str) -> list[tuple[str, tuple[str, ...]]]:
    values = {"name": name, "url": url, "list": [name, url], "links": {"unsubscribe": "https://s.example/u"}}
    content = TEMPLATE.render(
        values, locale="en", zone=ZoneInfo("UTC"), currency="EUR", now=datetime(2026, 3, 28, tzinfo=UTC)
    )
    assert content.html is not None
    assert "\n" not in content.subject
    parser = Elements()
    parser.feed(content.html)
    return parser.found


USUAL = elements("Ada", "https://s.example/")


@given(NAMES, NAMES)
def test_data_adds_no_element_and_no_attribute(name: str, url: str) -> None:
    try:
        found = elements(name, url)
    except RenderError as refused:
        found = USUAL if {"code", "empty"} & set(refused.message.replace(":", "").split()) else []
    assert found == USUAL
