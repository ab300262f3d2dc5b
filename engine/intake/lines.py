"""Events as they travel: JSON lines in the Segment form become events and what was said of contacts.

    {"type": "track", "userId": "u1", "event": "Order Completed", "timestamp": "…", "properties": {…}}
    {"type": "identify", "userId": "u1", "traits": {"email": "…"}}

`iter_jsonl` reads a file, `read_line` makes something of each line; `read_item` is for items without lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, BinaryIO

import msgspec

from engine.calendar.instants import as_instant
from engine.errors import ReadError
from engine.intake.limits import check_limits, read_name
from engine.intake.person import read_person
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.spelling import did_you_mean, suggest

#: Bytes of a line as it stands in the file, blanks and escapes included.
LONGEST_LINE = 1 << 20

_LATER = ("page", "screen", "group", "alias")
_KEYS = ("type", "userId", "event", "timestamp", "messageId", "properties", "traits", "receivedAt")
_FORM = (
    'Write {"type": "track", "userId": "u1", "event": "Cart Viewed", "timestamp": "2026-03-28T19:00:00Z"}.'
)

#: What lies outside was written by a clock that was never set, and would overflow sums of times.
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

#: Bytes of a spoiled line that are kept to show which one it was.
_SHOWN = 1_000

_BOM, _UTF16 = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Identified:
    """The shop told something about a contact. What the traits do not mention stays as it is. `gives_way`: a
    yes to a topic or a channel counts only where the contact has not said no since.
    """

    message_id: str
    contact_id: str
    at: datetime
    received_at: datetime
    traits: Contact
    source: str = "identify"  # for the record of what it says of topics and channels
    gives_way: bool = False


class LineError(ReadError):
    """A line of a file cannot be taken: `line` counts from 1, `reason` is the message without it.

    `text` is the beginning of a line of which nothing could be made.
    """

    def __init__(self, line: int, reason: str, help: str = "", text: bytes = b"") -> None:
        super().__init__(f"line {line}: {reason}", help)
        self.line = line
        self.reason = reason
        self.text = text[:_SHOWN].decode(errors="replace").strip()


# --- one line ----------------------------------------------------------------------------------


def read_line(
    plain: Mapping[str, Any], *, line: int, received_at: datetime | None, missing_at: datetime | None = None
) -> Event | Identified:
    """`read_item` for a line of a file. Raises LineError."""
    try:
        return read_item(plain, received_at=received_at, missing_at=missing_at)
    except ReadError as error:
        raise LineError(line, error.message, error.help) from None


def read_item(
    plain: Mapping[str, Any], *, received_at: datetime | None, missing_at: datetime | None = None
) -> Event | Identified:
    """A track or an identify. Raises ReadError in plain words.

    `received_at` None: what the line says (`receivedAt`), else its own timestamp. `missing_at` is the time
    of an item that tells none; without it, it happened when it was received.
    """
    check_limits(plain)
    kind = _kind(plain)
    contact_id = _contact_id(plain)
    told = None if received_at is not None else _time(plain, "receivedAt")
    at = _time(plain, "timestamp") or told or missing_at or received_at
    if at is None:
        raise ReadError(
            "there is no `timestamp`", 'Add when it happened: "timestamp": "2026-03-28T19:00:00Z".'
        )
    received_at = received_at or told or at
    if kind == "identify":
        traits = _traits(plain, contact_id)
        return Identified(_message_id(plain, contact_id, at), contact_id, at, received_at, traits)
    name = _event_name(plain)
    return Event(
        _message_id(plain, contact_id, at), contact_id, name, at, received_at, _mapping(plain, "properties")
    )


def read_traits(plain: Mapping[str, Any]) -> Contact:
    """What an identify says of a contact, whenever it was."""
    check_limits(plain)
    return _traits(plain, _contact_id(plain))


def _kind(plain: Mapping[str, Any]) -> str:
    kind = plain.get("type")
    if kind in ("track", "identify"):
        return str(kind)
    if kind is None:
        raise ReadError(f"there is no `type`{_typo(plain, 'type')}", _FORM)
    if kind in _LATER:
        raise ReadError(
            f"`{kind}` does not run in this version yet", "Send a track with an event of its own."
        )
    shown = str(kind)[:60]
    raise ReadError(f"`{shown}` is no type of a line.{did_you_mean(shown, ('track', 'identify'))}", _FORM)


def _contact_id(plain: Mapping[str, Any]) -> str:
    if plain.get("userId") is not None:
        return read_name("userId", plain["userId"])
    if plain.get("anonymousId") is not None:
        raise ReadError("an `anonymousId` alone does not run in this version yet", "Send it with a userId.")
    raise ReadError(f"there is no `userId`{_typo(plain, 'userId')}", "Add your own id of the contact.")


def _event_name(plain: Mapping[str, Any]) -> str:
    name = plain.get("event")
    if name is None:
        raise ReadError(
            f"there is no `event`{_typo(plain, 'event')}", 'Add what happened: "event": "Order Completed".'
        )
    if not isinstance(name, str):
        raise ReadError("`event` is no text", 'Write what happened: "event": "Order Completed".')
    return read_name("event", name)


def _traits(plain: Mapping[str, Any], contact_id: str) -> Contact:
    return read_person({**_mapping(plain, "traits"), "id": contact_id})


def _mapping(plain: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = plain.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ReadError(f"`{key}` is no mapping", f'Write "{key}": {{"name": "value"}}.')
    return value


def _time(plain: Mapping[str, Any], key: str) -> datetime | None:
    value = plain.get(key)
    if value is None:
        return None
    at = as_instant(value)
    if at is None:
        shown = f"`{str(value)[:60]}`, " if isinstance(value, str | int | float) else "something "
        help = "Write ISO 8601 such as 2026-03-28T19:00:00Z."
        raise ReadError(f"`{key}` is {shown}which is no point in time", help)
    if not _EARLIEST <= at < _LATEST:
        raise ReadError(f"`{key}` is in the year {at.year}", "Look at the clock of what wrote it.")
    return at


def _message_id(plain: Mapping[str, Any], contact_id: str, at: datetime) -> str:
    """Its own, or one made of what it says: the same line is the same event wherever it comes from."""
    if plain.get("messageId") is not None:
        return read_name("messageId", plain["messageId"])
    said = [contact_id, plain.get("event"), at.isoformat(), plain.get("properties"), plain.get("traits")]
    return "made-" + blake2b(msgspec.json.encode(said, order="sorted"), digest_size=16).hexdigest()


def _typo(plain: Mapping[str, Any], key: str) -> str:
    """What was written in place of a key, as the end of a sentence."""
    found = suggest(key, [other for other in plain if other not in _KEYS])
    return f"; is it `{found}` here?" if found else ""


# --- a file of lines ---------------------------------------------------------------------------


def iter_jsonl(file: BinaryIO) -> Iterator[tuple[int, Mapping[str, Any] | LineError]]:
    """Every line that is not blank, with its number: an object, or why there is none (LineError).

    Never more than one line in memory.
    """
    for number, line in numbered_lines(file):
        if isinstance(line, LineError):
            yield number, line
        elif line.strip():
            yield number, _object(number, line)


def numbered_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | LineError]]:
    """Lines of bounded length, from 1, without the mark that some editors put before the first."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if number == 1 and line.startswith(_UTF16):
            yield 1, LineError(1, "the file is UTF-16", "Save it as UTF-8.")
            return
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            _skip_line(file)
            yield (
                number,
                LineError(
                    number, f"more than {LONGEST_LINE:,} bytes in one line", "Write one object per line."
                ),
            )
        else:
            yield number, line.removeprefix(_BOM) if number == 1 else line


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _object(number: int, line: bytes) -> Mapping[str, Any] | LineError:
    try:
        found = msgspec.json.decode(line.decode())
    except UnicodeDecodeError as error:
        reason, help = f"byte {error.start + 1} is not UTF-8", "Save the file as UTF-8."
    except RecursionError:
        reason, help = "there are too many lists and mappings within each other", "Write it flatter."
    except msgspec.MsgspecError as error:
        reason, help = f"this is no JSON: {error}", _FORM
    else:
        if isinstance(found, dict):
            return found
        what = "a list" if isinstance(found, list) else "a single value"
        reason, help = f"{what} stands where an object belongs", "Write one object on each line."
    return LineError(number, reason, help, line)
