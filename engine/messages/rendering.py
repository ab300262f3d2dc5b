"""Templates that are ready: values go in, a message's content comes out, and nothing else happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from liquid import BoundTemplate, Markup

from engine.errors import RenderError
from engine.messages.dialect import rendered
from engine.messages.links import refuse_code_in_links
from engine.messages.missing import Unset
from engine.messages.plaintext import text_of
from engine.messages.setting import SIZE_LIMIT, Setting, too_large
from engine.messages.styles import has_styles, inlined
from engine.messages.words import one_line
from engine.model.message import Content


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A text without HTML: a subject, an SMS, a value of `update`."""

    _template: BoundTemplate
    reads: frozenset[tuple[str, ...]]  # the global paths that it reads

    def render(
        self, values: Mapping[str, Any], *, locale: str, zone: ZoneInfo, currency: str, now: datetime
    ) -> str:
        """The text for these values. Raises RenderError in words for people."""
        setting = Setting(locale, zone, currency)
        return rendered(self._template, _filled(values, setting, now), setting)


@dataclass(frozen=True, slots=True)
class Template:
    """A message ready to be rendered any number of times; safe to share between threads."""

    _subject: BoundTemplate
    _preheader: BoundTemplate | None
    _html: BoundTemplate | None  # None: a text for a channel that knows no HTML
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
        setting = Setting(locale, zone, currency)
        filled = _filled(values, setting, now)
        if self._preheader is not None:
            filled["preheader"] = Markup(rendered(self._preheader, filled, setting).strip())
        subject = self._finished_subject(rendered(self._subject, filled, setting))
        filled["subject"] = subject
        html = None if self._html is None else self._finished_html(rendered(self._html, filled, setting))
        text = text_of(html or "") if self._text is None else rendered(self._text, filled, setting)
        if html is None and not (text := text.strip()):
            raise RenderError("the text comes out empty", help="Give its values a `default`.")
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
