"""The text part made from HTML: what a person without HTML reads."""

from __future__ import annotations

import pytest

from engine.messages.plaintext import text_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("<p>One\n  two</p><p>three</p>", "One two\n\nthree\n"),
        ("a<br>b<br/><br>c", "a\nb\n\nc\n"),
        ("<h1>Hi</h1><p>x</p>", "Hi\n\nx\n"),
        (
            '<p>Go <a href="https://s.example/?a=1&amp;b=2">back</a>.</p>',
            "Go back (https://s.example/?a=1&b=2).\n",
        ),
        ('<a href="https://s.example/">s.example</a>', "s.example\n"),
        ('<a href="mailto:a@s.example">a@s.example</a>', "a@s.example\n"),
        (
            '<a href="https://s.example"><img src="x.png" alt="The shop"></a>',
            "The shop (https://s.example)\n",
        ),
        ('<a href="https://s.example"><img src="x.png"></a>', "https://s.example\n"),
        ('<a href="#top">up</a> <a name="x">y</a>', "up y\n"),
        ("<ul><li>a</li><li>b <b>c</b></li></ul><p>d</p>", "- a\n- b c\n\nd\n"),
        ("<ol><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ol>", "1. a\n  - b\n2. c\n\n  d\n"),
        (
            "<table><tr><th>Item</th><th>Price</th></tr><tr><td> Hat</td>\n<td>12</td></tr></table>",
            "Item | Price\nHat | 12\n",
        ),
        ("<table><tr><td><table><tr><td><p>a</p></td></tr></table></td></tr></table>b", "a\n\nb\n"),
        ("<blockquote><p>q</p></blockquote>r", "> q\n\nr\n"),
        ("<p>a</p><hr><p>b</p>", "a\n\n--------------------\n\nb\n"),
        ("<pre>a\n  b</pre>", "a\n  b\n"),
        ("<head><title>t</title><style>p{}</style></head><!-- c --><script>x</script><p>a</p>", "a\n"),
        ('<div style="display: none">x<br>y<div>z</div></div><p hidden>v</p><p>a</p>', "a\n"),
        ('<p style="overflow: hidden">a</p>', "a\n"),
        ("&lt;b&gt; &amp; &#39;&nbsp;x", "<b> & ' x\n"),
        ("<p>a <b> b </b> c</p>", "a b c\n"),
        ("a &lt;p&gt; b", "a <p> b\n"),
        ("</p></ul></a>a", "a\n"),
    ],
)
def test_text_of(markup: str, text: str) -> None:
    assert text_of(markup) == text


def test_broken_markup_ends_quickly() -> None:
    assert text_of("<a href='" + '"' * 50_000 + "<" * 50_000)
