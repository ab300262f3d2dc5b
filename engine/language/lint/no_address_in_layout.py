"""A layout of one's own without the postal address."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.mails:
        layout = letter.source.layout
        if layout in (None, "default", "none"):
            continue
        texts = (letter.source.body, *letter.source.partials.values())
        if not any("postal_address" in text for text in texts):
            message = f"Marketing with `layout: {layout}` shows no postal address."
            help = "Put `{{ sender.postal_address }}` into the foot of the layout, as the shipped one does."
            yield Finding(("layout",), message, help, file=letter.source.file)


_STEPS = "steps:\n  - { id: hello, send: email, message: hello }\n"
_MESSAGE = "---\nsubject: Hello\npreheader: From all of us.\nlayout: mine\n---\nThank you.\n"
_LAYOUT = '<p>{{ content }}</p><p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>'
RULE = Rule(
    code="J762",
    group="sending",
    severity="warning",
    meaning="A layout of marketing shows no postal address.",
    why="The sender has one in catalog.yaml, but nobody who gets the mail sees it.",
    example=Example(_STEPS, files={"demo/hello.md": _MESSAGE, "_layouts/mine.html": _LAYOUT + "\n"}),
    clean=Example(
        _STEPS,
        files={
            "demo/hello.md": _MESSAGE,
            "_layouts/mine.html": _LAYOUT + "<p>{{ sender.postal_address }}</p>\n",
        },
    ),
    check=check,
)
