"""Templates: what they read, what they print, and what they refuse."""

from __future__ import annotations

import pytest

from engine.errors import RenderError
from engine.messages.template import TemplateError, compile_message, compile_text
from tests.unit.messages.letters import NOW, ZURICH, html, rendered, source, text

VALUES = {
    "contact": {"first_name": "Ada"},
    "links": {"unsubscribe": "https://shop.example/u/1", "preferences": "https://shop.example/p/1"},
    "sender": {"postal_address": "Bahnhofstrasse 1, 8001 Zürich"},
}


# --- missing values


@pytest.mark.parametrize(
    "values", [{}, {"contact": {}}, {"contact": {"first_name": None}}, {"contact": None}]
)
def test_missing_and_null_are_false_in_if_and_nothing_to_loop_over(values: dict[str, object]) -> None:
    body = "a{% if contact.first_name %}b{% endif %}{% for x in contact.first_name %}c{% else %}d{% endfor %}"
    assert text(body, **values) == "ad"
    assert text("{% if contact.first_name == null %}yes{% endif %}", **values) == "yes"
    assert text("{% if contact.first_name > 3 %}yes{% else %}no{% endif %}", **values) == "no"
    assert text("{% unless contact.first_name contains 'A' %}no{% endunless %}", **values) == "no"


@pytest.mark.parametrize(
    "values", [{}, {"contact": {}}, {"contact": {"first_name": None}}, {"contact": None}]
)
@pytest.mark.parametrize(
    "printed",
    [
        "{{ contact.first_name }}",
        "{{ contact.first_name | upcase }}",
        "{{ contact.first_name | plus: 1 }}",
        "{{ contact.first_name | size }}",
        "{{ contact.first_name | join: ', ' }}",
        "{{ contact.first_name | money }}",
        "{{ contact.first_name | date: 'short' }}",
        "{{ 'Dear ' | append: contact.first_name }}",
        "{{ 1 | plus: contact.first_name }}",
        "{% echo contact.first_name %}",
        "{% cycle contact.first_name, 'a' %}",
        "{% assign name = contact.first_name %}{{ name }}",
        "{% echo contact.first_name | strip %}",
        "{% capture c %}{{ contact.first_name }}{% endcapture %}",
    ],
)
def test_missing_is_an_error_when_printed(values: dict[str, object], printed: str) -> None:
    with pytest.raises(RenderError) as caught:
        text(printed, **values)
    assert str(caught.value) == (
        "`contact.first_name` is missing for this contact; write {{ contact.first_name | default: 'there' }}"
    )


def test_default_stands_in() -> None:
    assert text("Hi {{ contact.first_name | default: 'there' }}") == "Hi there"
    assert (
        text("Hi {{ contact.nick | default: contact.first_name }}", contact={"first_name": "Ada"}) == "Hi Ada"
    )
    with pytest.raises(RenderError, match=r"`contact\.first_name` is missing"):
        text("Hi {{ contact.nick | default: contact.first_name }}")


def test_errors_name_the_place_of_the_value() -> None:
    with pytest.raises(
        RenderError, match=r"`trigger\.total` is missing in the event that started the journey"
    ):
        text("{{ trigger.total }}")
    with pytest.raises(RenderError, match=r"`p\.price` is missing"):
        text(
            "{% for p in trigger.products %}{{ p.price }}{% endfor %}",
            trigger={"products": [{"name": "Hat"}]},
        )
    with pytest.raises(RenderError, match=r"`picks \| first` is missing"):
        text("{{ picks | first }}", picks=[])


def test_a_record_is_not_printed_as_python() -> None:
    with pytest.raises(RenderError, match=r"`contact\.address` is a whole record"):
        text("{{ contact.address }}", contact={"address": {"city": "Zürich"}})
    with pytest.raises(RenderError, match="whole record"):
        text("{{ trigger.products }}", trigger={"products": [{"name": "Hat"}]})


# --- what a message reads


