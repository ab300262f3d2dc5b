"""`send`: a message is released to the contact, if the sending rules let it go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.calendar.clock_times import read_span
from engine.calendar.durations import add, read_duration
from engine.model.duration import Duration
from engine.model.journey import Step
from engine.model.result import GoTo, Result, SendMessage
from engine.model.spelling import did_you_mean
from engine.model.view import UTC, View
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.lookup import read_path, value_at

#: Channels of language.md; the ones that run in this version come first.
CHANNELS = ("email",)
LATER_CHANNELS = ("sms", "push", "whatsapp", "webhook", "chat")

_JANUARY = datetime(2001, 1, 1, tzinfo=UTC)
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")


@dataclass(frozen=True, slots=True)
class Send:
    """A send as written; None where the journey's defaults or the message's front matter decide."""

    channel: str
    topic: str | None
    transactional: bool
    quiet_hours: str | None
    max_lateness: Duration | None
    exit_on_skip: bool
    to: str | None
    to_path: tuple[str, ...] | None
    with_values: Mapping[str, Any]


def read(data: Mapping[str, Any], reader: Reader) -> Send | None:
    """Checks channel, message, topic and times; every wrong one is a mistake of its own."""
    mistakes = [
        *_channel(data, reader),
        *_message(data, reader),
        *_topic(data, reader),
    ]
    quiet = data.get("quiet_hours")
    if quiet is not None and reader.take("quiet_hours", "J350", read_span, quiet) is None:
        mistakes.append("quiet_hours")
    lateness = reader.take("max_lateness", "J350", read_duration, data["max_lateness"]) if "max_lateness" in data else None
    if "max_lateness" in data and lateness is None:
        mistakes.append("max_lateness")
    to, to_path = _to(data, reader, mistakes)
    if mistakes:
        return None
    return Send(
        str(data["send"]),
        data.get("topic"),
        bool(data.get("transactional", False)),
        None if quiet is None else str(quiet),
        lateness,
        data.get("on_skip") == "exit",
        to,
        to_path,
        dict(data.get("with", {})),
    )


def _channel(data: Mapping[str, Any], reader: Reader) -> list[str]:
    channel = str(data["send"])
    if channel in CHANNELS:
        return []
    if channel in LATER_CHANNELS:
        reader.wrong("send", "J190", f"`send: {channel}` does not run in this version yet.", "Only `send: email` runs; leave this step out for now.")
    else:
        reader.wrong("send", "J370", f"There is no channel `{channel}`.{did_you_mean(channel, (*CHANNELS, *LATER_CHANNELS))}", "Write `send: email`.")
    return ["send"]


def _message(data: Mapping[str, Any], reader: Reader) -> list[str]:
    has_file, has_body = "message" in data, "body" in data
    if has_file and has_body:
        reader.wrong("body", "J371", "This send has both a `message` file and a `body`.", "Keep one of the two.", at_key=True)
        return ["body"]
    if not has_file and not has_body:
        reader.wrong("send", "J372", "This send has no message.", "Add `message: NAME` (a file beside the journey), or `subject` and `body`.", at_key=True)
        return ["message"]
    if has_body and "subject" not in data:
        reader.wrong("body", "J373", "An inline message needs a `subject`.", "Add `subject: …`.", at_key=True)
        return ["subject"]
    known = reader.message_topics
    if has_file and known is not None and data["message"] not in known:
        name = str(data["message"])
        reader.wrong("message", "J374", f"There is no message `{name}` beside this journey.{did_you_mean(name, known)}",
                     f"Create `{name}.md` in the journey's folder, or write the name of a message that is there.")
        return ["message"]
    return []


def _topic(data: Mapping[str, Any], reader: Reader) -> list[str]:
    if data.get("transactional") is True or "to" in data:
        return []
    topic = data.get("topic")
    if topic is None:
        known = reader.message_topics or {}
        if reader.inherits_topic or known.get(str(data.get("message"))):
            return []
        reader.wrong("send", "J375", "This marketing message names no topic, so nobody could unsubscribe from it.",
                     "Add `topic: …` here, under `defaults:` or in the message; or `transactional: true` if it is no marketing.", at_key=True)
        return ["topic"]
    if reader.topics is not None and topic not in reader.topics:
        reader.wrong("topic", "J330", f"There is no topic `{topic}` in catalog.yaml.{did_you_mean(str(topic), reader.topics)}",
                     "Write a topic of the catalog.")
        return ["topic"]
    return []


def _to(data: Mapping[str, Any], reader: Reader, mistakes: list[str]) -> tuple[str | None, tuple[str, ...] | None]:
    if "to" not in data:
        return None, None
    to = str(data["to"])
    if _ADDRESS.fullmatch(to):
        return to, None
    if to.startswith(("contact.", "trigger.")):
        path = read_path(to, reader, ("to",))
        if path is None:
            mistakes.append("to")
        return None, path
    reader.wrong("to", "J376", f"`to: {to}` is neither an address nor an attribute.", "Write `to: help@shop.example` or `to: contact.owner_email`.")
    mistakes.append("to")
    return None, None


def bind(send: Send, frame: Frame) -> Step:
    """What the step leaves open comes from the message's front matter, then from the journey's defaults."""
    is_marketing = not send.transactional and send.to is None and send.to_path is None
    lateness = seconds_of(send.max_lateness) if send.max_lateness else _default_lateness(frame)
    quiet = send.quiet_hours or (frame.defaults.get("quiet_hours") if is_marketing else None)
    plain = SendMessage(
        channel=send.channel,
        message=frame.id,
        topic=send.topic or frame.message_topic or frame.defaults.get("topic"),
        transactional=send.transactional,
        quiet_hours=None if quiet is None else str(quiet),
        max_lateness_seconds=lateness,
        exit_on_skip=send.exit_on_skip,
        to=send.to,
        is_to_staff=not is_marketing and not send.transactional,
        with_values=send.with_values,
        reads=frame.reads,
    )
    text = f"send {send.channel}"
    same = Result(GoTo(frame.next), (plain,), why=text)

    def run(view: View) -> Result:
        if send.to_path is None:
            return same
        address = value_at(view, send.to_path)
        return Result(GoTo(frame.next), (plain.addressed(str(address) if address else ""),), why=text)

    return Step(frame.id, "send", frame.next, run, is_send=True, text=text)


def _default_lateness(frame: Frame) -> float | None:
    written = frame.defaults.get("max_lateness")
    return None if written is None else seconds_of(read_duration(written))


def seconds_of(duration: Duration) -> float:
    """The length in seconds, months counted from a fixed January: a limit needs no calendar."""
    return (add(_JANUARY, duration, UTC) - _JANUARY).total_seconds()


SEND = StepType(
    word="send",
    keys=("send",),
    summary="Sends a message to the contact.",
    example="""\
- id: hello
  send: email
  topic: newsletter
  subject: Good to have you with us
  body: |
    Hello {{ contact.first_name | default: "there" }}, thank you for signing up.
""",
    schema={
        "send": {"type": "string", "description": "The channel: `email`."},
        "message": {"type": "string", "minLength": 1, "description": "A file beside the journey, without its ending."},
        "subject": {"type": "string", "minLength": 1, "description": "The subject; replaces the one of the message."},
        "body": {"type": "string", "minLength": 1, "description": "An inline message in Markdown."},
        "with": {"type": "object", "description": "Constants for the template, as with.NAME."},
        "topic": {"type": "string", "description": "What the contact may unsubscribe from."},
        "transactional": {"type": "boolean", "description": "No marketing: needs no topic and no consent."},
        "quiet_hours": {"type": "string", "description": "Held during these hours: `21:00-08:00`."},
        "max_lateness": {"$ref": "#/definitions/duration"},
        "on_skip": {"enum": ["continue", "exit"], "description": "What happens when it is not sent."},
        "to": {"type": "string", "description": "A staff address or an attribute; then it is no message to the contact."},
    },
    required=("send",),
    read=read,
    bind=bind,
)
