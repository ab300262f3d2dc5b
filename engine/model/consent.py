"""What a contact has said of topics and channels, and whether that is a yes; for sending and conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from engine.model.contact import ASKED, Answer, Contact
from engine.model.policy import Consent, Topic
from engine.model.proof import Proof, Said, State

#: Channels that carry messages to a contact, so that it can agree to them.
CHANNELS = ("email", "sms", "push", "whatsapp", "chat")


def topic_answer(contact: Contact, topic: str) -> bool | None:
    """What the contact said of a topic; "*" is the no to everything, which a later yes to one topic lifts. A
    yes that is still to be confirmed is no answer yet."""
    said = (contact.topics.get(topic), contact.topics.get("*"))
    return next((answer for answer in said if isinstance(answer, bool)), None)


def is_subscribed(contact: Contact, topics: Mapping[str, Topic], topic: str) -> bool:
    """opt_in needs a yes, double_opt_in one to this very topic, opt_out holds until a no, none is never
    asked. An unknown topic is opt_in."""
    match _consent(topics, topic):
        case "none":
            return True
        case "opt_out":
            return topic_answer(contact, topic) is not False
        case "opt_in":
            return topic_answer(contact, topic) is True
        case "double_opt_in":
            return contact.topics.get(topic) is True


def has_consented(contact: Contact, topics: Mapping[str, Topic], channel: str) -> bool:
    """What was stated; otherwise no, except for e-mail, where it follows from the topics: one that lets a
    marketing e-mail through is enough."""
    stated = contact.consents.get(channel)
    if stated is not None or channel != "email":
        return stated is True
    marketing = (one for one in {**topics, **contact.topics} if _consent(topics, one) != "none")
    return any(is_subscribed(contact, topics, one) for one in marketing)


def yielding(known: Contact, told: Contact, record: Iterable[Said]) -> Contact:
    """What another system says that somebody agreed to, without a yes that the person has taken back since.

    Where the contact says no now, a yes needs a time of its own, later than every no on record; a no from
    before there was a record has no time, and stays.
    """
    noes = [one for one in record if one.state == "no"]
    at = None if told.proof is None else told.proof.at

    def is_later(channel: str | None, topics: tuple[str, ...]) -> bool:
        said = [one.at for one in noes if one.channel == channel and (channel or one.topic in topics)]
        return at is not None and bool(said) and at > max(said)

    topics = {
        topic: yes
        for topic, yes in told.topics.items()
        if not yes or topic_answer(known, topic) is not False or is_later(None, (topic, "*"))
    }
    consents = {
        channel: yes
        for channel, yes in told.consents.items()
        if not yes or known.consents.get(channel) is not False or is_later(channel, ())
    }
    return replace(told, topics=topics, consents=consents)


def without_late_yes(known: Contact, told: Contact, record: Iterable[Said], said_at: datetime) -> Contact:
    """What comes late, without each yes that was said before a no that is on record and still holds."""
    noes = [one for one in record if one.state == "no" and one.at > said_at]
    topics = {
        topic: yes
        for topic, yes in told.topics.items()
        if not (yes and topic_answer(known, topic) is False and any(no.topic in (topic, "*") for no in noes))
    }
    consents = {
        channel: yes
        for channel, yes in told.consents.items()
        if not (yes and known.consents.get(channel) is False and any(no.channel == channel for no in noes))
    }
    return replace(told, topics=topics, consents=consents)


def _consent(topics: Mapping[str, Topic], topic: str) -> Consent:
    known = topics.get(topic)
    return known.consent if known is not None else "opt_in"


def to_be_confirmed(told: Contact, known: Contact, topics: Mapping[str, Topic]) -> Contact:
    """What is told, with a yes to a topic of double opt-in as a question: it counts once it is confirmed.

    One that comes with its confirmation, or that was confirmed before, is a yes.
    """
    if told.proof is not None and told.proof.confirmed_at is not None:
        return told
    asked = {
        topic: ASKED
        for topic, answer in told.topics.items()
        if answer is True
        and _consent(topics, topic) == "double_opt_in"
        and known.topics.get(topic) is not True
    }
    return replace(told, topics={**told.topics, **asked}) if asked else told


# --- for the record ------------------------------------------------------------------------------


def statements(
    before: Contact, after: Contact, told: Contact | None, source: str, at: datetime
) -> Iterator[Said]:
    """What was said between two states of a contact: every answer that changed, and with a proof also one
    that is said again. `told` is what came in, where something did."""
    proof = told.proof if told is not None and told.proof is not None else Proof()
    again = told is not None and told.proof is not None
    for channel, spoken in after.consents.items():
        if before.consents.get(channel) != spoken or (again and told and channel in told.consents):
            yield _said(channel, None, spoken, proof, source, at)
    for topic, answer in after.topics.items():
        if before.topics.get(topic) != answer or (again and told and topic in told.topics):
            yield _said(None, topic, answer, proof, source, at)


def _said(
    channel: str | None, topic: str | None, answer: Answer, proof: Proof, source: str, at: datetime
) -> Said:
    details = dict(proof.details)
    if proof.confirmed_at is not None:
        details["confirmed_at"] = proof.confirmed_at.isoformat()
    state: State = ASKED if answer == ASKED else "yes" if answer else "no"
    return Said(channel, topic, state, proof.source or source, proof.at or at, proof.wording, details)
