"""Lines in the Segment form: what they become, and in which words they are refused."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ReadError
from engine.intake.lines import LONGEST_LINE, Identified, LineError, iter_jsonl, read_item, read_line
from engine.model.event import Event

NOW = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
TRACK: dict[str, Any] = {
    "type": "track",
    "userId": "u1",
    "event": "Order Completed",
    "timestamp": "2026-03-28T19:00:00Z",
    "messageId": "m1",
    "properties": {"total": 12.5},
}


def read(received_at: datetime | None = None, **changes: Any) -> Event | Identified:
    plain = {key: value for key, value in {**TRACK, **changes}.items() if value is not ...}
    return read_line(plain, line=3, received_at=received_at)


def objections(text: bytes) -> list[str]:
    return [str(found) for _, found in iter_jsonl(io.BytesIO(text)) if isinstance(found, LineError)]


def test_a_track_is_an_event_received_when_it_happened() -> None:
    at = datetime(2026, 3, 28, 19, 0, tzinfo=UTC)
    assert read() == Event("m1", "u1", "Order Completed", at, at, {"total": 12.5})


def test_an_identify_tells_of_a_contact() -> None:
    traits = {"email": "ada@shop.example", "orders": 2, "topics": {"cart": True}}
    found = read(type="identify", traits=traits)
    assert isinstance(found, Identified)
    assert (found.message_id, found.contact_id) == ("m1", "u1")
    assert (found.traits.id, found.traits.email) == ("u1", "ada@shop.example")
    assert (found.traits.attributes, found.traits.topics) == ({"orders": 2}, {"cart": True})


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-03-28T20:00:00+01:00", 19),
        ("2026-03-28T19:00:00.000Z", 19),
        ("2026-03-28T14:30:00-04:30", 19),
        ("2026-03-28T19:00:00", 19),
        ("2026-03-28", 0),
    ],
)
def test_times_may_have_any_offset_and_none_is_utc(written: str, hour: int) -> None:
    assert read(timestamp=written).at == datetime(2026, 3, 28, hour, tzinfo=UTC)


def test_what_the_line_says_of_its_receipt_holds_unless_the_caller_knows() -> None:
    later = NOW + timedelta(hours=1)
    assert read(receivedAt="2026-03-28T21:00:00Z").received_at == later
    assert read(NOW, receivedAt="2026-03-28T21:00:00Z").received_at == NOW


def test_a_line_without_a_time_happened_when_it_was_received() -> None:
    assert read(NOW, timestamp=...).at == NOW
    missing = {key: value for key, value in TRACK.items() if key != "timestamp"}
    found = read_item(missing, received_at=None, missing_at=NOW)
    assert (found.at, found.received_at) == (NOW, NOW)
    with pytest.raises(LineError, match="line 3: there is no `timestamp`"):
        read(timestamp=...)


def test_the_made_message_id_depends_on_what_is_said_and_nothing_else() -> None:
    reordered = dict(reversed(list(TRACK.items())))
    ids = {
        read(messageId=...).message_id,
        read(NOW, messageId=...).message_id,
        read(messageId=..., timestamp="2026-03-28T20:00:00+01:00").message_id,
        read_item(reordered | {"messageId": None}, received_at=None).message_id,
    }
    assert len(ids) == 1
    changed = [{"userId": "u2"}, {"event": "X"}, {"properties": {}}, {"timestamp": "2026-03-28T19:00:01Z"}]
    for change in changed:
        ids.add(read(**{"messageId": ..., **change}).message_id)
    assert len(ids) == 1 + len(changed)


@pytest.mark.parametrize(("given", "id"), [(7, "7"), (7.0, "7"), (1.5, "1.5"), (" u1 ", "u1")])
def test_a_user_id_becomes_text(given: Any, id: str) -> None:
    assert read(userId=given).contact_id == id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "page"}, "`page` does not run in this version yet"),
        ({"type": "screen"}, "`screen` does not run in this version yet"),
        ({"type": "group"}, "`group` does not run in this version yet"),
        ({"type": "alias"}, "`alias` does not run in this version yet"),
        ({"type": "trak"}, "Did you mean `track`?"),
        ({"type": ..., "typ": "track"}, "there is no `type`; is it `typ` here?"),
        ({"type": {"a": 1}}, "is no type of a line"),
        ({"userId": ..., "user_id": "u1"}, "there is no `userId`; is it `user_id` here?"),
        ({"userId": ..., "anonymousId": "a"}, "an `anonymousId` alone does not run in this version yet"),
        ({"userId": True}, "`userId` is no text"),
        ({"userId": "  "}, "`userId` is empty"),
        ({"userId": "a\x00b"}, "`userId` holds a character that cannot be seen"),
        ({"userId": "x" * 300}, "`userId` is longer than 255 characters"),
        ({"messageId": "a\nb"}, "`messageId` holds a character that cannot be seen"),
        ({"event": ...}, "there is no `event`"),
        ({"event": 5}, "`event` is no text"),
        ({"event": ""}, "`event` is empty"),
        ({"timestamp": 1774724400}, "`timestamp` is `1774724400`, which is no point in time"),
        ({"timestamp": "28.03.2026"}, "`timestamp` is `28.03.2026`, which is no point in time"),
        ({"timestamp": "9999-12-31T23:59:00Z"}, "`timestamp` is in the year 9999"),
        ({"receivedAt": "now"}, "`receivedAt` is `now`, which is no point in time"),
        ({"properties": []}, "`properties` is no mapping"),
        ({"properties": {"x": float("nan")}}, "a number is not finite"),
        ({"properties": {"x": float("inf")}}, "a number is not finite"),
        ({"properties": {"x": "\ud800"}}, "there is half a character"),
        ({"properties": {"x": "x" * 33_000}}, "bytes are more than the 32,768"),
        (
            {"type": "identify", "traits": {"email": "nobody"}},
            "`email` is `nobody`, which is no mail address",
        ),
        ({"type": "identify", "traits": {"email": "a b@c.example"}}, "which is no mail address"),
        ({"type": "identify", "traits": {"email": "a@b.example\n"}}, "which is no mail address"),
        ({"type": "identify", "traits": {"email": "a@b.example,c@d.example"}}, "which is no mail address"),
        ({"type": "identify", "traits": {"phone": "1\x002"}}, "`phone` is no text of one line"),
        ({"type": "identify", "traits": {"topics": {"cart": "yes"}}}, "`topics.cart` is `yes`"),
        ({"type": "identify", "traits": {"history": []}}, "`history` is for simulate and tests"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(LineError) as refused:
        read(**changes)
    assert str(refused.value).startswith("line 3: ")
    assert words in refused.value.reason
    assert refused.value.help


def test_nesting_has_an_end() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ReadError, match="more than 32 lists and mappings"):
        read(properties={"x": deep})


# --- files ---------------------------------------------------------------------------------------


def test_a_file_is_read_line_by_line_without_its_mark_and_blank_lines() -> None:
    text = b'\xef\xbb\xbf{"a": 1}\r\n\r\n  \n{"a": 2}'
    assert list(iter_jsonl(io.BytesIO(text))) == [(1, {"a": 1}), (4, {"a": 2})]


def test_a_bad_line_never_stops_the_rest() -> None:
    text = (
        b'{"a": 1}\nnonsense\n[1]\n5\n{"a": \xff}\n{"a": NaN}\n'
        + b"[" * 100_000
        + b'\n{"a": 1e999}\n{"a": 2}\n'
    )
    found = list(iter_jsonl(io.BytesIO(text)))
    assert [number for number, one in found if isinstance(one, dict)] == [1, 9]
    assert [number for number, one in found if isinstance(one, LineError)] == [2, 3, 4, 5, 6, 7, 8]
    told = objections(text)
    assert told[0].startswith("line 2: this is no JSON")
    assert told[1] == "line 3: a list stands where an object belongs"
    assert told[3] == "line 5: byte 7 is not UTF-8"


def test_a_line_without_end_is_passed_over_in_pieces() -> None:
    long = b'{"a": "' + b"x" * (3 * LONGEST_LINE) + b'"}'
    found = list(iter_jsonl(io.BytesIO(long + b'\n{"a": 2}\n')))
    assert "more than 1,048,576 bytes in one line" in str(found[0][1])
    assert found[1] == (2, {"a": 2})


def test_a_file_of_two_byte_characters_is_told_once() -> None:
    assert objections('{"a": 1}\n{"a": 2}\n'.encode("utf-16")) == ["line 1: the file is UTF-16"]


def test_a_spoiled_line_shows_its_beginning() -> None:
    [(_, found)] = iter_jsonl(io.BytesIO(b"so be it\xff\n"))
    assert isinstance(found, LineError)
    assert found.text == "so be it\ufffd"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["track", "identify", "page"]) | JSON,
        "userId": st.text() | JSON,
        "event": st.text() | JSON,
        "timestamp": st.datetimes().map(datetime.isoformat) | JSON,
        "receivedAt": st.datetimes().map(datetime.isoformat) | JSON,
        "messageId": JSON,
        "properties": JSON,
        "traits": JSON
        | st.dictionaries(
            st.sampled_from("id email phone timezone created_at topics consent suppressed".split()), JSON
        ),
    },
)


@given(plain=NEARLY, received_at=st.none() | st.just(NOW))
def test_whatever_comes_is_an_event_a_change_or_refused(
    plain: dict[str, Any], received_at: datetime | None
) -> None:
    try:
        found = read_item(plain, received_at=received_at)
    except ReadError:
        return
    assert found.contact_id
    assert found.message_id
    assert found.at.utcoffset() == timedelta(0)
    assert len(json.dumps(plain, ensure_ascii=False)) < 1 << 20


@given(st.binary(max_size=300) | st.text().map(str.encode) | st.lists(JSON).map(lambda j: repr(j).encode()))
def test_garbage_never_raises(text: bytes) -> None:
    for number, found in iter_jsonl(io.BytesIO(text)):
        assert 1 <= number <= text.count(b"\n") + 1
        assert isinstance(found, dict | LineError)
