"""Builds plain data with places from the YAML parser's events, and refuses what marketers do not need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from engine.language import pasted, yaml_checks
from engine.language import yaml_rules as rules
from engine.language.document import Node
from engine.language.scalars import read_scalar
from engine.language.source_text import Finding, Findings, SourceText

MOST_LEVELS: Final = 32
#: So many keys without a value are worth naming in one remedy.
_MOST_STRAYS: Final = 12


@dataclass(slots=True)
class Frame:
    """A list or mapping that is still open."""

    node: Node
    data: dict[str, Any] | list[Any]
    is_flow: bool  # written in [ ] or { }
    key: str | None = None  # of the value that comes next; None: the next thing in a mapping is a key
    key_start: int = -1
    key_end: int = -1
    keeps_value: bool = True  # False: the key is the second of its name, or no text
    is_key: bool = False  # this list or mapping itself stands where a key should
    last: tuple[str, str] | None = None  # the last key with the text of its value, inside { }
    strays: list[Node] = field(default_factory=list)  # keys without a value, inside { }
    before_strays: tuple[str, str] | None = None

    def expects_key(self) -> bool:
        return self.key is None and isinstance(self.data, dict)

    def takes_pairs(self) -> bool:
        """Whether a value is due inside { }."""
        return self.is_flow and self.key is not None


@dataclass(slots=True)
class Last:
    """The last thing that was understood, for explaining where the parser gave up."""

    start: int = 0
    end: int = 0
    is_quoted: bool = False
    text: str = ""

    def set(self, start: int, end: int, is_quoted: bool = False, text: str = "") -> None:
        self.start, self.end, self.is_quoted, self.text = start, end, is_quoted, text


@dataclass(slots=True)
class Builder:
    """Takes events one by one; afterwards `root` and `data` hold what the file says."""

    source: SourceText
    findings: Findings
    text_fields: frozenset[str]
    root: Node | None = None
    data: Any = None
    documents: int = 0
    is_done: bool = False  # too deep, a second document, or too much is wrong: nothing more should be taken
    last: Last = field(default_factory=Last)
    texts: list[tuple[int, int]] = field(default_factory=list)  # quoted and block texts of several lines
    frames: list[Frame] = field(default_factory=list)
    liquid_depth: int = 0  # inside a `{{ … }}` that YAML takes for two mappings
    liquid_start: int = 0

    def take(self, event: Event) -> None:
        """Take the next event of the parser."""
        if type(event) is ScalarEvent:  # the commonest by far
            self._scalar(event)
        elif isinstance(event, CollectionStartEvent):
            self._open(event)
        elif isinstance(event, CollectionEndEvent):
            self._close(event)
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, DocumentStartEvent):
            self._document(event)

    def _note(self, finding: Finding | None) -> None:
        if finding is not None:
            self.findings.add(finding)
            self.is_done = self.is_done or self.findings.is_full()

    def _document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        start, _ = _span(event)
        if self.documents == 2:
            self.is_done = True
            message = "A second document begins here; a file holds only one."
            remedy = "Delete the line `---`, or move what follows to a file of its own."
            self._note(Finding(start, start + 3, rules.MORE_DOCUMENTS, message, remedy))
        if event.version or event.tags:
            self._note(Finding(start, start + 1, rules.DIRECTIVE, *yaml_checks.DIRECTIVE_WORDS))

    # scalars

    def _scalar(self, event: ScalarEvent) -> None:
        (start, end), is_quoted = _span(event), bool(event.style)
        self.last.set(start, end, is_quoted, event.value)
        if self.liquid_depth:
            return
        if is_quoted and self.source.line_of(start) != self.source.line_of(end):
            self.texts.append((start, end))
        if event.anchor is not None or event.tag is not None:
            self._decorated(event, start)
        if self.frames and self.frames[-1].expects_key():
            self._key(event.value, start, end, is_quoted)
        else:
            self._value(event.value, start, end, is_quoted)

    def _key(self, text: str, start: int, end: int, is_quoted: bool) -> None:
        frame = self.frames[-1]
        frame.key, frame.key_start, frame.key_end, frame.keeps_value = text, start, end, True
        if not is_quoted and (finding := yaml_checks.plain_key(text, start, end)):
            self._note(finding)
            frame.keeps_value = finding.rule not in (rules.ANCHOR, rules.ODD_KEY)
        children = frame.node.children
        if isinstance(children, dict) and text in children:
            frame.keeps_value = False
            self._note(yaml_checks.duplicate(self.source, text, start, end, children[text]))

    def _value(self, text: str, start: int, end: int, is_quoted: bool) -> None:
        frame = self.frames[-1] if self.frames else None
        if frame is not None and frame.takes_pairs():
            if not text and not is_quoted and not yaml_checks.has_colon_behind(self.source, frame.key_end):
                self._stray(frame)
                return
            frame.last = frame.key or "", text
        node = Node(start, end, raw=text, is_quoted=is_quoted)
        key = frame.key if frame is not None else None
        self._attach(node, text if is_quoted else read_scalar(text))
        if not is_quoted:
            self._check_plain(frame, key, node, text)

    def _check_plain(self, frame: Frame | None, key: str | None, node: Node, text: str) -> None:
        if text and node.end - node.start != len(text):  # written over several lines
            self._note(yaml_checks.folded_text(self.source, node.start, node.end))
        elif (":" in text or text[:1] == "-") and frame is not None and not frame.is_flow:
            self._note(yaml_checks.misplaced_text(self.source, node, text))
        if key in self.text_fields:
            self._note(yaml_checks.cut_text(self.source, node, key, self.text_fields))
        if not text.isascii():
            self._note(self._pasted_value(frame, node, text))

    def _pasted_value(self, frame: Frame | None, node: Node, text: str) -> Finding | None:
        finding = pasted.in_value(text, node.start)
        may_be_key = node.key_end < 0 or yaml_checks.stands_below(self.source, node)
        if finding is None and may_be_key:
            finding = pasted.in_list_item(text, node.start)
        if finding is None and frame is not None and frame.is_flow:
            finding = pasted.in_brackets(text, node.start)
        return finding

    # keys without a value inside { }

    def _stray(self, frame: Frame) -> None:
        text, start = frame.key or "", frame.key_start
        frame.key = None
        if not frame.keeps_value:
            return  # something was said about this key already
        finding = yaml_checks.tight_key(text, start) or pasted.in_list_item(text, start)
        if finding is not None:
            self._note(finding)
        elif len(frame.strays) < _MOST_STRAYS:
            frame.before_strays = frame.before_strays if frame.strays else frame.last
            frame.strays.append(Node(start, frame.key_end, raw=text))

    def _report_strays(self, frame: Frame) -> None:
        start, end = frame.strays[0].start, frame.strays[0].end
        before = frame.before_strays
        if before is not None and pasted.opens_typographic(before[1]):
            self._note(pasted.open_quote(before[1], self.source.text.rfind(before[1][0], 0, start)))
            return
        self._note(yaml_checks.stray_keys([stray.raw or "" for stray in frame.strays], start, end, before))

    # lists and mappings

    def _open(self, event: CollectionStartEvent) -> None:
        start, end = _span(event)
        self.last.set(start, end)
        if len(self.frames) + self.liquid_depth >= MOST_LEVELS:
            self._too_deep(start)
        elif self.liquid_depth or self.source.text.startswith("{{", start):
            self._open_liquid(start)
        else:
            self._open_frame(event, start)

    def _too_deep(self, start: int) -> None:
        self.is_done = True
        message = f"The file is nested more than {MOST_LEVELS} levels deep."
        remedy = "Move the inner parts further out, or into a file of their own."
        self._note(Finding(start, start + 1, rules.TOO_DEEP, message, remedy))

    def _open_frame(self, event: CollectionStartEvent, start: int) -> None:
        if event.anchor is not None or event.tag is not None:
            self._decorated(event, start)
        is_mapping = isinstance(event, MappingStartEvent)
        data: dict[str, Any] | list[Any] = {} if is_mapping else []
        frame = Frame(Node(start, start, children={} if is_mapping else []), data, bool(event.flow_style))
        if self.frames and self.frames[-1].expects_key():
            frame.is_key = True
            message = "A list or a mapping stands where a key is needed."
            remedy = (
                "Write a plain text as the key: `key: value`. A text that begins with [ or { needs quotes."
            )
            self._note(Finding(start, start + 1, rules.ODD_KEY, message, remedy))
        else:
            self._attach(frame.node, data)
        self.frames.append(frame)

    def _open_liquid(self, start: int) -> None:
        if not self.liquid_depth:
            self.liquid_start = start
            self._note(Finding(start, start + 2, rules.LIQUID, *yaml_checks.LIQUID_WORDS))
        self.liquid_depth += 1

    def _close(self, event: CollectionEndEvent) -> None:
        _, end = _span(event)
        if self.liquid_depth:
            self.last.set(end - 1, end)
            self._close_liquid(end)
            return
        frame = self.frames.pop()
        if frame.is_flow:
            self.last.set(end - 1, end)
        frame.node.end = self.last.end
        if frame.strays:
            self._report_strays(frame)
        if frame.is_key:
            parent = self.frames[-1]
            parent.key, parent.key_start, parent.key_end = "", frame.node.start, frame.node.end
            parent.keeps_value = False

    def _close_liquid(self, end: int) -> None:
        self.liquid_depth -= 1
        if not self.liquid_depth:
            self._stand_in(self.liquid_start, end)

    def _stand_in(self, start: int, end: int) -> None:
        """Take what was refused as text, so that nothing else is said about it."""
        text = self.source.text[start:end]
        if self.frames and self.frames[-1].expects_key():
            self._key(text, start, end, is_quoted=True)
        else:
            self._attach(Node(start, end, raw=text, is_quoted=True), text)

    def _attach(self, node: Node, value: Any) -> None:
        if not self.frames:
            if self.documents == 1:
                self.root, self.data = node, value
            return
        frame = self.frames[-1]
        children, data = frame.node.children, frame.data
        if isinstance(data, list) and isinstance(children, list):
            children.append(node)
            data.append(value)
        elif isinstance(data, dict) and isinstance(children, dict) and frame.key is not None:
            node.key_start, node.key_end = frame.key_start, frame.key_end
            if frame.keeps_value:
                children[frame.key] = node
                data[frame.key] = value
            frame.key = None

    # what is refused

    def _alias(self, event: AliasEvent) -> None:
        start, end = _span(event)
        self.last.set(start, end)
        if not self.liquid_depth:
            self._note(yaml_checks.alias(self.source.text[start:end], start, end))
            self._stand_in(start, end)

    def _decorated(self, event: ScalarEvent | CollectionStartEvent, start: int) -> None:
        """Anchor and tag stand before the value, in either order."""
        place = start
        for word in self.source.text[start : start + 500].split(None, 2)[:2]:
            place = self.source.text.index(word, place)
            if word.startswith("&") and event.anchor is not None:
                self._note(yaml_checks.anchor(word, place))
            elif word.startswith("!") and event.tag is not None:
                self._note(yaml_checks.tag(word, place))
            place += len(word)


def _span(event: Event) -> tuple[int, int]:
    """The offsets of an event in characters; the stubs say None, which the parser never gives."""
    start: Any = event.start_mark
    end: Any = event.end_mark
    return start.index, end.index
