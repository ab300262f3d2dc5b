"""Turns the source of a message into a template, once per version, and a template and values into a mail's
content.

Markdown becomes HTML, the HTML goes into its layout, MJML becomes HTML, the styles go into attributes; what
is left is one Liquid template each for subject, HTML and text. Rendering fills in values and does nothing
else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from engine.errors import RenderError
from engine.messages import rules
from engine.messages.dialect import Dialect
from engine.messages.json_template import JsonTemplate, faults_of_json, json_template
from engine.messages.links import code_links_of
from engine.messages.markdown import TagMovedError, to_html
from engine.messages.mjml import MjmlError, UnknownPartError, html_of_mjml, included, with_parts
from engine.messages.mjml_check import CONTENT, check_mjml, is_mjml, parent_at, parent_of_content
from engine.messages.mjml_words import HTML_INSIDE
from engine.messages.pieces import Hidden, pieces_of
from engine.messages.places import unsafe_places
from engine.messages.rendering import Template as Template  # callers know both from here
from engine.messages.rendering import TextTemplate as TextTemplate
from engine.messages.styles import has_styles, inlined_template, without_marks
from engine.messages.syntax import Text, check, reads_of
from engine.model.fault import Fault
from engine.model.message import MessageSource
from engine.model.spelling import did_you_mean

#: `layout: none` in the front matter turns the shipped layout off, `layout: default` asks for it.
NO_LAYOUT: Final = "none"
DEFAULT_LAYOUT: Final = "default"
#: HTML, but no `<3` and no `<https://…>`.
_TAG: Final = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>")


class TemplateError(RenderError):
    """A message whose text cannot become a template. `faults` is all that was found, `message` the first."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        first = faults[0]
        super().__init__(f"{first.position}: {first.message}", help=first.help)
        self.faults = faults
        self.file = first.position.file
        self.line = first.position.line
        self.column = first.position.column


def compile_message(source: MessageSource) -> Template | JsonTemplate:
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
    return TextTemplate(template, reads_of([template]))


