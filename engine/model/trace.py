"""What was done and why, one line a time, kept so that everyone can be told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Did = Literal[
    "entered",
    "not_entered",
    "kept",  # it will enter when the journey goes on
    "waiting",
    "passed",  # a wait or wait_for is over
    "chose",  # branch and split, a code, products
    "skipped",  # its `when` did not hold, or no code was left
    "sent",
    "drafted",  # sent or changed in shadow only
    "held",  # quiet hours, or the journey is paused
    "dropped",
    "held_out",  # a message of a contact that is held out
    "changed",  # attributes, topics
    "emitted",  # an event
    "started",  # another journey
    "assigned",  # to one of several people
    "converted",
    "moved",  # to a new version
    "merged",  # with another contact, which is this one from now on
    "left",
    "by_hand",  # somebody decided about its message
    "warned",
]


class TraceLine(Struct, frozen=True):
    """One line. `step` is empty for entering and leaving; `until` only where something waits.

    A `Struct`, because every advance writes three or four of them, and nothing frozen is made faster.
    """

    at: datetime
    step: str
    did: Did
    why: str = ""
    until: datetime | None = None
