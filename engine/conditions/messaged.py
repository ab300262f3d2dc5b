"""`{ received: welcome/hello }`, `opened`, `clicked`, `bounced`: what became of messages to the contact.

`received` reads what was released; the others read the events Message Opened, Message Clicked and Message
Bounced, whose properties say which message it was. Like every history they count by their own time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from engine.conditions import rules
from engine.conditions.alone import refuse_others
from engine.conditions.contract import Build, Compiled, Kind, Reading
from engine.conditions.known import is_known
from engine.conditions.operands import read_length
from engine.conditions.windows import earliest_after, leavings, start_of
from engine.conditions.wording import show
from engine.model.event import RELEASED
from engine.model.predicate import MESSAGE_EVENTS, Messaged, Predicate
from engine.model.view import View

WORDS = ("received", *MESSAGE_EVENTS)
ANY = "any"

_OPTIONS = ("topic", "within")
#: What `tracking` in the header must name for a word.
TRACKED = {"opened": "opens", "clicked": "clicks"}

#: When, journey, step and topic of a message that something became of.
_Mark = tuple[datetime, Any, Any, Any]


# --- read ----------------------------------------------------------------------------------------


def _read(word: str, data: Mapping[Any, Any], reading: Reading) -> Predicate | None:
    """The whole mapping. Mistakes are reported; what is left is read all the same."""
    refuse_others(word, data, _OPTIONS, reading)
    found = _read_which(word, data[word], reading.at(word))
    topic = _read_topic(data["topic"], reading.at("topic")) if "topic" in data else None
    within = read_length("within", data["within"], reading.at("within")) if "within" in data else None
    if found is None:
        return None
    journey, step = found
    return Messaged(word, journey, step, topic, within)


def _read_which(word: str, data: Any, reading: Reading) -> tuple[str | None, str | None] | None:
    """(journey, step): both of another journey, only the step of this one, neither for `any`."""
    if isinstance(data, bool) or not isinstance(data, str | int) or data == "":
        _wrong_shape(word, f"`{word}` wants the step of a message, not `{show(data)}`.", reading)
        return None
    journey, slash, step = str(data).rpartition("/")
    if slash and not (journey and step):
        _wrong_shape(word, f"`{show(data)}` names no message.", reading)
        return None
    if journey:
        help = "Write the id of a journey, which is the name of its folder, then a slash and the step."
        no_such = "There is no journey"
        known = reading.names.journeys
        if not is_known(journey, known, rules.UNKNOWN_JOURNEY, no_such, help, reading):
            return None
        return journey, step
    if step != ANY and not _is_own_step(word, step, reading):
        return None
    _require_tracking(word, reading)
    return None, None if step == ANY else step


def _is_own_step(word: str, step: str, reading: Reading) -> bool:
    if "trigger" not in reading.names.roots:
        _wrong_shape(word, f"There is no journey here that could have a step `{step}`.", reading)
        return False
    help = f"Write the id of one of its steps, `journey/step` for another journey, or `{word}: {ANY}`."
    return is_known(step, reading.names.steps, rules.UNKNOWN_STEP, "This journey has no step", help, reading)


def _wrong_shape(word: str, message: str, reading: Reading) -> None:
    help = f"Write `{word}: STEP` for a message of this journey, `{word}: journey/step`, or `{word}: {ANY}`."
    reading.wrong(rules.WHICH_MESSAGE, message, help)


def _require_tracking(word: str, reading: Reading) -> None:
    wanted, tracking = TRACKED.get(word), reading.names.tracking
    if wanted is not None and tracking is not None and wanted not in tracking:
        listed = ", ".join(sorted({*tracking, wanted}, reverse=True))
        message = f"`{word}` needs `tracking: [{wanted}]` in the header of the journey."
        reading.wrong(rules.NOT_TRACKED, message, f"Add `tracking: [{listed}]` there.")


def _read_topic(data: Any, reading: Reading) -> str | None:
    topic = show(data)
    help, no_such = "Write one of `topics` in catalog.yaml.", "catalog.yaml has no topic"
    is_there = is_known(topic, reading.names.topics, rules.UNKNOWN_TOPIC, no_such, help, reading)
    return topic if is_there else None


# --- compile -------------------------------------------------------------------------------------


def _compile(asked: Messaged, _build: Build) -> Compiled:
    marks = _marks(asked)

    def holds(view: View) -> bool:
        start = None if asked.within is None else start_of(view.now, asked.within)
        return any((start is None or at > start) and at <= view.now for at in marks(view))

    def next_change(view: View) -> datetime | None:
        return earliest_after(view.now, _changes(asked, marks(view)))

    reads = RELEASED if asked.word == "received" else MESSAGE_EVENTS[asked.word]
    return Compiled(holds, next_change, frozenset({reads}))


def _changes(asked: Messaged, instants: Iterable[datetime]) -> Iterator[datetime]:
    """One ahead will count once its time has come, one in the window will fall out of it."""
    for at in instants:
        yield at
        if asked.within is not None:
            yield from leavings(at, asked.within)


def _marks(asked: Messaged) -> Callable[[View], Iterator[datetime]]:
    """The instants at which what is asked for became of a message that is meant."""
    found = _released if asked.word == "received" else _told(MESSAGE_EVENTS[asked.word])

    def marks(view: View) -> Iterator[datetime]:
        journey = asked.journey if asked.journey is not None else view.journey
        for at, of, step, topic in found(view):
            if asked.step is not None and (of != journey or step != asked.step):
                continue
            if asked.topic is None or topic == asked.topic:
                yield at

    return marks


def _released(view: View) -> Iterator[_Mark]:
    return ((one.at, one.journey, one.step, one.topic) for one in view.elsewhere.sent)


def _told(event: str) -> Callable[[View], Iterator[_Mark]]:
    def told(view: View) -> Iterator[_Mark]:
        for one in view.history.get(event, ()):
            what = one.properties
            yield one.at, what.get("journey"), what.get("step"), what.get("topic")

    return told


# --- the kind ------------------------------------------------------------------------------------


def _schema(description: str) -> dict[str, Any]:
    return {"type": ["string", "integer"], "minLength": 1, "description": description}


_WHICH = "A step of this journey, journey/step, or any."

MESSAGED = Kind(
    name="message",
    words=WORDS,
    companions=dict.fromkeys(WORDS, _OPTIONS),
    is_alone=True,
    summary="Asks whether a message went to the contact, was opened, clicked, or came back.",
    example="""\
received: any
topic: newsletter
within: 7 days
""",
    schema={
        "received": _schema(f"A message was released to the contact. {_WHICH} Example: received: any"),
        "opened": _schema(f"A message was opened. {_WHICH} Example: opened: first-reminder"),
        "clicked": _schema(f"A link in a message was clicked. {_WHICH} Example: clicked: welcome/hello"),
        "bounced": _schema(f"A message came back. {_WHICH} Example: bounced: any"),
        "topic": _schema("Only messages of this topic count. Example: topic: newsletter"),
    },
    read=_read,
    compile=_compile,
    forms=(Messaged,),
)
