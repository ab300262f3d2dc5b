"""MJML: what becomes of it, where Liquid may stand in it, and that it loads nothing."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from engine.messages.check import check_source
from engine.messages.mjml_words import ATTRIBUTES, HTML_INSIDE, INSIDE
from engine.messages.template import TemplateError, compile_message
from engine.model.message import Content, MessageSource
from tests.unit.messages.letters import rendered, source

PAGE = "<mjml><mj-body><mj-section><mj-column>%s</mj-column></mj-section></mj-body></mjml>"


def mjml(body: str, **others: Any) -> MessageSource:
    return source(body, kind="mjml", **({"layout": None} | others))


def made(body: str, **values: Any) -> Content:
    return rendered(mjml(body), **values)


class _Balance(HTMLParser):
    """An independent look at the page: every element that is opened is closed, in order."""

    VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str | None) -> _Balance:
    assert html is not None
    parser = _Balance()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def test_mjml_becomes_a_page_of_tables_with_a_text_part() -> None:
    content = made(
        PAGE % '<mj-text>Hello <b>Ada</b></mj-text><mj-button href="https://x.example">Go</mj-button>'
    )
    page = read(content.html)
    assert "mj-" not in "".join(tag for tag, _ in page.seen)
    assert ("a", "https://x.example") in [(tag, attributes.get("href")) for tag, attributes in page.seen]
    assert content.text == "Hello Ada\n\nGo (https://x.example)\n"


def test_liquid_runs_for_each_contact_and_values_are_escaped() -> None:
    body = PAGE % "<mj-text>Hello {{ contact.first_name }}</mj-text>"
    template = compile_message(mjml(body))
    assert ("contact", "first_name") in template.reads
    assert "Hello &lt;b&gt;" in str(made(body, contact={"first_name": "<b>"}).html)
    assert "Hello Ada" in str(made(body, contact={"first_name": "Ada"}).html)


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize(
    "body",
    [
        "<mjml><mj-body>{% for p in trigger.products %}<mj-section><mj-column><mj-text>[{{p.name}}]</mj-text>"
        "</mj-column></mj-section>{% endfor %}</mj-body></mjml>",
        "<mjml><mj-body><mj-section>{% for p in trigger.products %}<mj-column><mj-text>[{{p.name}}]</mj-text>"
        "</mj-column>{% endfor %}</mj-section></mj-body></mjml>",
        PAGE % "{% for p in trigger.products %}<mj-text>[{{p.name}}]</mj-text>{% endfor %}",
        PAGE % "<mj-text>{% for p in trigger.products %}[{{p.name}}]{% endfor %}</mj-text>",
        PAGE
        % "<mj-table>{% for p in trigger.products %}<tr><td>[{{p.name}}]</td></tr>{% endfor %}</mj-table>",
        "<mjml><mj-body><mj-hero>{% for p in trigger.products %}<mj-text>[{{p.name}}]</mj-text>{% endfor %}"
        "</mj-hero></mj-body></mjml>",
    ],
    ids=["sections", "columns", "texts", "inside a text", "rows", "in a hero"],
)
def test_a_loop_stays_around_what_it_encloses(body: str, count: int) -> None:
    products = [{"name": f"p{number}"} for number in range(count)]
    content = made(body, trigger={"products": products})
    read(content.html)
    assert [f"[p{number}]" in content.text for number in range(4)] == [number < count for number in range(4)]
    assert content.text.count("[") == count


def test_a_condition_inside_an_address_stays_there() -> None:
    button = (
        '<mj-button href="https://x.example/{% if contact.vip %}vip{% else %}all{% endif %}">Go</mj-button>'
    )
    assert "https://x.example/vip" in str(made(PAGE % button, contact={"vip": True}).html)
    assert "https://x.example/all" in str(made(PAGE % button, contact={"vip": False}).html)


def test_html_inside_a_text_may_be_as_people_write_it() -> None:
    content = made(PAGE % "<mj-text>a < b &nbsp;<br>x<ul><li>one<li>two</ul></mj-text>")
    assert "- one\n- two" in content.text


def test_comments_are_for_the_author() -> None:
    content = made(PAGE % "<!-- ask Ben {{ contact.nothing }} --><mj-text>Hello</mj-text>")
    assert "Ben" not in str(content.html)


def test_styles_are_inlined_only_where_mjml_says_so() -> None:
    head = (
        '<mj-head><mj-style inline="inline">.a { color: #123456 }</mj-style>'
        "<mj-style>.b { color: #654321 }</mj-style></mj-head>"
    )
    body = '<mj-text css-class="a">A</mj-text><mj-text css-class="b">B</mj-text>'
    page = read(made((PAGE % body).replace("<mj-body>", f"{head}<mj-body>")).html)
    by_class = {attributes.get("class"): attributes.get("style") or "" for _, attributes in page.seen}
    assert "#123456" in by_class["a"]
    assert "#654321" not in by_class["b"]
    html = str(made((PAGE % body).replace("<mj-body>", f"{head}<mj-body>")).html)
    assert ".b { color: #654321 }" in html
    assert "data-css-inline" not in html
    assert "@media" in html


def test_nothing_is_loaded_and_no_font_comes_from_elsewhere() -> None:
    assert "fonts.googleapis" not in str(made(PAGE % "<mj-text>Hello</mj-text>").html)
    for path in ("/etc/passwd", "../../etc/passwd", "https://x.example/a.mjml", "file:///etc/passwd"):
        with pytest.raises(TemplateError, match="There is no part"):
            compile_message(mjml(PAGE % f'<mj-include path="{path}" />'))


def test_a_part_that_puts_itself_in_is_told() -> None:
    partials = {"a": '<mj-include path="b" />', "b": '<mj-include path="a" />'}
    with pytest.raises(TemplateError, match="puts itself in"):
        compile_message(mjml(PAGE % '<mj-include path="a" />', partials=partials))


def test_a_layout_in_mjml_takes_mjml_or_markdown() -> None:
    section = "<mj-section><mj-column><mj-text>%s</mj-text></mj-column></mj-section>"
    for_mjml = {"shop": "<mjml><mj-body>{{ content }}" + section % "Bye" + "</mj-body></mjml>"}
    for_text = {"shop": PAGE % "<mj-text>{{ content }}</mj-text><mj-text>Bye</mj-text>"}
    assert rendered(mjml(section % "Hello", layout="shop", partials=for_mjml)).text == "Hello\n\nBye\n"
    assert rendered(source("Hello *Ada*", layout="shop", partials=for_text)).text == "Hello Ada\n\nBye\n"


def test_a_value_may_not_stand_where_it_could_become_code() -> None:
    faults = check_source(mjml(PAGE % '<mj-raw><a onclick="{{ contact.x }}">x</a></mj-raw>'))
    assert [fault.rule for fault in faults] == ["J608"]


def test_the_table_of_words_is_whole() -> None:
    assert set().union(*INSIDE.values()) <= ATTRIBUTES.keys()
    assert ATTRIBUTES.keys() >= HTML_INSIDE


@pytest.mark.parametrize(
    "name", sorted(set().union(*INSIDE.values()) - {"mjml", "mj-head", "mj-body", "mj-raw"})
)
def test_every_element_of_the_table_is_one_that_mrml_makes(name: str) -> None:
    """What mrml does not know it passes through as it is; each known element becomes something else."""
    inner = "x" if name in HTML_INSIDE else ""
    text = f"<{name}>{inner}</{name}>" if inner else f"<{name} />"
    while True:
        home = next(home for home, names in INSIDE.items() if name in names and home)
        text, name = f"<{home}>{text}</{home}>", home
        if home == "mjml":
            break
    if "<mj-body" not in text:
        text = text.replace("</mjml>", "<mj-body></mj-body></mjml>")
    html = str(made(text).html)
    assert "<mj-" not in html
