"""A message file taken apart into its front matter and its body."""

from __future__ import annotations

import pytest

from engine.language.front_matter import read_front_matter


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_and_body_come_apart(end: str) -> None:
    text = end.join(["---", "subject: Hello", "topic: cart", "---", "# Hi", "", "---", "more"])
    document, body, body_line = read_front_matter(text, "m.md")
    assert document.data == {"subject": "Hello", "topic": "cart"}
    assert document.faults == ()
    assert body == end.join(["# Hi", "", "---", "more"])
    assert body_line == 5


def test_places_are_those_of_the_whole_file() -> None:
    document, _, _ = read_front_matter("\n---\nsubject: Hello\nfrom: shop\n---\n", "m.md")
    assert str(document.key_at(("subject",))) == "m.md:3:1"
    assert str(document.value_at(("from",))) == "m.md:4:7"


def test_bytes_with_a_byte_order_mark_are_read_too() -> None:
    document, body, body_line = read_front_matter("\ufeff---\nsubject: Grüße\n---\nText".encode(), "m.md")
    assert document.data == {"subject": "Grüße"}
    assert (body, body_line) == ("Text", 4)


def test_an_empty_front_matter_is_no_fault() -> None:
    document, body, body_line = read_front_matter("---\n---\nBody\n", "m.md")
    assert (document.data, document.faults, body, body_line) == ({}, (), "Body\n", 3)


def test_without_a_body_the_body_is_empty() -> None:
    assert read_front_matter("---\nsubject: Hello\n---", "m.md")[1:] == ("", 4)


def test_without_front_matter_all_is_body_and_one_fault_says_so() -> None:
    document, body, body_line = read_front_matter("Hello\nAda\n", "m.md")
    assert [fault.rule for fault in document.faults] == ["J029"]
    assert (document.data, body, body_line) == ({}, "Hello\nAda\n", 1)


@pytest.mark.parametrize("text", ["---\nsubject: Hello\n\nBody\n", "---", ""])
def test_front_matter_that_is_not_closed_or_missing_is_a_fault(text: str) -> None:
    assert [fault.rule for fault in read_front_matter(text, "m.md")[0].faults] == ["J029"]


def test_a_huge_or_wrongly_saved_file_is_a_fault() -> None:
    assert read_front_matter(b"---\n" + b"x" * 2_000_000, "m.md")[0].faults[0].rule == "J001"
    assert str(read_front_matter(b"---\na: b\n---\nZ\xfcrich", "m.md")[0].faults[0].position) == "m.md:4:2"
