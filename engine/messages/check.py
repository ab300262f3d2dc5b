"""Reads the text of a message for `validate`: every fault with its place, without rendering anything."""

from __future__ import annotations

from engine.conditions.names import Names
from engine.messages.named import check_names
from engine.messages.template import TemplateError, compile_text, faults_of
from engine.model.fault import Fault
from engine.model.message import MessageSource


def check_source(source: MessageSource) -> list[Fault]:
    """The faults of a message's subject, preheader, body, text, layout and partials, in order of place.

    Those of a layout or partial stand at the message that uses it and name it in their words, because one
    layout serves many messages and its file is not known here.
    """
    return sorted(
        faults_of(source), key=lambda fault: (fault.position.file, fault.position.line, fault.position.column)
    )


def check_text(text: str, names: Names) -> list[Fault]:
    """The faults of a short text such as a new value of an attribute; their place is only within the text."""
    try:
        compile_text(text)
    except TemplateError as error:
        return list(error.faults)
    return check_names(MessageSource(name="", kind="markdown", subject="", body=text), names)
