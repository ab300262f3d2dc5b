"""What a marketer's YAML means, where it stands, and that no file whatever brings the reader down."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from engine.language.document import Document
from engine.language.yaml_text import read_yaml
from engine.model.fault import Mistake
from engine.model.source import SourcePosition

MEBIBYTE = 1024 * 1024


def rules(document: Document) -> list[str]:
    return [fault.rule for fault in document.faults]


def span(position: SourcePosition) -> tuple[int, int, int, int]:
    return position.line, position.column, position.end_line, position.end_column


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-0", 0),
        ("150", 150),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        ("-2.5E-1", -0.25),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        *(
            (text, text)
            for text in "NO no on Off yes True NULL Null 10:30 01234 +41791234567 2026-03-29".split()
        ),
        *((text, text) for text in "1_000 0x1F 0o7 .5 1. .inf .nan -.inf 1e999 -a".split()),
        ("+1", "+1"),
        ("1e", "1e"),
        ("٣", "٣"),
        ("=", "="),
        ("2026-03-28 20:00 Europe/Zurich", "2026-03-28 20:00 Europe/Zurich"),
    ],
)
def test_unquoted_scalars_are_those_of_json_and_all_else_is_text(written: str, value: object) -> None:
    document = read_yaml(f"key: {written}\nlist: [{written}]\n", "f.yaml")
    assert document.faults == ()
    assert document.data["key"] == value
    assert type(document.data["key"]) is type(value)
    if written:
        assert document.data["list"] == [value]


def test_quoted_scalars_and_block_texts_are_always_text() -> None:
    document = read_yaml("a: '5'\nb: \"true\"\nc: |\n  7\nd: >-\n  null\n", "f.yaml")
    assert document.data == {"a": "5", "b": "true", "c": "7\n", "d": "null"}
    assert all(document.is_quoted((key,)) for key in "abcd")


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read_yaml("on: 1\n5: 2\ntrue: 3\nnull: 4\n", "f.yaml").data == {
        "on": 1,
        "5": 2,
        "true": 3,
        "null": 4,
    }


def test_a_number_of_more_digits_than_anybody_counts_is_text() -> None:
    digits = "9" * 5000
    assert read_yaml(f"a: {digits}", "f.yaml").data == {"a": digits}


def test_the_text_of_a_number_is_kept_as_it_was_written() -> None:
    document = read_yaml("version: 1.10\nlist: [1.0, '2.0']\n", "f.yaml")
    assert document.raw_at(("version",)) == "1.10"
    assert document.raw_at(("list", 0)) == "1.0"
    assert document.raw_at(("list",)) is None
    assert document.raw_at(("missing",)) is None
    assert not document.is_quoted(("list", 0))
    assert document.is_quoted(("list", 1))


POSITIONED = """\
name: Abandoned cart
steps:
  - id: a
    when: { contact.orders: { gte: 5 } }
  - id: "b"
tags:
empty: {}
text: |
  one
  two

last: x
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), (1, 1, 12, 8), (1, 1, 12, 8)),
        (("name",), (1, 1, 1, 5), (1, 7, 1, 21)),
        (("steps",), (2, 1, 2, 6), (3, 3, 5, 12)),
        (("steps", 0), (2, 1, 2, 6), (3, 5, 4, 41)),
        (("steps", 0, "when", "contact.orders"), (4, 13, 4, 27), (4, 29, 4, 39)),
        (("steps", 0, "when", "contact.orders", "gte"), (4, 31, 4, 34), (4, 36, 4, 37)),
        (("steps", 1, "id"), (5, 5, 5, 7), (5, 9, 5, 12)),
        (("empty",), (7, 1, 7, 6), (7, 8, 7, 10)),
        (("last",), (12, 1, 12, 5), (12, 7, 12, 8)),
    ],
)
def test_every_value_knows_where_it_and_its_key_stand(
    path: tuple[str | int, ...], key: tuple[int, ...], value: tuple[int, ...]
) -> None:
    document = read_yaml(POSITIONED, "f.yaml")
    assert span(document.value_at(path)) == value
    if path and isinstance(path[-1], str):
        assert span(document.key_at(path)) == key


def test_an_item_of_a_list_has_no_key_and_is_shown_by_its_first_line() -> None:
    document = read_yaml(POSITIONED, "f.yaml")
    assert span(document.key_at(("steps", 0))) == (3, 5, 3, 10)
    assert document.positions[("steps", 0)].key is None


