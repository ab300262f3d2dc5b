"""What is asked just before DATA, and when a message is tried again (language.md §6, guarantees)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs
from msgspec.structs import replace

from engine.core.last_look import look_again
from engine.core.permit import Drop, Go, Hold
from engine.core.retry import next_try, relay_pause
from engine.model.contact import Contact
from engine.model.message import Message
from engine.model.policy import Policy, Topic

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
ADA = Contact("ada", email="ada@shop.example", timezone="Europe/Zurich")
POLICY = Policy(topics={"t": Topic("t", "T", "opt_out"), "n": Topic("n", "N", "opt_in")})


def message(**more: object) -> Message:
    plain = Message(
        "ada", "j", "1", "first", "", "email", "ready", None, TEN, "ada@shop.example", "m@shop.example", "t"
    )
    return replace(plain, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("contact", "left", "reason"),
    [
        (ADA, None, None),
        (ADA, "completed", None),
        (ADA, "exit", "left"),
        (ADA, "goal", "left"),
        (ADA, "left", "left"),
        (ADA, "restarted", "left"),
        (structs.replace(ADA, suppressed={"email": "complaint"}), None, "suppressed"),
        (structs.replace(ADA, topics={"t": False}), None, "unsubscribed"),
        (structs.replace(ADA, topics={"*": False}), None, "unsubscribed"),
        (structs.replace(ADA, consents={"email": False}), None, "no_consent"),
        (structs.replace(ADA, paused_until=TEN + timedelta(seconds=1)), None, "paused_by_contact"),
        (structs.replace(ADA, paused_until=TEN), None, None),
    ],
)
def test_the_last_look(contact: Contact, left: str | None, reason: str | None) -> None:
    found = look_again(message(), contact, POLICY, left, 0, TEN)
    assert (
        found == Go("ada@shop.example")
        if reason is None
        else isinstance(found, Drop) and found.reason == reason
    )


def test_transactional_mail_asks_no_consent_but_minds_suppression() -> None:
    said_no = structs.replace(ADA, topics={"*": False}, consents={"email": False})
    assert isinstance(look_again(message(transactional=True), said_no, POLICY, None, 0, TEN), Go)
    blocked = structs.replace(ADA, suppressed={"email": "hard_bounce"})
    assert isinstance(look_again(message(transactional=True), blocked, POLICY, None, 0, TEN), Drop)


def test_mail_to_staff_asks_nothing_of_the_contact() -> None:
    blocked = structs.replace(ADA, suppressed={"email": "hard_bounce"}, consents={"email": False})
    to_staff = message(values={"_": {"staff": True}}, transactional=True)
    assert isinstance(look_again(to_staff, blocked, POLICY, None, 0, TEN), Go)


def test_lateness_counts_until_the_first_attempt_only() -> None:
    late = message(late_at=TEN)
    assert isinstance(look_again(late, ADA, POLICY, None, 0, TEN), Go)
    assert look_again(late, ADA, POLICY, None, 0, TEN + timedelta(seconds=1)) == Drop("too_late")
    assert isinstance(look_again(late, ADA, POLICY, None, 1, TEN + timedelta(days=3)), Go)


def test_quiet_hours_are_those_of_the_zone_at_sending() -> None:
    quiet = message(quiet_hours="21:00-08:00", zone="contact")
    at = TEN.replace(hour=20)  # 21:00 in Zurich, 05:00 in Tokyo, 15:00 in New York
    assert look_again(quiet, ADA, POLICY, None, 0, at) == Hold(TEN.replace(day=3, hour=7), "quiet_hours")
    tokyo, york = (
        structs.replace(ADA, timezone="Asia/Tokyo"),
        structs.replace(ADA, timezone="America/New_York"),
    )
    assert look_again(quiet, tokyo, POLICY, None, 0, at) == Hold(TEN.replace(hour=23), "quiet_hours")
    assert isinstance(look_again(quiet, york, POLICY, None, 0, at), Go)
    assert isinstance(look_again(replace(quiet, zone="America/New_York"), ADA, POLICY, None, 0, at), Go)


def test_a_greylisting_server_is_asked_again_after_five_to_fifteen_minutes() -> None:
    waits = [next_try(TEN, 1, f"m{number}", TEN) for number in range(200)]
    assert all(
        at is not None and TEN + timedelta(minutes=5) <= at <= TEN + timedelta(minutes=15) for at in waits
    )
    assert len(set(waits)) > 100


def test_tries_grow_apart_and_end_four_days_after_the_release() -> None:
    at, tries = TEN, list[timedelta]()
    while (following := next_try(TEN, len(tries) + 1, "m", at)) is not None:
        tries.append(following - at)
        at = following
    assert at <= TEN + timedelta(days=4)
    assert at > TEN + timedelta(days=3, hours=16)
    assert tries[1] > tries[0] * 1.2
    assert max(tries) <= timedelta(hours=7.2)


def test_a_relay_that_refuses_is_left_alone_ever_longer() -> None:
    seconds = [relay_pause(faults).total_seconds() for faults in range(1, 8)]
    assert seconds == [30, 60, 120, 240, 480, 600, 600]
