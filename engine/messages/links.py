"""Refuses links that would run code: `javascript:` and its kin, when they come out of data."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from engine.errors import RenderError

#: The beginning of any attribute's value up to its first colon. Begins with a plain `=`, so it is found fast.
_UP_TO_COLON: Final = re.compile(r"""=\s*["']?([^"'<>:/?]{1,200}):""")
_VALUE: Final = re.compile(r"""=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_LEADS_SOMEWHERE: Final = re.compile(
    r"(?:^|[\s\"'/])(?:href|src|action|formaction|poster|background|data|cite|xlink:href)\s*$", re.IGNORECASE
)
_REFUSED: Final = frozenset(
    {"javascript", "vbscript", "livescript", "mocha", "data", "file", "blob", "filesystem"}
)
#: Browsers skip these inside the name of a scheme (WHATWG URL), and readers do not see them.
_SKIPPED: Final = re.compile("[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\ufeff]+")


def code_links_of(text: str) -> frozenset[str]:
    """The links of a text that run code, as written, with their quotes."""
    return frozenset(_code_links(text))


def refuse_code_in_links(rendered: str, written: frozenset[str]) -> None:
    """Raise RenderError for a link that runs code, unless it is among those that the author wrote."""
    for value in _code_links(rendered):
        if value not in written:
            shown = html.unescape(value).strip("\"'")[:60]
            raise RenderError(
                f"a link of this message would run code: {shown!r}",
                help="It comes from data; look at where that value comes from. Links begin with https://.",
            )


def _code_links(text: str) -> Iterator[str]:
    for found in _UP_TO_COLON.finditer(text):
        scheme = _SKIPPED.sub("", html.unescape(found[1])).lower()
        if scheme in _REFUSED and _LEADS_SOMEWHERE.search(text, max(found.start() - 40, 0), found.start()):
            value = _VALUE.match(text, found.start())
            if value:
                yield value[1]
