"""The sending rules in their order: of any two that object at once, the earlier one gives the reason.

The list is written by hand from the language's description; each pair is lived through from YAML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from engine.intake.plain import read_contact
from engine.language.workspace import read_workspace
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.config_caps import read_caps
from engine.service.letters import Letters
from engine.service.simulate import Change, simulate, world_of
from engine.service.versions import bind_version

#: The message is due an hour later, at ten in the evening.
START = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
SOON = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)

CATALOG = b"""\
contact: { must_exit: boolean, is_wanted: boolean }
events: { Go: {} }
topics: { news: { name: News, consent: opt_out } }
senders: { shop: { from: shop@shop.example } }
"""
#: A letter of another journey, which fills the cap.
OTHER = """\
dsl: 1
journey: other
status: live
owner: o@shop.example
trigger: { event: Go }
steps:
  - { id: first, send: email, topic: news, subject: S, body: B }
"""
MAIN = """\
dsl: 1
journey: main
status: live
owner: o@shop.example
trigger: { event: Go }
exit_when: [{ when: { contact.must_exit: true } }]
steps:
  - { id: pause, wait: 1 hour }
"""


@dataclass(frozen=True)
class Rule:
    """One rule, and what makes it object."""

    name: str
    header: str = ""
    before: str = ""  # steps
    send: dict[str, str] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    cap: str = ""


EXIT = Rule("exit", before="  - { id: exits, update: { contact.must_exit: true } }\n")
WHEN = Rule("when", send={"when": "{ contact.is_wanted: true }"})
ADDRESS = Rule("no_address", before="  - { id: forgets, update: { contact.email: unset } }\n")
SUPPRESSED = Rule("suppressed", said={"suppressed": {"email": "hard_bounce"}})
CONSENT = Rule("no_consent", said={"consent": {"email": False}})
TOPIC = Rule("unsubscribed", said={"topics": {"news": False}})
PAUSE = Rule("paused_by_contact", said={"paused_until": "2026-04-01"})
LATE = Rule("too_late", send={"quiet_hours": "21:00-08:00", "max_lateness": "1 hour"})
QUIET = Rule("quiet_hours", send={"quiet_hours": "21:00-08:00"})
CAPPED = Rule("capped", cap="1 per 30 days")
HOLDOUT = Rule("held_out", header="holdout: 100\n")

ORDER = (
    *(EXIT, WHEN, ADDRESS, SUPPRESSED, CONSENT, TOPIC, PAUSE),
    *(LATE, QUIET, CAPPED, HOLDOUT),
)
#: What is not asked of a transactional message. Its own quiet hours hold.
NOT_FOR_TRANSACTIONAL = (CONSENT, TOPIC, PAUSE, CAPPED)


def what_happens(*rules: Rule, **more: str) -> str:
    """The reason for which the message of `main` was not sent as it fell due; `sent` if it was."""
    send = {"id": "letter", "send": "email", "topic": "news", "subject": "S", "body": "B", **more}
    for rule in rules:
        send |= rule.send
    step = ", ".join(f"{key}: {value}" for key, value in send.items())
    main = MAIN.replace("steps:", "".join(rule.header for rule in rules) + "steps:")
    main += "".join(rule.before for rule in rules) + f"  - {{ {step} }}\n"
    files = {"journeys/main.yaml": main.encode(), "journeys/other.yaml": OTHER.encode()}
    workspace = read_workspace({**files, "journeys/catalog.yaml": CATALOG})
    assert [fault.message for fault in workspace.all_faults() if fault.severity == "error"] == []
    versions = []
    for one in workspace.journeys.values():
        assert one.compiled is not None
        assert one.version is not None
        versions.append(bind_version(one.compiled, one.version, "live"))
    caps = tuple(cap for rule in rules if rule.cap for cap in read_caps("email", rule.cap))
    world = world_of(versions, workspace.catalog, {}, Policy(caps=caps))
    said: dict[str, Any] = {"id": "ada"}
    for rule in rules:
        said |= rule.said
    contact, _ = read_contact({"id": "ada", "email": "ada@shop.example"})
    happenings = [Event("e", "ada", "Go", START, START), Change(SOON, read_contact(said)[0])]
    letters = Letters(workspace.catalog, "mailto:u@shop.example")
    case = simulate(world, versions[0], letters, contact, [], happenings, START, None).case
    held = [entry.line.why for entry in case.traces if entry.line.did == "held"]
    (message,) = [m for _, m in case.messages if m.journey == "main"] or [None]
    if message is None:
        (enrollment,) = [one for one in case.enrollments if one.journey == "main"]
        return str(enrollment.reason)
    if held and message.reason != "too_late":
        return held[0]
    return message.reason or {"ready": "sent"}.get(message.state, message.state)


def test_when_nothing_objects_it_is_sent() -> None:
    assert what_happens() == "sent"


@pytest.mark.parametrize("rule", ORDER, ids=lambda rule: rule.name)
def test_each_rule_objects_by_itself(rule: Rule) -> None:
    assert what_happens(rule) == rule.name


@pytest.mark.parametrize(
    ("earlier", "later"),
    [pair for pair in combinations(ORDER, 2) if pair != (LATE, QUIET)],  # late is what a hold made late
    ids=lambda rule: rule.name,
)
def test_the_earlier_of_two_gives_the_reason(earlier: Rule, later: Rule) -> None:
    assert what_happens(earlier, later) == earlier.name


def test_all_at_once_leave_the_first() -> None:
    for index in range(len(ORDER) - 4):
        assert what_happens(*ORDER[index:]) == ORDER[index].name


@pytest.mark.parametrize("rule", ORDER, ids=lambda rule: rule.name)
def test_what_is_asked_of_a_transactional_message(rule: Rule) -> None:
    expected = "sent" if rule in NOT_FOR_TRANSACTIONAL else rule.name
    assert what_happens(rule, transactional="true") == expected


@pytest.mark.parametrize("rule", ORDER, ids=lambda rule: rule.name)
def test_what_is_asked_of_a_message_to_staff(rule: Rule) -> None:
    expected = rule.name if rule in (EXIT, WHEN) else "sent"
    assert what_happens(rule, to="help@shop.example") == expected
