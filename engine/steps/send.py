"""`send`: a message is released to the contact, if the sending rules let it go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.calendar.clock_times import read_span
from engine.calendar.durations import add, read_duration
from engine.model.channels import CHANNELS, TEXTS, WITH_SUBJECT
from engine.model.duration import Duration
from engine.model.journey import Step
from engine.model.result import GoTo, Result, SendMessage
from engine.model.spelling import did_you_mean
from engine.model.view import UTC, View
from engine.steps import rules
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.lookup import read_path, value_at

_JANUARY = datetime(2001, 1, 1, tzinfo=UTC)
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,}[0-9]")
_TOKEN = re.compile(r"(?!contact\.|trigger\.)\S{16,}")
_ENDPOINT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: What a fixed `to` of a channel looks like, what it is called, and one.
_ADDRESSES: Mapping[str, tuple[re.Pattern[str], str, str]] = {
    "email": (_MAIL, "a mail address", "help@shop.example"),
    "sms": (_PHONE, "a phone number", "+41791234567"),
    "whatsapp": (_PHONE, "a phone number", "+41791234567"),
    "push": (_TOKEN, "a push token", "dQw4w9WgXcQ-the-token-of-a-phone"),
    "webhook": (_ENDPOINT, "the name of an endpoint of the config", "crm"),
    "chat": (_ENDPOINT, "the name of an endpoint of the config", "sales"),
}
#: What each channel carries, and how a file of that kind is called.
_CARRIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "email": (("markdown", "html", "mjml"), "`.md`, `.html` or `.mjml`"),
    **dict.fromkeys(TEXTS, (("text", "markdown"), "`.md` or `.txt`, without HTML")),
    "webhook": (("json",), "`.json`"),
}


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
        *_with(data, reader),
    ]
    quiet = data.get("quiet_hours")
    if quiet is not None and reader.take("quiet_hours", read_span, quiet) is None:
        mistakes.append("quiet_hours")
    lateness = None
    if "max_lateness" in data:
        lateness = reader.take("max_lateness", read_duration, data["max_lateness"])
        mistakes += [] if lateness else ["max_lateness"]
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
    message = f"There is no channel `{channel}`.{did_you_mean(channel, CHANNELS)}"
    listed = ", ".join(f"`{one}`" for one in CHANNELS[1:-1])
    help = f"Write `send: email`; the others are {listed} and `{CHANNELS[-1]}`."
    reader.wrong("send", rules.UNKNOWN_CHANNEL, message, help)
    return ["send"]


def _message(data: Mapping[str, Any], reader: Reader) -> list[str]:
    has_file, has_body = "message" in data, "body" in data
    if has_file and has_body:
        message = "This send has both a `message` file and a `body`."
        reader.wrong("body", rules.TWO_MESSAGES, message, "Keep one of the two.", at_key=True)
        return ["body"]
    if not has_file and not has_body:
        return _no_message(data, reader)
    channel = str(data["send"])
    if "subject" in data and channel in CHANNELS and channel not in WITH_SUBJECT:
        message = f"`send: {channel}` shows no subject."
        reader.wrong("subject", rules.SUBJECT_UNUSED, message, "Leave it out.", at_key=True)
        return ["subject"]
    if has_body and "subject" not in data and channel == "email":
        message = "A message written here needs a `subject`."
        reader.wrong("body", rules.NO_SUBJECT, message, "Add for example `subject: Your cart`.", at_key=True)
        return ["subject"]
    if not has_file:
        return []
    return _unknown_message(str(data["message"]), reader) or _misfit(str(data["message"]), channel, reader)


def _misfit(name: str, channel: str, reader: Reader) -> list[str]:
    kind = (reader.message_kinds or {}).get(name)
    kinds, files = _CARRIES.get(channel, ((), ""))
    if kind is None or kind in kinds or not kinds:
        return []
    message = f"The message `{name}` is not of a kind that `send: {channel}` carries."
    reader.wrong("message", rules.MESSAGE_MISFIT, message, f"A message for it is a file {files}.")
    return ["message"]


def _no_message(data: Mapping[str, Any], reader: Reader) -> list[str]:
    if str(data["send"]) not in CHANNELS:
        return ["message"]  # the channel is complained about, and may be the message
    help = "Add `message: NAME`, a file beside the journey without its ending, or `subject` and `body`."
    if "subject" in data:
        help = "Add `body: …` for the text, or `message: NAME`, a file beside the journey."
    reader.wrong("send", rules.NO_MESSAGE, "This send has no message.", help, at_key=True)
    return ["message"]


def _unknown_message(name: str, reader: Reader) -> list[str]:
    known = reader.message_topics
    if known is None or name in known or name in reader.unread_messages:
        return []
    if "/" in name:
        help = "Put the file beside the journey and write its name alone, without folder and ending."
    elif name.endswith((".md", ".html", ".mjml", ".txt", ".json")):
        help = f"Write the name without its ending: `message: {name.rpartition('.')[0]}`."
    else:
        help = f"Create `{name}.md` beside the journey, or write the name of a message that is there."
    names = (*known, *reader.unread_messages)
    message = f"There is no message `{name}` beside this journey.{did_you_mean(name, names)}"
    reader.wrong("message", rules.UNKNOWN_MESSAGE, message, help)
    return ["message"]


def _topic(data: Mapping[str, Any], reader: Reader) -> list[str]:
    if data.get("transactional") is True or "to" in data or data["send"] == "webhook":
        return []
    topic = data.get("topic")
    if topic is None:
        return _inherited_topic(str(data.get("message")), reader)
    if reader.topics is not None and topic not in reader.topics:
        message = f"There is no topic `{topic}` in catalog.yaml.{did_you_mean(str(topic), reader.topics)}"
        reader.wrong("topic", rules.UNKNOWN_TOPIC, message, "Write one of `topics` in catalog.yaml.")
        return ["topic"]
    return []


def _inherited_topic(message: str, reader: Reader) -> list[str]:
    of_messages = reader.message_topics or {}
    if reader.inherits_topic or of_messages.get(message) or message in reader.unread_messages:
        return []
    reader.wrong(
        "send",
        rules.NO_TOPIC,
        "This marketing message names no topic, so nobody could unsubscribe from it.",
        "Add `topic: …` here, under `defaults` or in the message;"
        " or `transactional: true` if it is no marketing.",
        at_key=True,
    )
    return ["topic"]


def _with(data: Mapping[str, Any], reader: Reader) -> list[str]:
    found = []
    for name, value in data.get("with", {}).items():
        if isinstance(value, str) and ("{{" in value or "{%" in value):
            message = f"`with.{name}` holds Liquid, but stands for itself and is not filled in."
            help = "Write a plain value here, and the Liquid into the message."
            reader.wrong(("with", name), rules.LIQUID_IN_WITH, message, help)
            found.append("with")
    return found


def _to(
    data: Mapping[str, Any], reader: Reader, mistakes: list[str]
) -> tuple[str | None, tuple[str, ...] | None]:
    if "to" not in data:
        return None, None
    to = str(data["to"])
    pattern, what, example = _ADDRESSES.get(str(data["send"]), _ADDRESSES["email"])
    if pattern.fullmatch(to):
        return to, None
    if to.startswith(("contact.", "trigger.")):
        path = read_path(to, reader, ("to",), ("text",))
        if path is None:
            mistakes.append("to")
        return None, path
    message = f"`to: {to}` is neither {what} nor an attribute."
    attribute = "contact.owner_email" if what == "a mail address" else "contact.owner"
    help = f"Write `to: {example}` or `to: {attribute}`."
    reader.wrong("to", rules.BAD_RECIPIENT, message, help)
    mistakes.append("to")
    return None, None


def _foresee(data: Mapping[str, Any], reader: Reader) -> bool:
    """`send: reminder-1`: the message in the place of the channel."""
    name = data.get("send")
    if not isinstance(name, str) or "message" in data or "body" in data:
        return False
    if name not in (reader.message_topics or ()):
        return False
    message = f"`{name}` is a message, not a channel."
    reader.wrong("send", rules.UNKNOWN_CHANNEL, message, f"Write `send: email` and `message: {name}`.")
    return True


def bind(send: Send, frame: Frame) -> Step:
    """What the step leaves open comes from the message's front matter, then from the journey's defaults."""
    is_addressed = send.to is not None or send.to_path is not None
    is_marketing = not send.transactional and not is_addressed and send.channel != "webhook"
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
        is_to_staff=send.channel == "webhook" or (is_addressed and not send.transactional),
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

    return Step(
        frame.id,
        "send",
        frame.next,
        run,
        is_send=True,
        is_marketing=is_marketing and send.channel == "email",
        text=text,
    )


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
        "send": {
            "type": "string",
            "description": f"The channel: {', '.join(CHANNELS[:-1])} or {CHANNELS[-1]}.",
            "examples": ["email"],
        },
        "message": {
            "type": "string",
            "minLength": 1,
            "description": "A file beside the journey, without its ending.",
            "examples": ["reminder-1"],
        },
        "subject": {
            "type": "string",
            "minLength": 1,
            "description": "The subject; replaces the one of the message.",
            "examples": ["Your cart"],
        },
        "body": {
            "type": "string",
            "minLength": 1,
            "description": "A message written here: Markdown, for a webhook JSON, otherwise plain text.",
        },
        "with": {
            "type": "object",
            "description": "Constants for the template, as with.NAME.",
            "examples": [{"return_days": 30}],
        },
        "topic": {
            "type": "string",
            "minLength": 1,
            "description": "What the contact may unsubscribe from.",
            "examples": ["newsletter"],
        },
        "transactional": {"type": "boolean", "description": "No marketing: needs no topic and no consent."},
        "quiet_hours": {
            "type": "string",
            "description": "Held during these hours.",
            "examples": ["21:00-08:00"],
        },
        "max_lateness": {
            "$ref": "#/definitions/duration",
            "description": "Later than this it is dropped; 72 hours unless it says otherwise.",
        },
        "on_skip": {"enum": ["continue", "exit"], "description": "What happens when it is not sent."},
        "to": {
            "type": "string",
            "minLength": 1,
            "description": "A staff address, an endpoint of the config, or an attribute; then it is no "
            "message to the contact.",
            "examples": ["help@shop.example"],
        },
    },
    required=("send",),
    read=read,
    bind=bind,
    foresee=_foresee,
)
