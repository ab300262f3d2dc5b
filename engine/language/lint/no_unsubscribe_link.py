"""Marketing without a link to unsubscribe."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.letters import Letter
from engine.language.lint.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for letter in subject.mails:
        layout = letter.source.layout
        if layout == "default" or (layout is None and letter.source.kind == "markdown"):
            continue
        texts = (letter.source.body, letter.source.partials.get(layout or "none", ""), *_rendered(letter))
        if any("links.unsubscribe" in text or "links.preferences" in text for text in texts):
            continue
        message = f"Marketing with `layout: {layout or 'none'}` shows no link to unsubscribe."
        help = "Put `{{ links.unsubscribe }}` into the layout or the message; the shipped layout has it."
        place = ("layout",) if layout else ()
        yield Finding(place, message, help, file=letter.source.file)


def _rendered(letter: Letter) -> Iterator[str]:
    """Partials, which a layout may take the link from."""
    yield from letter.source.partials.values() if letter.source.layout not in (None, "none") else ()


_STEPS = "steps:\n  - { id: hello, send: email, message: hello }\n"
_MESSAGE = "---\nsubject: Hello\npreheader: From all of us.\nlayout: none\n---\nThank you.\n"
RULE = Rule(
    code="J761",
    group="sending",
    severity="warning",
    meaning="A marketing message has no link to unsubscribe.",
    why="The law asks for it nearly everywhere, and who finds no link presses the spam button instead.",
    example=Example(_STEPS, files={"demo/hello.md": _MESSAGE}),
    clean=Example(
        _STEPS,
        files={"demo/hello.md": _MESSAGE + "\n[Unsubscribe]({{ links.unsubscribe }})\n"},
    ),
    check=check,
)
