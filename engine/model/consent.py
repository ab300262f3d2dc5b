"""What a contact has said of topics and channels, and whether that is a yes; for sending and conditions."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.contact import Contact
from engine.model.policy import Consent, Topic

#: Channels that carry messages to a contact, so that it can agree to them.
CHANNELS = ("email", "sms", "push", "whatsapp", "chat")


def topic_answer(contact: Contact, topic: str) -> bool | None:
    """What the contact said of a topic; "*" is the no to everything, which a later yes to one topic lifts."""
    answer = contact.topics.get(topic)
    return answer if answer is not None else contact.topics.get("*")


def is_subscribed(contact: Contact, topics: Mapping[str, Topic], topic: str) -> bool:
    """opt_in needs a yes, opt_out holds until a no, none is never asked. An unknown topic is opt_in."""
    consent = _consent(topics, topic)
    if consent == "none":
        return True
    answer = topic_answer(contact, topic)
    return answer is True if consent == "opt_in" else answer is not False


def has_consented(contact: Contact, topics: Mapping[str, Topic], channel: str) -> bool:
    """What was stated; otherwise no, except for e-mail, where it follows from the topics: one that lets a
    marketing e-mail through is enough."""
    stated = contact.consents.get(channel)
    if stated is not None or channel != "email":
        return stated is True
    marketing = (one for one in {**topics, **contact.topics} if _consent(topics, one) != "none")
    return any(is_subscribed(contact, topics, one) for one in marketing)


def _consent(topics: Mapping[str, Topic], topic: str) -> Consent:
    known = topics.get(topic)
    return known.consent if known is not None else "opt_in"