def test_a_value_that_is_not_there_is_shown_by_its_key() -> None:
    assert span(read_yaml(POSITIONED, "f.yaml").value_at(("tags",))) == (6, 1, 6, 5)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (("steps", 0, "when", "nothing"), (4, 5, 4, 9)),
        (("steps", 0, "up_to"), (3, 5, 3, 10)),
        (("steps", 7, "id"), (2, 1, 2, 6)),
        (("name", "deeper"), (1, 1, 1, 5)),
        (("owner",), (1, 1, 1, 21)),
    ],
)
def test_a_missing_path_is_shown_by_its_nearest_parent(
    path: tuple[str | int, ...], shown: tuple[int, ...]
) -> None:
    document = read_yaml(POSITIONED, "f.yaml")
    assert span(document.value_at(path)) == shown
    assert span(document.key_at(path)) == shown


def test_positions_is_a_mapping_of_every_path_in_the_order_of_the_file() -> None:
    document = read_yaml("a: [1, {b: 2}]\nc: 3\n", "f.yaml")
    assert list(document.positions) == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",)]
    assert len(document.positions) == 6
    assert document.positions[("a", 1, "b")].raw == "2"
    assert ("a", 9) not in document.positions


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_columns_count_characters_beyond_the_basic_plane_and_lines_end_in_any_way(end: str) -> None:
    text = end.join(["\ufeffa: 🛒 é", "b: {x: '😀😀', y: Zürich}", "c: |", "  🛒", "d: 5"])
    document = read_yaml(text.encode(), "f.yaml")
    assert document.data == {"a": "🛒 é", "b": {"x": "😀😀", "y": "Zürich"}, "c": "🛒\n", "d": 5}
    assert span(document.value_at(("a",))) == (1, 4, 1, 7)
    assert span(document.value_at(("b", "y"))) == (2, 17, 2, 23)
    assert span(document.value_at(("c",))) == (3, 4, 4, 4)
    assert span(document.value_at(("d",))) == (5, 4, 5, 5)


def test_a_mistake_of_the_validator_becomes_a_fault_at_the_key_or_the_value() -> None:
    document = read_yaml("steps:\n  - wait: 5\n", "j/journey.yaml")
    at_value = document.fault(Mistake(("steps", 0, "wait"), "J999", "Words.", "Help."))
    at_key = document.fault(Mistake(("steps", 0, "wait"), "J999", "Words.", "Help.", at_key=True))
    assert str(at_value.position) == "j/journey.yaml:2:11"
    assert str(at_key.position) == "j/journey.yaml:2:5"
    assert (at_value.rule, at_value.message, at_value.help) == ("J999", "Words.", "Help.")


def test_the_comment_behind_a_value_can_be_asked_for() -> None:
    document = read_yaml("wait: 2 days  # pause\nnote: 'x' # y\nname:   # later\nlist: [a] # b\n", "f.yaml")
    assert document.cut_tail(("wait",)) == "# pause"
    assert document.cut_tail(("note",)) is None
    assert document.cut_tail(("name",)) == "# later"
    assert document.cut_tail(("list",)) is None
    assert document.faults == ()


def test_a_cut_text_is_only_a_fault_in_the_fields_asked_for() -> None:
    text = "subject: Order #1\ntitle: Order #2\n"
    assert [fault.position.line for fault in read_yaml(text, "f").faults] == [1]
    assert [fault.position.line for fault in read_yaml(text, "f", text_fields={"title"}).faults] == [2]


def test_of_two_keys_of_one_name_the_first_counts() -> None:
    document = read_yaml("a: 1\na: {b: 2}\nc: 3\n", "f.yaml")
    assert document.data == {"a": 1, "c": 3}
    assert ("a", "b") not in document.positions


def test_liquid_without_quotes_is_taken_as_the_text_that_was_meant() -> None:
    document = read_yaml("a: {{ contact.x }}\nb: [{{ y }}, z]\n", "f.yaml")
    assert document.data == {"a": "{{ contact.x }}", "b": ["{{ y }}", "z"]}
    assert rules(document) == ["J016", "J016"]


def test_keys_without_a_value_do_not_get_into_the_data() -> None:
    assert read_yaml("when: { in: CH, DE, AT }\n", "f.yaml").data == {"when": {"in": "CH"}}


def test_a_value_left_out_behind_its_colon_is_no_fault() -> None:
    document = read_yaml('a: {b: , "c": , d : }\ne: {f:\n  # comment\n  }\n', "f.yaml")
    assert document.faults == ()
    assert document.data == {"a": {"b": None, "c": None, "d": None}, "e": {"f": None}}


