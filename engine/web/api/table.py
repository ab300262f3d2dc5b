"""Every call of the admin API. A new one is a function in a file here, its types, and its line below."""

from __future__ import annotations

from typing import Any

from engine.web.api import contacts, events, journeys, messages, shapes, suppressions
from engine.web.api.calls import Call

_ONE, _EVENTS, _WHY = "/contacts/{contact}", "/contacts/{contact}/events", "/contacts/{contact}/why"
_JOURNEY, _INSIDE = "/journeys/{journey}", "/journeys/{journey}/enrollments"

CALLS: tuple[Call, ...] = (
    Call(
        "GET", "/contacts", "listContacts", "List contacts, in the order in which they became known.",
        "contacts:read", contacts.list_contacts, shapes.ContactList, query=shapes.Paging,
    ),
    Call(
        "GET", _ONE, "getContact", "Show a contact, where it stands, and what may come.",
        "contacts:read", contacts.show_contact, shapes.ContactDetail,
    ),
    Call(
        "PUT", _ONE, "putContact", "Make a contact, or tell more of one: what is not mentioned stays.",
        "contacts:write", contacts.put_contact, shapes.Told, body=shapes.ContactBody,
    ),
    Call(
        "PATCH", _ONE, "patchContact", "Tell more of a contact that is there: what is not mentioned stays.",
        "contacts:write", contacts.patch_contact, shapes.Told, body=shapes.ContactBody,
    ),
    Call(
        "DELETE", _ONE, "eraseContact", "Erase a contact with all its history, for ever.",
        "contacts:erase", contacts.erase_contact, shapes.Erased,
    ),
    Call(
        "POST", f"{_ONE}/merge", "mergeContact", "Another contact is this one: all it has becomes its own.",
        "contacts:write", contacts.merge_contact, shapes.Merged, body=shapes.MergeBody,
    ),
    Call(
        "GET", f"{_ONE}/export", "exportContact", "Tell everything that is known of a contact.",
        "contacts:read", contacts.export_contact, dict[str, Any],
    ),
    Call(
        "GET", _WHY, "whyContact", "Tell why a contact got, or did not get, its messages.",
        "contacts:read", contacts.why, shapes.Why, query=shapes.Narrowing,
    ),
    Call(
        "GET", _EVENTS, "listEvents", "List what a contact did, the latest first.",
        "contacts:read", contacts.list_events, shapes.EventList, query=shapes.Paging,
    ),
    Call(
        "POST", "/events", "postEvent", "Tell of something that a contact did; an unknown contact is made.",
        "events:write", events.post_event, shapes.Taken, body=shapes.EventBody,
    ),
    Call(
        "GET", "/journeys", "listJourneys", "List all journeys: how they stand, and their figures.",
        "journeys:read", journeys.list_journeys, shapes.JourneyList,
    ),
    Call(
        "GET", _JOURNEY, "getJourney", "Show how a journey stands, and its figures.",
        "journeys:read", journeys.show_journey, shapes.JourneyView,
    ),
    Call(
        "POST", f"{_JOURNEY}/pause", "pauseJourney", "Keep everybody in a journey where they stand.",
        "journeys:write", journeys.holding("paused"), shapes.Operated,
    ),
    Call(
        "POST", f"{_JOURNEY}/drain", "drainJourney", "Let nobody enter a journey any more; the rest finish.",
        "journeys:write", journeys.holding("stopping"), shapes.Operated,
    ),
    Call(
        "POST", f"{_JOURNEY}/stop", "stopJourney", "Let everybody leave a journey, for good.",
        "journeys:write", journeys.holding("stopped"), shapes.Operated,
    ),
    Call(
        "POST", f"{_JOURNEY}/resume", "resumeJourney", "Let a journey go on that a command held.",
        "journeys:write", journeys.holding(None), shapes.Operated,
    ),
    Call(
        "POST", _INSIDE, "enroll", "Let a contact enter a manual journey, if its rules say yes.",
        "enrollments:write", journeys.enter, shapes.Entered, body=shapes.EnrollBody,
    ),
    Call(
        "DELETE", _INSIDE + "/{contact}", "leave", "Let a contact leave a journey.",
        "enrollments:write", journeys.leave, shapes.Left,
    ),
    Call(
        "GET", "/messages", "listMessages", "List messages, the newest first.",
        "messages:read", messages.list_messages, shapes.MessageList, query=shapes.MessagePaging,
    ),
    Call(
        "GET", "/suppressions", "listSuppressions", "List addresses to which nothing goes.",
        "suppressions:read", suppressions.list_suppressions, shapes.SuppressionList, query=shapes.Paging,
    ),
    Call(
        "POST", "/suppressions", "suppress", "Send nothing to an address any more.",
        "suppressions:write", suppressions.add_suppression, shapes.Suppressed, body=shapes.SuppressBody,
    ),
    Call(
        "DELETE", "/suppressions/{channel}/{address}", "unsuppress", "Let an address get messages again.",
        "suppressions:write", suppressions.remove_suppression, shapes.Released, query=shapes.Releasing,
    ),
)  # fmt: skip
