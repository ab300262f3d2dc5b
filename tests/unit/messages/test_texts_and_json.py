"""Messages that are no mail: texts without HTML, and JSON into which values go as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import RenderError
from engine.messages.check import check_source
from engine.messages.template import TemplateError, compile_message
from engine.model.message import MessageSource
from tests.unit.messages.letters import rendered, source


def message(kind: str, body: str, **others: Any) -> MessageSource:
    return source(body, kind=kind, subject="", layout=None, **others)


def as_json(body: str, **values: Any) -> Any:
    return json.loads(rendered(message("json", body), **values).text)


def test_a_text_stays_as_it_is_written_and_nothing_is_escaped() -> None:
    content = rendered(
        message("text", "\n*Hello* {{ contact.name }} <3 & more\n\n"), contact={"name": "<b>&Ada"}
    )
    assert (content.text, content.html, content.subject) == ("*Hello* <b>&Ada <3 & more", None, "")


def test_a_text_knows_money_and_dates_without_odd_spaces() -> None:
    content = rendered(message("text", "{{ trigger.total | money }}"), trigger={"total": 1234.5})
    assert content.text == "CHF 1'234.50"


def test_a_text_that_comes_out_empty_is_not_sent() -> None:
    with pytest.raises(RenderError, match="empty"):
        rendered(message("text", "{% if contact.vip %}Hello{% endif %}"), contact={})


def test_a_missing_value_is_an_error_in_a_text_and_in_json() -> None:
    for made in (message("text", "{{ contact.name }}"), message("json", '["{{ contact.name }}"]')):
        with pytest.raises(RenderError, match=r"contact\.name"):
            rendered(made, contact={})


@pytest.mark.parametrize("html", ["<b>Hi</b>", "a<br>b", "<a href='x'>y</a>", "</p>"])
def test_html_in_a_text_is_told(html: str) -> None:
    assert [fault.rule for fault in check_source(message("text", html))] == ["J625"]


@pytest.mark.parametrize("text", ["I <3 you", "a < b and c > d", "<https://x.example>", "{{ a }} <- look"])
def test_what_only_looks_like_html_is_text(text: str) -> None:
    assert check_source(message("text", text)) == []


HOSTILE = [
    '", "admin": true, "x": "',
    "\\",
    "\n",
    "}}",
    "{{ contact.secret }}",
    "\u2028",
    "</script>",
    "😀",
    '"',
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_data_and_never_json(value: str) -> None:
    body = '{ "name": "{{ contact.name }}", "note": "Hello {{ contact.name }}!", "fixed": 1 }'
    assert as_json(body, contact={"name": value, "secret": "x"}) == {
        "name": value,
        "note": f"Hello {value}!",
        "fixed": 1,
    }


def test_a_value_alone_keeps_its_kind() -> None:
    body = (
        '{"a": "{{ trigger.n }}", "b": "{{ trigger.list }}", "c": "{{contact}}", '
        '"d": "{{ trigger.no }}", "e": [null, 1.5]}'
    )
    values = {"trigger": {"n": 180, "list": [{"id": 1}], "no": False}, "contact": {"id": "ada"}}
    assert as_json(body, **values) == {
        "a": 180,
        "b": [{"id": 1}],
        "c": {"id": "ada"},
        "d": False,
        "e": [None, 1.5],
    }


def test_with_words_or_filters_around_it_it_is_text() -> None:
    body = (
        '{ "a": "{{ trigger.n | default: 0 }}", "b": "n={{ trigger.n }}", '
        '"c": "{% if trigger.n %}yes{% endif %}" }'
    )
    assert as_json(body, trigger={"n": 180}) == {"a": "180", "b": "n=180", "c": "yes"}


def test_what_it_reads_is_known() -> None:
    template = compile_message(
        message("json", '{ "a": "{{ trigger.n }}", "b": ["{{ contact.name | upcase }}"] }')
    )
    assert template.reads == {("trigger", "n"), ("contact", "name")}


@pytest.mark.parametrize("body", ["{", "{'a': 1}", '{ "a": {{ trigger.n }} }', "", "[1,]"])
def test_what_is_not_json_is_told(body: str) -> None:
    assert [fault.rule for fault in check_source(message("json", body))] == ["J626"]
    with pytest.raises(TemplateError):
        compile_message(message("json", body))


def test_liquid_in_json_is_checked_at_its_line() -> None:
    faults = check_source(message("json", '{\n  "a": "x",\n  "b": "{{ contact.name | upcas }}"\n}'))
    assert [(fault.rule, fault.position.line) for fault in faults] == [("J604", 7)]


def test_json_has_a_limit() -> None:
    with pytest.raises(RenderError, match="1 MB"):
        rendered(message("json", '["{{ trigger.text }}"]'), trigger={"text": "x" * 1_000_001})
