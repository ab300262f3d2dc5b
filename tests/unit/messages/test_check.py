"""Faults in the text of a message: each with its place, its words and what to write instead."""

from __future__ import annotations

import pytest

from engine.messages.check import check_source
from engine.messages.rules import RULES
from tests.unit.messages.letters import source


@pytest.mark.parametrize(
    ("body", "rule", "place", "words"),
    [
        ("Hi\n{% if a %}b", "J602", "6:1", "{% if a %} is opened and never closed."),
        ("{% endif %}", "J602", "5:1", "{% endif %} closes nothing."),
        (
            "{% if a %}{% for x in y %}{% endif %}",
            "J602",
            "5:11",
            "{% for x in y %} is opened and never closed.",
        ),
        ("{% if a %}{% end if %}", "J602", "5:11", "{% end if %} is not a tag."),
        ("{% else %}", "J602", "5:1", "{% else %} stands alone."),
        ("{% break %}", "J602", "5:1", "{% break %} stands alone."),
        ("{% raw %}{{ x }}", "J602", "5:1", "{% raw %} is opened and never closed."),
        ("\n\n  {{ contact.first name }}", "J601", "7:20", "There is one word too many."),
        ("{{ a | default 'x' }}", "J601", "5:16", "There is one word too many."),
        ("{{ x", "J601", "5:1", "{{ is never closed."),
        ("{{ }}", "J601", "5:1", "Nothing is named here."),
        ("{{ x | }}", "J601", "5:1", "A `|` without a filter after it."),
        ("{{ “x” }}", "J601", "5:4", "“ is not a quotation mark of Liquid."),
        ("{{ 'abc }}", "J601", "5:4", "A ' is opened and never closed."),
        ("{% if x = 1 %}{% endif %}", "J601", "5:9", "One `=` compares nothing."),
        ("{% if a && b %}{% endif %}", "J601", "5:9", "`&` means nothing here."),
        ("{% for a b %}{% endfor %}", "J601", "5:10", "This loop has no `in`."),
        ("{% assign x %}", "J601", "5:1", "{% assign %} gives nothing."),
        ("{% iff a %}x{% endif %}", "J603", "5:1", "There is no tag `iff`."),
        ("{% include 'x' %}", "J603", "5:1", "There is no tag `include`."),
        ("Hi {{ x | mony }}", "J604", "5:11", "There is no filter `mony`."),
        ("{{ x | safe }}", "J604", "5:8", "There is no filter `safe`."),
        ("{% render 'nope' %}", "J605", "5:1", "There is no partial `nope`."),
        ("{% render nope %}", "J605", "5:1", "A partial is named in quotes."),
        (
            "{% assign contact = 1 %}",
            "J611",
            "5:11",
            "`contact` is filled by the engine and cannot be assigned.",
        ),
        ("<a href={{ x }}>y</a>", "J608", "5:9", "`{{ x }}` stands in `href` without quotes"),
        ('<a onclick="f({{ x }})">y</a>', "J608", "5:15", "`{{ x }}` stands in `onclick`"),
        ("<p {{ x }}>y</p>", "J608", "5:4", "`{{ x }}` stands in the name of an attribute"),
        ("<script>a={{ x }}</script>", "J608", "5:11", "`{{ x }}` stands in a script"),
        ("[a]: {% if x %}b{% endif %}\n\nc", "J609", "5:6", "Markdown would move or drop {% if x %}."),
    ],
)
def test_fault(body: str, rule: str, place: str, words: str) -> None:
    (fault,) = check_source(source(body))
    assert str(fault.position) == f"cart/reminder-1.md:{place}"
    assert fault.rule == rule
    assert fault.message.startswith(words)
    assert fault.help
    assert rule in RULES


def test_one_run_finds_the_faults_of_all_tags() -> None:
    faults = check_source(source("{{ a b }}\n{{ c | }}\n\n{{ d | date: “%d” }}"))
    assert [fault.position.line for fault in faults] == [5, 6, 8]


def test_a_misspelt_filter_gets_a_guess() -> None:
    (fault,) = check_source(source("{{ x | upcse }}"))
    assert fault.help.endswith("Did you mean `upcase`?")


def test_other_texts_are_named() -> None:
    (subject,) = check_source(source(subject="{{ x | foo }}"))
    assert subject.message == "In the subject: there is no filter `foo`."
    (preheader,) = check_source(source(preheader="{{ x"))
    assert preheader.message.startswith("In the preheader: ")
    (partial,) = check_source(source("{% render 'p' %}", partials={"p": "a\n{% if %}"}))
    assert partial.message.startswith("In partial `p`: ")
    assert partial.position.line == 2
    (text,) = check_source(source(text="a\nb {{ c"))
    assert str(text.position) == "cart/reminder-1.txt:2:3"


def test_layouts() -> None:
    (unknown,) = check_source(source(layout="shpo", partials={"shop": "{{ content }}"}))
    assert unknown.rule == "J606"
    assert "Did you mean `shop`?" in unknown.help
    (empty,) = check_source(source(layout="shop", partials={"shop": "<b>hi</b>"}))
    assert empty.rule == "J607"


def test_a_subject_over_two_lines() -> None:
    (fault,) = check_source(source(subject="a\nb"))
    assert fault.rule == "J610"


def test_partials_that_render_each_other_end() -> None:
    partials = {"a": "{% render 'b' %}", "b": "{% render 'a' %}"}
    assert check_source(source("{% render 'a' %}", partials=partials)) == []


@pytest.mark.parametrize(
    "body",
    [
        "{% for i in (1..3) %}{{ i }}{% else %}none{% endfor %}{% liquid\n assign z = 1\n echo z %}",
        "{% increment x %}{% tablerow i in y cols:2 %}a{% endtablerow %}{% cycle 'a', 'b' %}{% # a remark %}",
        "{% unless a %}b{% else %}c{% endunless %}{% case x %}{% when 1, 2 %}a{% else %}b{% endcase %}",
        "{% if (a or b) and not c %}x{% endif %}{%- capture d -%}y{%- endcapture -%}{{- d -}}",
        "{% for a in b %}{% if a %}{% continue %}{% endif %}{% break %}{% endfor %}",
        "{% ifchanged %}a{% endifchanged %}",
        "a }} b %} { { c } } {x}",
        '<a href="{{ x }}" {% if y %}class="z"{% endif %}>y</a><a href=\'{{ x }}\'>z</a>',
    ],
)
def test_what_is_right_has_no_faults(body: str) -> None:
    assert check_source(source(body)) == []
