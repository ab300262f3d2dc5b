"""Makes the text part of a mail from its HTML: paragraphs, lists, `words (address)` for links, no styles.

A writer of our own over one regular expression: the HTML is what we just rendered, and a parser for arbitrary
HTML would cost ten times as much for each message.
"""

from __future__ import annotations

import html
import re
from typing import Final

from engine.messages.places import MARKUP

_DISPLAY_NONE: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_VALUE: Final = r"""\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
_HREF: Final = re.compile(r"\bhref" + _VALUE, re.IGNORECASE)
_ALT: Final = re.compile(r"\balt" + _VALUE, re.IGNORECASE)
_SPACES: Final = re.compile(r"[ \t\r\n\f\u00a0\u202f\u00ad\u034f\u200b\u200c\ufeff]+")
_VOID: Final = frozenset("area base br col embed hr img input link meta source track wbr".split())
_APART: Final = frozenset(
    "p h1 h2 h3 h4 h5 h6 blockquote table pre figure section article header footer".split()
)
_LINES: Final = frozenset("div tr li dt dd caption center main nav address form fieldset body html".split())
_LISTS: Final = frozenset({"ul", "ol"})


class _Writer:
    """Takes the HTML piece by piece and keeps the lines written so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.lists: list[int] = []  # for each open list its next number, or 0 for bullets
        self.quotes = 0
        self.verbatim = 0
        self.skipping: list[str] = []  # open elements inside one that is not shown
        self.links: list[tuple[str, int, int]] = []  # address, and where its words begin
        self.bullet = ""
        self.is_item_start = False
        self.cell_due = False

    # --- text

    def text(self, raw: str) -> None:
        if self.skipping:
            return
        if self.verbatim:
            self._verbatim(html.unescape(raw))
            return
        words = " " if raw.isspace() else _SPACES.sub(" ", html.unescape(raw) if "&" in raw else raw)
        if words and words != " ":
            self._begin(words)
        elif words and self.line and not self.line.endswith(" "):
            self.line += " "

    def _begin(self, words: str) -> None:
        if self.cell_due and self.line.strip():
            self.line = self.line.rstrip() + " | "
        self.cell_due = False
        if not self.line.strip():
            self.is_item_start = bool(self.bullet)
            self.line, self.bullet = self.bullet, ""
            words = words.lstrip()
        elif self.line.endswith(" "):
            words = words.lstrip()
        self.line += words

    def _verbatim(self, text: str) -> None:
        first, *rest = text.replace("\r\n", "\n").split("\n")
        self.line += first
        for line in rest:
            self.end_line()
            self.line = line

    # --- lines

    def end_line(self) -> None:
        if self.line.strip():
            depth = len(self.lists) - self.is_item_start if self.lists else 0
            self.lines.append("> " * self.quotes + "  " * depth + self.line.rstrip())
        self.line = ""
        self.cell_due = False

    def gap(self) -> None:
        self.end_line()
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def forced_break(self) -> None:
        if self.line.strip():
            self.end_line()
        elif self.lines and self.lines[-1]:
            self.lines.append("")

    # --- elements

    def open(self, element: str, attributes: str) -> None:
        if self.skipping:
            if element not in _VOID and not attributes.endswith("/"):
                self.skipping.append(element)
        elif element not in _VOID and attributes and _is_hidden(attributes):
            self.skipping.append(element)
        else:
            self._open_shown(element, attributes)

    def _open_shown(self, element: str, attributes: str) -> None:
        match element:
            case "br":
                self.forced_break()
            case "hr":
                self.gap()
                self.lines += ["-" * 20, ""]
            case "img":
                self.text(_attribute(_ALT, attributes))
            case "a":
                self.links.append((_attribute(_HREF, attributes), len(self.lines), len(self.line)))
            case "td" | "th":
                self.cell_due = True
            case _:
                self._open_block(element)

    def _open_block(self, element: str) -> None:
        if element in _LISTS:
            if self.lists:
                self.end_line()
            else:
                self.gap()
            self.lists.append(1 if element == "ol" else 0)
        elif element in _APART and not (self.bullet and not self.line):
            self.gap()
        elif element in _LINES:
            self.end_line()
        if element == "li":
            self.bullet = self._next_bullet()
        self.quotes += element == "blockquote"
        self.verbatim += element == "pre"

    def _next_bullet(self) -> str:
        if not self.lists or not self.lists[-1]:
            return "- "
        self.lists[-1] += 1
        return f"{self.lists[-1] - 1}. "

    def close(self, element: str) -> None:
        if self.skipping:
            if element in self.skipping:
                del self.skipping[len(self.skipping) - 1 - self.skipping[::-1].index(element) :]
        elif element == "a" and self.links:
            self._close_link(*self.links.pop())
        elif element in _LISTS and self.lists:
            self.end_line()
            self.lists.pop()
            self.bullet = ""
            if not self.lists:
                self.gap()
        elif element in _APART:
            self.gap()
            self.quotes -= element == "blockquote" and self.quotes > 0
            self.verbatim -= element == "pre" and self.verbatim > 0
        elif element in _LINES:
            self.end_line()

    def _close_link(self, address: str, lines: int, column: int) -> None:
        shown = _SPACES.sub(" ", html.unescape(address)).strip()
        if not shown or shown.startswith("#"):
            return
        words = self.line[column:].strip() if len(self.lines) == lines else self.line.strip()
        if not words:
            self._begin(shown)
        elif not _says_the_same(words, shown):
            self.line = f"{self.line.rstrip()} ({shown})"

    def finished(self) -> str:
        self.end_line()
        text = "\n".join(self.lines).strip("\n")
        return text + "\n" if text else ""


def _is_hidden(attributes: str) -> bool:
    if _DISPLAY_NONE.search(attributes):
        return True
    return "hidden" in attributes and "hidden" in _QUOTED.sub("", attributes).split()


def _says_the_same(words: str, address: str) -> bool:
    bare = re.sub(r"^(?:https?://|mailto:|tel:)", "", address).rstrip("/")
    return bool(bare) and words.removeprefix("- ").strip() in (address, address.rstrip("/"), bare)


def _attribute(pattern: re.Pattern[str], attributes: str) -> str:
    found = pattern.search(attributes)
    return next((group for group in found.groups() if group), "") if found else ""


def text_of(markup: str) -> str:
    """The text of an HTML mail, ending with one line break, or empty."""
    writer = _Writer()
    end = 0
    for found in MARKUP.finditer(markup):
        if found.start() > end:
            writer.text(markup[end : found.start()])
        end = found.end()
        if found["element"]:
            element = found["element"].lower()
            if found["close"]:
                writer.close(element)
            else:
                writer.open(element, found["attributes"])
    if end < len(markup):
        writer.text(markup[end:])
    return writer.finished()
