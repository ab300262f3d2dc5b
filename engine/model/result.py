"""What a step answers: effects and one verdict. Step types are open, results are closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from engine.model.trial import TrialRule

# --- effects ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Release a message, if the sending rules (core/permit) let it go."""

    channel: str
    message: str  # name of the message in the version
    topic: str | None = None
    transactional: bool = False
    quiet_hours: str | None = None  # "21:00-08:00"; for transactional only if the step itself sets it
    max_lateness_seconds: float | None = None  # None: the installation's limit
    exit_on_skip: bool = False
    to: str | None = None  # an address of its own instead of the contact's
    is_to_staff: bool = False  # `to`: no message to the contact, so no consent is asked
    with_values: Mapping[str, Any] = field(default_factory=dict)
    reads: frozenset[tuple[str, ...]] | None = None  # what the template reads; None: everything

    def addressed(self, to: str) -> SendMessage:
        """The same message to another address."""
        return replace(self, to=to)


@dataclass(frozen=True, slots=True)
class SetAttributes:
    """New values of attributes by path; UNSET removes."""

    values: Mapping[tuple[str, ...], Any]


@dataclass(frozen=True, slots=True)
class SetTopics:
    """Subscribe to or unsubscribe from topics. `everything`: all marketing, of topics to come too."""

    topics: Mapping[str, bool]
    everything: bool | None = None


@dataclass(frozen=True, slots=True)
class EmitEvent:
    """An event of this contact, as if the shop had sent it."""

    name: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Enroll:
    """Let the contact enter another journey, if that one lets it."""

    journey: str
    values: Mapping[str, Any]  # to be seen there as trigger.*
    entry_key: str | None  # None: the key that was meant has no value


@dataclass(frozen=True, slots=True)
class Assign:
    """One of several names into an attribute; who is next is counted beside the contact."""

    attribute: tuple[str, ...]
    among: tuple[str, ...]
    by: Literal["round_robin", "least_loaded", "hash"]


@dataclass(frozen=True, slots=True)
class TakeCoupon:
    """One code of a pool for this enrollment, which remembers it under the step with the name it is given."""

    pool: str
    name: str
    exit_on_empty: bool = False


@dataclass(frozen=True, slots=True)
class JoinTrial:
    """This enrollment goes a way as one of those by whom a trial is decided."""

    rule: TrialRule
    firing: str
    way: str


Effect = SendMessage | SetAttributes | SetTopics | EmitEvent | Enroll | Assign | TakeCoupon | JoinTrial

#: Marks an attribute to be removed.
UNSET: Any = type("Unset", (), {"__repr__": lambda _: "UNSET", "__slots__": ()})()


# --- verdicts --------------------------------------------------------------------------------


class GoTo(Struct, frozen=True):
    """On to a step; None is the end of the journey. `iteration`: into or out of a turn of a repeat."""

    step: str | None
    iteration: str | None = None


class WaitUntil(Struct, frozen=True):
    """Stay here until an instant; then the step is asked again."""

    at: datetime


class WaitFor(Struct, frozen=True):
    """Stay here until the step's event comes or its condition holds, at most until `at`.

    `look_at` is an earlier instant at which time alone may have changed the condition.
    """

    at: datetime
    look_at: datetime | None = None


class Leave(Struct, frozen=True):
    """End the enrollment."""

    reason: str
    outcome: str | None = None
    detail: str = ""


Verdict = GoTo | WaitUntil | WaitFor | Leave


class Result(Struct, frozen=True):
    """Effects come first, in order; then the verdict. `why` is for the trace, in the reader's words.

    `remember` becomes step.ID.FIELD for later conditions and templates. A `Struct`, because one is made
    for every wait of every contact.
    """

    verdict: Verdict
    effects: tuple[Effect, ...] = ()
    why: str = ""
    remember: Mapping[str, Any] | None = None
