"""Turns the source of a message into a template, once per version, and a template and values into a mail's
content.

Markdown becomes HTML, the HTML goes into its layout, the styles go into attributes; what is left is one
Liquid template each for subject, HTML and text. Rendering fills in values and does nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from liquid import BoundTemplate, Markup

from engine.errors import RenderError
from engine.messages import rules
from engine.messages.dialect import Dialect, rendered
from engine.messages.links import code_links_of, refuse_code_in_links
from engine.messages.markdown import TagMovedError, to_html
from engine.messages.missing import Unset
from engine.messages.pieces import Hidden, pieces_of
from engine.messages.places import unsafe_places
from engine.messages.plaintext import text_of
from engine.messages.setting import SIZE_LIMIT, Setting, deadline, too_large
from engine.messages.styles import has_styles, inlined, inlined_template
from engine.messages.syntax import Text, check, global_paths
from engine.messages.words import one_line
from engine.model.fault import Fault
from engine.model.message import Content, MessageSource
from engine.model.spelling import did_you_mean

#: `layout: none` in the front matter turns the shipped layout off, `layout: default` asks for it.
NO_LAYOUT: Final = "none"
DEFAULT_LAYOUT: Final = "default"
_CONTENT: Final = re.compile(r"\{\{-?\s*content\s*-?\}\}")
#: What rendering itself fills in; the release of a message need not keep it.
_FILLED: Final = frozenset(
    {"now", "today", "locale", "currency", "content", "preheader", "subject", "forloop", "tablerowloop"}
)


class TemplateError(RenderError):
    """A message whose text cannot become a template. `faults` is all that was found, `message` the first."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        first = faults[0]
        super().__init__(f"{first.position}: {first.message}", help=first.help)
        self.faults = faults
        self.file = first.position.file
        self.line = first.position.line
        self.column = first.position.column


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A text without HTML: a subject, an SMS, a value of `update`."""

    _template: BoundTemplate
    reads: frozenset[tuple[str, ...]]  # the global paths that it reads

    def render(
        self, values: Mapping[str, Any], *, locale: str, zone: ZoneInfo, currency: str, now: datetime
    ) -> str:
        """The text for these values. Raises RenderError in words for people."""
        setting = Setting(locale, zone, currency, deadline())
        return rendered(self._template, _filled(values, setting, now), setting)


@dataclass(frozen=True, slots=True)
class Template:
    """A message ready to be rendered any number of times; safe to share between threads."""

    _subject: BoundTemplate
    _preheader: BoundTemplate | None
    _html: BoundTemplate
    _text: BoundTemplate | None
    _has_subject: bool  # an SMS has none
    _inline_late: bool  # styles wait for the values
    _written_links: frozenset[str]
    #: The global paths that subject, preheader, body, layout and text read, e.g. ("contact", "first_name").
    #: Where the template picks by a value, the path up to there. Without what render gives (`now`, …).
    reads: frozenset[tuple[str, ...]]

    def render(
        self, values: Mapping[str, Any], *, locale: str, zone: ZoneInfo, currency: str, now: datetime
    ) -> Content:
        """The mail for these values. Raises RenderError in words for people; at most 250 ms and 1 MB."""
        setting = Setting(locale, zone, currency, deadline())
        filled = _filled(values, setting, now)
        if self._preheader is not None:
            filled["preheader"] = Markup(rendered(self._preheader, filled, setting).strip())
        subject = self._finished_subject(rendered(self._subject, filled, setting))
        filled["subject"] = subject
        html = self._finished_html(rendered(self._html, filled, setting))
        text = text_of(html) if self._text is None else rendered(self._text, filled, setting)
        setting.check_time()
        return Content(subject=subject, text=text, html=html)

    def _finished_subject(self, subject: str) -> str:
        line = one_line(subject)
        if not line and self._has_subject:
            raise RenderError("the subject comes out empty", help="Give its values a `default`.")
        return line

    def _finished_html(self, html: str) -> str:
        refuse_code_in_links(html, self._written_links)
        if self._inline_late and has_styles(html):
            html = inlined(html)
        if len(html) * 4 > SIZE_LIMIT and len(html.encode("utf-8", "replace")) > SIZE_LIMIT:
            raise too_large()
        return html


def _filled(values: Mapping[str, Any], setting: Setting, now: datetime) -> dict[str, Any]:
    local = now.astimezone(setting.zone)
    given = {"now": local, "today": local.date(), "locale": setting.locale, "currency": setting.currency}
    return {"preheader": Unset("preheader"), **values, **given}


def compile_message(source: MessageSource) -> Template:
    """The template of a message. Raises TemplateError with all faults when its text cannot be used."""
    faults: list[Fault] = []
    template = _Compiler(source, faults.append).template()
    if template is None or any(fault.severity == "error" for fault in faults):
        raise TemplateError(tuple(fault for fault in faults if fault.severity == "error"))
    return template


def compile_text(text: str, *, file: str = "", line: int = 1) -> TextTemplate:
    """The template of a text without HTML, such as an SMS. Raises TemplateError."""
    dialect = Dialect({}, autoescape=False)
    faults = check(Text(text, file, line), dialect)
    if faults:
        raise TemplateError(tuple(faults))
    template = dialect.from_string(text)
    return TextTemplate(template, _reads([template]))


def faults_of(source: MessageSource) -> list[Fault]:
    """Everything wrong with the text of a message."""
    faults: list[Fault] = []
    _Compiler(source, faults.append).html()
    return faults


@lru_cache(maxsize=1)
def default_layout() -> str:
    """The layout that ships with the engine."""
    return Path(__file__).with_name("default_layout.html").read_text(encoding="utf-8")


class _Compiler:
    """Compiles one message; reports each fault once and goes on as far as it makes sense."""

    def __init__(self, source: MessageSource, report: Callable[[Fault], None]) -> None:
        self.source = source
        self.report = report
        self.is_sound = True
        self.for_html = Dialect(source.partials, autoescape=True)
        self.for_text = Dialect(source.partials, autoescape=False)
        self.body = Text(source.body, source.file, source.body_line)

    def template(self) -> Template | None:
        """The finished template, or None after reporting why not."""
        html = self.html()
        if html is None:
            return None
        styled = inlined_template(html) if has_styles(html) else html
        subject = self.for_text.from_string(self.source.subject)
        preheader = self._optional(self.source.preheader or None, self.for_html)
        final = html if styled is None else styled
        body = self.for_html.from_string(final)
        text = self._optional(self.source.text, self.for_text)
        parts = [part for part in (subject, preheader, body, text) if part is not None]
        waits = styled is None or any(piece.name == "render" for piece in pieces_of(html))
        has_subject = bool(self.source.subject.strip())
        return Template(
            subject, preheader, body, text, has_subject, waits, code_links_of(final), _reads(parts)
        )

    @staticmethod
    def _optional(source: str | None, dialect: Dialect) -> BoundTemplate | None:
        return None if source is None else dialect.from_string(source)

    def html(self) -> str | None:
        """Body and layout as one Liquid template, everything checked; None when there was a fault."""
        self._check_small_texts()
        body = self._body_html()
        layout = self._layout()
        self._check_partials()
        if not self.is_sound or body is None or layout is None:
            return None
        return _CONTENT.sub(lambda _: body, layout)

    # --- the texts, one by one

    def _check_small_texts(self) -> None:
        source = self.source
        self._check_subject(Text(source.subject, source.file, 1, "the subject"))
        if source.preheader:
            self._check(Text(source.preheader, source.file, 1, "the preheader"), self.for_html)
        if source.text is not None:
            self._check(Text(source.text, _text_file(source.file), 1), self.for_text)

    def _check_subject(self, subject: Text) -> None:
        if "\n" in subject.source.strip():
            words = "it goes over several lines"
            self._fault(
                subject.fault(0, 1, rules.SUBJECT_OVER_LINES, words, "Write it in one line: `subject: …`.")
            )
        self._check(subject, self.for_text)

    def _body_html(self) -> str | None:
        if not self._check(self.body, self.for_html):
            return None
        html = self.body.source
        if self.source.kind == "markdown":
            try:
                html = to_html(html)
            except TagMovedError as error:
                self._fault(_moved(self.body, error))
                return None
        self._check_places(self.body, html)
        return html

    def _layout(self) -> str | None:
        name = self._layout_name()
        if name == NO_LAYOUT:
            return "{{ content }}"
        partials = self.source.partials
        if name == DEFAULT_LAYOUT and name not in partials:
            return default_layout()
        if name not in partials:
            help = f"Put it into the folder _layouts, or write `layout: none`.{did_you_mean(name, partials)}"
            self._fault(self.body.fault(0, 1, rules.UNKNOWN_LAYOUT, f"there is no layout `{name}`", help))
            return None
        return self._own_layout(Text(partials[name], self.source.file, 1, f"layout `{name}`"))

    def _own_layout(self, layout: Text) -> str | None:
        if not self._check(layout, self.for_html):
            return None
        self._check_places(layout, layout.source)
        if not _CONTENT.search(layout.source):
            words = "{{ content }} is missing, so the message would be left out"
            help = "Write {{ content }} where the message belongs."
            self._fault(layout.fault(0, 1, rules.LAYOUT_WITHOUT_CONTENT, words, help))
            return None
        return layout.source

    def _layout_name(self) -> str:
        if self.source.layout is not None:
            return self.source.layout
        return DEFAULT_LAYOUT if self.source.kind == "markdown" else NO_LAYOUT

    def _check_partials(self) -> None:
        """The partials that this message uses, directly or through others."""
        seen: set[str] = set()
        waiting = [self.source.body, self.source.partials.get(self._layout_name(), "")]
        while waiting:
            for name in re.findall(r"\{%-?\s*render\s+['\"]([^'\"]+)", waiting.pop()):
                if name in self.source.partials and name not in seen:
                    seen.add(name)
                    waiting.append(self.source.partials[name])
                    partial = Text(self.source.partials[name], self.source.file, 1, f"partial `{name}`")
                    if self._check(partial, self.for_html):
                        self._check_places(partial, partial.source)

    # --- faults

    def _check(self, text: Text, dialect: Dialect) -> bool:
        faults = check(text, dialect)
        for fault in faults:
            self._fault(fault)
        return not faults

    def _check_places(self, text: Text, html: str) -> None:
        for place in unsafe_places(Hidden(html)):
            index = max(text.source.find(place.piece.text), 0)
            length = len(place.piece.text)
            self._fault(text.fault(index, length, rules.UNSAFE_PLACE, place.message, place.help))

    def _fault(self, fault: Fault) -> None:
        self.is_sound = False
        self.report(fault)


def _moved(body: Text, error: TagMovedError) -> Fault:
    words = f"Markdown would move or drop {error.piece.text}"
    help = "Put the tag on a line of its own, with an empty line around the block."
    return body.fault(error.piece.start, len(error.piece.text), rules.TAG_MOVED, words, help)


def _text_file(file: str) -> str:
    return re.sub(r"\.\w+$", ".txt", file)


def _reads(templates: list[BoundTemplate]) -> frozenset[tuple[str, ...]]:
    paths = set().union(*(global_paths(template) for template in templates))
    return frozenset(path for path in paths if path[0] not in _FILLED)
