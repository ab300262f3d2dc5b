"""A contact's answer about a topic has changed: an event of the engine's own, whoever changed it."""

from __future__ import annotations

from datetime import datetime

from engine.core.case import Case, World
from engine.core.tell import tell
from engine.model.consent import topic_answer
from engine.model.contact import ASKED, Contact
from engine.model.position import Enrollment

SUBSCRIBED, UNSUBSCRIBED = "Topic Subscribed", "Topic Unsubscribed"
REQUESTED, CONFIRMED = "Subscription Requested", "Subscription Confirmed"


def tell_topics(
    case: Case,
    before: Contact,
    world: World,
    at: datetime,
    source: str,
    enrollment: Enrollment | None = None,
    told: Contact | None = None,
) -> None:
    """One event for each topic whose answer is another than it was before.

    Topics that nobody is asked about (`consent: none`) are left out. `source` tells who changed it, `told` is
    what came in where something did.
    """
    _tell_requests(case, before, at, source, enrollment, told)
    if case.contact.topics == before.topics:
        return
    known = {**dict.fromkeys(before.topics), **dict.fromkeys(case.contact.topics), **world.policy.topics}
    for topic, policy in sorted(known.items()):
        answer = topic_answer(case.contact, topic)
        is_asked = topic != "*" and (policy is None or policy.consent != "none")
        if is_asked and answer is not None and answer != topic_answer(before, topic):
            name = SUBSCRIBED if answer else UNSUBSCRIBED
            tell(case, name, {"topic": topic}, at, source=f"{source}/{topic}", enrollment=enrollment)
            if answer and told is not None and told.proof is not None and told.proof.confirmed_at is not None:
                tell(case, CONFIRMED, {"topic": topic}, at, source=f"{source}/{topic}", enrollment=enrollment)


def _tell_requests(
    case: Case,
    before: Contact,
    at: datetime,
    source: str,
    enrollment: Enrollment | None,
    told: Contact | None,
) -> None:
    """A yes that is to be confirmed is told when it is first said, and again when somebody says where it was
    given: the first mail may have been lost. A shop that repeats all it knows asks nobody twice."""
    for topic, answer in sorted(case.contact.topics.items()):
        is_said_again = told is not None and told.proof is not None and topic in told.topics
        if answer == ASKED and (before.topics.get(topic) != ASKED or is_said_again):
            tell(case, REQUESTED, {"topic": topic}, at, source=f"{source}/{topic}", enrollment=enrollment)