def test_reads_are_paths_of_all_parts() -> None:
    template = compile_message(
        source(
            "{{ contact.first_name | default: contact.last_name }} {{ now }} {{ locale }}\n\n"
            "{% assign c = trigger.cart %}{{ c.url }}{% render 'row', item: gift %}",
            subject="{{ trigger.total | money: trigger.currency }}",
            preheader="{{ with.teaser }}",
            text="{{ step.first.event.id }} {{ links.view }}",
            layout="shop",
            partials={
                "shop": "{{ sender.postal_address }}{{ content }}",
                "row": "{{ item.code }}{{ product.name }}",
            },
        )
    )
    assert template.reads == {
        ("contact", "first_name"),
        ("contact", "last_name"),
        ("trigger", "cart"),
        ("trigger", "total"),
        ("trigger", "currency"),
        ("with", "teaser"),
        ("step", "first", "event", "id"),
        ("links", "view"),
        ("sender", "postal_address"),
        ("gift",),
        ("product", "name"),
    }


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ("{{ contact[with.key] }}", {("contact",), ("with", "key")}),
        ("{{ trigger.products[0].name }}", {("trigger", "products")}),
        ("{{ trigger.products.size }}", {("trigger", "products")}),
        ("{{ trigger.products.first.name }}", {("trigger", "products")}),
        ("{{ contact.size }}", {("contact", "size")}),
        ("{{ picks.size }}", {("picks",)}),
        ("{{ contact['first name'] }}", {("contact", "first name")}),
        (
            "{% for p in trigger.products %}{{ p.name }}{{ forloop.index }}{% endfor %}",
            {("trigger", "products")},
        ),
        (
            "{% if contact.vip and trigger.total > with.limit %}a{% endif %}",
            {("contact", "vip"), ("trigger", "total"), ("with", "limit")},
        ),
    ],
)
def test_reads_of_one_expression(body: str, reads: set[tuple[str, ...]]) -> None:
    assert compile_text(body).reads == reads


def test_what_is_read_is_enough_to_render() -> None:
    message = source("{% for p in trigger.products %}{{ p.name }} {% endfor %}{{ trigger.products.size }}")
    kept = {"trigger": {"products": [{"name": "Hat"}, {"name": "Shoe"}]}}
    assert compile_message(message).reads == {("trigger", "products")}
    assert rendered(message, **kept).text == "Hat Shoe 2\n"


# --- subjects


def test_subjects_are_text_in_one_line() -> None:
    message = source(subject="{{ contact.first_name }}, <b>50 % & more</b>")
    content = rendered(message, contact={"first_name": "Ada\r\nBcc: eve@evil.example\t\x00\u2028!"})
    assert content.subject == "Ada Bcc: eve@evil.example !, <b>50 % & more</b>"


def test_a_subject_must_not_come_out_empty() -> None:
    with pytest.raises(RenderError, match="subject comes out empty"):
        rendered(source(subject="{% if contact.vip %}Dear VIP{% endif %}"))


# --- layouts


def test_the_shipped_layout_ends_marketing_mail_with_address_and_unsubscribe() -> None:
    content = rendered(source("Hello **{{ contact.first_name }}**", layout=None), **VALUES)
    assert content.html is not None
    assert content.html.startswith("<!DOCTYPE html>")
    assert '<html lang="de-CH">' in content.html
    assert "<title>Your cart</title>" in content.html
    assert content.text == (
        "Hello Ada\n\nBahnhofstrasse 1, 8001 Zürich\n\n"
        "Abmelden (https://shop.example/u/1) · Einstellungen (https://shop.example/p/1)\n"
    )


def test_transactional_mail_has_no_unsubscribe_link() -> None:
    content = rendered(source("Your receipt", layout=None), transactional=True)
    assert content.text == "Your receipt\n"
    assert content.html is not None
    assert "unsubscribe" not in content.html.lower()


def test_marketing_mail_without_an_unsubscribe_link_is_not_made() -> None:
    with pytest.raises(RenderError, match=r"links\.unsubscribe"):
        rendered(source("Hello", layout=None))


@pytest.mark.parametrize(
    ("locale", "word"),
    [("en-US", "Unsubscribe"), ("fr-CH", "Se désabonner"), ("it", "Annulla"), ("pl", "Unsubscribe")],
)
def test_the_shipped_layout_speaks_the_readers_language(locale: str, word: str) -> None:
    assert word in rendered(source("Hello", layout=None), locale, **VALUES).text


def test_the_preheader_is_in_the_html_only() -> None:
    content = rendered(source("Hello", layout=None, preheader="Still {{ n }} & <b>"), n="3 <", **VALUES)
    assert content.html is not None
    assert "Still 3 &lt; & <b></div>" in content.html
    assert "Still" not in content.text


def test_an_own_layout_takes_content_and_preheader() -> None:
    layout = "<i>{{ preheader }}</i><main>{{content}}</main>{% render 'foot', year: 2026 %}"
    message = source("Hi", layout="shop", partials={"shop": layout, "foot": "<p>© {{ year }}</p>"})
    assert rendered(message).html == "<i></i><main><p>Hi</p>\n</main><p>© 2026</p>"


