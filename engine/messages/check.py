"""Reads the text of a message for `validate`: every fault with its place, without rendering anything."""

from __future__ import annotations

from engine.messages.template import faults_of
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
