"""A layout or partial that no message uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.subject import Shop
from engine.language.messages import ENDINGS


def check_shop(shop: Shop) -> Iterator[Finding]:
    if not shop.is_whole:
        return
    layouts = {
        file: file.rpartition("/")[2].rpartition(".")[0] for file in shop.files if "/_layouts/" in file
    }
    if not layouts:
        return
    texts = [content for file, content in shop.files.items() if file.endswith((".yaml", *ENDINGS))]
    for file, name in layouts.items():
        word = re.compile(rb"(?<![\w-])" + re.escape(name.encode()) + rb"(?![\w-])")
        if not any(word.search(text) for text in texts if text is not shop.files[file]):
            message, help = (
                f"No message uses `{name}`.",
                f"Write `layout: {name}` in a message, or delete the file.",
            )
            yield Finding((), message, help, file=file, line=1)


_STEPS = "steps:\n  - { id: hello, send: email, message: hello }\n"
_MESSAGE = "---\nsubject: Hello\npreheader: From all of us.\n%s---\nThank you.\n"
_LAYOUT = (
    "<p>{{ content }}</p><p>{{ sender.postal_address }}</p>"
    '<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>\n'
)
RULE = Rule(
    code="J792",
    group="references",
    severity="info",
    meaning="No message uses a layout or partial.",
    why="Whoever improves it wonders why no letter changes.",
    example=Example(_STEPS, files={"demo/hello.md": _MESSAGE % "", "_layouts/winter.html": _LAYOUT}),
    clean=Example(
        _STEPS, files={"demo/hello.md": _MESSAGE % "layout: winter\n", "_layouts/winter.html": _LAYOUT}
    ),
    check_shop=check_shop,
)