def test_a_broken_file_keeps_what_was_read_and_says_that_it_is_not_whole() -> None:
    document = read_yaml("journey: cart\nname: a: b\nsteps: []\n", "f.yaml")
    assert document.data["journey"] == "cart"
    assert not document.is_whole
    assert read_yaml("journey: cart\njourney: cart\n", "f.yaml").is_whole


def test_a_file_indented_with_tabs_is_still_understood() -> None:
    document = read_yaml("steps:\n\t- id: a\n\t  wait: 1 day\n", "f.yaml")
    assert document.data == {"steps": [{"id": "a", "wait": "1 day"}]}
    assert rules(document) == ["J013"]


@pytest.mark.parametrize("levels", [32, 33])
def test_thirty_two_levels_are_read_and_one_more_is_not(levels: int) -> None:
    document = read_yaml("a: " + "[" * (levels - 1) + "]" * (levels - 1), "f.yaml")
    assert rules(document) == ([] if levels == 32 else ["J007"])


def test_a_mebibyte_is_read_and_one_byte_more_is_not() -> None:
    text = b"a: " + b"x" * (MEBIBYTE - 3)
    assert read_yaml(text, "f.yaml").faults == ()
    assert rules(read_yaml(text + b"x", "f.yaml")) == ["J001"]
    assert rules(read_yaml("a: " + "ü" * (MEBIBYTE // 2), "f.yaml")) == ["J001"]


def test_half_a_character_in_a_text_handed_in_is_a_fault() -> None:
    assert rules(read_yaml("a: \ud83d", "f.yaml")) == ["J003"]


def test_more_than_fifty_faults_end_in_their_number() -> None:
    document = read_yaml("a: 1\n" * 200_000, "f.yaml")
    assert len(document.faults) == 51
    assert document.faults[-1].message == "There are at least 450 more faults in this file."
    few = read_yaml("a: 1\n" * 53, "f.yaml")
    assert few.faults[-1].message == "There are 2 more faults in this file."


def bomb() -> bytes:
    lines = ["a: &a [x, x, x]"]
    lines += [f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(20)]
    return "\n".join(lines).encode()


HOSTILE = {
    "alias bomb": bomb(),
    "100 MB": b"a: " + b"x" * 100_000_000,
    "20,000 brackets": b"a: " + b"[" * 20_000,
    "20,000 braces": b"a: " + b"{" * 20_000,
    "a mebibyte of braces": b"{" * MEBIBYTE,
    "20,000 dashes": b"- " * 20_000,
    "20,000 question marks": b"? " * 20_000,
    "1,400 levels of keys": b"\n".join(b" " * level + b"a:" for level in range(1_400)),
    "python tag": b"a: !!python/object/apply:os.system ['echo']",
    "NUL": b"\0" * MEBIBYTE,
    "invalid UTF-8": b"a: " + b"\xfc" * 1_000_000,
    "spaces in a text": b"a: b" + b" " * 1_000_000 + b"c: d",
    "hidden characters": b"a: b" + "\u200b".encode() * 300_000 + b"c: d",
    "comments in brackets": b"a: {b " + b"# " * 500_000 + b"}",
    "tabs": b"a:\n" + b"\tb: 1\n" * 170_000,
    "an open quote": b'a: "' + b"x\n" * 500_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_end_in_a_fault_quickly(text: bytes) -> None:
    started = time.process_time()
    document = read_yaml(text, "f.yaml")
    assert time.process_time() - started < 2
    assert document.faults
    assert all(str(fault.position).startswith("f.yaml:") for fault in document.faults)


@pytest.mark.parametrize("name", ["100 MB", "a mebibyte of braces", "NUL", "alias bomb"])
def test_hostile_files_take_little_memory(name: str) -> None:
    text = HOSTILE[name]
    tracemalloc.start()
    try:
        read_yaml(text, "f.yaml")
        assert tracemalloc.get_traced_memory()[1] < 100 * MEBIBYTE
    finally:
        tracemalloc.stop()


def test_a_hundred_journeys_of_150_lines_are_read_in_a_third_of_a_second() -> None:
    step = "  - id: step-{0}\n    send: email\n    message: reminder-{0}\n"
    step += "    when: {{ consented: sms, trigger.total: {{ gte: 5 }} }}\n"
    journey = "dsl: 1\njourney: cart\nsteps:\n" + "".join(step.format(number) for number in range(37))
    started = time.process_time()
    for _ in range(100):
        assert read_yaml(journey, "journey.yaml").faults == ()
    assert time.process_time() - started < 0.6  # half of that on an idle machine