def faults_of(source: MessageSource) -> list[Fault]:
    """Everything wrong with the text of a message."""
    faults: list[Fault] = []
    _Compiler(source, faults.append).check()
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
        self._seen_parts: set[str] = set()

    def check(self) -> None:
        """Report everything that is wrong."""
        match self.source.kind:
            case "text":
                self._check_text()
            case "json":
                for fault in faults_of_json(self.body, self.for_text):
                    self._fault(fault)
            case _:
                self.html()

    def template(self) -> Template | JsonTemplate | None:
        """The finished template, or None after reporting why not."""
        if self.source.kind not in ("text", "json"):
            return self._of_mail()
        self.check()
        if not self.is_sound:
            return None
        if self.source.kind == "json":
            return json_template(self.source.body, self.for_text)
        subject, text = (self.for_text.from_string(one) for one in (self.source.subject, self.source.body))
        reads = reads_of([subject, text])
        return Template(subject, None, None, text, False, False, frozenset(), reads)

    def _check_text(self) -> None:
        """A text for a channel that shows `<b>` as it is written."""
        self._check_subject(Text(self.source.subject, self.source.file, 1, "the subject"))
        self._check(self.body, self.for_text)
        if (tag := _TAG.search(self.body.source)) is not None:
            words = f"`{tag[0][:40]}` is HTML, which this channel shows as it is written"
            self._fault(
                self.body.fault(tag.start(), len(tag[0]), rules.HTML_IN_TEXT, words, "Write plain text.")
            )

    def _of_mail(self) -> Template | None:
        html = self.html()
        if html is None:
            return None
        styled = inlined_template(html) if has_styles(html) else without_marks(html)
        subject = self.for_text.from_string(self.source.subject)
        preheader = self._optional(self.source.preheader or None, self.for_html)
        final = html if styled is None else styled
        body = self.for_html.from_string(final)
        text = self._optional(self.source.text, self.for_text)
        parts = [part for part in (subject, preheader, body, text) if part is not None]
        waits = styled is None or any(piece.name == "render" for piece in pieces_of(html))
        has_subject = bool(self.source.subject.strip())
        return Template(
            subject, preheader, body, text, has_subject, waits, code_links_of(final), reads_of(parts)
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
        page = CONTENT.sub(lambda _: body, layout)
        return self._made_of_mjml(page) if is_mjml(page) else page

    def _made_of_mjml(self, page: str) -> str | None:
        try:
            html = html_of_mjml(with_parts(page, self.source.partials))
            self.for_html.from_string(html)
        except (MjmlError, LiquidError) as error:
            words = f"no HTML can be made of this MJML: {error}"
            help = "Leave parts out until it works, to find the place."
            self._fault(self.body.fault(0, 1, rules.MJML_FAILED, words, help))
            return None
        return html

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
        elif self.source.kind == "mjml":
            self._check_mjml(self.body, self._parent_in_layout())
        self._check_places(self.body, html)
        return html

    def _parent_in_layout(self) -> str:
        """Where the layout puts the message: an element of MJML, or nothing if it stands alone."""
        return parent_of_content(self.source.partials.get(self._layout_name(), ""))

    def _check_mjml(self, text: Text, parent: str) -> None:
        """MJML and the parts that it puts in, each part as it stands there."""
        faults = list(check_mjml(text, parent))
        for fault in faults:
            self._fault(fault)
        try:
            with_parts(text.source, self.source.partials)
        except UnknownPartError as error:
            self._unknown_part(text, error)
        else:
            self._check_parts(text, parent)

    def _check_parts(self, text: Text, outer: str) -> None:
        for name, index in included(text.source):
            if name in self._seen_parts:
                continue
            self._seen_parts.add(name)
            part = Text(self.source.partials[name], self.source.file, 1, f"partial `{name}`")
            if self._check(part, self.for_html):
                self._check_places(part, part.source)
                self._check_mjml(part, parent_at(text.source, index) or outer)

    def _unknown_part(self, text: Text, error: UnknownPartError) -> None:
        words = f"there is no part `{error.name}` in _layouts"
        help = "Put it there as NAME.mjml, and write its name as the path."
        if error.is_endless:
            words, help = f"the part `{error.name}` puts itself in", "Take one <mj-include> out."
        else:
            help += did_you_mean(error.name, self.source.partials)
        index = max(text.source.find(error.written), 0)
        self._fault(text.fault(index, len(error.written), rules.UNKNOWN_PARTIAL, words, help))

    def _layout(self) -> str | None:
        name = self._layout_name()
        if name == NO_LAYOUT:
            return "{{ content }}"
        partials = self.source.partials
        if name == DEFAULT_LAYOUT and name not in partials:
            return self._fits(default_layout())
        if name not in partials:
            help = f"Put it into the folder _layouts, or write `layout: none`.{did_you_mean(name, partials)}"
            self._fault(self.body.fault(0, 1, rules.UNKNOWN_LAYOUT, f"there is no layout `{name}`", help))
            return None
        return self._own_layout(Text(partials[name], self.source.file, 1, f"layout `{name}`"))

    def _own_layout(self, layout: Text) -> str | None:
        if not self._check(layout, self.for_html):
            return None
        self._check_places(layout, layout.source)
        if not CONTENT.search(layout.source):
            words = "{{ content }} is missing, so the message would be left out"
            help = "Write {{ content }} where the message belongs."
            self._fault(layout.fault(0, 1, rules.LAYOUT_WITHOUT_CONTENT, words, help))
            return None
        if is_mjml(layout.source):
            self._check_mjml(layout, "")
        return self._fits(layout.source)

    def _fits(self, layout: str) -> str | None:
        """The layout, if the message can stand in it: MJML only in MJML, HTML only where MJML holds HTML."""
        of_mjml, parent = is_mjml(layout), parent_of_content(layout)
        name = self._layout_name()
        if self.source.kind == "mjml" and not of_mjml:
            words = f"MJML makes a whole page, and the layout `{name}` is HTML"
            help = "Write `layout: none`, or name a layout that begins with <mjml>."
        elif of_mjml and self.source.kind != "mjml" and parent not in HTML_INSIDE:
            words = f"the layout `{name}` takes MJML in `<{parent}>`, and this message is HTML"
            help = "Put {{ content }} of the layout into <mj-text>, or write the message in MJML."
        else:
            return layout
        self._fault(self.body.fault(0, 1, rules.MJML_LAYOUT, words, help))
        return None

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
                    if "<mj-" in partial.source:
                        self._rendered_mjml(name)
                    elif self._check(partial, self.for_html):
                        self._check_places(partial, partial.source)

    def _rendered_mjml(self, name: str) -> None:
        found = re.search(rf"\{{%-?\s*render\s+['\"]{re.escape(name)}", self.source.body)
        words = f"the part `{name}` is MJML, which {{% render %}} would print as it is"
        help = f'Put it in with <mj-include path="{name}" />.'
        index = found.start() if found else 0
        length = len(found[0]) if found else 1
        self._fault(self.body.fault(index, length, rules.MJML_LAYOUT, words, help))

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
