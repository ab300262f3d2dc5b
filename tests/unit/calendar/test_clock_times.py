"""Times of day, spans and weekdays: what is read, and what people are told when it is not."""

from __future__ import annotations

from datetime import time

import pytest

from engine.calendar.clock_times import read_span, read_time_of_day, read_weekdays
from engine.errors import ReadError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:30", time(9, 30)),
        ("9:30", time(9, 30)),
        ("00:00", time()),
        ("23:59", time(23, 59)),
        (" 7:05 ", time(7, 5)),
    ],
)
def test_reads_a_time(text: str, expected: time) -> None:
    assert read_time_of_day(text) == expected


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("24:00", "`00:00`"),
        ("25:00", "24-hour clock"),
        ("09:60", "24-hour clock"),
        ("9.30", "write `09:30`"),
        ("9h30", "write `09:30`"),
        ("9h", "write `09:00`"),
        ("9 Uhr", "write `09:00`"),
        ("9", "write `09:00`"),
        (9, "write `09:00`"),
        ("9am", "write `09:00`"),
        ("9:30 pm", "write `21:30`"),
        ("12 am", "write `00:00`"),
        ("12 p.m.", "write `12:00`"),
        ("09:30:00", "write `09:30`"),
        ("noon", "24-hour clock"),
        ("", "24-hour clock"),
        ("٠٩:٣٠", "24-hour clock"),
        (None, "24-hour clock"),
        (True, "24-hour clock"),
    ],
)
def test_refuses_a_time(text: object, help: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_time_of_day(text)
    assert "not a time of day" in caught.value.message
    assert help in caught.value.help


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("21:00-08:00", time(21), time(8)),
        ("9:00 - 18:30", time(9), time(18, 30)),
        ("09:00-00:00", time(9), time()),
    ],
)
def test_reads_a_span(text: str, start: time, end: time) -> None:
    span = read_span(text)
    assert (span.start, span.end, span.text) == (start, end, text)


@pytest.mark.parametrize(
    ("text", "words", "help"),
    [
        ("21:00", "not a span", "`21:00-08:00`"),
        ("21:00–08:00", "not a span", "write `21:00-08:00`"),
        ("21:00 to 08:00", "not a span", "write `21:00-08:00`"),
        ("21:00-", "not a span", "`21:00-08:00`"),
        ("08:00-08:00", "same time", "leave it out"),
        ("8:00-08:00", "same time", "leave it out"),
        ("09:00-24:00", "`24:00`", "`00:00`"),
        ("21-8", "`21-8` is not a span of the day", "`21:00-08:00`"),
        ("9pm-8am", "`9pm-8am` is not a span of the day", "`21:00-08:00`"),
        ("9-25:00", "`9` is not a time", "`09:00`"),
        ("1:00-2:00-3:00", "not a span", "`21:00-08:00`"),
        (2100, "not a span", "`21:00-08:00`"),
        (None, "not a span", "`21:00-08:00`"),
    ],
)
def test_refuses_a_span(text: object, words: str, help: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_span(text)
    assert words in caught.value.message
    assert help in caught.value.help


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("21:00-08:00", [time(21), time(23, 59, 59), time(), time(7, 59, 59)], [time(8), time(20, 59, 59)]),
        ("09:00-18:00", [time(9), time(17, 59, 59)], [time(18), time(8, 59, 59), time()]),
        ("09:00-00:00", [time(9), time(23, 59, 59)], [time(), time(8, 59)]),
    ],
)
def test_start_is_inside_and_end_is_outside(text: str, inside: list[time], outside: list[time]) -> None:
    span = read_span(text)
    assert all(span.holds(clock) for clock in inside)
    assert not any(span.holds(clock) for clock in outside)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("monday", {0}),
        ("Mondays", {0}),
        ("mon, wed", {0, 2}),
        ("mon,wed,fri", {0, 2, 4}),
        ("sat-sun", {5, 6}),
        ("weekdays", {0, 1, 2, 3, 4}),
        ("weekend", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("Monday - Wednesday", {0, 1, 2}),
        ("tue, thurs, sat-sun", {1, 3, 5, 6}),
        ("mon-sun", set(range(7))),
        ("mon-mon", {0}),
        (["mon", "wed-fri"], {0, 2, 3, 4}),
        (["mon, tue", "weekend"], {0, 1, 5, 6}),
    ],
)
def test_reads_weekdays(text: object, expected: set[int]) -> None:
    assert read_weekdays(text) == frozenset(expected)


@pytest.mark.parametrize(
    ("text", "words", "help"),
    [
        ("mnday", "`mnday` is not a day", "did you mean `monday`?"),
        ("wendesday", "`wendesday`", "did you mean `wednesday`?"),
        ("weekedn", "`weekedn`", "did you mean `weekend`?"),
        ("mon-fir", "`fir` in `mon-fir`", "did you mean `fri`?"),
        ("mon-wed-fri", "dashes", "`mon, wed`"),
        ("mon wed", "`mon wed` is not a day", "`mon, wed`"),
        ("1-5", "`1` in `1-5`", "`mon-fri`"),
        ("", "no day", "`mon-fri`"),
        (" , ", "no day", "`mon-fri`"),
        ([], "no day", "`mon-fri`"),
        ([1, 2], "`1` is not a day", "`mon-fri`"),
        (None, "`None` is not a day", "`mon-fri`"),
    ],
)
def test_refuses_weekdays(text: object, words: str, help: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_weekdays(text)
    assert words in caught.value.message
    assert help in caught.value.help
