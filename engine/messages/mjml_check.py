"""What is wrong with MJML, each mistake with its place; mrml itself would pass most of them in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from engine.messages import rules
from engine.messages.mjml_tags import Attribute, Tag, masked, tags_of
from engine.messages.mjml_words import ATTRIBUTES, EVERYWHERE, HTML_INSIDE, INSIDE, LIQUID_INSIDE, RECKONED
from engine.messages.pieces import Piece, pieces_of
from engine.messages.syntax import Text
from engine.model.fault import Fault
from engine.model.spelling import did_you_mean

CONTENT: Final = re.compile(r"\{\{-?\s*content\s*-?\}\}")
_WORD: Final = re.compile(r"[^\s<>]+")
#: Only these may be asked for as an element anywhere in mj-attributes.
_IN_ATTRIBUTES: Final = frozenset(ATTRIBUTES) - {"mjml", "mj-head", "mj-include", "mj-attributes"} | {
    "mj-all"
}


def is_mjml(source: str) -> bool:
    """Whether a text is a whole document of MJML, whatever its file is called."""
    return re.match(r"\s*(?:<!--.*?-->\s*)*<mjml[\s>]", source, re.DOTALL) is not None


def parent_of_content(layout: str) -> str:
    """The element of an MJML layout in which `{{ content }}` stands; empty when it stands nowhere."""
    found = CONTENT.search(layout)
    return "" if found is None else parent_at(layout, found.start())


def parent_at(source: str, index: int) -> str:
    """The element that is open at a place of a text; empty outside of all."""
    open_names: list[str] = []
    for tag in tags_of(source):
        if tag.start >= index:
            break
        if tag.kind == "open":
            open_names.append(tag.name)
        elif tag.kind == "close" and open_names:
            open_names.pop()
    return open_names[-1] if open_names else ""


def check_mjml(text: Text, parent: str = "") -> Iterator[Fault]:
    """The faults of a document, or of a part that stands inside `parent`."""
    yield from _Walk(text, parent).faults()


class _Walk:
    """Goes through the tags once, with the elements that are open."""

    def __init__(self, text: Text, parent: str) -> None:
        self.text = text
        self.outermost = parent
        self.open: list[Tag] = []
        self.named: set[str] = set()

    def faults(self) -> Iterator[Fault]:
        end = 0
        flat = masked(self.text.source)
        liquid = pieces_of(self.text.source)
        for tag in tags_of(self.text.source):
            yield from self._between(flat, liquid, end, tag.start)
            end = tag.end
            if tag.kind == "close":
                yield from self._closing(tag)
            elif tag.kind != "comment":
                yield from self._opening(tag)
                end = tag.inner[1] if tag.inner is not None else tag.end
        yield from self._between(flat, liquid, end, len(flat))
        for tag in self.open:
            yield self._fault(
                tag, f"`<{tag.name}>` is opened and never closed", f"Write </{tag.name}> after it."
            )
        if not self.outermost and "mj-body" not in self.named and not self.open:
            words, help = "this MJML has no `<mj-body>`", "Write <mjml><mj-body> … </mj-body></mjml>."
            yield self.text.fault(0, 1, rules.MJML_ELEMENT, words, help)

    def _parent(self) -> str:
        return self.open[-1].name if self.open else self.outermost

    # --- tags

    def _opening(self, tag: Tag) -> Iterator[Fault]:
        yield from self._placed(tag)
        if tag.name in ATTRIBUTES or tag.name == "mj-all":
            yield from self._attributes(tag)
        self.named.add(tag.name)
        if tag.kind == "open":
            self.open.append(tag)

    def _placed(self, tag: Tag) -> Iterator[Fault]:
        """Unknown elements, and known ones where they may not stand."""
        parent, name = self._parent(), tag.name
        if name == "mj-include":
            return
        if name not in ATTRIBUTES and name != "mj-all":
            yield self._unknown(tag, parent)
        elif parent == "mj-attributes":
            if name not in _IN_ATTRIBUTES:
                yield self._misplaced(tag, parent, "It holds elements of the body, mj-all and mj-class.")
        elif parent in INSIDE and name not in INSIDE[parent]:
            yield self._misplaced(tag, parent, _help_for_place(name, parent))
        elif parent and parent not in INSIDE and parent in ATTRIBUTES:
            yield self._misplaced(tag, parent, f"<{parent}> holds no MJML elements.")

    def _unknown(self, tag: Tag, parent: str) -> Fault:
        known = sorted(ATTRIBUTES)
        if tag.name.startswith("mj"):
            words = f"MJML has no element `<{tag.name}>`"
            inside = ", ".join(sorted(INSIDE.get(parent, ()))) or "nothing"
            help = f"In <{parent}> may stand: {inside}." if parent else "A document begins with <mjml>."
            return self._fault(tag, words, f"{help}{did_you_mean(tag.name, known)}")
        words = f"HTML such as `<{tag.name}>` cannot stand here, between elements of MJML"
        return self._fault(tag, words, "Put it into <mj-text>, or into <mj-raw> as it is.")

    def _misplaced(self, tag: Tag, parent: str, help: str) -> Fault:
        where = f"inside `<{parent}>`" if parent else "outside of `<mjml>`"
        return self._fault(tag, f"`<{tag.name}>` cannot stand {where}", help)

    def _closing(self, tag: Tag) -> Iterator[Fault]:
        if self.open and self.open[-1].name == tag.name:
            self.open.pop()
        elif any(one.name == tag.name for one in self.open):
            while self.open[-1].name != tag.name:
                inner = self.open.pop()
                words, help = (
                    f"`<{inner.name}>` is opened and never closed",
                    f"Write </{inner.name}> after it.",
                )
                yield self._fault(inner, words, help)
            self.open.pop()
        elif tag.name in ATTRIBUTES or not self.open:
            yield self._fault(
                tag, f"`</{tag.name}>` closes nothing", "Take it out, or open the element before."
            )

    # --- attributes

    def _attributes(self, tag: Tag) -> Iterator[Fault]:
        # mj-all and mj-class stand for every element; what they may say is what any of them may.
        is_for_all = tag.name in ("mj-all", "mj-class")
        known = frozenset().union(*ATTRIBUTES.values()) if is_for_all else ATTRIBUTES[tag.name]
        for attribute in tag.attributes:
            yield from self._attribute(tag, attribute, known)

    def _attribute(self, tag: Tag, attribute: Attribute, known: frozenset[str]) -> Iterator[Fault]:
        name, length = attribute.name, len(attribute.name)
        if name not in known and name not in EVERYWHERE and name != "xmlns":
            words = f"`<{tag.name}>` has no attribute `{name}`"
            help = f"It knows {', '.join(sorted({*known, *EVERYWHERE}))}."
            help = did_you_mean(name, (*known, *EVERYWHERE)).strip() or help
            yield self.text.fault(attribute.start, length, rules.MJML_ATTRIBUTE, words, help)
        elif not attribute.is_quoted:
            words = f"the value of `{name}` has no quotes"
            yield self.text.fault(attribute.start, length, rules.MJML_ATTRIBUTE, words, f'Write {name}="…".')
        elif attribute.holds_liquid and name in RECKONED.get(tag.name, ()):
            words = f"`{name}` of `<{tag.name}>` cannot come from Liquid, as MJML reckons with it beforehand"
            help = "Write the value out; for two sizes put {% if %} around two elements."
            yield self.text.fault(attribute.start, length, rules.MJML_LIQUID, words, help)

    # --- what stands between tags

    def _between(self, flat: str, liquid: Sequence[Piece], start: int, end: int) -> Iterator[Fault]:
        parent = self._parent()
        if parent and (parent not in ATTRIBUTES or parent in HTML_INSIDE):
            return  # that this one is unknown, or never closed, is told already
        pieces = [piece for piece in liquid if start <= piece.start < end]
        for piece in pieces:
            if piece.kind == "tag" and parent not in LIQUID_INSIDE:
                where = f"inside `<{parent}>`" if parent else "outside of the body"
                words = f"{piece.text} cannot stand {where}, between its elements"
                help = "Put it around a whole section, or around what stands in <mj-column> or <mj-text>."
                yield self.text.fault(piece.start, len(piece.text), rules.MJML_LIQUID, words, help)
            elif piece.kind == "output" and not CONTENT.fullmatch(piece.text):
                yield self._loose(piece.start, piece.text)
        stretch = flat[start:end]
        for piece in pieces:
            at = piece.start - start
            stretch = stretch[:at] + " " * len(piece.text) + stretch[at + len(piece.text) :]
        if (word := _WORD.search(stretch)) is not None:
            yield self._loose(start + word.start(), word[0])

    def _loose(self, index: int, shown: str) -> Fault:
        words = f"`{shown[:60]}` stands between elements of MJML, where no text may stand"
        return self.text.fault(index, len(shown), rules.MJML_ELEMENT, words, "Put it into <mj-text>.")

    def _fault(self, tag: Tag, words: str, help: str) -> Fault:
        return self.text.fault(tag.start, max(tag.end - tag.start, 1), rules.MJML_ELEMENT, words, help)


def _help_for_place(name: str, parent: str) -> str:
    homes = sorted(home for home, names in INSIDE.items() if name in names and home)
    inside = ", ".join(f"<{home}>" for home in homes)
    if not inside:
        return "Take it out."
    if name in HTML_INSIDE and parent == "mj-section":
        return f"Put <mj-column> around it; it belongs into {inside}."
    return f"It belongs into {inside}."
