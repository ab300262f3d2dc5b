"""Laws of reading YAML: nothing raises, JSON means what JSON says, and every place is where the text is."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.language.document import Document
from engine.language.front_matter import read_front_matter
from engine.language.yaml_text import read_yaml
from engine.model.spelling import did_you_mean, suggest

PIECES = [
    *"\n \t:-{}[]\"'#&*!|>%@`,?~\\",
    *("\r\n", "a", "key: ", "- ", "  ", "---\n", "{{ x }}", "{% if %}", "null", "5", "ü", "🛒", "subject: "),
    *("x #1", "<<: ", "a:b", "-a", "：", "，", "“", "”", "–"),
    *("\u00a0", "\u200b", "\u2028", "\0", "\ufeff", "\ud800"),
]
yamlish = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)

printable = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"
)
words = st.text(printable)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
texts = st.recursive(
    words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
mappings = st.dictionaries(words, values, max_size=5)


def check(document: Document) -> None:
    """What holds for every document: faults in order and with words, and every path has a place."""
    places = [(fault.position.line, fault.position.column) for fault in document.faults]
    assert places == sorted(places)
    assert all(fault.message and fault.help and fault.rule.startswith("J0") for fault in document.faults)
    assert document.is_whole or document.faults
    for spot in document.positions.values():
        start, end = (spot.value.line, spot.value.column), (spot.value.end_line, spot.value.end_column)
        assert (1, 1) <= start <= end


@given(yamlish)
def test_yaml_like_text_never_raises(text: str) -> None:
    check(read_yaml(text, "f.yaml"))
    check(read_front_matter("---\n" + text, "f.md")[0])


@given(st.text() | st.binary())
def test_any_text_and_any_bytes_never_raise(text: str | bytes) -> None:
    check(read_yaml(text, "f.yaml"))
    check(read_front_matter(text, "f.md")[0])


@given(mappings)
def test_json_is_read_as_json_reads_it(data: dict[str, Any]) -> None:
    document = read_yaml(json.dumps(data, ensure_ascii=False), "f.json")
    assert [fault for fault in document.faults if fault.severity == "error"] == []
    assert document.data == data


@given(st.dictionaries(words, texts, max_size=5), st.booleans())
def test_quoted_text_of_another_writer_is_read_as_it_was(data: dict[str, Any], is_flow: bool) -> None:
    written = yaml.safe_dump(
        data, default_style='"', default_flow_style=is_flow, allow_unicode=True, width=30
    )
    document = read_yaml(written, "f.yaml")
    assert document.faults == ()
    assert document.data == data


@given(
    st.lists(st.sampled_from(["a", "🛒", "ü", " ", "zz"]), min_size=1).map("".join),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_the_place_of_a_text_is_where_it_stands(word: str, end: str) -> None:
    text = end.join(["# 🛒", f'{{ "{word}": [ "x", "{word}" ] }}'])
    position = read_yaml(text, "f.yaml").value_at((word, 1))
    line = text.split(end)[position.line - 1]
    assert line[position.column - 1 : position.end_column - 1] == f'"{word}"'


@given(st.text(max_size=30), st.lists(st.text(max_size=12), max_size=6))
def test_a_suggestion_is_one_of_the_known_words(word: str, known: list[str]) -> None:
    guess = suggest(word, known)
    assert guess is None or guess in known
    assert did_you_mean(word, known) == ("" if guess is None else f" Did you mean `{guess}`?")
