"""From compiled form to a journey that runs: templates compiled once per version, steps bound to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.conditions.products import product_of
from engine.core.bind import bind
from engine.core.named import named_values
from engine.core.release import contact_values
from engine.errors import RenderError
from engine.language.compiled import message_of
from engine.messages.json_template import JsonTemplate
from engine.messages.template import Template, compile_message, compile_text
from engine.model.journey import Held, Journey, Status
from engine.model.message import MessageSource
from engine.model.view import View


@dataclass(frozen=True, slots=True)
class Version:
    """A journey with its sources and templates by step id; a template that does not compile is missing."""

    journey: Journey
    sources: Mapping[str, MessageSource]
    templates: Mapping[str, Template | JsonTemplate]

    @property
    def channels(self) -> frozenset[str]:
        """The channels that its steps send over."""
        steps = (self.journey.compiled or {}).get("steps", ())
        return frozenset(str(step["data"]["send"]) for step in steps if step["verb"] == "send")


def bind_version(
    compiled: Mapping[str, Any], version: str, status: Status, held: Held | None = None
) -> Version:
    """Bind a stored or freshly compiled form."""
    sources = {step: message_of(plain) for step, plain in compiled.get("messages", {}).items()}
    templates = {
        step: template for step, source in sources.items() if (template := _try_compile(source)) is not None
    }
    journey = bind(compiled, version, status, held=held, make_text=text_of_view, reads=reads_of(templates))
    return Version(journey, sources, templates)


def _try_compile(source: MessageSource) -> Template | JsonTemplate | None:
    """A broken template stops its own messages (`render_failed`), never the journey."""
    try:
        return compile_message(source)
    except RenderError:
        return None


def reads_of(
    templates: Mapping[str, Template | JsonTemplate],
) -> Callable[[str], frozenset[tuple[str, ...]] | None]:
    """What each step's template reads; a step without template keeps everything."""

    def reads(step: str) -> frozenset[tuple[str, ...]] | None:
        template = templates.get(step)
        return None if template is None else template.reads

    return reads


def text_of_view(text: str) -> Callable[[View], str]:
    """Liquid in an attribute's new value: compiled once, filled from the view."""
    template = compile_text(text)

    def fill(view: View) -> str:
        values = {
            "contact": contact_values(view.contact),
            "trigger": view.trigger,
            "step": view.steps,
            "product": product_of(view) or {},
            **named_values(view.steps, view.stock),
        }
        locale = view.contact.locale or "en"
        return template.render(values, locale=locale, zone=view.zone, currency="", now=view.now)

    return fill
