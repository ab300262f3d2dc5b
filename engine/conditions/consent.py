"""`{ subscribed: newsletter }` and `{ consented: sms }`: what the contact agrees to, as sending reads it."""

from __future__ import annotations

from typing import Any

from engine.conditions import rules
from engine.conditions.contract import Build, Compiled, Kind, Reading
from engine.conditions.known import is_known, read_name
from engine.conditions.wording import ticked
from engine.model.consent import CHANNELS, has_consented, is_subscribed
from engine.model.predicate import Consented, Predicate, Subscribed


def _read(word: str, data: Any, reading: Reading) -> Predicate | None:
    return _read_topic(data, reading) if word == "subscribed" else _read_channel(data, reading)


def _read_topic(data: Any, reading: Reading) -> Predicate | None:
    topic = read_name("subscribed", data, "newsletter", reading)
    help = "Write one of `topics` in catalog.yaml."
    no_such = "catalog.yaml has no topic"
    if topic is None or not is_known(
        topic, reading.names.topics, rules.UNKNOWN_TOPIC, no_such, help, reading
    ):
        return None
    return Subscribed(topic)


def _read_channel(data: Any, reading: Reading) -> Predicate | None:
    channel = read_name("consented", data, "sms", reading)
    help = f"Write one of {ticked(CHANNELS)}."
    no_such = "Nobody consents to a channel"
    if channel is None or not is_known(channel, CHANNELS, rules.UNKNOWN_CHANNEL, no_such, help, reading):
        return None
    return Consented(channel)


def _compile(asked: Subscribed | Consented, _build: Build) -> Compiled:
    match asked:
        case Subscribed(topic):
            return Compiled(lambda view: is_subscribed(view.contact, view.topics, topic))
        case Consented(channel):
            return Compiled(lambda view: has_consented(view.contact, view.topics, channel))


CONSENT = Kind(
    name="consent",
    words=("subscribed", "consented"),
    summary="Asks what the contact agrees to: a topic, a channel.",
    example="""\
subscribed: newsletter
consented: sms
""",
    schema={
        "subscribed": {
            "type": ["string", "integer"],
            "minLength": 1,
            "description": "The contact may be sent this topic: with `opt_in` it said yes, with `opt_out` it"
            " did not say no. Example: subscribed: newsletter",
        },
        "consented": {
            "enum": list(CHANNELS),
            "description": "The contact agrees to this channel. For email it follows from the topics unless"
            " it is stated; other channels need their own yes. Example: consented: sms",
        },
    },
    read=_read,
    compile=_compile,
    forms=(Subscribed, Consented),
)
