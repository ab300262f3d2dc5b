"""A contact's answer about a topic has changed: an event of the engine's own, whoever changed it."""

from __future__ import annotations

from datetime import datetime

from engine.core.case import Case, World
from engine.core.tell import tell
from engine.model.consent import topic_answer
from engine.model.contact import Contact
from engine.model.position import Enrollment

SUBSCRIBED, UNSUBSCRIBED = "Topic Subscribed", "Topic Unsubscribed"


def tell_topics(
    case: Case, before: Contact, world: World, at: datetime, source: str, enrollment: Enrollment | None = None
) -> None:
    """One event for each topic whose answer is another than it was before.

    Topics that nobody is asked about (`consent: none`) are left out. `source` tells who changed it.
    """
    if case.contact.topics == before.topics:
        return
    known = {**dict.fromkeys(before.topics), **dict.fromkeys(case.contact.topics), **world.policy.topics}
    for topic, policy in sorted(known.items()):
        answer = topic_answer(case.contact, topic)
        is_asked = topic != "*" and (policy is None or policy.consent != "none")
        if is_asked and answer is not None and answer != topic_answer(before, topic):
            name = SUBSCRIBED if answer else UNSUBSCRIBED
            tell(case, name, {"topic": topic}, at, source=f"{source}/{topic}", enrollment=enrollment)