def test_html_messages_have_no_layout_unless_they_name_one() -> None:
    assert rendered(source("<p>Hi</p>", kind="html", layout=None)).html == "<p>Hi</p>"
    named = source("<p>Hi</p>", kind="html", layout="default")
    assert "<!DOCTYPE html>" in str(rendered(named, **VALUES).html)


def test_a_text_file_beside_the_message_is_the_text_part() -> None:
    content = rendered(
        source("# Hi", text="Hello {{ contact.first_name }} & <co>\n"), contact={"first_name": "<Ada>"}
    )
    assert content.text == "Hello <Ada> & <co>\n"


# --- styles


def test_styles_go_into_attributes_when_compiled() -> None:
    styles = "<style>p{color:red} @media print{p{color:blue}}</style>"
    body = styles + '<p class="a" title="{{ a | upcase }}">{{ b }}</p>'
    content = rendered(source(body, kind="html"), a="x", b="y")
    assert content.html is not None
    assert '<p class="a" title="X" style="color: red;">y</p>' in content.html
    assert "@media print" in content.html


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            '<style>.hot{color:red}</style><p class="{{ c }}">x</p>',
            '<p class="hot" style="color: red;">x</p>',
        ),
        ("<style>p{color:{{ c }}}</style><p>x</p>", '<p style="color: hot;">x</p>'),
        (
            '<style>p{color:red}</style>{% if c %}<p id="a">{% else %}<p>{% endif %}x</p>',
            '<p id="a" style="color: red;">x</p>',
        ),
        (
            '<style>p{color:red}</style><p {% if c %}class="a"{% else %}class="b"{% endif %}>x</p>',
            '<p class="a" style="color: red;">x</p>',
        ),
        ("<style>p{color:red}</style>{% render 'part' %}", '<p style="color: red;">hot</p>'),
        (
            "<style>td{color:red}</style>"
            "<table>{% for i in (1..2) %}<tr><td>{{ i }}</td></tr>{% endfor %}</table>",
            '<tr><td style="color: red;">1</td></tr><tr><td style="color: red;">2</td></tr>',
        ),
    ],
)
def test_styles_wait_for_values_where_liquid_decides(body: str, expected: str) -> None:
    message = source(body, kind="html", partials={"part": "<p>{{ c }}</p>"})
    assert expected in str(rendered(message, c="hot").html)


def test_styles_are_never_loaded_from_elsewhere(tmp_path: object) -> None:
    body = f'<link rel="stylesheet" href="{tmp_path}/a.css"><style>p{{color:red}}</style><p>x</p>'
    (tmp_path / "a.css").write_text("p{background:blue}")  # type: ignore[operator]
    assert "blue" not in str(rendered(source(body, kind="html")).html)


# --- faults


def test_an_unusable_message_raises_with_all_faults_and_the_first_place() -> None:
    with pytest.raises(TemplateError) as caught:
        compile_message(source("Hello\n{{ contact.first name }}\n{{ x | mony }}"))
    error = caught.value
    assert (error.file, error.line, error.column) == ("cart/reminder-1.md", 6, 18)
    assert isinstance(error, RenderError)
    assert [fault.rule for fault in error.faults] == ["J601"]


def test_a_text_alone() -> None:
    template = compile_text("Hi {{ contact.first_name }} & co, {{ trigger.total | money }}")
    values = {"contact": {"first_name": "<Ada>"}, "trigger": {"total": 12}}
    written = template.render(values, locale="de-CH", zone=ZURICH, currency="CHF", now=NOW)
    assert written == "Hi <Ada> & co, CHF 12.00"


def test_a_template_renders_again_and_again() -> None:
    template = compile_message(source("{% assign n = 1 %}{% increment x %} {{ contact.first_name }}"))
    first, second = (
        template.render(
            {"contact": {"first_name": name}}, locale="en", zone=ZURICH, currency="USD", now=NOW
        ).text
        for name in ("Ada", "Bob")
    )
    assert (first, second) == ("0 Ada\n", "0 Bob\n")


def test_html_escapes_and_printing_is_html(  # the same body in both worlds
) -> None:
    assert html("{{ a }}", a="<b>&\"'") == "<p>&lt;b&gt;&amp;&#34;&#39;</p>\n"
    assert text("{{ a }}", a="<b>&\"'") == "<b>&\"'"
