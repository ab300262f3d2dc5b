"""Markdown around Liquid: Markdown is done before the values come, and leaves the tags where they were."""

from __future__ import annotations

from tests.unit.messages.letters import html

PRODUCTS = [{"name": "Hat", "price": 12}, {"name": "Shoe | red", "price": 99.5}]


def test_values_are_never_markdown() -> None:
    name = "[click](http://evil.example) **bold** <script>"
    written = "[click](http://evil.example) **bold** &lt;script&gt;"
    assert html("Dear {{ n }}", n=name) == f"<p>Dear {written}</p>\n"


def test_values_in_links_images_and_emphasis() -> None:
    body = '[Back]({{ u }}?a={{ a | upcase }} "{{ t }}") **{{ t }}** ![{{ t }}]({{ u }}) <{{ u }}>'
    assert html(body, u="https://s.example/", a="x", t="T") == (
        '<p><a href="https://s.example/?a=X" title="T">Back</a> <strong>T</strong> '
        '<img src="https://s.example/" alt="T" /> <a href="https://s.example/">https://s.example/</a></p>\n'
    )


def test_quotes_and_pipes_in_tags_stay() -> None:
    assert html('{{ a | default: "b" | append: \'"c"\' }}') == '<p>b"c"</p>\n'


def test_tags_on_lines_of_their_own_are_outside_paragraphs() -> None:
    body = "One\n{% if a %}\ntwo\n{% elsif b %}\nthree\n{% else %}\nfour\n{% endif %}\nfive"
    assert html(body).split() == ["<p>One</p>", "<p>four</p>", "<p>five</p>"]
    assert html(body, a=1).split() == ["<p>One</p>", "<p>two</p>", "<p>five</p>"]


def test_nothing_is_left_of_a_block_that_is_not_shown() -> None:
    assert html("{% if a %}\ntwo\n{% endif %}").strip() == ""


def test_tags_within_a_line_stay_in_the_paragraph() -> None:
    assert html("One{% if a %} **two**{% endif %} three", a=True) == "<p>One <strong>two</strong> three</p>\n"


def test_rows_of_a_table_are_repeated() -> None:
    row = "{% for p in ps %}\n| {{ p.name }} | {{ p.price | money }} |\n{% endfor %}"
    body = f"| Item | Price |\n|---|--:|\n{row}\n\nend"
    shown = html(body, ps=PRODUCTS)
    assert shown.count("<tr>") == 3
    assert shown.count("<table>") == shown.count("<tbody>") == 1
    assert "<td>Shoe | red</td>" in shown
    assert "CHF\u00a099.50</td>" in shown
    assert shown.endswith("</table>\n<p>end</p>\n")


def test_items_of_a_list_are_repeated_in_one_list() -> None:
    body = "- first\n{% for p in ps %}\n- {{ p.name }}\n{% endfor %}\n- last\n"
    shown = html(body, ps=PRODUCTS)
    assert shown.count("<ul>") == shown.count("</ul>") == 1
    assert [line for line in shown.split("\n") if "<li>" in line] == [
        "<li>first</li>",
        "<li>Hat</li>",
        "<li>Shoe | red</li>",
        "<li>last</li>",
    ]


def test_an_item_that_depends_on_a_condition() -> None:
    body = "1. one\n2. two\n   {% if a %}\n   more\n   {% endif %}\n3. three"
    assert html(body).count("<li>") == 3
    assert "more" in html(body, a=1)
    assert "more" not in html(body)


def test_text_indented_inside_a_condition_is_no_code() -> None:
    assert html("{% if a %}\n    Hello\n{% endif %}", a=1).strip() == "<p>Hello</p>"


def test_raw_liquid_and_comments() -> None:
    assert html("a {% raw %}{{ <b> }}{% endraw %}{% comment %} {{ x }} {% endcomment %} b") == (
        "<p>a {{ &lt;b&gt; }} b</p>\n"
    )


def test_html_of_the_author_is_let_through() -> None:
    body = '<div class="{{ c }}">\n{% if c %}<b>{{ c }}</b>{% endif %}\n</div>\n\n<a href="{{ u }}">x</a>'
    assert html(body, c="k", u="https://s.example") == (
        '<div class="k">\n<b>k</b>\n</div>\n<p><a href="https://s.example">x</a></p>\n'
    )


def test_words_that_look_like_the_hidden_ones_stay_themselves() -> None:
    assert html("lq0z {{ a }} LQQ1z", a="x") == "<p>lq0z x LQQ1z</p>\n"
